"""From the cells' table to what a figure shows: selected cells only, missing values left out and counted."""

import pandas as pd

from wattlab.foundation.quantities import EMISSIONS
from wattlab.tables.reading import column

EMISSIONS_LOW = f"ci95_low_{EMISSIONS}"
EMISSIONS_HIGH = f"ci95_high_{EMISSIONS}"


def shared_tasks(cells: pd.DataFrame) -> tuple[str, ...]:
    """The tasks that multi-purpose models are asked, in the order of the cells."""
    asked = column(cells, "purpose", "cells") == "multi-purpose"
    return tuple(dict.fromkeys(column(cells, "task", "cells")[asked]))


def chosen(cells: pd.DataFrame, purpose: str | None = None, tasks: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The selected cells of a purpose and of tasks, with and without a value."""
    mask = column(cells, "selected", "cells").astype(bool)
    if purpose is not None:
        mask &= column(cells, "purpose", "cells") == purpose
    if tasks is not None:
        mask &= column(cells, "task", "cells").isin(tasks)
    return cells[mask]


def with_values(rows: pd.DataFrame, *needed: str) -> tuple[pd.DataFrame, int]:
    """The rows whose needed columns all hold a positive number (the axes are logarithmic), and how many do not."""
    mask = pd.Series(True, index=rows.index)
    for name in needed:
        mask &= pd.to_numeric(column(rows, name, "cells")) > 0
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
