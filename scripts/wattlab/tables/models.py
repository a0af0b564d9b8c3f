"""`multipurpose` (Table 3), `models` (Table 6 with numbers) and `output_lengths` (Table 4)."""

from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.quantities import QUANTITIES
from wattlab.tables.aggregates import estimate_columns, first_of, measured_cells, methods_of, over_cells, selected_cells
from wattlab.tables.columns import HEADLINES, KEYS, bounds_of, frame
from wattlab.tables.evidence import Evidence

_MODEL_FACTS = ["hub_id", "family", "structure", "parameters", "parameters_as_published", "published_parameters"]

#: What all cells of a model and a task share.
_OF_GROUP = [*_MODEL_FACTS, "headline_scope"]

MULTIPURPOSE_COLUMNS = (
    "model",
    *_MODEL_FACTS,
    "n_cells",
    "n_cells_planned",
    "headline_scope",
    "energy_method",
    "modelled_share",
    *(column for quantity in HEADLINES for column in bounds_of(quantity)),
)

MODELS_COLUMNS = (
    "model",
    "task",
    "purpose",
    *_MODEL_FACTS,
    "n_cells",
    "n_cells_planned",
    "headline_scope",
    "energy_method",
    "modelled_share",
    *QUANTITIES,
)

_UNITS = "n_output_units_per_inference"
OUTPUT_LENGTHS_COLUMNS = (
    *KEYS,
    "purpose",
    "structure",
    "family",
    "n_valid",
    _UNITS,
    f"sd_{_UNITS}",
    "output_unit",
    "lengths",
)


def multipurpose(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per model with measured multi-purpose cells: means over its cells, each cell with the same weight.

    The cells are a fixed set, so that the interval holds the noise of the repeats alone
    (`statistics.fixed_strata_estimate`).
    """
    planned = selected_cells(built["cells"], "multi-purpose")
    rows = []
    for model, cells in measured_cells(built["cells"], "multi-purpose").groupby("model", sort=False):
        row = {"model": model, **_common(cells), "n_cells_planned": int((planned["model"] == model).sum())}
        for quantity in HEADLINES:
            row |= estimate_columns(quantity, over_cells(cells, quantity))
        rows.append(row)
    return frame(rows, MULTIPURPOSE_COLUMNS)


def models(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per planned model x task: every quantity as the mean over the model's measured cells of that task.

    A model without any has `n_cells` 0 and no values: `missing` says why.
    """
    rows = []
    for (model, task, purpose), planned in selected_cells(built["cells"]).groupby(
        ["model", "task", "purpose"], sort=False
    ):
        cells = measured_cells(planned)
        row = {"model": model, "task": task, "purpose": purpose, "n_cells_planned": len(planned)}
        if cells.empty:
            rows.append({**row, **first_of(planned, _OF_GROUP), "n_cells": 0})
            continue
        means = {quantity: float(np.mean(cells[quantity].to_numpy())) for quantity in QUANTITIES}
        rows.append({**row, **_common(cells), **means})
    return frame(rows, MODELS_COLUMNS)


def output_lengths(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured selected cell: output units per inference, mean and sample sd over the repeats.

    `lengths` says whether they were `set` (architecture mode), `produced` by the model, or `published`.
    """
    return measured_cells(built["cells"])[list(OUTPUT_LENGTHS_COLUMNS)].reset_index(drop=True)


def _common(cells: pd.DataFrame) -> dict[str, Any]:
    return {**first_of(cells, _OF_GROUP), "n_cells": len(cells), **methods_of(cells)}
