"""From configuration files to the study resolved: what the Snakefile does while it is parsed."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.logs.resolve import resolve_published
from wattlab.meters.accelerators import ACCELERATORS, computing
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
    _check_apart(files)
    catalog, file_of = load_catalog(CATALOG_ROOT), file_of_key(files, content)
    config = check_config(content, file_of, catalog.tasks)
    devices = {"auto": None} | {device: computing(device) for device in ACCELERATORS}
    if config.device not in devices:
        raise InputError(f"{file_of('device')}: device = {config.device!r}: give one of {', '.join(devices)}")
    source = files[-1].as_posix() if files else "--config"
    study = resolve_published(config, catalog, source) if config.is_imported else resolve(config, catalog, source)
    if not study.cells:
        raise InputError(
            f"{source}: the study {config.study!r} has no cell: name tasks, datasets and models under `tasks`"
        )
    return study


def _check_apart(files: Sequence[Path]) -> None:
    """Raises `InputError` for a file with cells of its own that would take the place of another study's."""
    owner = ""
    for path in files:
        content = read_yaml(path) or {}
        if "study" in content:
            owner = path.as_posix()
        elif owner and not {"tasks", "multi_purpose", "logs"}.isdisjoint(content):
            raise InputError(
                f"{path}: it has cells of its own and no `study:`, so that they would replace those of {owner} in its "
                f"results; name it, for example study: {path.stem.lower()}"
            )


def study_of(default: Path, *chosen: Path) -> ResolvedStudy:
    """The study that `snakemake --configfile {chosen}` means, where `default` is the Snakefile's own configuration."""
    files = list(dict.fromkeys([default, *chosen]))
    config: dict[str, Any] = {}
    for path in files:
        content = read_yaml(path) or {}
        if not isinstance(content, dict):
            raise InputError(f"{path}: a study is a mapping of keys to values (study: …), as config.yaml is")
        _merge(config, content)
    return resolve_study(config, files)


def _merge(content: dict[str, Any], changes: dict[str, Any]) -> None:
    """As Snakemake merges: mappings deeply, lists and plain values whole. (Its own function is in no rule's environment.)"""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            _merge(content[key], value)
        else:
            content[key] = value
