"""Members of a kind, which a catalog file names as `module:name`: checked without an import, loaded where they are used."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from wattlab.foundation.errors import near_matches


def load_member(target: str) -> Any:
    """The class or function that `module:name` names; imports its module."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _is_there(target: str) -> str:
    """`module:name` as it is. Raises `ValueError` where there is none; nothing of the module is run."""
    module, _, name = target.partition(":")
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise ValueError(f"there is no module {module!r}; correct it, or put its folder on PYTHONPATH")
    names = [
        part.name
        for part in ast.parse(Path(found.origin).read_text()).body
        if isinstance(part, ast.ClassDef | ast.FunctionDef)
    ]
    if name not in names:
        raise ValueError(f"{module} defines no {name!r}; {near_matches(name, names)}")
    return target


#: `module:name` of a class or function that is there.
Member = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"), AfterValidator(_is_there)]
