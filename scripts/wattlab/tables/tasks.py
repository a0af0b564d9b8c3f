"""`tasks` (the paper's Table 2): energy, emissions and duration of each task, over its task-specific models."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.quantities import INTERVALS
from wattlab.tables.aggregates import estimate_columns, measured_cells, methods_of
from wattlab.tables.columns import HEADLINES, METHOD_AND_SHARE, Table, range_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import models_estimate

_SPREADS: dict[str, Callable[[Any], Any]] = {"median": np.median, "min": np.min, "max": np.max}


def _columns_of(quantity: str) -> list[str]:
    spread = [f"{name}_{level}_{quantity}" for name in _SPREADS for level in ("cells", "repeats")]
    return [*range_of(quantity), f"sd_models_{quantity}", f"sd_repeats_{quantity}", *spread]


_ENERGY, _EMISSIONS, _DURATION = HEADLINES
_COUNTS = ("n_models", "n_cells", "n_cells_planned", "n_repeats", "interval_kind")
_SHOWN = [column for quantity in (_ENERGY, _DURATION) for column in (*range_of(quantity), f"sd_repeats_{quantity}")]


def tasks(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per task with a measured cell, in the study's order. Multi-purpose cells stay out.

    `X` is the mean of the cells' means. `interval_kind` says what stands beside it: from five models on Cox's interval
    (`ci95_…`), below five the range of the models' means (`min_models_X`, `max_models_X`, which every row has), with one
    model nothing. `sd_models_X` is the sample sd of the models' means, each the mean of its cells; `sd_repeats_X` that of
    all valid repeats of all cells, as the paper's. `{median,min,max}_{cells,repeats}_X` are over cells and repeats.
    """
    chosen = measured_cells(built["cells"], "task-specific")
    planned = built["cells"][built["cells"]["selected"] & (built["cells"]["purpose"] == "task-specific")]
    counted = built["runs"][built["runs"]["counted"]]
    rows = []
    for task, of_task in chosen.groupby("task", sort=False):
        repeats = counted[counted["cell"].isin(of_task["cell"])]
        row = _row(str(task), of_task, repeats)
        rows.append({**row, "n_cells_planned": int((planned["task"] == task).sum())})
    return TABLE.frame(rows)


TABLE = Table(
    title="Each task over its task-specific models (the paper's Table 2): mean of the cells, sd over all repeats",
    row="a task",
    columns=(
        "task",
        "modality",
        *_COUNTS,
        "headline_scope",
        *METHOD_AND_SHARE,
        *(column for quantity in HEADLINES for column in _columns_of(quantity)),
    ),
    shown=("task", *_COUNTS, *_SHOWN, _EMISSIONS, *METHOD_AND_SHARE),
    latex=("task", "n_models", "n_cells", "n_cells_planned", *HEADLINES, "energy_method"),
    build=tasks,
)


def _row(task: str, cells: pd.DataFrame, repeats: pd.DataFrame) -> dict[str, Any]:
    n_models = cells["model"].nunique()
    row = {
        "task": task,
        "modality": cells["modality"].iloc[0],
        "n_models": n_models,
        "interval_kind": INTERVALS["tasks"].kind(n_models),
        "n_cells": len(cells),
        "n_repeats": len(repeats),
        "headline_scope": cells["headline_scope"].iloc[0],
        **methods_of(cells),
    }
    for quantity in HEADLINES:
        row |= _statistics(cells, repeats, quantity)
    return row


def _statistics(cells: pd.DataFrame, repeats: pd.DataFrame, quantity: str) -> dict[str, float]:
    over_cells, over_repeats = cells[quantity].to_numpy(), repeats[quantity].to_numpy()
    by_model = cells.groupby("model")[quantity].agg(lambda values: values.mean(skipna=False)).to_numpy()
    estimate = models_estimate(over_cells, cells["model"])
    row = {
        **estimate_columns(quantity, estimate),
        f"min_models_{quantity}": estimate.least,
        f"max_models_{quantity}": estimate.greatest,
        f"sd_models_{quantity}": sample_sd(by_model),
        f"sd_repeats_{quantity}": sample_sd(over_repeats),
    }
    for name, of in _SPREADS.items():
        row[f"{name}_cells_{quantity}"] = float(of(over_cells))
        row[f"{name}_repeats_{quantity}"] = float(of(over_repeats))
    return row


def sample_sd(values: "np.ndarray[Any, Any]") -> float:
    """Sample standard deviation (n - 1); NaN under two values or with a missing one."""
    return float(values.std(ddof=1)) if values.size > 1 else float("nan")
