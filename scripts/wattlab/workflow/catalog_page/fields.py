"""The reference of the closed schemas: every field with its type, unit, mode and description."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

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
from wattlab.foundation.schema import Closed, TaskName

#: The schema of each file of the catalog; those inside a schema follow it.
SCHEMAS: dict[str, type[Closed]] = {
    "models/*.yaml": ModelEntry,
    "datasets/*.yaml": DatasetEntry,
    "tasks.yaml, an entry": TaskEntry,
    "protocols.yaml, an entry": ProtocolEntry,
    "grids.yaml, an entry": GridEntry,
    "equivalents.yaml, an entry": EquivalentEntry,
    "training.yaml, an entry": TrainingEntry,
    "paper.yaml": PaperEntry,
}


def schemas_by_file() -> Iterator[tuple[str, type[Closed], type[Closed]]]:
    """File, schema and the schema of a whole entry, for every schema once: where it is met first."""
    seen: set[type[Closed]] = set()
    for place, top in SCHEMAS.items():
        for schema in schemas_within(top):
            if schema not in seen:
                seen.add(schema)
                yield place, schema, top


def schemas_within(schema: type[Closed]) -> Iterator[type[Closed]]:
    """The schema and those that its fields hold, each after its holder."""
    yield schema
    for field in schema.model_fields.values():
        for part in _schemas_of(field.annotation):
            yield from schemas_within(part)


def _schemas_of(annotation: Any) -> Iterator[type[Closed]]:
    if isinstance(annotation, type) and issubclass(annotation, Closed):
        yield annotation
    for argument in get_args(annotation):
        yield from _schemas_of(argument)


def type_words(annotation: Any) -> str:
    """A type as a person writes it: text, whole number, list of …, one of …"""
    if annotation == TaskName:
        return "task"
    simple = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "any", type(None): "null"}
    if annotation in simple:
        return simple[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(arguments[0])
    if origin is Literal:
        return ("one of " if len(arguments) > 1 else "") + ", ".join(str(one) for one in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(one) for one in arguments)
    if origin is list:
        return f"list of {type_words(arguments[0])}"
    if origin is dict:
        return f"mapping of {type_words(arguments[0])} to {type_words(arguments[1])}"
    return str(annotation.__name__)
