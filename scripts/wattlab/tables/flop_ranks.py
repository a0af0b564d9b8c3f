"""`flop_ranks`: how well FLOPs, parameters and duration rank the models of a task by energy."""

import pandas as pd

from wattlab.foundation.quantities import DURATION, ENERGY
from wattlab.tables.columns import Table, bounds_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import spearman

#: What may rank the models, and what is ranked.
_PAIRS = [
    ("flops_per_inference", ENERGY),
    ("parameters", ENERGY),
    (DURATION, ENERGY),
    ("flops_per_inference", DURATION),
    ("parameters", "flops_per_inference"),
]
_PER_FLOP = "energy_j_per_tflop"
_SPREAD = ("median", "min", "max")


def flop_ranks(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per task, purpose and pair of quantities: Spearman's rho over the models, each the mean of its cells.

    `all tasks`: over every model of every task, so that it says how tasks differ more than how models do. The spread of
    the energy per FLOP is over the same models.
    """
    cells = built["flop_energy"]
    rows = []
    for purpose, of_purpose in cells.groupby("purpose", sort=False):
        numbers = ["flops_per_inference", "parameters", DURATION, ENERGY, _PER_FLOP]
        models = of_purpose.groupby(["task", "model"], sort=False)[numbers].mean().reset_index()
        groups = [*models.groupby("task", sort=False), ("all tasks", models)]
        for task, group in groups:
            spread = {f"{name}_models_{_PER_FLOP}": getattr(group[_PER_FLOP], name)() for name in _SPREAD}
            for by, ranked in _PAIRS:
                found = spearman(group[by], group[ranked])
                bounds = (found.rho, found.low, found.high)
                values = dict(zip(bounds_of("spearman_rho"), bounds, strict=True))
                row = {"task": task, "purpose": purpose, "ranked_by": by, "ranked": ranked, "n_models": found.n}
                rows.append({**row, **values, **spread})
    return TABLE.frame(rows)


TABLE = Table(
    title="Whether FLOPs, parameters and duration rank models by energy: Spearman's rho",
    row="a task and two quantities",
    columns=(
        "task",
        "purpose",
        "ranked_by",
        "ranked",
        "n_models",
        *bounds_of("spearman_rho"),
        *(f"{name}_models_{_PER_FLOP}" for name in _SPREAD),
    ),
    build=flop_ranks,
)
