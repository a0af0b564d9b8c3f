"""Bad input, in one message: the file, the key, the value and the remedy."""

import difflib
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails


def plain(text: object, width: int = 240) -> str:
    """One line of printable characters: text of models, datasets and logs must not steer a terminal."""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return textwrap.shorten(printable, width, placeholder=" …")


class InputError(Exception):
    """Bad input of a person (config, catalog, id, log file, environment). Its text is for that person."""


class NoDevice(InputError):
    """The device that a cell asks for is not on this machine, or not free to be measured on."""


class Unavailable(Exception):
    """What was asked for is not to be had, for a reason of the data. `reason` and `remedy` are for a file that says so."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


def library_words(error: Exception, folder: Path) -> str:
    """The first line of what a library says of the files in `folder`, without that place of this machine."""
    return str(error).strip().partition("\n")[0].replace(str(folder), "its folder")


Schema = TypeVar("Schema", bound=BaseModel)
Entry = TypeVar("Entry")

#: Name of a file, or what finds it from the first part of a key.
Source = str | Callable[[str], str]

#: Kinds of mistakes in pydantic's words -> what to give instead, in which pydantic's own limits stand in braces.
_WANTED = {
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "list_type": "a list",
    "model_type": "keys with values",
    "string_too_short": "a text that is not empty",
    "string_type": "a text",
    "too_long": "at most {max_length}",
    "too_short": "at least {min_length}",
    "tuple_type": "a list",
}


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


def _place_in(model: type[BaseModel], key: Sequence[str]) -> tuple[FieldInfo | None, list[type[BaseModel]]]:
    """The innermost field that a key lies in, and the schemas of what stands there; names in mappings and numbers in lists
    are no fields."""
    field, schemas = None, [model]
    for part in key:
        found = next((schema.model_fields[part] for schema in schemas if part in schema.model_fields), None)
        if found is not None:
            field, schemas = found, list(_schemas_in(found.annotation))
    return field, schemas


def _schemas_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _schemas_in(argument)


def remedy_of(errors: Sequence[ErrorDetails], model: type[BaseModel], key: Sequence[str]) -> str:
    """What to do about pydantic's errors at one key of a schema, in a person's words and with the key's meaning."""
    # Of a union: where one member found the right shape, the others' shapes are not what was meant.
    understood = [error for error in errors if not error["type"].endswith("_type")] or errors
    field, schemas = _place_in(model, key)
    meaning = "" if field is None else field.description or ""
    wanted = {_wanted(error, schemas): None for error in understood if error["type"] in _WANTED}
    others = {_other_remedy(error, model, key, meaning): None for error in understood if error["type"] not in _WANTED}
    given = [f"give {' or '.join(wanted)}{meaning and f' ({meaning})'}"] if wanted else []
    return ", or ".join([*others, *given])


def _wanted(error: ErrorDetails, schemas: Sequence[type[BaseModel]]) -> str:
    kind, given = error["type"], error["input"]
    words = _WANTED[kind].format(**error.get("ctx", {}))
    if kind == "model_type" and schemas:
        return f"{words}, as `{next(iter(schemas[0].model_fields))}: …`"
    is_quoted = isinstance(given, str) and (kind == "bool_type" or any(letter.isdigit() for letter in given))
    return f"{words} without quotes" if is_quoted else words


def _other_remedy(error: ErrorDetails, model: type[BaseModel], key: Sequence[str], meaning: str) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            schemas = _place_in(model, key[:-1])[1]
            gone = {old: new for schema in schemas for old, new in getattr(schema, "GONE", {}).items()}
            if key[-1] in gone:
                return f"this key is gone; {gone[key[-1]]}"
            known = {name for schema in schemas for name in schema.model_fields}
            return f"unknown key; {near_matches(key[-1], known)}"
        case "invalid_key":
            return "a key is a text; put it in quotes"
        case "missing":
            return f"this key is missing; add it{meaning and f' ({meaning})'}"
        case "literal_error":
            return near_matches(str(error["input"]), _names_in(limits["expected"]))
        case "union_tag_invalid":
            return f"{limits['discriminator']} = {limits['tag']!r}: {near_matches(limits['tag'], _names_in(limits['expected_tags']))}"
        case "union_tag_not_found":
            return f"the key {limits['discriminator']} is missing; add it"
        case "json_invalid":
            return f"no JSON ({limits['error']}); restore it from a copy, or move it away"
        case "string_pattern_mismatch":
            return f"give {meaning or limits['pattern']}"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _names_in(expected: str) -> list[str]:
    return re.findall(r"'([^']*)'", expected) or [expected]


def _key_of(error: ErrorDetails, content: Any) -> tuple[str, ...]:
    """Where in the content an error lies: without what pydantic adds for the members of a union and the keys of a mapping."""
    key, here = [], content
    for part in error["loc"]:
        is_there = part in here if isinstance(here, dict) else isinstance(here, list) and isinstance(part, int)
        if is_there:
            here = here[part]
        if is_there or (error["type"] == "missing" and part == error["loc"][-1]):
            key.append(str(part))
    return tuple(key)


def explain(error: ValidationError, model: type[BaseModel], source: Source, content: Any) -> InputError:
    """Turn pydantic's errors about a content into one message, a line each: `file: key = value: remedy`."""
    found: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_key_of(detail, content), []).append(detail)
    lines = []
    for key, details in found.items():
        if any(other[: len(key)] == key for other in found if other != key):
            continue  # a union: the member that was understood furthest is the one that was meant
        lines.append(
            f"{place_of(source, key[0] if key else '')}: {_shown(key, details[0])}{remedy_of(details, model, key)}"
        )
    return InputError("\n".join(lines))


def place_of(source: Source, key: str) -> str:
    """The file that a key stands in."""
    return source if isinstance(source, str) else source(key)


def _shown(key: tuple[str, ...], error: ErrorDetails) -> str:
    """The key and its value; nothing for a rule about several keys, which names them itself."""
    value = "" if error["type"] == "missing" else f" = {_shorten(error['input'])}"
    if key:
        return f"{'.'.join(key)}{value}: "
    return f"the whole of it{value}: " if error["type"].endswith("_type") else ""


def checked(
    schema: type[Schema],
    content: Any,
    source: Source,
    *,
    is_json: bool = False,
    context: dict[str, Any] | None = None,
) -> Schema:
    """Content (or its JSON text) as a schema has it; an `InputError` names `source` (see `explain`), key and value."""
    validate = schema.model_validate_json if is_json else schema.model_validate
    try:
        return validate(content, context=context)
    except ValidationError as error:
        raise explain(error, schema, source, json_content(content) if is_json else content) from error


def json_content(text: str | bytes) -> Any:
    """What a JSON text holds; null where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _shorten(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
