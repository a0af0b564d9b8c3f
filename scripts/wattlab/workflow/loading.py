"""From configuration files to the study resolved: what the Snakefile does while it is parsed."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.foundation.files import write_text_if_changed
from wattlab.logs.resolve import resolve_published
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import check_config, resolve


def file_of_key(files: Sequence[Path], merged: Collection[str]) -> Callable[[str], str]:
    """Finds the file that a key of the merged configuration comes from: the last one that has it, else `--config`.

    A key that is nowhere is missing in all of them.
    """
    contents = {path: read_yaml(path) or {} for path in files}

    def find(key: str) -> str:
        holders = [path.as_posix() for path, content in contents.items() if key in content]
        if holders:
            return holders[-1]
        return "--config" if key in merged else " + ".join(path.as_posix() for path in files)

    return find


def resolve_study(content: dict[str, Any], files: Sequence[Path]) -> ResolvedStudy:
    """The study that a merged configuration means. `files` are where it came from, in order. Raises `InputError`."""
    catalog = load_catalog(CATALOG_ROOT)
    config = check_config(content, file_of_key(files, content), catalog.tasks)
    source = files[-1].as_posix() if files else "--config"
    if config.source == "codecarbon-logs":
        return resolve_published(config, catalog, source)
    return resolve(config, catalog, source)


def study_of(default: Path, *chosen: Path) -> ResolvedStudy:
    """The study that `snakemake --configfile {chosen}` means, where `default` is the Snakefile's own configuration."""
    files = list(dict.fromkeys([default, *chosen]))
    config: dict[str, Any] = {}
    for path in files:
        _merge(config, read_yaml(path) or {})
    return resolve_study(config, files)


def _merge(content: dict[str, Any], changes: dict[str, Any]) -> None:
    """As Snakemake merges: mappings deeply, lists and plain values whole. (Its own function is in no rule's environment.)"""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            _merge(content[key], value)
        else:
            content[key] = value


def write_study(path: Path, study: ResolvedStudy) -> None:
    """`study.json`, only when it says something else than before: its modification time rebuilds the tables."""
    write_text_if_changed(path, study.model_dump_json(indent=1) + "\n")
