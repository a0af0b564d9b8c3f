"""`output_lengths` (the paper's Table 4): how long the answers are."""

import pandas as pd

from wattlab.tables.aggregates import measured_cells
from wattlab.tables.columns import KEYS, Table
from wattlab.tables.evidence import Evidence

_UNITS = "n_output_units_per_inference"


def output_lengths(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured selected cell: output units per inference, mean and sample sd over the repeats.

    `lengths` says whether they were `set` (architecture mode), `produced` by the model, or `published`.
    """
    return measured_cells(built["cells"])[list(TABLE.columns)].reset_index(drop=True)


TABLE = Table(
    title="Output lengths (Table 4): units per inference, mean and sample sd over the repeats",
    row="a cell",
    columns=(*KEYS, "purpose", "structure", "family", "n_valid", _UNITS, f"sd_{_UNITS}", "output_unit", "lengths"),
    latex=("cell", _UNITS, "output_unit", "lengths"),
    build=output_lengths,
)
