"""`comparison`: each task of this study beside the paper's Table 2, and how the two orders of tasks agree."""

from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.quantities import PAPER_SCOPE
from wattlab.tables.aggregates import measured_cells
from wattlab.tables.columns import Table
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import spearman

_ENERGIES = ("energy_kwh_per_1000", "paper_energy_kwh_per_1000", "energy_ratio")
_ROUNDING = ("low_energy_ratio", "high_energy_ratio")


def comparison(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per task of the paper's Table 2 that has a measured cell here, in the paper's order.

    Both energies in kWh per 1,000 inferences, gross, task-specific models; this study's of the node, as the paper's,
    or of the device where it has no node (`scope`), and then without a ratio. `energy_ratio` is to the print, whose last
    digit leaves it open from `low_` to `high_energy_ratio`. Ranks ascend among the tasks shown (`n_tasks`), ties share their
    mean. Spearman's rho and its interval (Fisher's z) hold for all rows and are repeated in each.
    """
    energy = f"energy_{evidence.scope}_kwh_per_1000"
    cells = measured_cells(built["cells"], "task-specific")
    counted = built["runs"][built["runs"]["counted"]]
    rows = []
    for task, paper in evidence.catalog.paper.tasks.items():
        of_task = cells[cells["task"] == task]
        if of_task.empty:
            continue
        mean = float(np.mean(of_task[energy].to_numpy()))
        own = mean if evidence.scope == PAPER_SCOPE else float("nan")  # there is no ratio of two scopes
        repeats = counted.loc[counted["cell"].isin(of_task["cell"]), energy].to_numpy()
        row = {
            "task": task,
            "paper_name": evidence.catalog.tasks[task].paper_name,
            "scope": evidence.scope,
            "n_models": of_task["model"].nunique(),
            "n_cells": len(of_task),
            "energy_kwh_per_1000": mean,
            "sd_repeats_energy_kwh_per_1000": float(repeats.std(ddof=1)) if repeats.size > 1 else None,
            "paper_energy_kwh_per_1000": paper.energy_kwh_per_1000,
            "sd_paper_energy_kwh_per_1000": paper.sd_energy_kwh_per_1000,
            "energy_ratio": own / paper.energy_kwh_per_1000,
            "low_energy_ratio": own / (paper.energy_kwh_per_1000 + paper.rounding_kwh_per_1000),
            "high_energy_ratio": own / (paper.energy_kwh_per_1000 - paper.rounding_kwh_per_1000),
        }
        rows.append(row)
    return _ranked(TABLE.frame(rows))


TABLE = Table(
    title=(
        "Each task beside the paper's Table 2, the agreement of the two orders (Spearman's rho), and between which ratios the "
        "rounding of the print leaves the one of the energies"
    ),
    row="a task",
    columns=(
        "task",
        "paper_name",
        "scope",
        "n_models",
        "n_cells",
        "energy_kwh_per_1000",
        "sd_repeats_energy_kwh_per_1000",
        "paper_energy_kwh_per_1000",
        "sd_paper_energy_kwh_per_1000",
        "energy_ratio",
        *_ROUNDING,
        "energy_rank",
        "paper_energy_rank",
        "n_tasks",
        "spearman_rho",
        "ci95_low_spearman_rho",
        "ci95_high_spearman_rho",
    ),
    latex=("paper_name", "n_models", *_ENERGIES, "energy_rank", "paper_energy_rank"),
    page=(
        "task",
        "paper_name",
        "scope",
        "n_models",
        "n_cells",
        *_ENERGIES,
        *_ROUNDING,
        "energy_rank",
        "paper_energy_rank",
    ),
    build=comparison,
)


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    known: Any = table["energy_kwh_per_1000"].notna()
    ours, theirs = table.loc[known, "energy_kwh_per_1000"], table.loc[known, "paper_energy_kwh_per_1000"]
    agreement = spearman(ours, theirs)
    return table.assign(
        energy_rank=ours.rank(),
        paper_energy_rank=theirs.rank(),
        n_tasks=pd.array([agreement.n] * len(table), dtype="Int64"),
        spearman_rho=agreement.rho,
        ci95_low_spearman_rho=agreement.low,
        ci95_high_spearman_rho=agreement.high,
    )
