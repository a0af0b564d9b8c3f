"""Bad input, in one message: the file, the key, the value and the remedy."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


class InputError(Exception):
    """Bad input of a person (config, catalog, id, log file, environment). Its text is for that person."""


class NoDevice(InputError):
    """The device that a cell asks for is not on this machine, or not free to be measured on."""


class Unavailable(Exception):
    """What was asked for is not to be had, for a reason of the data. `reason` and `remedy` are for a file that says so."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


Schema = TypeVar("Schema", bound=BaseModel)
Entry = TypeVar("Entry")

#: Parts of a location that pydantic adds for the members of a union and for the keys of a mapping.
_TAG = re.compile(r"(str|int|float|bool|none|\[key\]|(literal|list|dict|nullable|constrained-\w+|function-\w+)\[.*)")


def near_matches(word: str, allowed: Iterable[str]) -> str:
    """'did you mean …?' with the nearest allowed names, or the allowed names themselves where none is near."""
    names = sorted(set(allowed))
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(repr(name) for name in near) + "?"
    if not names:
        return "there is none"
    shown = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return f"allowed: {shown}"


def entry_of(entries: Mapping[str, Entry], name: str, problem: str) -> Entry:
    """The entry of this name. Raises `InputError` where there is none: the problem, then the names that are near."""
    if name not in entries:
        raise InputError(f"{problem}; {near_matches(name, entries)}")
    return entries[name]


def _allowed_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Field names of the (nested) model that a validation error's location lies in."""
    current: type[BaseModel] = model
    for part in location[:-1]:
        field = current.model_fields.get(str(part))
        nested = None if field is None else _nested_model(field.annotation)
        if nested is not None:
            current = nested
    return list(current.model_fields)


def _nested_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _nested_model(argument)
        if found is not None:
            return found
    return None


def _remedy(model: type[BaseModel], error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        gone = getattr(model, "GONE", {}).get(error["loc"][-1])
        if gone is not None:
            return f"this key is gone; {gone}"
        return f"unknown key; {near_matches(str(error['loc'][-1]), _allowed_keys(model, error['loc']))}"
    if error["type"] == "missing":
        return "this key is missing; add it"
    if error["type"] == "literal_error":
        return near_matches(str(error["input"]), re.findall(r"'([^']*)'", str(error["ctx"]["expected"])))
    return error["msg"].removeprefix("Value error, ")


def explain(error: ValidationError, model: type[BaseModel], source: str | Callable[[str], str]) -> InputError:
    """Turn pydantic's errors into one message, a line each: `file: key: value …: remedy`.

    `source` is the file's name, or a function that finds it from the first part of the key.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    shown: dict[tuple[str, ...], str] = {}
    for detail in error.errors(include_url=False):
        key = tuple(str(part) for part in detail["loc"] if not _TAG.fullmatch(str(part)))
        found.setdefault(key, []).append(_remedy(model, detail))
        shown[key] = "" if detail["type"] == "missing" else f" = {_shorten(detail['input'])}"
    whole_is_wrong = any(detail["type"] == "model_type" and not detail["loc"] for detail in error.errors())
    lines = []
    for key, remedies in found.items():
        if any(other[: len(key)] == key for other in found if other != key):
            continue  # a union: the member that was understood furthest is the one that was meant
        where = source if isinstance(source, str) else source(key[0] if key else "")
        place = f"{'.'.join(key) or 'the whole of it'}{shown[key]}: "
        if key == () and not whole_is_wrong:
            place = ""  # a rule about several keys names them itself
        lines.append(f"{where}: {place}{', or: '.join(dict.fromkeys(remedies))}")
    return InputError("\n".join(lines))


def checked(
    schema: type[Schema],
    content: Any,
    source: str | Callable[[str], str],
    *,
    is_json: bool = False,
    context: dict[str, Any] | None = None,
) -> Schema:
    """Content (or its JSON text) as a schema has it; an `InputError` names `source` (see `explain`), key and value."""
    validate = schema.model_validate_json if is_json else schema.model_validate
    try:
        return validate(content, context=context)
    except ValidationError as error:
        raise explain(error, schema, source) from error


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
