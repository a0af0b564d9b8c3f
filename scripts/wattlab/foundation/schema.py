"""What every schema of the project derives from: closed models whose fields carry a description and a unit.

A catalog field that *works* enters the spec of a cell, so that a change of it plans that cell again; notes, sources
and published counts never do. `works` says under which mode: "always", "never", or only where the study's `weights`
or `data` have that value.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

TaskName = Literal[
    "text-classification",
    "question-answering",
    "token-classification",
    "fill-mask",
    "text-generation",
    "summarization",
    "image-classification",
    "object-detection",
    "image-to-text",
    "text-to-image",
]
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


def fact(
    description: str, default: Any = ..., *, works: Works | None = None, unit: str | None = None, **constraints: Any
) -> Any:
    """A field with its description, its unit and whether it works (see the module's docstring).

    Without `works`, a field of an entry never works, and a field inside a working field works with it.
    """
    return Field(default, description=description, json_schema_extra={"works": works, "unit": unit}, **constraints)


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
            chosen[name] = (
                _working(part, mode, works) if nested else value.model_dump(mode="json", include={name})[name]
            )
    return chosen
