"""`protocols`: cells of this study beside the same cells of studies under other protocols."""

import math
from typing import Any

import pandas as pd

from wattlab.foundation.quantities import HEADLINE
from wattlab.tables.cells import cells
from wattlab.tables.columns import KEYS, Table, bounds_of, statistics_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.runs import runs

_ENERGY, _DURATION = "energy_kwh_per_1000", "duration_s_per_1000"


def protocols(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per cell and study, for the cells that this study shares with those it names under `beside`.

    This study's row comes first; `energy_ratio` and `duration_ratio` are a row's means over that row's. Energies of unlike
    scope have no ratio.
    `protocol_values`: the values in which the rows of a cell differ. Empty where the study names no other.
    """
    if not evidence.beside:
        return TABLE.frame([])
    sides = [_rows_of(side) for side in (evidence, *evidence.beside)]
    rows = []
    for cell_id, own in sides[0].items():
        others = [side[cell_id] for side in sides[1:] if cell_id in side]
        if others:
            rows += _beside([own, *others])
    return TABLE.frame(rows)


TABLE = Table(
    title="Cells of this study beside the same cells of studies under other protocols; ratios to this study's row",
    row="a cell and a study",
    columns=(
        *KEYS,
        "purpose",
        "study",
        "protocol",
        "protocol_values",
        "headline_scope",
        "n_valid",
        "window_s",
        *statistics_of(_ENERGY),
        *bounds_of(_DURATION),
        "energy_method",
        "energy_ratio",
        "duration_ratio",
    ),
    shown=(
        "cell",
        "study",
        "protocol",
        HEADLINE,
        "n_valid",
        "window_s",
        *statistics_of(_ENERGY),
        _DURATION,
        "energy_ratio",
        "duration_ratio",
        "energy_method",
    ),
    build=protocols,
)


def _rows_of(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Rows of the cells of a study by cell; `values` are its protocol's."""
    windows = runs(evidence, {})
    table = cells(evidence, {"runs": windows}).set_index("cell", drop=False)
    lengths_s = windows[windows["counted"]].groupby("cell")["window_s"].mean()
    rows = {}
    for resolved in evidence.study.cells:
        row = table.loc[resolved.cell.id]
        columns = (*KEYS, "purpose", "headline_scope", "n_valid", *statistics_of(_ENERGY), *bounds_of(_DURATION))
        rows[resolved.cell.id] = {
            **{column: row[column] for column in (*columns, "energy_method")},
            "study": evidence.study.config.study,
            "protocol": evidence.study.config.protocol,
            "window_s": lengths_s.get(resolved.cell.id, math.nan),
            "values": {} if resolved.spec is None else resolved.spec.protocol.model_dump(mode="json"),
        }
    return rows


def _beside(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one cell, each with what sets it apart and its ratios to the first."""
    values = [row.pop("values") for row in rows]
    differing = [key for key in values[0] if any(other.get(key) != values[0][key] for other in values)]
    return [
        {
            **row,
            "protocol_values": "; ".join(f"{key} {own.get(key)}" for key in differing) or None,
            "energy_ratio": _ratio(row[_ENERGY], rows[0][_ENERGY]) if row[HEADLINE] == rows[0][HEADLINE] else math.nan,
            "duration_ratio": _ratio(row[_DURATION], rows[0][_DURATION]),
        }
        for row, own in zip(rows, values, strict=True)
    ]


def _ratio(value: float, own: float) -> float:
    """NaN where one of the two is missing, or there is nothing to divide by."""
    return value / own if own else math.nan
