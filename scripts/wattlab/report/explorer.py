"""What the page's explorers read: every number of the page once, as one JSON object.

Emissions are not in it. The page computes them from the energies and the intensity that its reader chooses.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wattlab.catalog.entries import GridEntry
from wattlab.figures.palette import BLUE, MODALITY_COLOURS, STRUCTURE_COLOURS, VERMILION, task_title
from wattlab.foundation import wording
from wattlab.foundation.quantities import (
    DURATION,
    ENERGY,
    HEADLINE,
    INTERVALS,
    LENGTHS,
    LEVEL,
    PAPER_SCOPE,
    QUANTITIES,
    RANGE,
)
from wattlab.study.cells import AS_LOGGED, ResolvedStudy
from wattlab.tables import words
from wattlab.tables.aggregates import complete_cells, measured_cells
from wattlab.tables.intervals import Estimate, models_estimate
from wattlab.tables.reading import Tables

#: Name on the page -> column of `cells`: the scopes of the energy, and the time.
CHOICES = {
    "node": "energy_node_kwh_per_1000",
    "device": "energy_device_kwh_per_1000",
    "net_node": "net_energy_node_kwh_per_1000",
    "net_device": "net_energy_device_kwh_per_1000",
    "wall": "energy_wall_kwh_per_1000",
    "duration": DURATION,
}
UNITS = "n_output_units_per_inference"

#: Of this study and the paper by task, kWh per 1,000 inferences.
_COMPARED = ("task", "scope", ENERGY, f"paper_{ENERGY}", f"sd_paper_{ENERGY}", "energy_ratio", "energy_rank", "paper_energy_rank")  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """Another study to stand beside this one: its name and its table of tasks."""

    name: str
    tasks: pd.DataFrame


def choices(cells: pd.DataFrame) -> dict[str, str]:
    """`CHOICES` of a study: the wall where a meter was there."""
    return {name: column for name, column in CHOICES.items() if name != "wall" or column in cells}


_PALETTE = {
    "modality": MODALITY_COLOURS,
    "structure": STRUCTURE_COLOURS,
    "purpose": {"task-specific": BLUE, "multi-purpose": VERMILION},
}


def embedded(
    study: ResolvedStudy, tables: Tables, cells_csv: str, grids: dict[str, GridEntry], beside: Sequence[Beside]
) -> dict[str, Any]:
    """The object. `cells_csv` is the text of `cells.csv`, so that the page gives back the same bytes.

    Energies in kWh and durations in s per 1,000 inferences; bounds are of intervals; a missing value is null.
    """
    cells = tables["cells"]
    return {
        "study": study.config.study,
        "scope": str(cells[HEADLINE].iloc[0]),
        "intensity_g_per_kwh": study.grid.intensity_g_per_kwh,
        "grid": study.grid.grid,
        "grids": [
            {"name": name, **entry.model_dump(mode="json")} for name, entry in {**_logged(study), **grids}.items()
        ],
        "cells_csv": cells_csv,
        "titles": {task: task_title(task) for task in sorted(set(cells["task"]))},
        "tasks": task_rows(cells),
        "parity": parity_rows(tables),
        "comparison": _records(tables["comparison"], _COMPARED),
        "paper_scope": PAPER_SCOPE,
        "comparison_scope": _scope(tables["comparison"], "scope"),
        "beside": [
            {
                "study": other.name,
                "scope": _scope(other.tasks, HEADLINE),
                "energies": {row["task"]: row[ENERGY] for row in _records(other.tasks, ("task", ENERGY))},
            }
            for other in beside
        ],
        "quality": quality_rows(tables),
        "totals": _records(tables["totals"], ("phase", "reused", "n_windows", "energy_kwh", "duration_s")),
        "palette": _PALETTE,
        "quantities": quantities(study, tables),
        "interval": f"{LEVEL} interval",
        "lengths": LENGTHS,
    }


def _logged(study: ResolvedStudy) -> dict[str, GridEntry]:
    """The grid of imported logs that say their own."""
    if not study.grid.grid.startswith(AS_LOGGED):
        return {}
    source, intensity = "emissions over energy of the rows of the logs", study.grid.intensity_g_per_kwh
    return {study.grid.grid: GridEntry(title=study.grid.grid, intensity_g_per_kwh=intensity, source=source)}


def quantities(study: ResolvedStudy, tables: Tables) -> dict[str, dict[str, str | None]]:
    """Name on the page -> what a quantity is: its column, the column of its method, its title, and the conditions."""
    shown = complete_cells(tables["cells"])
    return {
        choice: {
            "column": column,
            "method": QUANTITIES[column].method,
            "title": QUANTITIES[column].title,
            "conditions": wording.sentences(words.conditions(shown, study, tables["provenance"], column)).rstrip("."),
        }
        for choice, column in choices(shown).items()
    }


def _scope(rows: pd.DataFrame, column: str) -> str:
    return wording.span(rows[column].dropna()) if column in rows else ""


def script_json(value: object) -> str:
    """JSON that may stand inside a `<script>` element: no letter in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def task_rows(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per task over its selected task-specific cells: mean of each quantity, and the bounds that `spread` names.

    `per_inference` are per 1,000 inferences, `per_unit` per 1,000 output units (tokens, labels, boxes, images). A
    quantity that one of the cells lacks has no mean.
    """
    rows = []
    for task, group in measured_cells(cells, "task-specific").groupby("task", sort=False):
        units, named = _numbers(group, UNITS), group["output_unit"].dropna().unique()
        n_models = int(group["model"].nunique())
        kind = INTERVALS["tasks"].kind(n_models)
        row: dict[str, Any] = {
            "task": task,
            "n_models": n_models,
            "spread": words.spread(n_models),
            "has_interval": kind not in (RANGE, "none"),
            "n_cells": len(group),
            "n_repeats": int(group["n_valid"].sum()),
            "output_unit": named[0] if len(named) == 1 else None,
            "per_inference": {},
            "per_unit": {},
        }
        for name, column in choices(cells).items():
            values = _numbers(group, column)
            row["per_inference"][name] = _bounds(values, group["model"], kind)
            with np.errstate(divide="ignore", invalid="ignore"):
                row["per_unit"][name] = _bounds(np.where(units > 0, values / units, np.nan), group["model"], kind)
        rows.append(row)
    return rows


def _numbers(rows: pd.DataFrame, column: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
    if column not in rows:
        return np.full(len(rows), np.nan)
    return pd.to_numeric(rows[column]).to_numpy(dtype=np.float64, na_value=np.nan)


def _bounds(values: "np.ndarray[Any, np.dtype[np.float64]]", models: "pd.Series[Any]", kind: str) -> list[float | None]:
    """Mean, low and high (of the interval, or of the range where that is the kind); null where not known."""
    found = models_estimate(values, models)
    shown = Estimate(found.mean, found.least, found.greatest) if kind == RANGE else found
    return [known(number) for number in (shown.mean, shown.low, shown.high)]


def known(value: Any) -> Any:
    """The value, or None where it is missing (NaN, NA)."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _records(table: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    present = [column for column in columns if column in table]
    rows = table[present].astype(object).to_dict("records")
    return [{column: known(row.get(column)) for column in columns} for row in rows]


def parity_rows(tables: Tables) -> list[dict[str, Any]]:
    """The study's models with a training energy, and the paper's four rows."""
    table = tables.get("parity")
    if table is None:
        return []
    energy = "inference_energy_kwh"
    return _records(
        table,
        (
            "model",
            "source",
            "training_energy_kwh",
            "fine_tuning_energy_kwh",
            energy,
            f"ci95_low_{energy}",
            f"ci95_high_{energy}",
            "parity_inferences",
            "ci95_low_parity_inferences",
            "ci95_high_parity_inferences",
            "min_tasks_parity_inferences",
            "max_tasks_parity_inferences",
            "printed_inferences",
            "energy_method",
            "note",
        ),
    )


def quality_rows(tables: Tables) -> list[dict[str, Any]]:
    """A score per cell and metric with the cell's energy, where the study has quality."""
    table = tables.get("quality")
    if table is None or not {"metric", "quality_score"} <= set(table):
        return []
    table = table[table["selected"].astype(bool) & table["quality_score"].notna()]
    return _records(
        table, ("task", "dataset", "variant", "model", "purpose", "structure", "metric", "quality_score", ENERGY)
    )
