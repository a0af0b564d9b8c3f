"""The account of an import: rows in, rows accounted for, and the sums as logged."""

import math
from collections.abc import Collection, Iterable
from typing import Any

from wattlab.logs.formats.contract import LoggedWindow, Problem
from wattlab.logs.runs import Windows


def account_of(windows: Windows, problems: Iterable[Problem], used: Collection[str]) -> dict[str, Any]:
    """`import.json`: rows and runs, and sums (kWh, kg, s), by what they belong to and by region.

    `used` are the runs of cells; one without a query window belongs to none.
    """
    of_cells: list[LoggedWindow] = []
    of_none: list[LoggedWindow] = []
    for run_id, run in windows.runs.items():
        rows = list(run.windows.values())
        (of_cells if run_id in used and "query" in run.windows else of_none).extend(rows)
    every = [*of_cells, *of_none]
    regions = sorted({row.facts.get("region", "") for row in every})
    return {
        "files": {"found": windows.n_files, "read": windows.n_files_read},
        "rows": {
            "found": windows.n_rows,
            "of_cells": len(of_cells),
            "of_no_cell": len(of_none),
            "left_out": sum(problem.n_rows for problem in problems),
        },
        "runs": {
            "of_cells": len({row.run_id for row in of_cells}),
            "of_no_cell": len({row.run_id for row in of_none}),
        },
        "logged": {
            "all": sums(every),
            "of_cells": sums(of_cells),
            "of_no_cell": sums(of_none),
            "regions": {name: sums(row for row in every if row.facts.get("region", "") == name) for name in regions},
        },
    }


def sums(rows: Iterable[LoggedWindow]) -> dict[str, float | int]:
    """Exact sums of what is logged over the rows that have it."""
    chosen = list(rows)
    totals = {}
    for name in (*(f"energy_{part}_kwh" for part in ("cpu", "ram", "gpu", "node")), "emissions_kg", "duration_s"):
        values = [getattr(row, name) for row in chosen]
        totals[name] = math.fsum(value for value in values if value is not None)
    return {"n_rows": len(chosen), **totals}
