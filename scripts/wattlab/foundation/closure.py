"""Which source files a program runs, read from their imports without running them.

What rests on code asks here: the sources of a rule (an edit of one makes its job due) and the hash of the code that
measures. Nothing lists files by hand.
"""

import ast
from collections import deque
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

#: The folder of the programs and of this package.
SCRIPTS = Path(__file__).resolve().parents[2]


def module_file(module: str, home: Path = SCRIPTS) -> Path | None:
    """File of a module below `home`; null for any other."""
    stem = home.joinpath(*module.split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def closure(*entries: str, home: Path = SCRIPTS) -> list[Path]:
    """Files that the entries import from below `home`, themselves included, in the order of their names.

    An entry is a module (`build_tables`), a lazy target (`wattlab.figures.tasks:Tasks`) or all modules of a folder
    (`wattlab.tasks.*`). Imports inside functions count; those for types alone do not, nor do targets that a registry
    names in strings: name the members that are meant. A member from elsewhere counts with its own file, and with what it
    imports from below `home`. Raises `LookupError` for an entry that has no file.
    """
    waiting = deque(path for entry in entries for path in _files_of_entry(entry, home))
    found = set(waiting)
    while waiting:
        new = set(_reached(waiting.popleft(), home)) - found
        found |= new
        waiting.extend(new)
    return sorted(found)


def _files_of_entry(entry: str, home: Path) -> list[Path]:
    module = entry.partition(":")[0]
    names = [module]
    if module.endswith(".*"):
        folder = home.joinpath(*module.split(".")[:-1])
        names = [".".join(path.with_suffix("").relative_to(home).parts) for path in sorted(folder.rglob("*.py"))]
    files = [path for name in names for path in _files(name, home)]
    if files and (module.endswith(".*") or module_file(module, home)):
        return files
    foreign = find_spec(module)
    if foreign is None or foreign.origin is None:
        raise LookupError(f"{entry}: no such module")
    return [Path(foreign.origin)]


@cache
def _reached(file: Path, home: Path) -> tuple[Path, ...]:
    return tuple(path for name in imported(file.read_text()) for path in _files(name, home))


@cache
def _files(module: str, home: Path) -> tuple[Path, ...]:
    """File of a module and of the packages around it; none for what does not lie below `home`."""
    parts = module.split(".")
    if not (home / parts[0]).is_dir() and not (home / f"{parts[0]}.py").is_file():
        return ()
    prefixes = [".".join(parts[: i + 1]) for i in range(len(parts))]
    return tuple(path for prefix in prefixes for path in [module_file(prefix, home)] if path)


def imported(source: str) -> set[str]:
    """Dotted names that a source imports anywhere, functions included, without what stands under `if TYPE_CHECKING:`.

    `from a import b` yields `a` and `a.b`, since b may be a module.
    """
    return set(_names(ast.parse(source)))


def _names(tree: ast.AST) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and _is_for_types(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.stmt | ast.Module | ast.ExceptHandler | ast.match_case):
            # Statements alone hold imports: expressions need no walk.
            waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def _is_for_types(test: ast.expr) -> bool:
    return getattr(test, "id", None) == "TYPE_CHECKING" or getattr(test, "attr", None) == "TYPE_CHECKING"
