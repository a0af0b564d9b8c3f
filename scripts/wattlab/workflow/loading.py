"""From configuration files to the study resolved: what the Snakefile does while it is parsed."""

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from wattlab.catalog.libraries import check_models, read_libraries
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.foundation.shared import Shared
from wattlab.logs.resolve import resolve_published
from wattlab.meters.accelerators import ACCELERATORS, computing
from wattlab.models.tokenizers.layouts import layout_of
from wattlab.samples.surrogate.generate import generator_of
from wattlab.study.cells import ResolvedStudy, TokenizerSpec
from wattlab.study.config import StudyConfig
from wattlab.study.resolve import check_config, resolve
from wattlab.workflow.own import with_own


def file_of_key(files: Sequence[Path], merged: Mapping[str, Any]) -> Callable[[str], str]:
    """Finds where the value of a key of the merged configuration comes from: the last file that has it, or `--config`.

    A key that is nowhere is missing in all of them.
    """
    contents = {path: read_yaml(path) or {} for path in files}
    written: dict[str, Any] = {}
    for content in contents.values():
        _merge(written, copy.deepcopy(content))

    def find(key: str) -> str:
        holders = [path.as_posix() for path, content in contents.items() if key in content]
        if key in merged and (key not in written or _as_json(merged[key]) != _as_json(written[key])):
            return "--config" if files else "the configuration"
        return holders[-1] if holders else " + ".join(path.as_posix() for path in files)

    return find


def _as_json(value: Any) -> str:
    """To compare by: not a number is not equal to itself."""
    return json.dumps(value, default=str)


def resolve_study(content: dict[str, Any], files: Sequence[Path], results: Path = Path("results")) -> ResolvedStudy:
    """The study that a merged configuration means. `files` are where it came from, in order; `results`: the folder of all
    studies. Raises `InputError`."""
    _check_apart(files)
    _check_default(content, files)
    catalog, file_of = load_catalog(CATALOG_ROOT), file_of_key(files, content)
    check_members(catalog)
    content = {key: _typed(value) if file_of(key) == "--config" else value for key, value in content.items()}
    config = check_config(content, file_of, catalog.tasks)
    devices = {"auto": None} | {device: computing(device) for device in ACCELERATORS}
    if config.device not in devices:
        raise InputError(f"{file_of('device')}: device = {config.device!r}: give one of {', '.join(devices)}")
    for log in config.meter_logs:
        if not Path(log.path).is_file():
            raise InputError(
                f"{file_of('meter_log')}: meter_log.path = {log.path}: no such file; export the meter's log to it, or take "
                "meter_log out until it is there: nothing is measured again"
            )
    if config.is_imported:
        study = resolve_published(config, catalog, file_of, results / Shared.FETCHED)
    else:
        study = resolve(*with_own(config, catalog, file_of, results), file_of)
    if not study.cells:
        raise InputError(
            f"{file_of('tasks')}: the study {config.study!r} has no cell: name tasks, datasets and models under `tasks`"
        )
    return study


def _typed(value: Any) -> Any:
    """What a person wrote after `--config`: Snakemake makes texts of the numbers inside lists and mappings."""
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    read = yaml.safe_load(value) if isinstance(value, str) and re.fullmatch(r"[\w.+-]+", value) else value
    return read if read is None or isinstance(read, bool | int | float) else value


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


def _check_default(content: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Raises `InputError` where keys are missing since config.yaml, which has them, is not in the work directory."""
    missing = [name for name, field in StudyConfig.model_fields.items() if field.is_required() and name not in content]
    default = CATALOG_ROOT.parent / "config.yaml"
    if missing and files and default.name not in {path.name for path in files}:
        raise InputError(
            f"{' + '.join(map(str, files))}: without the keys {', '.join(missing)}. They stand in config.yaml, which "
            f"Snakemake reads from the folder that it works in, and it is not in {Path.cwd()}: add `--directory "
            f"{default.parent}`, or name both: `--configfile {default} {' '.join(map(str, files))}`"
        )


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
        _merge(config, content_of(path))
    return resolve_study(config, files)


def content_of(path: Path) -> dict[str, Any]:
    """What a study's file says. Raises `InputError` where it can not be read, is empty or no mapping."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        state = "it is empty" if content is None else f"it holds {type(content).__name__}"
        raise InputError(
            f"{path}: {state}, and a study is a mapping of keys to values (study: …): write it as config.yaml is"
        )
    return content


def _merge(content: dict[str, Any], changes: dict[str, Any]) -> None:
    """As Snakemake merges: mappings deeply, lists and plain values whole. (Its own function is in no rule's environment.)"""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            _merge(content[key], value)
        else:
            content[key] = value
