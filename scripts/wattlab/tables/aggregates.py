"""From cells to tasks and models: which cells count, their means, and what a mean rests on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.schema import Purpose
from wattlab.records.record import OTHER_MODEL
from wattlab.tables.columns import PARAMETERS, bounds_of
from wattlab.tables.energies import method_set
from wattlab.tables.intervals import Estimate, fixed_strata_estimate


def selected_cells(cells: pd.DataFrame, purpose: Purpose | None = None) -> pd.DataFrame:
    """Selected cells (of one purpose), measured or not."""
    chosen = cells[cells["selected"].astype(bool)]
    return chosen if purpose is None else chosen[chosen["purpose"] == purpose]


def measured_cells(cells: pd.DataFrame, purpose: Purpose | None = None) -> pd.DataFrame:
    """Selected cells that are complete and have a valid repeat: what the paper's tables and figures are made of."""
    return complete_cells(selected_cells(cells, purpose))


def complete_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells that are complete and have a valid repeat, selected or not."""
    return cells[(cells["status"] == "complete") & (cells["n_valid"] > 0)]


def of_another(cells: pd.DataFrame) -> "pd.Series[bool]":
    """Which cells carry the energy of another model than the listed one, by their flag."""
    return cells["flags"].astype("string").str.contains(OTHER_MODEL, regex=False).fillna(False).astype(bool)


def over_cells(cells: pd.DataFrame, quantity: str) -> Estimate:
    """Mean over a model's fixed set of cells, in the quantity's unit; its interval holds the noise of the repeats."""
    return fixed_strata_estimate(
        cells[quantity].to_numpy(), cells[f"sd_{quantity}"].to_numpy(), cells["n_valid"].to_numpy(dtype=np.float64)
    )


def estimate_columns(quantity: str, estimate: Estimate) -> dict[str, float]:
    """`X, ci95_low_X, ci95_high_X`."""
    return dict(zip(bounds_of(quantity), (estimate.mean, estimate.low, estimate.high), strict=True))


def methods_of(cells: pd.DataFrame, column: str = "energy_method") -> dict[str, Any]:
    """`energy_method`, the set over all cells of a method column, and `modelled_share`, weighted with each cell's energy."""
    weight = cells["energy_kwh_per_1000"].to_numpy(dtype=np.float64)
    share = cells["modelled_share"].to_numpy(dtype=np.float64)
    total = float(weight.sum())
    return {
        "energy_method": method_set(cells[column].dropna()),
        "modelled_share": float((weight * share).sum()) / total if total > 0 else None,
    }


#: Facts of a model.
MODEL_FACTS = ("hub_id", "family", "structure", *PARAMETERS)

#: What all cells of a model and a task share.
SHARED_FACTS = (*MODEL_FACTS, "headline_scope")


def of_group(cells: pd.DataFrame) -> dict[str, Any]:
    """`SHARED_FACTS` of measured cells, their number and the methods of their energy."""
    return {**first_of(cells, SHARED_FACTS), "n_cells": len(cells), **methods_of(cells)}


def first_of(cells: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Facts that all cells of a group share, from the first of them; a missing value is None."""
    # Seldom columns may be missing.
    first: dict[str, Any] = {column: cells[column].iat[0] for column in columns if column in cells}
    return {column: None if pd.isna(value := first.get(column)) else value for column in columns}
