"""`multipurpose` (Table 3), `models` (Table 6 with numbers) and `output_lengths` (Table 4)."""

from typing import Any

import numpy as np
import pandas as pd

from wattlab.tables.aggregates import (
    estimate_columns,
    first_of,
    measured_cells,
    methods_of,
    over_cells,
    selected_cells,
)
from wattlab.tables.columns import HEADLINES, KEYS, QUANTITIES, bounds_of, frame
from wattlab.tables.evidence import Evidence

_MODEL_FACTS = ["hub_id", "family", "structure", "parameters", "parameters_as_published", "published_parameters"]

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
    """One row per model x task with measured cells: every quantity as the mean over the model's cells of that task."""
    planned = selected_cells(built["cells"]).groupby(["model", "task", "purpose"]).size().to_dict()
    rows = []
    groups = measured_cells(built["cells"]).groupby(["model", "task", "purpose"], sort=False)
    for names, cells in groups:
        model, task, purpose = names
        means = {quantity: float(np.mean(cells[quantity].to_numpy())) for quantity in QUANTITIES}
        common = {**_common(cells), "n_cells_planned": int(planned[names])}
        rows.append({"model": model, "task": task, "purpose": purpose, **common, **means})
    return frame(rows, MODELS_COLUMNS)


def output_lengths(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured selected cell: output units per inference, mean and sample sd over the repeats.

    `lengths` says whether they were `set` (architecture mode), `produced` by the model, or `published`.
    """
    return measured_cells(built["cells"])[list(OUTPUT_LENGTHS_COLUMNS)].reset_index(drop=True)


def _common(cells: pd.DataFrame) -> dict[str, Any]:
    return {**first_of(cells, [*_MODEL_FACTS, "headline_scope"]), "n_cells": len(cells), **methods_of(cells)}
