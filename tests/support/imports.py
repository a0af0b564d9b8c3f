"""Which distributions a program of this repository can import, read from its source without running it."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"

#: A module named in a string, for a registry that imports lazily: `wattlab.x` or `wattlab.x:Name`.
_NAMED = re.compile(r"^(wattlab(?:\.\w+)+)(?::\w+)?$")


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def module_file(module: str, home: Path = SCRIPTS) -> Path | None:
    """File of a module of this repository; None for any other."""
    stem = home.joinpath(*module.split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def imported(source: str) -> set[str]:
    """Dotted names that the source imports anywhere, functions included, or names for a lazy import.

    `from a import b` yields `a` and `a.b`, since b may be a module. What stands under `if TYPE_CHECKING:` is left out.
    """
    tree = ast.parse(source)
    for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for statement in branch.body
        for node in ast.walk(statement)
    }
    return {name for node in ast.walk(tree) if id(node) not in for_types for name in _names(node)}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and (named := _NAMED.match(node.value)):
        yield named[1]
    elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        package = str(node.values[0].value).rstrip(".")
        if str(node.values[0].value).endswith(".") and _NAMED.match(package):
            folder = SCRIPTS.joinpath(*package.split("."))
            yield from (f"{package}.{path.stem}" for path in sorted(folder.glob("*.py")))


def _third_party(name: str, home: Path) -> str | None:
    top = name.split(".")[0]
    places = (home, SCRIPTS, ROOT / "tests")  # pytest puts the folder of the tests on the path
    own = top in sys.stdlib_module_names or top == "conftest" or any(module_file(top, place) for place in places)
    return None if own else top


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def direct_imports(file: Path) -> tuple[set[str], set[Path]]:
    """Distributions (canonical names) and files of this repository that one file imports.

    Raises `AssertionError` for an import that nothing installed provides.
    """
    packages: set[str] = set()
    own: set[Path] = set()
    for name in imported(file.read_text()):
        top = _third_party(name, file.parent)
        if top is None:
            own.update(_own_files(name, file.parent))
        else:
            assert top in _distributions(), f"{file.relative_to(ROOT)} imports {top}, which is not installed"
            packages.add(canonical(_distributions()[top][0]))
    return packages, own


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
