"""Markdown that the parts of the page share."""

from collections.abc import Iterable, Sequence

_ESCAPES = str.maketrans({"|": "\\|", "<": "&lt;", ">": "&gt;", "*": "\\*", "_": "\\_", "\n": " "})


def escaped(text: str) -> str:
    """Text that Markdown sets as it is, also in a table."""
    return " ".join(text.split()).translate(_ESCAPES)


def code(text: object) -> str:
    """A word set as code; nothing for nothing."""
    return f"`{text}`".replace("|", "\\|") if text not in (None, "") else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table, and an empty one after it."""
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def items(pairs: Iterable[tuple[str, str | None]]) -> list[str]:
    """A list of named texts; those without a text are left out."""
    return [f"- {name}: {escaped(text)}" for name, text in pairs if text]
