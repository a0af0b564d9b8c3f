"""Members of a kind by lazy targets, `module:NAME`: listing them imports none of them."""

import ast
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wattlab.foundation.errors import InputError


def load(target: str) -> Any:
    """What a target names; its module is imported only now."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def declared(target: str, needed: Collection[str]) -> dict[str, Any]:
    """The keywords by which `NAME = …(…)` of a target's module is made, read from the source without an import.

    Literals by their value, all others as None. Raises `InputError` where the module, the name or a needed keyword is
    not there.
    """
    module, _, name = target.partition(":")
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # the folder around it
        spec = None
    if spec is None or spec.origin is None:
        raise InputError(f"{target}: there is no module {module}; add its file, or correct the listing that names it")
    for node in ast.parse(Path(spec.origin).read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(node.value, ast.Call):
            found = {str(keyword.arg): _literal(keyword.value) for keyword in node.value.keywords}
            if lacking := sorted(set(needed) - found.keys()):
                raise InputError(f"{spec.origin}: {name} lacks {', '.join(lacking)}; give it")
            return found
    raise InputError(f"{spec.origin}: there is no {name}; add it, or correct the listing that names {target}")


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
