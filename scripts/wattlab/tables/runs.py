"""`runs`: one row per repeat, with its keys, flags, windows, energies, methods and quantities per 1,000 inferences."""

from functools import partial
from typing import Any

import pandas as pd

from wattlab.foundation.quantities import QUANTITIES
from wattlab.foundation.units import emissions_g, kwh_per_1000, s_per_1000
from wattlab.records.record import PERCENTILES, Record, Repeat, Session, Window
from wattlab.runs.device_state import effective_cores
from wattlab.tables.columns import (
    CALL_COLUMNS,
    CODECARBON_2,
    FACTOR_COLUMNS,
    HEADLINES,
    KEYS,
    METHOD_AND_SHARE,
    METHOD_COLUMNS,
    Flag,
    Table,
    Whole,
    factors_of,
    joined,
    keys_of,
)
from wattlab.tables.energies import (
    RAM_MODEL,
    Device,
    device_components,
    device_of,
    gpu_j,
    idle_power_w,
    idle_windows,
    method_set,
    modelled_share,
    net_j,
    node_components,
    ram_codecarbon_2_j,
    total_j,
)
from wattlab.tables.evidence import CellEvidence, Evidence
from wattlab.tables.intervals import is_outlier
from wattlab.tables.wall import COLUMNS as WALL_COLUMNS

_COLUMNS = (
    *KEYS,
    "purpose",
    "structure",
    "modality",
    "family",
    Flag("selected"),
    "weights",
    "data",
    "dtype",
    *FACTOR_COLUMNS,
    "device",
    "status",
    Whole("index"),
    "session",
    "study",
    Flag("counted"),
    Flag("valid"),
    Flag("extra"),
    Flag("short"),
    "flags",
    "reasons",
    "started_at_utc",
    "n_inferences",
    *CALL_COLUMNS,
    "n_output_units",
    "output_unit",
    "n_output_units_per_inference",
    "lengths",
    "window_s",
    "duration_s",
    "energy_cpu_j",
    "energy_ram_j",
    "energy_gpu_j",
    "energy_node_j",
    "energy_device_j",
    "idle_power_node_w",
    "idle_power_device_w",
    Whole("gpu_count"),
    Whole("gpu_index"),
    *METHOD_COLUMNS,
    "ram_model",
    "energy_method",
    "energy_node_method",
    "energy_device_method",
    "modelled_share",
    "reference_energy_cpu_j",
    "reference_energy_gpu_j",
    "reference_cpu_ratio",
    "reference_gpu_ratio",
    "process_cpu_s",
    "effective_cores",
    "effective_cores_share",
    "other_load_cores",
    *QUANTITIES,
    *CODECARBON_2,
    *WALL_COLUMNS,
)


def runs(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every repeat of today's records (stale ones are left out), valid or not.

    `counted` repeats enter the means: the valid ones among `repeats` of a complete cell. `extra` ones lie beyond the
    number that the protocol asks for. `reference_…_ratio` is CodeCarbon's energy over our own reading of the counter,
    `effective_cores_share` the CPU time that the process got over wall time x threads. Energies of a repeat in J, of its window; quantities per 1,000 inferences.
    """
    rows = [
        row for cell in evidence.cells if cell.record is not None for row in _cell_rows(cell, cell.record, evidence)
    ]
    return TABLE.frame(rows)


TABLE = Table(
    title="Every repeat: energy, time, methods and whether it counts",
    row="a repeat",
    columns=_COLUMNS,
    shown=(
        "cell",
        "purpose",
        "index",
        "counted",
        "valid",
        "short",
        "flags",
        "reasons",
        "window_s",
        *HEADLINES,
        *METHOD_AND_SHARE,
    ),
    latex=("cell", "index", "valid", *HEADLINES),
    build=runs,
)


def _cell_rows(cell: CellEvidence, record: Record, evidence: Evidence) -> list[dict[str, Any]]:
    sessions = {session.session: session for session in record.sessions}
    places = [(repeat, False) for repeat in record.repeats] + [(repeat, True) for repeat in record.extra_repeats]
    rows = [
        {**_keys(cell, record), **_repeat_row(repeat, extra, record, sessions.get(repeat.session), evidence)}
        for repeat, extra in sorted(places, key=lambda place: place[0].index)
    ]
    _flag_outliers([row for row in rows if row["counted"]])
    return rows


def _flag_outliers(counted: list[dict[str, Any]]) -> None:
    """Flag `outlier`: the energy (headline, else the device's) is more than 20 % off the cell's median. It is kept.

    Where half of the repeats or more are, none of them stands out: the flag is `scattered`.
    """
    for column in ("energy_kwh_per_1000", "energy_device_kwh_per_1000"):
        energies = [row[column] for row in counted]
        if energies and all(energy is not None for energy in energies):
            outliers = is_outlier(energies)
            word = "scattered" if 2 * outliers.sum() >= len(counted) else "outlier"
            for row, outlier in zip(counted, outliers, strict=True):
                row["flags"] = joined([*([row["flags"]] if row["flags"] else []), *([word] if outlier else [])])
            return


def _keys(cell: CellEvidence, record: Record) -> dict[str, Any]:
    facts = cell.resolved.facts
    return {
        **keys_of(cell.resolved.cell),
        "structure": cell.structure,
        "modality": facts.modality,
        "family": facts.family,
        "selected": facts.selected,
        "weights": record.weights,
        "data": record.data,
        "dtype": record.dtype,
        **factors_of(record.protocol),
        "device": record.device,
        "status": record.status,
        "lengths": record.lengths,
    }


def _repeat_row(
    repeat: Repeat, extra: bool, record: Record, session: Session | None, evidence: Evidence
) -> dict[str, Any]:
    device = device_of(record, session)
    energies = _energies(repeat, device, evidence)
    ram_j = ram_codecarbon_2_j(repeat, None if session is None else session.machine)
    return {
        "index": repeat.index,
        "session": repeat.session,
        "study": None if session is None else session.study,
        "counted": repeat.valid and not extra and record.status == "complete",
        "valid": repeat.valid,
        "extra": extra,
        "short": repeat.short,
        "flags": joined(repeat.flags),
        "reasons": joined(repeat.reasons),
        "n_inferences": repeat.n_inferences,
        **_calls(repeat),
        "n_output_units": repeat.n_output_units,
        "output_unit": repeat.output_unit,
        "n_output_units_per_inference": _ratio(repeat.n_output_units, repeat.n_inferences),
        "gpu_index": None if device is None else device.gpu_index,
        "ram_model": None if ram_j is None else RAM_MODEL,
        **_observed(repeat),
        "effective_cores_share": _ratio(effective_cores(repeat), getattr(record.protocol, "cpu_threads", None)),
        **energies,
        **_quantities(repeat, energies, evidence),
        **_codecarbon_2(repeat, ram_j, evidence.exclusive),
        **({} if evidence.wall is None else evidence.wall.columns(repeat)),
    }


def _observed(window: Window) -> dict[str, Any]:
    references = window.reference_energy_gpu_j
    reference_gpu_j = sum(references) if references else None
    return {
        "started_at_utc": window.started_at_utc,
        "window_s": window.window_s,
        "duration_s": window.duration_s,
        "energy_cpu_j": window.energy_cpu_j,
        "energy_ram_j": window.energy_ram_j,
        "energy_gpu_j": gpu_j(window),
        "gpu_count": window.gpu_count,
        **{column: getattr(window, column) for column in METHOD_COLUMNS},
        "reference_energy_cpu_j": window.reference_energy_cpu_j,
        "reference_energy_gpu_j": reference_gpu_j,
        "reference_cpu_ratio": _ratio(window.energy_cpu_j, window.reference_energy_cpu_j),
        "reference_gpu_ratio": _ratio(gpu_j(window), reference_gpu_j),
        "process_cpu_s": window.process_cpu_s,
        "effective_cores": effective_cores(window),
        "other_load_cores": window.other_load_cores,
    }


def _calls(repeat: Repeat) -> dict[str, float | None]:
    """How many inferences a call had, and how long a call took; missing in records that are older, and imported ones."""
    latency_s = repeat.latency_s or {}
    mean = None if repeat.n_calls is None else repeat.n_inferences / repeat.n_calls
    return dict(zip(CALL_COLUMNS, (mean, *(latency_s.get(f"p{percent}") for percent in PERCENTILES)), strict=True))


def _ratio(energy_j: float | None, reference_j: float | None) -> float | None:
    return energy_j / reference_j if energy_j is not None and reference_j else None


def _energies(repeat: Repeat, device: Device | None, evidence: Evidence) -> dict[str, Any]:
    """Joules, idle watts and methods by scope; `modelled_share` is that of the headline's."""
    exclusive = evidence.exclusive
    node, leased = node_components(repeat, exclusive), device_components(repeat, device)
    idle = idle_windows(repeat) or ()
    idle_node = [total_j(node_components(window, exclusive)) for window in idle]
    idle_device = [total_j(device_components(window, device)) for window in idle]
    return {
        "energy_node_j": total_j(node),
        "energy_device_j": total_j(leased),
        "idle_power_node_w": idle_power_w(idle_node, idle),
        "idle_power_device_w": idle_power_w(idle_device, idle),
        "energy_node_method": method_set(method for _, method in node),
        "energy_device_method": method_set(method for _, method in leased),
        "modelled_share": modelled_share(node if evidence.study.config.headline_scope == "node" else leased),
    }


def _codecarbon_2(repeat: Repeat, ram_j: float | None, exclusive: bool) -> dict[str, float | None]:
    """`CODECARBON_2`, from the memory's energy (J) by that model."""
    node = node_components(repeat.model_copy(update={"energy_ram_j": ram_j}), exclusive)
    parts = (ram_j, None if ram_j is None else total_j(node))
    return {name: _per_1000(repeat, part_j) for name, part_j in zip(CODECARBON_2, parts, strict=True)}


def _per_1000(repeat: Repeat, energy_j: float | None) -> float | None:
    return None if energy_j is None else kwh_per_1000(energy_j, repeat.n_inferences)


def _quantities(repeat: Repeat, energies: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    per_1000 = partial(_per_1000, repeat)
    scope = evidence.study.config.headline_scope
    headline = per_1000(energies[f"energy_{scope}_j"])
    row: dict[str, Any] = {
        "energy_kwh_per_1000": headline,
        "energy_method": energies[f"energy_{scope}_method"],
        "emissions_g_per_1000": None
        if headline is None
        else emissions_g(headline, evidence.study.grid.intensity_g_per_kwh),
        "duration_s_per_1000": s_per_1000(repeat.duration_s, repeat.n_inferences),
        "energy_cpu_kwh_per_1000": per_1000(repeat.energy_cpu_j),
        "energy_ram_kwh_per_1000": per_1000(repeat.energy_ram_j),
        "energy_gpu_kwh_per_1000": per_1000(gpu_j(repeat)),
    }
    for name in ("node", "device"):
        gross = energies[f"energy_{name}_j"]
        row[f"energy_{name}_kwh_per_1000"] = per_1000(gross)
        net = net_j(gross, energies[f"idle_power_{name}_w"], repeat.window_s)
        row[f"net_energy_{name}_kwh_per_1000"] = per_1000(net)
    return row
