"""Files read, with one message for each thing that can be wrong; our own JSON checked against its schema and version."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from wattlab.foundation.errors import InputError, explain, json_content

Stored = TypeVar("Stored", bound=BaseModel)


def read_text(path: Path, lacking: str) -> str:
    """The text of a file. `lacking`: what to do where it is not there. Raises `InputError`."""
    try:
        return path.read_text()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; {lacking}") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: a folder; name a file in it") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text: {error}; save it as UTF-8, or restore it from a copy") from error


def json_object(content: bytes) -> dict[str, Any]:
    """The object that a JSON file of somebody else's holds. Raises `ValueError` for any other content."""
    try:
        value = json.loads(content.decode())
    except RecursionError as error:
        raise ValueError("its lists lie too deep in each other") from error
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def read_json(path: Path, model: type[Stored], lacking: str, known: int | None = None) -> Stored:
    """The content of a file. `lacking`: what to do where it is not there.

    `known`: newest version of the schema that this program reads, for a schema with the field `schema_version`.

    Raises:
        InputError: no such file, not of the schema, or of a newer version; it names the file and the key.
    """
    text = read_text(path, lacking)
    try:
        stored = model.model_validate_json(text)
    except ValidationError as error:
        if known is not None:
            refuse_newer(_stated_version(text), known, path)
        raise explain(error, model, str(path), json_content(text)) from error
    if known is not None:
        refuse_newer(vars(stored)["schema_version"], known, path)
    return stored


def refuse_newer(version: object, known: int, path: Path) -> None:
    """Raise `InputError` for a file of a newer version than this program knows."""
    if isinstance(version, int) and version > known:
        raise InputError(
            f"{path}: schema_version = {version}: a newer wattlab wrote this file, and this one reads versions up to "
            f"{known}; update wattlab, or move the file away"
        )


def _stated_version(text: str) -> object:
    content = json_content(text)
    return content.get("schema_version") if isinstance(content, dict) else None
