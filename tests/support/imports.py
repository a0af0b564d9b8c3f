"""Which distributions a program of this repository can import, read from its source without running it."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from wattlab.foundation.closure import SCRIPTS, imported, module_file

ROOT = SCRIPTS.parent

#: A module named in a string, for a registry that imports lazily: `wattlab.x`, `wattlab.x:Name`, `wattlab.x.*`.
LAZY = re.compile(r"^(wattlab(?:\.\w+)+)(?::\w+|\.\*)?$")


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _third_party(name: str, home: Path) -> str | None:
    top = name.split(".")[0]
    places = (home, SCRIPTS, ROOT / "tests")  # pytest puts the folder of the tests on the path
    of_tests = top == "conftest" or (ROOT / "tests" / top).is_dir()
    own = of_tests or top in sys.stdlib_module_names or any(module_file(top, place) for place in places)
    return None if own else top


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


@cache
def direct_imports(file: Path) -> tuple[set[str], set[Path]]:
    """Distributions (canonical names) and files of this repository that one file imports.

    A module that it names for a lazy import counts too. Raises `AssertionError` for an import that nothing installed
    provides.
    """
    packages: set[str] = set()
    own: set[Path] = set()
    for name in _imported_at_any_time(file):
        top = _third_party(name, file.parent)
        if top is None:
            own.update(_own_files(name, file.parent))
        else:
            assert top in _distributions(), f"{file.relative_to(ROOT)} imports {top}, which is not installed"
            packages.add(canonical(_distributions()[top][0]))
    return packages, own


def _imported_at_any_time(file: Path) -> set[str]:
    names = imported(file.read_text())
    for target in lazy_targets(file.read_text()):
        package = target.removesuffix(".*")
        folder = SCRIPTS.joinpath(*package.split("."))
        names |= {f"{package}.{path.stem}" for path in folder.glob("*.py")} if target.endswith(".*") else {target}
    return names


def distributions_of(file: Path) -> dict[str, str]:
    """Distribution -> a file that imports it, for a file and every module of this repository that it can reach."""
    found: dict[str, str] = {}
    seen: set[Path] = set()
    waiting = {file}
    while waiting:
        current = waiting.pop()
        seen.add(current)
        packages, own = direct_imports(current)
        found = dict.fromkeys(packages, str(current.relative_to(ROOT))) | found
        waiting |= own - seen
    return found


def _own_files(name: str, home: Path) -> list[Path]:
    parts = name.split(".")
    prefixes = [".".join(parts[: i + 1]) for i in range(len(parts))]
    return [path for prefix in prefixes for path in (module_file(prefix), module_file(prefix, home)) if path]


def lazy_targets(source: str) -> set[str]:
    """Modules that a source names in strings, for a registry: whole targets, and the folder of an f-string's start."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (named := LAZY.match(node.value)):
            found.add(named[1])
        elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            start = str(node.values[0].value)
            if start.endswith(".") and LAZY.match(start[:-1]):
                found.add(f"{start}*")
    return found
