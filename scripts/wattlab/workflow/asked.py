"""What a call asked for: which of its cells are due, and whether all of it is whole when the call ends."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wattlab.report.verdict import is_whole, missing_lines
from wattlab.study.cells import MeasuredCell, ResolvedCell, ResolvedStudy, Spec
from wattlab.tables.evidence import cell_evidence, problem_of


def is_due(record: Path, cell: MeasuredCell) -> bool:
    """Whether there is a record, and it is damaged or of another spec than today's.

    The repeats of a damaged one lie in the store. A record whose spec has keys that this program does not know is left
    to its newer wattlab.
    """
    try:
        spec = json.loads(record.read_bytes())["spec"]
    except FileNotFoundError:
        return False
    except (ValueError, LookupError, TypeError):
        return True
    try:
        return Spec.model_validate(spec) != cell.spec
    except ValidationError:
        return False


def missing_rows(cells: Iterable[tuple[ResolvedCell, Path]]) -> list[dict[str, Any]]:
    """What is missing among cells with the paths of their records, as rows of the table `missing`."""
    rows = []
    for resolved, path in cells:
        cell = cell_evidence(resolved, path)
        problem = problem_of(cell, cell.repeats_wanted)
        if problem is not None:
            rows.append({"cell": resolved.cell.id, **vars(problem)})
    return rows


def missing_inputs(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Samples, tokenizers and receipts that say why there is nothing, as rows of the table `missing`."""
    rows = []
    for path in paths:
        try:
            made = json.loads(path.read_bytes())
            kind, reason, remedy = made["status"], made.get("reason"), made.get("remedy")
        except (OSError, ValueError, LookupError, TypeError):
            kind, reason, remedy = "unavailable", "the file is damaged", "`make retry` makes it again"
        if kind != "complete":
            rows.append({"cell": str(path), "kind": kind, "reason": reason, "remedy": remedy})
    return rows


def objection(study: ResolvedStudy, records: dict[str, str], inputs: tuple[str, ...], made: set[str]) -> str | None:
    """What is missing of what a call made or found made (paths), in lines for a person; null where all is whole.

    `records`: path of each cell's record. Files below `inputs` are asked for by themselves where no record is.
    """
    cells = [(resolved, Path(records[resolved.cell.id])) for resolved in study.cells]
    asked = [(resolved, path) for resolved, path in cells if str(path) in made]
    rows = missing_rows(asked) or missing_inputs(
        Path(path) for path in made if not asked and path.startswith(inputs) and path.endswith(".json")
    )
    if is_whole(rows, study.config.is_imported):
        return None
    return "\n".join(["what was asked for is not whole:", *missing_lines(rows)])
