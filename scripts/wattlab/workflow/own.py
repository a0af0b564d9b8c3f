"""Checkpoints and data files of one's own: a path in a study becomes an entry of the catalog, under a name and a hash.

    models: [./my-checkpoint]      ->  local/my-checkpoint, the cell's model local--my-checkpoint
    datasets: [./prompts.jsonl]    ->  local-prompts

A path is relative to the folder that the study is run in. From here on nothing knows it but `results/places`.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wattlab.catalog.entries import DatasetEntry, HubSource, TaskEntry
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError, Source, Unavailable, entry_of, near_matches, place_of
from wattlab.foundation.stored import json_object
from wattlab.hub.choice import PIPELINE_INDEX, choose
from wattlab.hub.local import OWNER, Place, place_at
from wattlab.study.config import LocalEntry, StudyConfig, TaskGroup
from wattlab.study.resolve import names_of
from wattlab.study.uncatalogued import stem_of

#: How a path begins, and no name of the catalog or the hub.
_PATH = re.compile(r"(\.{1,2}|~)?/.*|\.{1,2}")

#: Endings of files of rows.
_ROWS = (".parquet", ".csv", ".jsonl", ".json", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst")

#: Roles that make an input.
_INPUTS = {"text", "question", "context", "tokens", "prompt", "image"}

#: What a tokenizer's files are called.
_TOKENIZERS = re.compile(r"(tokenizer.*\.json|vocab\..*|.*\.model|.*\.tiktoken|merges\.txt)")

#: Ends the name of a dataset whose images keep their own size.
_NATIVE = "@native"


@dataclass
class _Own:
    """What a study names by paths, as it is found. `by_name`: the place of each name, `datasets`: the entry of each
    name and task."""

    config: StudyConfig
    catalog: Catalog
    source: Source
    results: Path
    models: dict[str, str] = field(default_factory=dict)
    datasets: dict[str, dict[str, DatasetEntry]] = field(default_factory=dict)
    by_name: dict[str, Path] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)


def with_own(config: StudyConfig, catalog: Catalog, source: Source, results: Path) -> tuple[StudyConfig, Catalog]:
    """The configuration with names in the place of paths, and the catalog with an entry for each. `source` names the file of
    a key. Raises `InputError` for what is not there, not whole, or has a name that another has."""
    own = _Own(config, catalog, source, results)
    sections: dict[str, Any] = {
        section: [_renamed(own, group, f"{section}.{place}") for place, group in enumerate(getattr(config, section))]
        for section in ("tasks", "multi_purpose")
    }
    for path in config.local.keys() - own.said:
        raise InputError(
            f"{place_of(source, 'local')}: local: {path!r} is named under no task; {near_matches(path, own.said)}"
        )
    if not own.by_name:
        return config, catalog
    datasets = {
        name: next(iter(entries.values())).model_copy(update={"tasks": list(entries)})
        for name, entries in own.datasets.items()
    }
    more = {"datasets": catalog.datasets | datasets, "own_datasets": own.datasets, "own_models": own.models}
    return config.model_copy(update={**sections, "local": {}}), catalog.model_copy(update=more)


def _renamed(own: _Own, group: TaskGroup, key: str) -> TaskGroup:
    where = f"{place_of(own.source, key.partition('.')[0])}: {key}"
    task, known = own.catalog.tasks[group.task], names_of(own.catalog)
    models = [
        _model(own, name, task, f"{where}.models: {name!r}") if _is_path(name, known, f"{where}.models") else name
        for name in group.models
    ]
    datasets = [
        _dataset(own, name, group.task, f"{where}.datasets: {name!r}")
        if _is_path(name, own.catalog.datasets, f"{where}.datasets")
        else name
        for name in group.datasets
    ]
    return group.model_copy(update={"models": models, "datasets": datasets})


def _is_path(name: str, known: Iterable[str], where: str) -> bool:
    """Raises `InputError` for a name that nothing has but a folder or a file here: the hub would be asked for it."""
    if _PATH.fullmatch(name):
        return True
    # Unlike Path.exists this is false for what can not be the name of a file.
    if name.partition("@")[0] not in known and os.path.exists(name):
        raise InputError(f"{where}: {name!r} lies here and is no name of the catalog; write ./{name}, as a path begins")
    return False


def _found(own: _Own, path: str, where: str, kind: Literal["model", "dataset"]) -> tuple[Path, LocalEntry, str]:
    """Where a path leads, what the study says of it, and its name."""
    place = _absolute(path)
    if not (os.path.isdir(place) if kind == "model" else os.path.isfile(place)):
        what = "folder, as save_pretrained writes one" if kind == "model" else "file of rows"
        raise InputError(f"{where}: no such {what}: {place}; a path is relative to the folder that the study is run in")
    mode, wanted = ("weights", own.config.weights) if kind == "model" else ("data", own.config.data)
    if wanted != "hub":
        raise InputError(f"{where}: set `{mode}: hub`, which takes what the path leads to; nothing of it is fetched")
    said = {written: entry for written, entry in own.config.local.items() if _absolute(written) == place}
    own.said |= {path, *said}
    entry = next(iter(said.values()), LocalEntry())
    plain = entry.name or (place.name if kind == "model" else place.name.partition(".")[0])
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-.")
    if kind == "dataset":
        name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not name or own.by_name.setdefault(f"{kind} {name}", place) != place:
        other = f"{own.by_name[f'{kind} {name}']} has the name {name!r} too" if name else f"{plain!r} makes no name"
        raise InputError(f"{where}: {other}; give it one of its own, `local: {{{path}: {{name: another}}}}`")
    return place, entry, name


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))


# ---------------------------------------------------------------- models


def _model(own: _Own, path: str, task: TaskEntry, where: str) -> str:
    folder, _, name = _found(own, path, where, "model")
    try:
        there = _files_in(folder)
        is_pipeline = PIPELINE_INDEX in there or task.pipeline_class is not None
        chosen = choose(there, "diffusers" if is_pipeline else "transformers", lambda file: _json(folder / file))
        lacking = None if is_pipeline else _lacking(task, chosen)
    except Unavailable as error:
        merge = (
            " (an adapter is merged into its model first: merge_and_unload)" if "adapter_config.json" in there else ""
        )
        raise InputError(
            f"{where}: {error.reason}; save all of it with save_pretrained({str(folder)!r}){merge}"
        ) from error
    if lacking:
        raise InputError(
            f"{where}: it has no {lacking}; save the one of its base model with save_pretrained({str(folder)!r})"
        )
    hub_id = f"{OWNER}/{name}"
    own.models[stem_of(hub_id)] = _placed(own, folder, folder, chosen, where).commit
    return hub_id


def _files_in(folder: Path) -> list[str]:
    """Files of a folder and of its folders, by paths in it."""
    found = [path for pattern in ("*", "*/*") for path in folder.glob(pattern) if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in found if str(path).isprintable())


def _json(path: Path) -> dict[str, Any]:
    try:
        return json_object(path.read_bytes())
    except ValueError as error:
        raise Unavailable(f"{path.name} is no JSON object", "save it again") from error


def _lacking(task: TaskEntry, chosen: Iterable[str]) -> str | None:
    if task.reads_images and not any(path.endswith("processor_config.json") for path in chosen):
        return "image processor (preprocessor_config.json)"
    if task.reads_text and not any(_TOKENIZERS.fullmatch(path) for path in chosen):
        return "tokenizer (tokenizer.json, or the vocabulary of one)"
    return None


def _placed(own: _Own, named: Path, folder: Path, files: Iterable[str], where: str) -> Place:
    try:
        return place_at(own.results, named, folder, files)
    except OSError as error:
        raise InputError(f"{where}: {error.strerror}: {error.filename}; make it readable") from error


# ---------------------------------------------------------------- datasets


def _dataset(own: _Own, written: str, task: str, where: str) -> str:
    path = written.removesuffix(_NATIVE)
    file, said, slug = _found(own, path, where, "dataset")
    if not file.name.lower().endswith(_ROWS):
        raise InputError(f"{where}: its ending is none of {', '.join(_ROWS)}; write its rows in one of these")
    name = f"{OWNER}-{slug}"
    if name in own.catalog.datasets:
        raise InputError(f"{where}: catalog/datasets/{name}.yaml has this name; rename it")
    serving = [entry for entry in own.catalog.datasets.values() if task in entry.tasks]
    commit = _placed(own, file, file.parent, [file.name], where).commit
    own.datasets.setdefault(name, {})[task] = DatasetEntry(
        title=file.name,
        tasks=[task],
        fields=_fields(own, said, task, f"{place_of(own.source, 'local')}: local: {path}: fields"),
        mask="append" if all(entry.mask for entry in serving) else None,
        paper="none",
        hub=HubSource(
            id=f"{OWNER}/{slug}",
            revision=commit,
            source="local",
            split="all",
            files=[file.name],
            labels=said.labels,
            loads="a file of one's own",
            other_rows="a file of one's own",
        ),
        licence="not stated",
    )
    return name + written[len(path) :]


def _fields(own: _Own, said: LocalEntry, task: str, where: str) -> dict[str, str]:
    """Role to column: what the study says, and for what it does not, the inputs of the task by their own names, and the
    label, where its classes are named."""
    known = {role for entry in own.catalog.datasets.values() for role in entry.fields}
    for role in said.fields:
        entry_of(dict.fromkeys(known), role, f"{where}: {role!r} is no role of a dataset")
    inputs = set(_inputs(own.catalog, task)) - (said.fields.keys() & {"tokens"} and {"text"})
    label = {"label"} if said.labels else set()
    return {**{role: role for role in sorted(inputs | label)}, **said.fields}


def _inputs(catalog: Catalog, task: str) -> Iterator[str]:
    """Roles that all datasets of a task have for an input; text, where one has tokens in its place."""
    roles = [set(entry.fields) & _INPUTS for entry in catalog.datasets.values() if task in entry.tasks]
    yield from set.intersection(*roles) or {"text"}
