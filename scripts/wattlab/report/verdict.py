"""The verdict on a study: whether it is whole, and else what is missing and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wattlab.foundation.errors import plain

Row = Mapping[Any, Any]

#: Order of the list: what needs a hand first.
_ORDER = ("failed", "unavailable", "stale", "incomplete", "waiting", "known")

#: Lines of the list on a terminal.
MOST_LINES = 20


def is_whole(missing: Iterable[Row], imported: bool = False) -> bool:
    """Whether nothing is missing but what the study expects to be, and repeats that imported logs never had.

    `missing`: rows of the table.
    """
    forgiven = {"known", "incomplete"} if imported else {"known"}
    return all(row["kind"] in forgiven for row in missing)


def missing_lines(missing: Sequence[Row], most: int = MOST_LINES) -> list[str]:
    """A heading per kind and a line per row of `missing`, `most` in all, then how many more there are.

    `cell: reason; remedy`; what several cells share is said once, above them.
    """
    lines, left = [], most
    for kind in [*_ORDER, *sorted({row["kind"] for row in missing} - set(_ORDER))]:
        rows = [row for row in missing if row["kind"] == kind]
        if not rows:
            continue
        lines.append(f"{kind} ({len(rows)}):")
        for why, cells in _by_reason(rows).items():
            shown = [plain(cell) for cell in cells[: max(left, 0)]]
            left -= len(shown)
            if len(cells) > 1 and shown:
                lines += [f"  {why}:", *(f"    {cell}" for cell in shown)]
            else:
                lines += [f"  {cell}: {why}" for cell in shown]
    hidden = len(missing) - (most - left)
    return [*lines, f"and {hidden} more in tables/missing.csv"] if hidden else lines


def _by_reason(rows: Iterable[Row]) -> dict[str, list[object]]:
    """Reason and remedy -> the cells that have them."""
    found: dict[str, list[object]] = {}
    for row in rows:
        parts = [plain(row[name]) for name in ("reason", "remedy") if isinstance(row.get(name), str)]
        found.setdefault("; ".join(parts) or "no reason given", []).append(row["cell"])
    return found
