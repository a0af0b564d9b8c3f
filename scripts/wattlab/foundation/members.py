"""Members of a kind by lazy targets, `module:name`: checked without an import, loaded where they are used."""

import ast
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from wattlab.foundation.errors import InputError, near_matches


def load_member(target: str) -> Any:
    """What `module:name` names; imports its module."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def declared(target: str, needed: Collection[str]) -> dict[str, Any]:
    """The keywords by which a target is made, `name = …(…)` in its module, read from the source: nothing of it is run.

    Literals by their value, all others as None. Raises `InputError` where the module, the name or a needed keyword is
    not there.
    """
    try:
        made = _statement_of(target)
    except ValueError as error:
        raise InputError(f"{target}: {error}") from error
    keywords = made.value.keywords if isinstance(made, ast.Assign) and isinstance(made.value, ast.Call) else []
    found = {str(keyword.arg): _literal(keyword.value) for keyword in keywords}
    if lacking := sorted(set(needed) - found.keys()):
        raise InputError(f"{target}: it lacks {', '.join(lacking)}; give it")
    return found


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _statement_of(target: str) -> ast.stmt:
    """What defines or makes a target in its module. Raises `ValueError` where there is none; nothing is run."""
    module, _, name = target.partition(":")
    try:
        found = find_spec(module)
    except ModuleNotFoundError:  # the folder around it
        found = None
    if found is None or found.origin is None:
        raise ValueError(f"there is no module {module!r}; correct it, or put its folder on PYTHONPATH")
    statements: dict[str, ast.stmt] = {}
    for part in ast.parse(Path(found.origin).read_text()).body:
        if isinstance(part, ast.ClassDef | ast.FunctionDef):
            statements[part.name] = part
        elif isinstance(part, ast.Assign):
            statements[ast.unparse(part.targets[0])] = part
    if name not in statements:
        raise ValueError(f"{module} defines no {name!r}; {near_matches(name, statements)}")
    return statements[name]


def _is_there(target: str) -> str:
    """`module:name` as it is. Raises `ValueError` where there is none."""
    _statement_of(target)
    return target


#: `module:name` of a class or function that is there.
Member = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"), AfterValidator(_is_there)]
