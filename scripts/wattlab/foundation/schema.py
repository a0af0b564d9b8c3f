"""What every schema of the project derives from: closed models whose fields carry a description and a unit.

A catalog field that *works* enters the spec of a cell, so that a change of it plans that cell again; notes, sources
and published counts never do. `works` says under which mode: "always", "never", or only where the study's `weights`
or `data` have that value.
"""

import re
from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import to_jsonable_python

from wattlab.foundation.errors import near_matches

#: Task names are parts of paths and of targets.
_TASK_NAME = re.compile(r"[a-z]+(-[a-z]+)*")


def task_context(tasks: Collection[str]) -> dict[str, Any]:
    """The validation context under which each `TaskName` must be one of these."""
    return {"tasks": tasks}


def _known_task(name: str, info: ValidationInfo) -> str:
    tasks = None if info.context is None else info.context["tasks"]
    if tasks is not None and name not in tasks:
        raise ValueError(near_matches(name, tasks))
    if not _TASK_NAME.fullmatch(name):
        raise ValueError("a task is named in small letters, with hyphens between words")
    return name


#: Name of an entry of catalog/tasks.yaml; which ones there are is checked under `task_context`.
TaskName = Annotated[str, AfterValidator(_known_task)]
Purpose = Literal["task-specific", "multi-purpose"]
Modality = Literal["text-to-category", "text-to-text", "image-to-category", "image-to-text", "text-to-image"]
Structure = Literal[
    "encoder",
    "decoder",
    "seq2seq",
    "convnet",
    "vision-transformer",
    "detector",
    "vision-encoder-decoder",
    "diffusion",
]
OutputUnit = Literal["token", "word", "label", "box", "image"]
Works = Literal["never", "always", "architecture", "hub", "surrogate"]
Mode = Literal["architecture", "hub", "surrogate"]


class Closed(BaseModel):
    """Base of every schema: unknown keys, wrong types, NaN and infinity are errors, values can not be changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, protected_namespaces=())


class Facts(Closed):
    """Facts of a catalog entry that enter a spec. Their JSON has the keys that were given and no others, since the mode of
    weights or data decides which facts work."""

    @model_serializer(mode="wrap")
    def _given_keys(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}


def fact(
    description: str, default: Any = ..., *, works: Works | None = None, unit: str | None = None, **constraints: Any
) -> Any:
    """A field with its description, its unit and whether it works (see the module's docstring).

    Without `works`, a field of an entry never works, and a field inside a working field works with it.
    """
    return Field(default, description=description, json_schema_extra={"works": works, "unit": unit}, **constraints)


def is_missing(value: Any) -> bool:
    """For `exclude_if`: a key that came later is left out where it has no value, so that older files and specs stay equal."""
    return value is None


class Outcome(Closed):
    """What a job made, or why there was nothing to make it from."""

    status: Literal["complete", "unavailable"]
    reason: str | None = fact("why there is nothing", None)
    remedy: str | None = fact("what to do about it", None)

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.status == "unavailable" and not (self.reason and self.remedy):
            raise ValueError("status unavailable needs a reason and a remedy")
        return self


def working_fields(entry: Closed, mode: Mode) -> dict[str, Any]:
    """The fields of a catalog entry that enter the spec under this mode of weights or data, as plain JSON values."""
    return _working(entry, mode, inherited="never")


def _working(value: Closed, mode: Mode, inherited: Works) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, field in type(value).model_fields.items():
        extra = field.json_schema_extra
        stated = extra.get("works") if isinstance(extra, dict) else None
        works: Any = stated or inherited
        if works in ("always", mode):
            part = getattr(value, name)
            nested = isinstance(part, Closed)
            chosen[name] = _working(part, mode, works) if nested else to_jsonable_python(part)
    return chosen
