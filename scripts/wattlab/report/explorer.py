"""What the page's script reads: every number of the page once, as one JSON object.

Emissions are not in it. The page computes them from the energies and the intensity that its reader chooses.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from wattlab.catalog.entries import GridEntry
from wattlab.catalog.reading import Catalog
from wattlab.figures.palette import task_title
from wattlab.foundation.quantities import (
    CONFIDENCE,
    ENERGY,
    HEADLINE,
    INTERVALS,
    LEVEL,
    MODELLED,
    PAPER_SCOPE,
    QUANTITIES,
    RANGE,
)
from wattlab.foundation.wording import hub_ids, span
from wattlab.records.record import OTHER_MODEL
from wattlab.report.charts import PART_COLOURS
from wattlab.report.shown import known, shown
from wattlab.study.cells import AS_LOGGED, ResolvedStudy
from wattlab.tables import words
from wattlab.tables.aggregates import measured_cells
from wattlab.tables.intervals import Estimate, models_estimate
from wattlab.tables.reading import Tables

#: Name on the page -> column of `cells`: the scopes of the energy.
SCOPES = {
    "node": "energy_node_kwh_per_1000",
    "device": "energy_device_kwh_per_1000",
    "net_node": "net_energy_node_kwh_per_1000",
    "net_device": "net_energy_device_kwh_per_1000",
    "wall": "energy_wall_kwh_per_1000",
}

#: Tables of which the page shows the rows elsewhere, or that are files only: too long, or the grid's choice stands for them.
_FILES_ONLY = ("runs", "emissions", "cells", "claims", "audit", "ranks", "flops", "flop_energy")

_COMPARED = ("task", ENERGY, f"paper_{ENERGY}")
_CLAIMED = ("text", "section", "verdict", "claim_effect", "ci95_low_claim_effect", "ci95_high_claim_effect", "effect_unit",
            "interval_kind", "direction", "threshold_effect", "n_models", "exceptions", "reason", "sentence")  # fmt: skip
_AUDITED = ("verdict", "place", "source", "text", "printed", "recomputed_as_printed", "unit", "why")
_DECOMPOSED = ("task", "purpose", ENERGY, "gpu_above_idle_share", "gpu_idle_share", "gpu_idle_others_share", "ram_share",
               "cpu_share", "codecarbon3_ram_kwh_per_1000")  # fmt: skip
_TRAINED = ("model", "source", "training_energy_kwh", "fine_tuning_energy_kwh", "inference_energy_kwh", "parity_inferences",
            "printed_inferences")  # fmt: skip
_SCORED = ("task", "dataset", "variant", "model", "purpose", "metric", "quality_score")


@dataclass(frozen=True)
class Beside:
    """Another study to stand beside this one: its name and its table of tasks."""

    name: str
    tasks: pd.DataFrame


def embedded(
    study: ResolvedStudy, tables: Tables, cells_csv: str, catalog: Catalog, beside: Sequence[Beside]
) -> dict[str, Any]:
    """The object. `cells_csv` is the text of `cells.csv`, so that the page gives back the same bytes.

    Energies in kWh and durations in s per 1,000 inferences; bounds are of intervals; a missing value is null.
    """
    cells, comparison = tables["cells"], tables["comparison"]
    decomposed = tables.get("decomposition", pd.DataFrame({"level": []}))
    return {
        "study": study.config.study,
        "about": words.ground(cells, study),
        "machine": words.device(words.with_value(cells), tables["provenance"]).removeprefix("on "),
        "scope": str(cells[HEADLINE].iloc[0]),
        "intensity_g_per_kwh": study.grid.intensity_g_per_kwh,
        "grid": study.grid.grid if study.grid.grid in _grids(study, catalog) else "",
        "grids": [{"name": name, **grid.model_dump(mode="json")} for name, grid in _grids(study, catalog).items()],
        "equivalents": [entry.model_dump(mode="json") for entry in catalog.equivalents.values()],
        "cells_csv": cells_csv,
        "titles": {task: task_title(task) for task in sorted(set(cells["task"]))},
        "paper_names": _paper_names(comparison),
        "tasks": task_rows(cells),
        "claims": _records(tables["claims"], _CLAIMED),
        "audit": _records(tables["audit"], _AUDITED) if "audit" in tables else [],
        "decomposition": _records(decomposed[decomposed["level"] == "task"], _DECOMPOSED),
        "part_colours": PART_COLOURS,
        "parity": parity_rows(tables, cells),
        "comparison": _records(comparison, _COMPARED),
        "order": "" if "audit" in tables else order(comparison),
        **_scopes(comparison),
        "beside": [_beside(other) for other in beside],
        "quality": quality_rows(tables),
        "flops": _flops(tables.get("flop_energy")),
        "tables": {name: shown(name, tables[name]) for name in sorted(tables) if name not in _FILES_ONLY and len(tables[name])},
        "quantities": quantities(cells),
        "estimates": sorted(MODELLED), "other_model": OTHER_MODEL,
        "interval": f"{LEVEL} interval", "ratio_interval": INTERVALS["factors"].words,
        "t_quantiles": t_quantiles(),
    }  # fmt: skip


def _scopes(comparison: pd.DataFrame) -> dict[str, Any]:
    return {"paper_scope": PAPER_SCOPE, "comparison_scope": _scope(comparison, "scope")}


def _beside(other: Beside) -> dict[str, Any]:
    return {
        "study": other.name,
        "scope": _scope(other.tasks, HEADLINE),
        "energies": {row["task"]: row[ENERGY] for row in _records(other.tasks, ("task", ENERGY))},
    }


def choices(cells: pd.DataFrame) -> dict[str, str]:
    """`SCOPES` of a study: the wall where a meter was there."""
    return {name: column for name, column in SCOPES.items() if name != "wall" or column in cells}


def _paper_names(comparison: pd.DataFrame) -> dict[str, str]:
    """Task -> what the paper calls it, to be found by that name too."""
    named = (
        comparison.dropna(subset=["paper_name"]) if "paper_name" in comparison else comparison[:0].assign(paper_name="")
    )
    return dict(zip(named["task"], named["paper_name"], strict=True))


def _grids(study: ResolvedStudy, catalog: Catalog) -> dict[str, GridEntry]:
    return {**_logged(study), **catalog.grids}


def _logged(study: ResolvedStudy) -> dict[str, GridEntry]:
    """The grid of imported logs that say their own."""
    if not study.grid.grid.startswith(AS_LOGGED):
        return {}
    source, intensity = "emissions over energy of the rows of the logs", study.grid.intensity_g_per_kwh
    return {study.grid.grid: GridEntry(title=study.grid.grid, intensity_g_per_kwh=intensity, source=source)}


def quantities(cells: pd.DataFrame) -> dict[str, dict[str, str | None]]:
    """Name on the page -> what an energy is: its column, the column of its method, its title."""
    return {
        name: {"column": column, "method": QUANTITIES[column].method, "title": QUANTITIES[column].title}
        for name, column in choices(cells).items()
    }


def order(comparison: pd.DataFrame) -> str:
    """How far the order of the tasks is the paper's."""
    names = ["spearman_rho", "ci95_low_spearman_rho", "ci95_high_spearman_rho"]
    found = comparison.reindex(columns=names).dropna(subset=names[:1])
    if found.empty:
        return ""
    rho, low, high = found.iloc[0].astype(float)
    interval = "no interval" if np.isnan(low + high) else f"{LEVEL} interval {low:.2f} to {high:.2f}"
    return f"The order agrees by Spearman’s rho of {rho:.2f} ({interval}); heights do not carry over between machines."


def _scope(rows: pd.DataFrame, column: str) -> str:
    return span(rows[column].dropna()) if column in rows else ""


def script_json(value: object) -> str:
    """JSON that may stand inside a `<script>` element: no letter in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def task_rows(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per task over its selected task-specific cells: mean of each scope's energy, and the bounds that `spread` names.

    kWh per 1,000 inferences. A scope that one of the cells lacks has no mean.
    """
    rows = []
    for task, group in measured_cells(cells, "task-specific").groupby("task", sort=False):
        n_models = int(group["model"].nunique())
        kind = INTERVALS["tasks"].kind(n_models)
        rows.append(
            {
                "task": task,
                "n_models": n_models,
                "spread": INTERVALS["tasks"].spread(n_models),
                "n_cells": len(group),
                "n_repeats": int(group["n_valid"].sum()),
                "energies": {
                    name: _bounds(_numbers(group, column), group["model"], kind)
                    for name, column in choices(cells).items()
                },
            }
        )
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


def _records(table: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = table[[column for column in columns if column in table]].astype(object).to_dict("records")
    return [{column: known(row.get(column)) for column in columns} for row in rows]


def t_quantiles() -> list[float]:
    """t(0.975) where 1 / freedom is 0, 0.01, 0.02 … 1: for the bounds of the ratio of two models that the reader picks."""
    freedom = 1 / np.maximum(np.linspace(0, 1, 101), 1e-9)
    return [float(f"{value:.6g}") for value in special.stdtrit(freedom, (1 + CONFIDENCE) / 2)]


def _flops(table: pd.DataFrame | None) -> dict[str, float]:
    """Cell -> floating-point operations of one inference; empty where they are not counted."""
    return (
        {}
        if table is None
        else {cell: known(value) for cell, value in zip(table["cell"], table["flops_per_inference"], strict=True)}
    )


def parity_rows(tables: Tables, cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Models with a training energy: those of the study (`own`), and the paper's rows."""
    return [
        {**row, "own": row["model"] in set(cells["model"]) and "printed" not in str(row["source"]), "id": hub_ids(str(row["model"]))}
        for row in _records(tables.get("parity", pd.DataFrame()), _TRAINED)
    ]  # fmt: skip


def quality_rows(tables: Tables) -> list[dict[str, Any]]:
    """A score per selected cell and metric, the headline's metrics first, where the study has quality."""
    table = tables.get("quality")
    if table is None or not {"metric", "quality_score"} <= set(table):
        return []
    table = table[table["selected"].astype(bool) & table["quality_score"].notna()]
    if "setting" in table:
        table = table[table["setting"].isna()]
    if "headline" in table:
        table = table.sort_values("headline", ascending=False, kind="stable")
    return _records(table, _SCORED)
