"""`totals`: what the study cost, by phase."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Record, Repeat, Window
from wattlab.tables.columns import Flag
from wattlab.tables.energies import components_of, device_of, node_components, total_j
from wattlab.tables.evidence import Evidence
from wattlab.tables.overlaps import device_name, overlapping
from wattlab.tables.table import Table

#: Phases of a study's cost, in the order of the protocol.
_PHASES = ("load", "transfer", "warm-up", "idle", "query", "invalid", "failed", "unassigned")


@dataclass(frozen=True)
class _Cost:
    """A window with the phase that it is counted in.

    Windows of one `name` (cell, session, kind, start) are one window; None: counted in any case. `device`: on which a
    cell that is measured beside others computed.
    """

    phase: str
    window: Window
    name: tuple[str, ...] | None
    reused: bool
    energy_j: float | None
    device: Hashable | None = None


def totals(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per phase and `reused` (paid by another study), for phases that have windows.

    Every window of every session is counted once, by session and start: neighbouring repeats share an idle window. Energy
    (kWh) of the node, or of the device where the study is not exclusive; a sum of the windows whose energy is known
    (`n_windows_with_energy` of `n_windows`). Windows of several cells at one time on one device (`n_windows_shared`) hold
    the same joules: they have a time and no energy. The windows of stale records were paid too: their repeats are
    `unassigned`.
    """
    sums: dict[tuple[str, bool], dict[str, Any]] = {}
    once: dict[Hashable, _Cost] = {}
    for place, cost in enumerate(_all_costs(evidence)):
        once.setdefault(cost.name or place, cost)
    shared = _shared(once)
    for name, cost in once.items():
        row = sums.setdefault((cost.phase, cost.reused), _nothing(cost, evidence.scope))
        _add(row, cost, is_shared=name in shared)
    intensity = evidence.study.grid.intensity_g_per_kwh
    ordered = sorted(sums.items(), key=lambda item: (_PHASES.index(item[0][0]), item[0][1]))
    return TABLE.frame([_in_kwh(row, intensity) for _, row in ordered])


TABLE = Table(
    title="What the study cost, by phase: every window once",
    row="a phase of the work",
    columns=(
        "phase",
        Flag("reused"),
        "scope",
        "n_windows",
        "n_windows_with_energy",
        "n_windows_shared",
        "energy_kwh",
        "emissions_kg",
        "duration_s",
    ),
    latex=("phase", "reused", "scope", "n_windows", "energy_kwh", "emissions_kg", "duration_s"),
    build=totals,
)


def _shared(costs: dict[Hashable, _Cost]) -> set[Hashable]:
    """Names of the windows that ran beside another cell's on one device."""
    known = [(cost.name, cost) for cost in costs.values() if cost.name and cost.device is not None]
    found = overlapping([(cost.device, name[:2], cost.window) for name, cost in known])
    return {known[place][0] for place in found}


def _nothing(cost: _Cost, scope: str) -> dict[str, Any]:
    return {
        "phase": cost.phase,
        "reused": cost.reused,
        "scope": scope,
        "n_windows": 0,
        "n_windows_with_energy": 0,
        "n_windows_shared": 0,
        "energy_j": 0.0,
        "duration_s": 0.0,
    }


def _add(row: dict[str, Any], cost: _Cost, is_shared: bool) -> None:
    row["n_windows"] += 1
    row["n_windows_shared"] += is_shared
    row["duration_s"] += cost.window.duration_s
    if not is_shared and cost.energy_j is not None:
        row["n_windows_with_energy"] += 1
        row["energy_j"] += cost.energy_j


def _in_kwh(row: dict[str, Any], intensity_g_per_kwh: float) -> dict[str, Any]:
    energy_j = row.pop("energy_j")
    energy_kwh = energy_j / J_PER_KWH if row["n_windows_with_energy"] else None
    emissions_kg = None if energy_kwh is None else energy_kwh * intensity_g_per_kwh / 1000
    return {**row, "energy_kwh": energy_kwh, "emissions_kg": emissions_kg}


def _all_costs(evidence: Evidence) -> Iterator[_Cost]:
    for cell in evidence.cells:
        if cell.record is not None:
            yield from _record_costs(cell.record, evidence, stale=False)
        if cell.stale is not None:
            yield from _record_costs(cell.stale, evidence, stale=True)
    for window in evidence.unassigned:
        yield _Cost("unassigned", window, None, False, total_j(node_components(window, evidence.exclusive)))


def _record_costs(record: Record, evidence: Evidence, stale: bool) -> Iterator[_Cost]:
    sessions = {session.session: session for session in record.sessions}
    extra_indices = {repeat.index for repeat in record.extra_repeats}

    def cost(phase: str, kind: str, session: str, window: Window) -> _Cost:
        paid_by = sessions.get(session)
        reused = paid_by is not None and paid_by.study != evidence.study.config.study
        parts = components_of(window, evidence.scope, device_of(record, paid_by))
        name = (record.cell_id, session, kind, window.started_at_utc)
        device = None if evidence.exclusive else device_name(paid_by)
        return _Cost(phase, window, name, reused, total_j(parts), device)

    for name, session in sessions.items():
        for phase, window in (("load", session.load), ("transfer", session.transfer), ("warm-up", session.warmup)):
            if window is not None:
                yield cost(phase, phase, name, window)
    for repeat in [*record.repeats, *record.extra_repeats]:
        extra = repeat.index in extra_indices
        yield cost("unassigned" if stale else _phase_of(repeat, record, extra), "repeat", repeat.session, repeat)
        for idle in (repeat.idle_before, repeat.idle_after):
            if idle is not None:
                yield cost("idle", "idle", repeat.session, idle)


def _phase_of(repeat: Repeat, record: Record, extra: bool) -> str:
    if record.status != "complete":
        return "failed"
    if extra:
        return "unassigned"
    return "query" if repeat.valid else "invalid"
