"""A table from outside the package: what every cell took per valid repeat."""

import pandas as pd

from wattlab.tables.columns import Table
from wattlab.tables.evidence import Evidence


def toy(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per cell: its device, the joules of its counted repeats together, and their number."""
    counted = built["runs"][built["runs"]["counted"]]
    rows = [
        {"cell": cell, "n_summed": len(repeats), "energy_node_j": repeats["energy_node_j"].sum()}
        for cell, repeats in counted.groupby("cell", sort=False)
    ]
    return TABLE.frame(rows)


TABLE = Table(
    title="A toy: joules of the counted repeats",
    row="a cell",
    columns=("cell", "n_summed", "energy_node_j"),
    shown=("cell", "energy_node_j"),
    build=toy,
)
