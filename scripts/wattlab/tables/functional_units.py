"""`functional_units`: the energy of each cell by inference, token, image and megapixel, as its task has them."""

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pandas as pd

from wattlab.catalog.factors import FACTORS
from wattlab.records.record import Repeat
from wattlab.study.config import Scope
from wattlab.tables.aggregates import complete_cells
from wattlab.tables.columns import KEYS, Flag, Table, statistics_of
from wattlab.tables.energies import method_set
from wattlab.tables.evidence import CellEvidence, Evidence
from wattlab.tables.intervals import t_half_width

_ENERGY = "energy_per_unit_j"
_ENERGIES_J = {scope: f"energy_{scope}_j" for scope in get_args(Scope)}


def functional_units(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per complete cell and unit: energy of the headline's scope, gross, over the units of the same window.

    Input tokens are those that reach the model, special ones included, padding not. A megapixel is 10^6 pixels of the
    image that the processor is given, or that is drawn. `sci_for_ai`: the unit that SCI for AI (Green Software
    Foundation, 2025, section 8.1) asks for: a token where text is written, an image where one is drawn, else an inference.
    """
    counted = built["runs"][built["runs"]["counted"]]
    columns = {name: counted[name].tolist() for name in ("index", *_ENERGIES_J.values(), "energy_method")}
    runs = {
        str(cell): {name: [values[place] for place in places] for name, values in columns.items()}
        for cell, places in counted.groupby("cell", sort=False).indices.items()
    }
    complete = complete_cells(built["cells"])[[*KEYS, "purpose", "headline_scope"]]
    facts = {row["cell"]: row for row in complete.to_dict("records")}
    table = TABLE.frame(
        [
            row
            for cell in evidence.cells
            if (cell_id := cell.resolved.cell.id) in facts
            for row in _rows(cell, facts[cell_id], runs[cell_id], evidence)
        ]
    )
    n = table["n_valid"].to_numpy(dtype=np.float64)
    mean, half = table[_ENERGY], t_half_width(table[f"sd_{_ENERGY}"] / np.sqrt(n), n)
    return table.assign(**{f"ci95_low_{_ENERGY}": (mean - half).clip(lower=0.0), f"ci95_high_{_ENERGY}": mean + half})


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


def _rows(
    cell: CellEvidence, facts: dict[Any, Any], runs: dict[Any, list[Any]], evidence: Evidence
) -> Iterator[dict[str, Any]]:
    """The rows of a cell, without their intervals; `runs`: its counted repeats by column."""
    assert cell.record is not None
    task = evidence.catalog.tasks[cell.resolved.cell.task]
    writes = FACTORS["max_new_tokens"].taken(task, cell.resolved.cell.purpose, None)
    asked = "output_token" if writes else "image" if task.modality == "text-to-image" else "inference"
    units = {repeat.index: _units(repeat, writes) for repeat in cell.record.valid_repeats}
    of_runs = [units[index] for index in runs["index"]]
    energies_j = np.array(runs[_ENERGIES_J[facts["headline_scope"]]], dtype=np.float64)
    n_inferences = np.array([of_run["inference"] for of_run in of_runs], dtype=np.float64)
    for unit in dict.fromkeys(name for of_run in of_runs for name in of_run):
        number = np.array([of_run.get(unit) for of_run in of_runs], dtype=np.float64)
        per_unit_j = energies_j / np.where(number > 0, number, np.nan)
        yield {
            **facts,
            "unit": unit,
            "sci_for_ai": unit == asked,
            "n_valid": per_unit_j.size,
            "n_units_per_inference": pd.Series(number / n_inferences).mean(),
            _ENERGY: per_unit_j.mean(),
            f"sd_{_ENERGY}": per_unit_j.std(ddof=1) if per_unit_j.size > 1 else np.nan,
            "energy_method": method_set(runs["energy_method"]),
        }


def _units(repeat: Repeat, writes: bool) -> dict[str, float | None]:
    """How many of each unit a window had. Tokens that a head picks from its input are no output tokens."""
    written = {"output_token": repeat.n_output_units} if writes and repeat.output_unit == "token" else {}
    return {"inference": repeat.n_inferences, **(repeat.inputs or {}), **written}
