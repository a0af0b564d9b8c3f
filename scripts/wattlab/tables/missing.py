"""`missing`: every cell without its full number of valid repeats, why, and what to do about it."""

from typing import Any

import pandas as pd

from wattlab.tables.columns import KEYS, Flag, Table, keys_of
from wattlab.tables.evidence import CellEvidence, Evidence, problem_of


def missing(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per cell that lacks valid repeats; an empty table is what everyone hopes for.

    `kind`: failed, incomplete (not measured yet, or redos spent), waiting (environment), unavailable, stale (another
    spec), known (the study expects it).
    """
    rows = [row for cell in evidence.cells if (row := _row(cell)) is not None]
    return TABLE.frame(rows)


TABLE = Table(
    title="Cells without their full number of valid repeats, why, and what to do",
    row="a cell that lacks repeats",
    columns=(*KEYS, "purpose", Flag("selected"), "n_valid", "n_wanted", "kind", "reason", "remedy"),
    latex=("cell", "kind", "n_valid", "n_wanted"),
    page=("cell", "kind", "n_valid", "n_wanted", "reason", "remedy"),
    build=missing,
)


def _row(cell: CellEvidence) -> dict[str, Any] | None:
    wanted = cell.repeats_wanted
    problem = problem_of(cell, wanted)
    if problem is None:
        return None
    return {
        **keys_of(cell.resolved.cell),
        "selected": cell.resolved.facts.selected,
        "n_valid": 0 if cell.record is None else len(cell.record.valid_repeats),
        "n_wanted": wanted,
        "kind": problem.kind,
        "reason": problem.reason,
        "remedy": problem.remedy,
    }
