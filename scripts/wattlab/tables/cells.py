"""`cells`: one row per cell of the study, with the mean, sd and 95 % interval of every quantity over its repeats."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.quantities import NET, QUANTITIES, IfAny
from wattlab.records.record import Record
from wattlab.tables.columns import (
    CALL_COLUMNS,
    CODECARBON_2,
    FACTOR_COLUMNS,
    HEADLINES,
    KEYS,
    METHOD_AND_SHARE,
    METHOD_COLUMNS,
    PARAMETERS,
    Flag,
    Table,
    factors_of,
    joined,
    keys_of,
    statistics_of,
    typed,
)
from wattlab.tables.energies import method_set
from wattlab.tables.evidence import CellEvidence, Evidence, problem_of
from wattlab.tables.intervals import Trend, mann_kendall, t_half_width
from wattlab.tables.net import shared_idle_variance

_FACTS = (
    *KEYS,
    "hub_id",
    "family",
    "purpose",
    "structure",
    "modality",
    *PARAMETERS,
    "weights",
    "data",
    "dtype",
    *FACTOR_COLUMNS,
    "device",
    Flag("selected"),
    "unselected_because",
    "status",
    "n_repeats",
    "n_valid",
    "n_wanted",
    "n_sessions",
    "headline_scope",
    "intensity_g_per_kwh",
    "grid",
    "lengths",
)
#: A trend is flagged below this p value: one cell in twenty without any shows one all the same.
TREND_P = 0.05

_UNITS = "n_output_units_per_inference"
_METHODS = (
    *METHOD_COLUMNS,
    "energy_method",
    "energy_node_method",
    "energy_device_method",
    IfAny("energy_wall_method"),
)
_MEANS = (
    "modelled_share",
    "idle_power_node_w",
    "idle_power_device_w",
    "effective_cores_share",
    *CALL_COLUMNS,
    IfAny("idle_power_wall_w"),
    IfAny("u95_energy_wall_kwh_per_1000"),
)
_TREND = ("trend_tau", "trend_p")
_MEASURED = (
    "flags",
    _UNITS,
    f"sd_{_UNITS}",
    "output_unit",
    *_METHODS,
    *_MEANS,
    *_TREND,
    *(column for quantity in (*QUANTITIES, *CODECARBON_2) for column in statistics_of(quantity)),
)


def cells(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every cell of the study in its order, measured or not (`status`).

    Quantities are means over the counted repeats, so that a cell that is not `complete` has none. The interval is
    Student's t over the repeats, which takes them for independent but for the idle window that neighbours share; that of
    a gross energy or a time never goes below zero. `flags` says `several_sessions` where repeats do not come from one
    process, and `trend` where the energy rises or falls with their order (Mann-Kendall, p below 0.05). Of a meter at the
    wall `u95_…` is the mean uncertainty of a repeat: of its sampling part the mean has less.
    """
    rows = [_facts(cell, evidence) for cell in evidence.cells]
    facts = pd.DataFrame(rows, columns=[str(column) for column in _FACTS])
    counted = built["runs"][built["runs"]["counted"]]
    found = facts.join(_over_repeats(counted, _shared(evidence)), on="cell")
    return typed(found.reindex(columns=[str(column) for column in TABLE.columns]), TABLE.columns)


TABLE = Table(
    title="Every cell: means over its valid repeats, with sample sd",
    row="a cell",
    columns=(*_FACTS, *_MEASURED),
    shown=(
        "cell",
        "purpose",
        "status",
        "n_valid",
        *statistics_of(HEADLINES[0]),
        *HEADLINES[1:],
        *METHOD_AND_SHARE,
        "flags",
    ),
    latex=("cell", "n_valid", *HEADLINES),
    build=cells,
)


def _facts(cell: CellEvidence, evidence: Evidence) -> dict[str, Any]:
    facts, spec, config = cell.resolved.facts, cell.resolved.spec, evidence.study.config
    wanted = cell.repeats_wanted
    row = {
        **keys_of(cell.resolved.cell),
        "hub_id": facts.hub_id,
        "family": facts.family,
        "structure": cell.structure,
        "modality": facts.modality,
        "published_parameters": facts.published_parameters,
        "weights": config.weights if spec is None else spec.weights,
        "data": config.data if spec is None else spec.data,
        **factors_of(None if spec is None else spec.protocol),
        "selected": facts.selected,
        "unselected_because": facts.unselected_because,
        "n_repeats": 0,
        "n_valid": 0,
        "n_wanted": wanted,
        "headline_scope": config.headline_scope,
        "intensity_g_per_kwh": evidence.study.grid.intensity_g_per_kwh,
        "grid": evidence.study.grid.grid,
    }
    if cell.record is not None:
        return {**row, **_recorded(cell.record)}
    problem = problem_of(cell, wanted)
    return {**row, "status": None if problem is None else problem.kind}


def _recorded(record: Record) -> dict[str, Any]:
    sessions = {repeat.session for repeat in record.valid_repeats}
    return {
        "parameters": record.parameters,
        "parameters_as_published": record.parameters_as_published,
        "active_parameters": record.active_parameters,
        "weights": record.weights,
        "data": record.data,
        "dtype": record.dtype,
        "device": record.device,
        "status": record.status,
        "n_repeats": len(record.repeats),
        "n_valid": len(record.valid_repeats),
        "n_sessions": len(sessions),
        "lengths": record.lengths,
    }


def _shared(evidence: Evidence) -> dict[str, "pd.Series[float]"]:
    """Net energy -> what its cells' repeats share, by cell."""
    records = {c.resolved.cell.id: c.record for c in evidence.cells if c.record is not None}
    net = {name: str(quantity.scope) for name, quantity in QUANTITIES.items() if quantity.basis == NET}
    return {name: shared_idle_variance(records, scope) for name, scope in net.items()}


def _over_repeats(counted: pd.DataFrame, shared: dict[str, "pd.Series[float]"]) -> pd.DataFrame:
    """Statistics of the counted repeats, indexed by cell. A value missing in one repeat is missing in the cell."""
    if counted.empty:
        return pd.DataFrame(columns=list(_MEASURED))
    groups = counted.groupby("cell", sort=False)
    quantities = [name for name in (*QUANTITIES, *CODECARBON_2) if name in counted]
    numbers = [*quantities, _UNITS, *(name for name in _MEANS if name in counted)]
    complete = groups[numbers].count().eq(groups.size(), axis=0)
    means, sds = groups[numbers].mean().where(complete), groups[numbers].std(ddof=1).where(complete)
    trends = _trends(counted)
    columns: dict[str, Any] = {"flags": _flags(counted, trends), _UNITS: means[_UNITS], f"sd_{_UNITS}": sds[_UNITS]}
    columns["output_unit"] = groups["output_unit"].agg(
        lambda units: joined([unit for unit in units if isinstance(unit, str)])
    )
    columns |= {name: groups[name].agg(method_set) for name in _METHODS if name in counted}
    columns |= {name: means[name] for name in _MEANS if name in counted}
    columns |= {
        f"trend_{name}": pd.Series({cell: getattr(trends[cell], name) for cell in trends}) for name in ("tau", "p")
    }
    for quantity in quantities:
        mean, is_net = means[quantity], quantity in shared
        variance = sds[quantity] ** 2 / groups.size() + (shared[quantity].reindex(mean.index) if is_net else 0.0)
        half = t_half_width(np.sqrt(variance), groups.size())
        values = (mean, sds[quantity], (mean - half).clip(lower=None if is_net else 0.0), mean + half)
        columns |= dict(zip(statistics_of(quantity), values, strict=True))
    return pd.DataFrame(columns)


def _flags(counted: pd.DataFrame, trends: Mapping[Any, Trend]) -> "pd.Series[Any]":
    """Flags of any counted repeat of a cell, `short` among them, and `several_sessions` and `trend`."""
    named: dict[Any, list[str]] = {cell: [] for cell in trends}
    flagged = counted[counted["flags"].notna()]
    for cell, flags_of in zip(flagged["cell"], flagged["flags"], strict=True):
        named[cell] += flags_of.split("; ")
    groups = counted.groupby("cell", sort=False)
    short, sessions = groups["short"].any(), groups["session"].nunique()
    for cell, flags in named.items():
        flags += ["short"] if short[cell] else []
        flags += ["several_sessions"] if sessions[cell] > 1 else []
        flags += ["trend"] if trends[cell].p < TREND_P else []
    return pd.Series({cell: joined(flags) for cell, flags in named.items()}, dtype="object")


def _trends(counted: pd.DataFrame) -> dict[Any, Trend]:
    """Trend of each cell's energy (headline, else the device's) over its counted repeats, in their order."""
    ordered = counted.sort_values("index", kind="stable")
    headline, device = (
        ordered[name].to_numpy("float64") for name in ("energy_kwh_per_1000", "energy_device_kwh_per_1000")
    )
    places = ordered.groupby("cell", sort=False).indices
    return {
        cell: mann_kendall((device if np.isnan(headline[places[cell]]).any() else headline)[places[cell]])
        for cell in counted["cell"].unique()
    }
