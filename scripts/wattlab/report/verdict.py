"""The verdict on a study: whether it is whole, and else what is missing and what to do about it."""

import pandas as pd

from wattlab.foundation.errors import plain

#: Kinds that are no failure: expected, waiting for an environment, or with fewer valid repeats than wanted.
FORGIVEN = frozenset({"known", "waiting", "incomplete"})

#: Order of the list: what needs a hand first.
_ORDER = ("failed", "unavailable", "stale", "incomplete", "waiting", "known")

#: Lines of the list on a terminal.
MOST_LINES = 20


def is_whole(missing: pd.DataFrame) -> bool:
    """Whether nothing is missing but what is forgiven."""
    return set(missing["kind"]) <= FORGIVEN


def missing_lines(missing: pd.DataFrame, most: int = MOST_LINES) -> list[str]:
    """A heading per kind and a line per cell, `most` cells in all, then how many more there are.

    `cell: reason; remedy`; what several cells share is said once, above them.
    """
    lines, left = [], most
    for kind in [*_ORDER, *sorted(set(missing["kind"]) - set(_ORDER))]:
        rows = missing[missing["kind"] == kind]
        if rows.empty:
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


def _by_reason(rows: pd.DataFrame) -> dict[str, list[object]]:
    """Reason and remedy -> the cells that have them."""
    found: dict[str, list[object]] = {}
    for row in rows.to_dict("records"):
        parts = [plain(row[name]) for name in ("reason", "remedy") if isinstance(row.get(name), str)]
        found.setdefault("; ".join(parts) or "no reason given", []).append(row["cell"])
    return found
