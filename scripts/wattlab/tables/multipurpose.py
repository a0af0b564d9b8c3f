"""`multipurpose` (the paper's Table 3): what answering by prompt costs."""

import pandas as pd

from wattlab.tables.aggregates import (
    MODEL_FACTS,
    estimate_columns,
    measured_cells,
    of_group,
    over_cells,
    selected_cells,
)
from wattlab.tables.columns import HEADLINES, METHOD_AND_SHARE, Table, bounds_of
from wattlab.tables.evidence import Evidence

_BOUNDS = [column for quantity in HEADLINES for column in bounds_of(quantity)]
_MODEL = ("model", "structure", "parameters_as_published", "n_cells")


def multipurpose(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per model with measured multi-purpose cells: means over its cells, each cell with the same weight.

    The cells are a fixed set, so that the interval holds the noise of the repeats alone
    (`intervals.fixed_strata_estimate`).
    """
    planned = selected_cells(built["cells"], "multi-purpose")
    rows = []
    for model, cells in measured_cells(built["cells"], "multi-purpose").groupby("model", sort=False):
        row = {"model": model, **of_group(cells), "n_cells_planned": int((planned["model"] == model).sum())}
        for quantity in HEADLINES:
            row |= estimate_columns(quantity, over_cells(cells, quantity))
        rows.append(row)
    return TABLE.frame(rows)


TABLE = Table(
    title="Multi-purpose models (Table 3): mean over their cells",
    row="a multi-purpose model",
    columns=("model", *MODEL_FACTS, "n_cells", "n_cells_planned", "headline_scope", *METHOD_AND_SHARE, *_BOUNDS),
    shown=(*_MODEL, "n_cells_planned", *_BOUNDS, *METHOD_AND_SHARE),
    latex=(*_MODEL, *HEADLINES),
    build=multipurpose,
)
