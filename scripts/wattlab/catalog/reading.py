"""The catalog: one file per model and per dataset, and the facts of tasks, protocols, grids, training and the paper.

This module reads and checks the files. Their schemas lie in `entries` and `protocols` and are exported here too.
"""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from wattlab.catalog.claims import ClaimEntry
from wattlab.catalog.entries import (
    DatasetEntry,
    EquivalentEntry,
    GridEntry,
    ModelEntry,
    PaperEntry,
    TaskEntry,
    TrainingEntry,
)
from wattlab.catalog.protocols import ProtocolEntry
from wattlab.foundation.errors import InputError, Schema, checked, entry_of, near_matches, remedy_of
from wattlab.foundation.schema import Closed, TaskName, task_context
from wattlab.foundation.stored import read_text

#: The catalog of this repository.
CATALOG_ROOT = Path(__file__).resolve().parents[3] / "catalog"


class Catalog(Closed):
    """Everything under `catalog/`."""

    models: dict[str, ModelEntry]
    datasets: dict[str, DatasetEntry]
    tasks: dict[str, TaskEntry]
    protocols: dict[str, ProtocolEntry]
    grids: dict[str, GridEntry]
    equivalents: dict[str, EquivalentEntry]
    training: dict[str, TrainingEntry]
    claims: dict[str, ClaimEntry]
    paper: PaperEntry
    #: Checkpoints of one's own that a study names: stem to the hash of what lies there.
    own_models: dict[str, str] = {}
    #: Files of rows of one's own: name to task to what that task reads of it.
    own_datasets: dict[str, dict[str, DatasetEntry]] = {}

    def dataset(self, name: str, task: str) -> DatasetEntry:
        """What a task reads: the entry, or of a file of one's own that of the task. Raises `InputError`."""
        own = self.own_datasets.get(name, {})
        if task in own or name in self.datasets:
            return own.get(task) or self.datasets[name]
        raise InputError(f"{name} is no file of catalog/datasets; what stands in for its rows is not known")

    def protocol(self, name: str, place: str) -> ProtocolEntry:
        """A named set of values; `place` names who asks. Raises `InputError`."""
        return entry_of(self.protocols, name, f"{place}: protocol = {name!r} is no entry of catalog/protocols.yaml")


class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which a key stands once: the parser alone would silently keep the last of two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a word or a number", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(path: Path) -> Any:
    """Content of a YAML file; an `InputError` names the file and the line."""
    try:
        return yaml.load(read_text(path, "correct the name"), Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {error}") from error


def _folder(schema: type[Schema], folder: Path, tasks: Collection[str]) -> dict[str, Schema]:
    for stray in folder.glob("*.yml"):
        raise InputError(f"catalog/{folder.name}/{stray.name}: name it {stray.stem}.yaml; no other ending is read")
    return {path.stem: _entry(schema, path, tasks) for path in sorted(folder.glob("*.yaml"))}


def _entry(schema: type[Schema], path: Path, tasks: Collection[str]) -> Schema:
    return checked(schema, read_yaml(path), "/".join(path.parts[-3:]), context=task_context(tasks))


def model_entry(root: Path, hub_id: str) -> ModelEntry | None:
    """One model's entry, read alone; null where the catalog has none. Raises `InputError`."""
    path = root / "models" / f"{hub_id.replace('/', '--')}.yaml"
    return _entry(ModelEntry, path, read_tasks(root)) if path.exists() else None


def _file(schema: type[Schema], path: Path, tasks: Collection[str] | None = None) -> dict[Any, Schema]:
    content, context = read_yaml(path), None if tasks is None else task_context(tasks)
    if not isinstance(content, dict):
        raise InputError(f"catalog/{path.name}: the whole file = {content!r}: write `name:` with its fields below it")
    return {
        name: checked(schema, fields, f"catalog/{path.name}: {name}", context=context)
        for name, fields in content.items()
    }


def read_tasks(root: Path = CATALOG_ROOT) -> dict[str, TaskEntry]:
    """The tasks alone, in their order: one small file. Raises `InputError`."""
    tasks = _file(TaskEntry, root / "tasks.yaml")
    for name in tasks:
        try:
            TypeAdapter(TaskName).validate_python(name, strict=True)
        except ValidationError as error:
            raise InputError(f"catalog/tasks.yaml: {name!r}: {remedy_of(error.errors(), TaskEntry, ())}") from error
    return tasks


@cache
def load_catalog(root: Path) -> Catalog:
    """Read and check every file of the catalog folder `root`; raises `InputError`."""
    tasks = read_tasks(root)
    # Every entry is checked already: `model_construct` spares a second pass over some hundred files.
    catalog = Catalog.model_construct(
        models=_folder(ModelEntry, root / "models", tasks),
        datasets=_folder(DatasetEntry, root / "datasets", tasks),
        tasks=tasks,
        protocols=_file(ProtocolEntry, root / "protocols.yaml", tasks),
        grids=_file(GridEntry, root / "grids.yaml"),
        equivalents=_file(EquivalentEntry, root / "equivalents.yaml"),
        training=_file(TrainingEntry, root / "training.yaml"),
        claims=_file(ClaimEntry, root / "claims.yaml", tasks),
        paper=checked(PaperEntry, read_yaml(root / "paper.yaml"), "catalog/paper.yaml", context=task_context(tasks)),
    )
    _refuse_shared_names(catalog.models)
    _refuse_unknown_names(catalog)
    return catalog


def _refuse_shared_names(models: dict[str, ModelEntry]) -> None:
    """Two entries must not claim one name (stem, hub id or alias): `InputError`."""
    owner: dict[str, str] = {}
    for stem, entry in models.items():
        if entry.hub_id.replace("/", "--") != stem:
            raise InputError(
                f"catalog/models/{stem}.yaml: hub_id = {entry.hub_id!r}: the file must be named {entry.hub_id.replace('/', '--')}.yaml"
            )
        for name in {stem, entry.hub_id, *entry.aliases}:
            if name in owner:
                raise InputError(
                    f"catalog/models/{stem}.yaml: the name {name!r} belongs to {owner[name]} already; remove one of them"
                )
            owner[name] = stem


def _refuse_unknown_names(catalog: Catalog) -> None:
    """Every name that one file takes from another must be there: `InputError`."""
    for model in catalog.training:
        _refuse_unknown(model, catalog.models, "catalog/training.yaml", "is no file of catalog/models")
    known: dict[str, Any] = {
        "dataset": catalog.datasets,
        "model": catalog.models,
        "family": {entry.family for entry in catalog.models.values()},
    }
    for protocol, entry in catalog.protocols.items():
        for index, override in enumerate(entry.overrides):
            for key, wanted in override.where.names.items():
                place = f"catalog/protocols.yaml: {protocol}: overrides.{index}.where.{key}"
                for name in wanted if key in known else []:
                    _refuse_unknown(name, known[key], place, f"is no {key} of the catalog")


def _refuse_unknown(name: str, known: Collection[str], place: str, problem: str) -> None:
    if name not in known:
        raise InputError(f"{place}: {name!r} {problem}; {near_matches(name, known)}")
