"""`models` (the paper's Table 6 with numbers): every model by task."""

import numpy as np
import pandas as pd

from wattlab.foundation.quantities import QUANTITIES
from wattlab.tables.aggregates import MODEL_FACTS, SHARED_FACTS, complete_cells, first_of, of_group, selected_cells
from wattlab.tables.columns import HEADLINES, METHOD_AND_SHARE, Table, joined
from wattlab.tables.evidence import Evidence

_KEYS = ("model", "task", "purpose")

#: Of cells. Its groups are many: to take a few columns once is cheaper than all of them for each group.
_READ = (*_KEYS, "selected", "status", "n_valid", *SHARED_FACTS, *METHOD_AND_SHARE, *QUANTITIES, "flags")


def models(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per planned model x task: every quantity as the mean over the model's measured cells of that task.

    A model without any has `n_cells` 0 and no values: `missing` says why.
    """
    rows = []
    seen = built["cells"][[name for name in _READ if name in built["cells"]]]
    for (model, task, purpose), planned in selected_cells(seen).groupby(list(_KEYS), sort=False):
        cells = complete_cells(planned)
        row = {"model": model, "task": task, "purpose": purpose, "n_cells_planned": len(planned)}
        if cells.empty:
            rows.append({**row, **first_of(planned, SHARED_FACTS), "n_cells": 0})
            continue
        flags = joined([flag for text in cells["flags"].dropna() for flag in text.split("; ")])
        means = {quantity: float(np.mean(cells[quantity].to_numpy())) for quantity in QUANTITIES if quantity in cells}
        rows.append({**row, **of_group(cells), **means, "flags": flags})
    return TABLE.frame(rows)


TABLE = Table(
    title="Every model by task (Table 6 with numbers): mean over its cells",
    row="a model and a task",
    columns=(
        *_KEYS,
        *MODEL_FACTS,
        "n_cells",
        "n_cells_planned",
        "headline_scope",
        *METHOD_AND_SHARE,
        *QUANTITIES,
        "flags",
    ),
    shown=(
        *_KEYS,
        "structure",
        "parameters_as_published",
        "active_parameters",
        "n_cells",
        *HEADLINES,
        *METHOD_AND_SHARE,
        "flags",
    ),
    latex=(*_KEYS, "n_cells", *HEADLINES),
    build=models,
)
