"""Write the JSON schemas of what people edit: `config.schema.json`, and those of the catalog's entries.

Editors complete and check with them; a run checks with the same models in Python, and the classes and keys that an entry
names against `catalog/schema/libraries.json`, which is written here from the installed libraries.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel

from wattlab.catalog.claims import ClaimEntry
from wattlab.catalog.entries import DatasetEntry, ModelEntry
from wattlab.catalog.libraries import LIBRARIES
from wattlab.catalog.reading import read_tasks
from wattlab.foundation.files import write_text
from wattlab.foundation.verbs import tell, verb
from wattlab.study.config import StudyConfig

SCHEMAS: dict[str, type[BaseModel]] = {
    "config.schema.json": StudyConfig,
    "catalog/schema/model.json": ModelEntry,
    "catalog/schema/dataset.json": DatasetEntry,
    "catalog/schema/claim.json": ClaimEntry,
}


def schema_text(schema: type[BaseModel]) -> str:
    """The JSON schema of a model, without what our own keys (`unit`, `works`) leave empty."""
    content = _without_empty(schema.model_json_schema())
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **content}, indent=1) + "\n"


def libraries_text() -> str:
    """The names that the installed libraries know, a line for each class."""
    # Only here: it imports both libraries, which takes long.
    from wattlab.models.library_names import library_names

    names = library_names({task.auto_class for task in read_tasks().values() if task.auto_class is not None})
    kinds = [f"{json.dumps(kind)}: {_lines(content)}" for kind, content in names.items()]
    return "{\n" + ",\n".join(kinds) + "\n}\n"


def _lines(content: Any) -> str:
    if not isinstance(content, dict):
        return json.dumps(content)
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()) + "\n}"


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if not (key in ("unit", "works") and part is None)}
        return {key: _without_empty(part) for key, part in kept.items()}
    return [_without_empty(part) for part in value] if isinstance(value, list) else value


@verb
def main(*, root: Annotated[Path, "the repository"] = Path()) -> None:
    """Write every schema below a folder."""
    for name, schema in SCHEMAS.items():
        write_text(root / name, schema_text(schema))
    write_text(root / "catalog" / LIBRARIES, libraries_text())


if __name__ == "__main__":
    tell(main)
