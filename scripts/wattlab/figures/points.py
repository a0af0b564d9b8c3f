"""From the cells' table to what a figure shows: selected cells only, missing values left out and counted."""

import pandas as pd

from wattlab.foundation.quantities import EMISSIONS

EMISSIONS_LOW = f"ci95_low_{EMISSIONS}"
EMISSIONS_HIGH = f"ci95_high_{EMISSIONS}"


def shared_tasks(cells: pd.DataFrame) -> tuple[str, ...]:
    """The tasks that multi-purpose models are asked, in the order of the cells."""
    asked = cells["purpose"] == "multi-purpose"
    return tuple(dict.fromkeys(cells["task"][asked]))


def chosen(cells: pd.DataFrame, purpose: str | None = None, tasks: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The selected cells of a purpose and of tasks, with and without a value."""
    mask = cells["selected"].astype(bool)
    if purpose is not None:
        mask &= cells["purpose"] == purpose
    if tasks is not None:
        mask &= cells["task"].isin(tasks)
    return cells[mask]


def with_values(rows: pd.DataFrame, *needed: str) -> tuple[pd.DataFrame, int]:
    """The rows whose needed columns all hold a positive number (the axes are logarithmic), and how many do not."""
    mask = (rows[list(needed)].apply(pd.to_numeric) > 0).all(axis=1)
    return rows[mask], int((~mask).sum())


def by_model(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per task, model and purpose: mean, least and greatest g per 1,000 inferences over its cells.

    Columns: task, model, purpose, structure, modality, parameters_as_published, mean, low, high, n_cells.
    """
    keys = ["task", "model", "purpose", "structure", "modality", "parameters_as_published"]
    grouped = cells.groupby(keys, dropna=False, sort=True)[EMISSIONS]
    return grouped.agg(mean="mean", low="min", high="max", n_cells="size").reset_index()


def ordered(names: pd.Series, order: tuple[str, ...]) -> list[str]:
    """The distinct names: those of `order` first, in its order, then the others by alphabet."""
    present = set(names.dropna())
    return [name for name in order if name in present] + sorted(present.difference(order))
