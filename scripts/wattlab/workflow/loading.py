"""From configuration files to the study resolved: what the Snakefile does while it is parsed."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from wattlab.catalog.libraries import check_models, read_libraries
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.logs.resolve import resolve_published
from wattlab.meters.accelerators import ACCELERATORS, computing
from wattlab.models.tokenizers.layouts import layout_of
from wattlab.samples.surrogate.generate import generator_of
from wattlab.study.cells import ResolvedStudy, TokenizerSpec
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
    catalog, file_of = load_catalog(CATALOG_ROOT), file_of_key(files, content)
    check_members(catalog)
    config = check_config(content, file_of, catalog.tasks)
    devices = {"auto": None} | {device: computing(device) for device in ACCELERATORS}
    if config.device not in devices:
        raise InputError(f"{file_of('device')}: device = {config.device!r}: give one of {', '.join(devices)}")
    source = files[-1].as_posix() if files else "--config"
    if config.is_imported:
        return resolve_published(config, catalog, source)
    return resolve(config, catalog, source)


def check_members(catalog: Catalog) -> None:
    """Raise `InputError` where an entry names a class, a key or a generator that there is not."""
    check_models(catalog.models, read_libraries(CATALOG_ROOT))
    for stem, model in catalog.models.items():
        if model.tokenizer is not None:
            layout_of(TokenizerSpec.of(model.tokenizer), f"catalog/models/{stem}.yaml")
    for name, dataset in catalog.datasets.items():
        generator_of(name, dataset)


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
