"""`factors`: each setting of a study against the protocol's, by cell and by task, and what it does to the models' order."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from wattlab.study.cells import CellId
from wattlab.tables.aggregates import complete_cells
from wattlab.tables.columns import KEYS, Table, Whole, bounds_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import Estimate, kendall_tau, ratio_estimate

_ENERGY, _DURATION = "energy_kwh_per_1000", "duration_s_per_1000"
_RATIOS = {"energy_ratio": _ENERGY, "duration_ratio": _DURATION}

#: What a row says of its setting.
_NUMBERS = (
    "n_cells",
    *(column for ratio in _RATIOS for column in bounds_of(ratio)),
    "kendall_tau",
    "n_pairs",
    "n_pairs_changed",
    "pairs_changed",
    "note",
)

#: Fewest models whose order has a tau: with four, two orders in twenty-four agree wholly or not at all.
FEWEST_MODELS = 5

#: Cells of one model at two settings, side by side.
_SIDES = ("", "_protocol")


def factors(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per complete cell of a setting whose cell under the protocol is complete (`level` cell), then one per task.

    Ratios are the setting's mean over the protocol's, of a task the geometric mean over its cells, variants left out; the
    intervals hold the noise of the repeats (`intervals.ratio_estimate`). `kendall_tau`: of the models' energies, each
    the mean of its cells, at the two settings. `pairs_changed`: pairs whose ratio is below 1 at the one and above 1 at
    the other, with both intervals.
    """
    pairs = _side_by_side(complete_cells(built["cells"]))
    rows = [{"level": "cell", **_of_cell(row), **_ratios([row])} for row in pairs]
    plain = pd.DataFrame([row for row in pairs if pd.isna(row["variant"])], columns=list(pairs[0]) if pairs else None)
    groups: Any = plain.groupby(["task", "purpose", "setting"], sort=False) if pairs else []
    rows += [_of_task(dict(zip(("task", "purpose", "setting"), keys, strict=True)), group) for keys, group in groups]
    return TABLE.frame(rows)


TABLE = Table(
    title="Each setting against the protocol's: ratios, and whether the order of the models is the same",
    row="a cell or a task, and a setting",
    columns=(
        "level",
        *KEYS,
        "purpose",
        "protocol_cell",
        "n_cells",
        "n_models",
        "n_valid",
        *(column for ratio in _RATIOS for column in bounds_of(ratio)),
        "kendall_tau",
        "n_pairs",
        Whole("n_pairs_changed"),
        "pairs_changed",
        "note",
    ),
    shown=("level", "task", "model", "setting", *_NUMBERS),
    page=("level", "task", "purpose", "model", "dataset", "setting", *_NUMBERS),
    latex=("task", "model", "setting", *bounds_of("energy_ratio"), "kendall_tau"),
    for_people=lambda rows: rows.sort_values("level", ascending=False, kind="stable"),
    build=factors,
)


def _side_by_side(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Each cell of a setting with the numbers of the protocol's, these under names that end in `_protocol`."""
    by_id: dict[str, Any] = {row["cell"]: row for row in cells.to_dict("records")}
    found = []
    for row in by_id.values():
        own = by_id.get(CellId.read(str(row["cell"])).under_protocol) if pd.notna(row["setting"]) else None
        if own is not None and own["headline_scope"] == row["headline_scope"]:
            found.append(row | {f"{name}_protocol": value for name, value in own.items()})
    return found


def _of_cell(row: dict[str, Any]) -> dict[str, Any]:
    keys = {key: row[key] for key in (*KEYS, "purpose", "n_valid")}
    return {**keys, "protocol_cell": row["cell_protocol"], "n_cells": 1, "n_models": 1}


def _ratios(rows: list[dict[str, Any]], sides: tuple[str, str] = _SIDES) -> dict[str, float]:
    found: dict[str, float] = {}
    for ratio, quantity in _RATIOS.items():
        estimate = _ratio(rows, quantity, sides)
        found |= dict(zip(bounds_of(ratio), (estimate.mean, estimate.low, estimate.high), strict=True))
    return found


def _ratio(rows: list[dict[str, Any]], quantity: str, sides: tuple[str, str]) -> Estimate:
    """The first side's mean over the other's, each a suffix of the columns."""
    one, other = (
        [[row[f"{name}{side}"] for row in rows] for name in (quantity, f"sd_{quantity}", "n_valid")] for side in sides
    )
    return ratio_estimate(one, other)


def _of_task(keys: dict[str, Any], group: pd.DataFrame) -> dict[str, Any]:
    rows: list[Any] = group.to_dict("records")
    energies = group.groupby("model")[[_ENERGY, f"{_ENERGY}_protocol"]].mean()
    row = {"level": "task", **keys, "n_cells": len(rows), "n_models": len(energies), **_ratios(rows)}
    if len(energies) < FEWEST_MODELS:
        return {**row, "note": "too few models"}
    n_pairs, changed = _changed(group)
    return {
        **row,
        "kendall_tau": kendall_tau(*(energies[f"{_ENERGY}{side}"] for side in _SIDES)),
        "n_pairs": n_pairs,
        "n_pairs_changed": len(changed) if n_pairs else None,
        "pairs_changed": "; ".join(changed) or None,
    }


def _changed(group: pd.DataFrame) -> tuple[int, list[str]]:
    """How many pairs of models can be compared at both settings, and those that change places beyond doubt.

    The one that uses less at the setting is named first.
    """
    n_pairs, found = 0, []
    by_model: dict[str, Any] = {
        str(model): {row["dataset"]: row for row in rows.to_dict("records")} for model, rows in group.groupby("model")
    }
    for one, other in combinations(sorted(by_model), 2):
        pairs: list[Any] = [
            row | {f"{name}_other": value for name, value in by_model[other][dataset].items()}
            for dataset, row in by_model[one].items()
            if dataset in by_model[other]
        ]
        if not pairs:
            continue
        at, own = (_ratio(pairs, _ENERGY, sides) for sides in (("", "_other"), ("_protocol", "_protocol_other")))
        n_pairs += bool(np.isfinite([at.low, at.high, own.low, own.high]).all())
        if at.high < 1 < own.low:
            found.append(f"{one} below {other}")
        elif own.high < 1 < at.low:
            found.append(f"{other} below {one}")
    return n_pairs, found
