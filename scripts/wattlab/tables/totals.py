"""`totals`: what the study cost, by phase."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Record, Repeat, Window
from wattlab.tables.columns import Flag, Table
from wattlab.tables.energies import components_of, device_of, node_components, total_j
from wattlab.tables.evidence import Evidence
from wattlab.tables.overlaps import device_name, overlapping

#: Phases of a study's cost, in the order of the protocol.
_PHASES = ("load", "transfer", "warm-up", "idle", "query", "invalid", "failed", "unassigned")


@dataclass(frozen=True, eq=False)
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
    once: dict[Hashable, _Cost] = {}
    for place, cost in enumerate(_all_costs(evidence)):
        once.setdefault(cost.name or place, cost)
    shared = _shared(once)
    phases: dict[tuple[str, bool], dict[Hashable, _Cost]] = {}
    for name, cost in once.items():
        phases.setdefault((cost.phase, cost.reused), {})[name] = cost
    ordered = sorted(phases, key=lambda phase: (_PHASES.index(phase[0]), phase[1]))
    return TABLE.frame([_row(phase, phases[phase], shared, evidence) for phase in ordered])


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


def _row(
    phase: tuple[str, bool], costs: dict[Hashable, _Cost], shared: set[Hashable], evidence: Evidence
) -> dict[str, Any]:
    known_j = [cost.energy_j for name, cost in costs.items() if cost.energy_j is not None and name not in shared]
    energy_kwh = sum(known_j) / J_PER_KWH if known_j else None
    intensity = evidence.study.grid.intensity_g_per_kwh
    return {
        "phase": phase[0],
        "reused": phase[1],
        "scope": evidence.scope,
        "n_windows": len(costs),
        "n_windows_with_energy": len(known_j),
        "n_windows_shared": len(costs.keys() & shared),
        "energy_kwh": energy_kwh,
        "emissions_kg": None if energy_kwh is None else energy_kwh * intensity / 1000,
        "duration_s": sum(cost.window.duration_s for cost in costs.values()),
    }


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
