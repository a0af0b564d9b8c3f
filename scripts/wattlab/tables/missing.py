"""`missing`: every cell without its full number of valid repeats, why, and what to do about it."""

from collections import Counter
from typing import Any

import pandas as pd

from wattlab.records.record import Record
from wattlab.tables.columns import KEYS, Flag, Table, keys_of
from wattlab.tables.evidence import CellEvidence, Evidence, Problem

_REMEDIES: dict[str, str] = {
    "failed": "read the cell's log, repair the cause, then `make retry`",
    "waiting": "install the environment that the model's entry names, then `make retry`",
    "unavailable": "see the receipt of the fetch; then `make retry`",
}


def missing(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per cell that lacks valid repeats; an empty table is what everyone hopes for.

    `kind`: failed, incomplete (not measured yet, or redos spent), waiting (environment), unavailable, stale (another
    spec), known (the study expects it).
    """
    rows = [row for cell in evidence.cells if (row := _row(cell, evidence)) is not None]
    return TABLE.frame(rows)


TABLE = Table(
    title="Cells without their full number of valid repeats, why, and what to do",
    row="a cell that lacks repeats",
    columns=(*KEYS, "purpose", Flag("selected"), "n_valid", "n_wanted", "kind", "reason", "remedy"),
    latex=("cell", "kind", "n_valid", "n_wanted"),
    page=("cell", "kind", "n_valid", "n_wanted", "reason", "remedy"),
    build=missing,
)


def _row(cell: CellEvidence, evidence: Evidence) -> dict[str, Any] | None:
    wanted = evidence.repeats_wanted(cell.resolved)
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


def problem_of(cell: CellEvidence, n_wanted: int) -> Problem | None:
    """Why the cell lacks valid repeats; None for a complete one. An expected problem is `known`."""
    problem = cell.problem if cell.record is None else _record_problem(cell.record, n_wanted)
    known = cell.resolved.facts.known_missing
    if problem is None or known is None:
        return problem
    reason = known if problem.kind == "incomplete" else f"{known} ({problem.kind}: {problem.reason})"
    return Problem("known", reason, "none needed: the study lists it under known_missing")


def _record_problem(record: Record, n_wanted: int) -> Problem | None:
    if record.status == "complete":
        return _too_few(record, n_wanted)
    failure, remedy = record.failure, _REMEDIES[record.status]
    if failure is None:
        return Problem(record.status, "the record gives no reason", remedy)
    return Problem(record.status, failure.reason, failure.remedy or remedy)


def _too_few(record: Record, n_wanted: int) -> Problem | None:
    n_valid = len(record.valid_repeats)
    if n_valid >= n_wanted:
        return None
    causes = Counter(reason for repeat in record.repeats if not repeat.valid for reason in repeat.reasons)
    why = "".join(f"; {count} x {reason}" for reason, count in causes.most_common())
    if record.spec is None:
        return Problem(
            "incomplete", f"the logs hold {n_valid} of {n_wanted} repeats{why}", "none: the logs are as published"
        )
    reason = f"{n_valid} of {n_wanted} repeats are valid, and the redos are spent{why}"
    return Problem("incomplete", reason, "remove the cause, then `make retry`: it measures only what is lacking")
