"""`emissions`: every measured cell under every grid."""

from typing import Any

import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.study.cells import AS_LOGGED
from wattlab.tables.aggregates import complete_cells
from wattlab.tables.columns import KEYS, Flag, Table, statistics_of
from wattlab.tables.energies import components, total_j
from wattlab.tables.evidence import Evidence

_EMISSIONS = "emissions_g_per_1000"


def emissions(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured cell and grid: headline energy x intensity, g CO2eq per 1,000 inferences.

    The grids are those of catalog/grids.yaml, the study's own where it is a bare number (`stated`), and of imported
    cells the intensity that their own repeats were logged with (`as-logged`).
    """
    own = evidence.study.grid
    grids: dict[str, Any] = {name: entry.intensity_g_per_kwh for name, entry in evidence.catalog.grids.items()}
    grids = {**grids, own.grid: own.intensity_g_per_kwh}
    measured = complete_cells(built["cells"])
    if evidence.study.config.is_imported:
        grids[AS_LOGGED] = measured["cell"].map(_logged(evidence)).astype(float)
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
    rows = pd.concat(parts).sort_index(kind="stable")
    return rows[rows["intensity_g_per_kwh"].notna()][list(TABLE.columns)].reset_index(drop=True)


def _logged(evidence: Evidence) -> dict[str, float]:
    """Cell -> intensity (g CO2eq/kWh) that its valid repeats were logged with; left out where one has no emissions."""
    found = {}
    for record in (cell.record for cell in evidence.cells if cell.record is not None):
        meters = {session.session: session.meter or {} for session in record.sessions}
        pairs = [
            (meters.get(repeat.session, {}).get("logged_emissions_kg", {}).get("query"), total_j(components(repeat)))
            for repeat in record.valid_repeats
        ]
        known = [(kg, joules) for kg, joules in pairs if kg is not None and joules is not None]
        if known and len(known) == len(pairs):
            found[record.cell_id] = 1000 * J_PER_KWH * sum(kg for kg, _ in known) / sum(joules for _, joules in known)
    return found


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
