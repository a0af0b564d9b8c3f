"""A file under scripts/ can be read at one sitting, a function on one screen."""

import ast

import pytest

from support.imports import ROOT, SCRIPTS

FILES = [path.relative_to(ROOT).as_posix() for path in sorted(SCRIPTS.rglob("*.py"))]


@pytest.mark.parametrize("name", FILES)
def test_files_and_functions_are_short(name: str) -> None:
    text = (ROOT / name).read_text()
    assert len(text.splitlines()) < 300, "move what belongs together into a module of its own"
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 >= 40
    ]
    assert not long
