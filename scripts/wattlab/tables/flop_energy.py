"""`flop_energy`: the energy of each measured cell beside its FLOPs."""

import pandas as pd

from wattlab.foundation.quantities import DURATION, ENERGY
from wattlab.foundation.units import INFERENCES_PER_ROW, J_PER_KWH
from wattlab.tables.aggregates import measured_cells, of_another
from wattlab.tables.columns import KEYS, METHOD_AND_SHARE, Table, Whole, bounds_of, typed
from wattlab.tables.evidence import Evidence

_PER_FLOP = "energy_j_per_tflop"
_OF_CELL = ("purpose", "modality", "n_valid", *bounds_of(ENERGY), DURATION, "headline_scope", *METHOD_AND_SHARE)


def flop_energy(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured selected cell whose FLOPs are counted (`built["flops"]`) and whose energy is its own model's.

    Energy per FLOP in J per 10^12: the headline's over the count, which has no spread of its own, so that the interval is
    that of the energy. `parameters` are those that run.
    """
    measured = measured_cells(built["cells"])
    cells = measured.loc[~of_another(measured), [*KEYS, *_OF_CELL]]
    counted = built["flops"].dropna(subset=["flops_per_inference"])
    rows = cells.merge(counted[["cell", "parameters", "flops_per_inference"]], on="cell", validate="one_to_one")
    j_per_tflop = J_PER_KWH / INFERENCES_PER_ROW * 1e12 / rows["flops_per_inference"]
    per_flop = {name.replace(ENERGY, _PER_FLOP): rows[name] * j_per_tflop for name in bounds_of(ENERGY)}
    return typed(rows.assign(**per_flop)[[str(column) for column in TABLE.columns]], TABLE.columns)


TABLE = Table(
    title="Energy per floating-point operation of each cell",
    row="a cell",
    columns=(*KEYS, *_OF_CELL, Whole("parameters"), "flops_per_inference", *bounds_of(_PER_FLOP)),
    shown=("cell", "n_valid", "flops_per_inference", ENERGY, DURATION, *bounds_of(_PER_FLOP), *METHOD_AND_SHARE),
    build=flop_energy,
)
