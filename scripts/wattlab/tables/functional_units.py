"""`functional_units`: the energy of each cell by inference, token, image and megapixel, as its task has them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from wattlab.catalog.factors import FACTORS
from wattlab.records.record import Repeat
from wattlab.tables.aggregates import complete_cells
from wattlab.tables.columns import KEYS, Flag, Table, statistics_of
from wattlab.tables.energies import method_set
from wattlab.tables.evidence import CellEvidence, Evidence
from wattlab.tables.intervals import t_half_width

_ENERGY = "energy_per_unit_j"


def functional_units(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per complete cell and unit: energy of the headline's scope, gross, over the units of the same window.

    Input tokens are those that reach the model, special ones included, padding not. A megapixel is 10^6 pixels of the
    image that the processor is given, or that is drawn. `sci_for_ai`: the unit that SCI for AI (Green Software
    Foundation, 2025, section 8.1) asks for: a token where text is written, an image where one is drawn, else an inference.
    """
    counted = built["runs"][built["runs"]["counted"]].groupby("cell")
    cells = complete_cells(built["cells"]).set_index("cell", drop=False)
    rows = [
        row
        for cell in evidence.cells
        if cell.resolved.cell.id in cells.index
        for row in _rows(cell, cells.loc[cell.resolved.cell.id], counted.get_group(cell.resolved.cell.id), evidence)
    ]
    return TABLE.frame(rows)


TABLE = Table(
    title="Energy by functional unit: inference, input and output token, image, megapixel",
    row="a cell and a unit",
    columns=(
        *KEYS,
        "purpose",
        "unit",
        Flag("sci_for_ai"),
        "n_valid",
        "n_units_per_inference",
        *statistics_of(_ENERGY),
        "headline_scope",
        "energy_method",
    ),
    shown=("cell", "unit", "sci_for_ai", "n_valid", "n_units_per_inference", *statistics_of(_ENERGY), "energy_method"),
    latex=("cell", "unit", "n_units_per_inference", _ENERGY),
    build=functional_units,
)


def _rows(cell: CellEvidence, row: Any, runs: pd.DataFrame, evidence: Evidence) -> Iterator[dict[str, Any]]:
    assert cell.record is not None
    task = evidence.catalog.tasks[cell.resolved.cell.task]
    writes = FACTORS["max_new_tokens"].taken(task, cell.resolved.cell.purpose, None)
    asked = "output_token" if writes else "image" if task.modality == "text-to-image" else "inference"
    counts = pd.DataFrame(
        {repeat.index: _units(repeat, writes) for repeat in cell.record.valid_repeats}, dtype="float64"
    ).T
    energies_j = runs.set_index("index")[f"energy_{row['headline_scope']}_j"]
    for unit in counts:
        per_unit_j = (energies_j / counts[unit].where(counts[unit] > 0)).to_numpy(dtype=np.float64)
        n, mean, sd = per_unit_j.size, per_unit_j.mean(), per_unit_j.std(ddof=1) if per_unit_j.size > 1 else np.nan
        half = float(t_half_width(sd / np.sqrt(n), n))
        yield {
            **{key: row[key] for key in (*KEYS, "purpose", "headline_scope")},
            "unit": unit,
            "sci_for_ai": unit == asked,
            "n_valid": n,
            "n_units_per_inference": (counts[unit] / counts["inference"]).mean(),
            **dict(
                zip(statistics_of(_ENERGY), (mean, sd, float(np.maximum(0.0, mean - half)), mean + half), strict=True)
            ),
            "energy_method": method_set(runs["energy_method"]),
        }


def _units(repeat: Repeat, writes: bool) -> dict[str, float | None]:
    """How many of each unit a window had. Tokens that a head picks from its input are no output tokens."""
    written = {"output_token": repeat.n_output_units} if writes and repeat.output_unit == "token" else {}
    return {"inference": repeat.n_inferences, **(repeat.inputs or {}), **written}
