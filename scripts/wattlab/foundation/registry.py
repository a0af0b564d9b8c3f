"""Members of a kind by lazy targets, `module:Class`: listing them imports none of them."""

import ast
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wattlab.foundation.errors import InputError


def load(target: str) -> Any:
    """The class that a target names; its module is imported only now."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def declared(target: str, needed: Collection[str]) -> dict[str, Any]:
    """Attributes of a target's class, read from its source without an import: literals by value, all others as None.

    Raises `InputError` where there is no such class, or where it lacks one of the needed attributes.
    """
    module, _, name = target.partition(":")
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise InputError(f"{target}: there is no module {module}; correct the listing, or add the file")
    classes = [node for node in ast.parse(Path(spec.origin).read_text()).body if isinstance(node, ast.ClassDef)]
    body = next((node.body for node in classes if node.name == name), None)
    if body is None:
        raise InputError(f"{target}: {spec.origin} has no class {name}; correct the listing, or add the class")
    found: dict[str, Any] = {node.name: None for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = _literal(node.value)
    lacking = sorted(set(needed) - found.keys())
    if lacking:
        raise InputError(f"{target}: {spec.origin}: the class lacks {', '.join(lacking)}")
    return found


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
