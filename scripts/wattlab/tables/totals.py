"""`totals`: what the study cost, by phase."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Record, Repeat, Window
from wattlab.tables.columns import Flag, Table
from wattlab.tables.energies import components_of, device_of, node_components, total_j
from wattlab.tables.evidence import Evidence

#: Phases of a study's cost, in the order of the protocol.
_PHASES = ("load", "transfer", "warm-up", "idle", "query", "invalid", "failed", "unassigned")


@dataclass(frozen=True, eq=False)
class _Cost:
    """A window with the phase that it is counted in.

    Windows of one `name` (cell, session, kind, start) are one window; None: counted in any case.
    """

    phase: str
    window: Window
    name: tuple[str, ...] | None
    reused: bool
    energy_j: float | None


def totals(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per phase and `reused` (paid by another study), for phases that have windows.

    Every window of every session is counted once, by session and start: neighbouring repeats share an idle window. Energy
    (kWh) of the node, or of the device where the study is not exclusive; a sum of the windows whose energy is known
    (`n_windows_measured` of `n_windows`). The windows of stale records were paid too: their repeats are `unassigned`.
    """
    once: dict[object, _Cost] = {}
    for cost in _all_costs(evidence):
        once.setdefault(cost.name or cost, cost)
    phases: dict[tuple[str, bool], list[_Cost]] = {}
    for cost in once.values():
        phases.setdefault((cost.phase, cost.reused), []).append(cost)
    ordered = sorted(phases, key=lambda phase: (_PHASES.index(phase[0]), phase[1]))
    return TABLE.frame([_row(phases[phase], evidence) for phase in ordered])


TABLE = Table(
    title="What the study cost, by phase: every window once",
    row="a phase of the work",
    columns=(
        "phase",
        Flag("reused"),
        "scope",
        "n_windows",
        "n_windows_measured",
        "energy_kwh",
        "emissions_kg",
        "duration_s",
    ),
    latex=("phase", "reused", "scope", "n_windows", "energy_kwh", "emissions_kg", "duration_s"),
    build=totals,
)


def _row(costs: list[_Cost], evidence: Evidence) -> dict[str, Any]:
    known_j = [cost.energy_j for cost in costs if cost.energy_j is not None]
    energy_kwh = sum(known_j) / J_PER_KWH if known_j else None
    intensity = evidence.study.grid.intensity_g_per_kwh
    return {
        "phase": costs[0].phase,
        "reused": costs[0].reused,
        "scope": evidence.scope,
        "n_windows": len(costs),
        "n_windows_measured": len(known_j),
        "energy_kwh": energy_kwh,
        "emissions_kg": None if energy_kwh is None else energy_kwh * intensity / 1000,
        "duration_s": sum(cost.window.duration_s for cost in costs),
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
        return _Cost(phase, window, name, reused, total_j(parts))

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
