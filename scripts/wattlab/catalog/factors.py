"""Factors: the protocol keys that a study may vary, where each makes sense, and how a setting of them is written.

A setting is what a cell has instead of the protocol's values. It ends the cell's id: `…/{model}@batch_size=16+dtype=bfloat16`.
Snakemake hands the values of a job's wildcards to a cluster with commas between, so that a comma can not stand in one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from pydantic import ValidationError

from wattlab.catalog.entries import TaskEntry
from wattlab.catalog.protocols import value_of
from wattlab.foundation.schema import Purpose

#: Name of the protocol's own setting, where a setting is named.
PROTOCOL = "protocol"


@dataclass(frozen=True)
class Factor:
    """Where a protocol key makes sense: `taken(task, purpose, variant)`, and the same in words.

    `lacking(value, cores)`: what a machine of so many cores lacks for a value; null where it has all.
    """

    words: str
    taken: Callable[[TaskEntry, Purpose, str | None], bool]
    lacking: Callable[[Any, float], str | None] = lambda value, cores: None


_EVERYWHERE = Factor("every cell takes it", lambda task, purpose, variant: True)

#: Protocol key -> where it makes sense.
FACTORS: dict[str, Factor] = {
    "batch_size": _EVERYWHERE,
    "cpu_threads": replace(
        _EVERYWHERE,
        lacking=lambda value, cores: f"this machine has {cores:g} cores for them" if value > ceil(cores) else None,
    ),
    "dtype": _EVERYWHERE,
    "image_size": Factor(
        "cells that read an image, but for @native, and those that draw one",
        lambda task, purpose, variant: "image" in task.modality and variant is None,
    ),
    "max_input_words": Factor(
        "cells that read text, but for tasks that read a number of words of their own",
        lambda task, purpose, variant: (
            task.modality.startswith("text-") and (purpose == "multi-purpose" or task.fixed_input_words is None)
        ),
    ),
    "max_new_tokens": Factor(
        "cells that write text",
        lambda task, purpose, variant: purpose == "multi-purpose" or task.generates_text,
    ),
    "steps": Factor("cells that draw an image", lambda task, purpose, variant: task.modality == "text-to-image"),
}


def value_text(value: Any) -> str | None:
    """A factor's value as in ids and tables: sizes as `640x480`, a missing one as `null`."""
    if value is None:
        return "null"
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def setting_text(values: Mapping[str, Any]) -> str | None:
    """The setting in its one spelling, sorted by key; null for no values, the protocol's own."""
    return "+".join(f"{key}={value_text(values[key])}" for key in sorted(values)) or None


def setting_values(text: str | None) -> dict[str, Any]:
    """The values of a setting. Raises `ValueError` for a text that `setting_text` would not write."""
    parts = [part.partition("=") for part in text.split("+")] if text else []
    values = {key: _value(key, written) for key, _, written in parts}
    if setting_text(values) != text:
        raise ValueError(f"{text!r} is no setting; as key=value, sorted and with plus signs: {setting_text(values)}")
    return values


def _value(key: str, written: str) -> Any:
    if key not in FACTORS:
        raise ValueError(f"{key!r} is no factor; one of {', '.join(FACTORS)}")
    sizes = [int(part) for part in written.split("x") if part.isdecimal()]
    value: Any = None if written == "null" else sizes if key == "image_size" else int(written) if sizes else written
    try:
        return value_of(key).validate_python(value, strict=True)
    except ValidationError as error:
        raise ValueError(f"{key}={written}: {error.errors(include_url=False)[0]['msg']}") from error
