"""`emissions`: every measured cell under every grid."""

import pandas as pd

from wattlab.tables.aggregates import complete_cells
from wattlab.tables.columns import KEYS, Flag, Table, statistics_of
from wattlab.tables.evidence import Evidence

_EMISSIONS = "emissions_g_per_1000"


def emissions(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured cell and grid: headline energy x intensity, g CO2eq per 1,000 inferences.

    The grids are those of catalog/grids.yaml and the study's own where it is a bare number (`stated`).
    """
    own = evidence.study.grid
    grids = {name: entry.intensity_g_per_kwh for name, entry in evidence.catalog.grids.items()}
    grids = {**grids, own.grid: own.intensity_g_per_kwh}
    measured = complete_cells(built["cells"])
    parts = []
    for order, (name, intensity) in enumerate(grids.items()):
        part = measured[[*KEYS, "purpose", "selected", "headline_scope"]].assign(
            grid=name, intensity_g_per_kwh=intensity, study_grid=name == own.grid, order=order
        )
        for source, target in zip(statistics_of("energy_kwh_per_1000"), statistics_of(_EMISSIONS), strict=True):
            part[target] = measured[source] * intensity
        parts.append(part)
    if measured.empty:
        return TABLE.frame([])
    return pd.concat(parts).sort_index(kind="stable")[list(TABLE.columns)].reset_index(drop=True)


TABLE = Table(
    title="Emissions of every cell under every grid: energy x intensity",
    row="a cell and a grid",
    columns=(
        *KEYS,
        "purpose",
        Flag("selected"),
        "headline_scope",
        "grid",
        "intensity_g_per_kwh",
        Flag("study_grid"),
        *statistics_of(_EMISSIONS),
    ),
    shown=("cell", "purpose", "grid", "intensity_g_per_kwh", *statistics_of(_EMISSIONS)),
    latex=("cell", "grid", "intensity_g_per_kwh", _EMISSIONS),
    build=emissions,
)
