"""A power that the study's owner states, in the place of CodeCarbon's own: modelled energies follow from it afterwards.

CodeCarbon computes a CPU's energy as power x (0.1 + 0.9 load^3) x time and a memory's as power x time, so that either is
proportional to a power that the session recorded. Counted energies stay as they are.
"""

from typing import Any

from wattlab.foundation.quantities import MODELLED
from wattlab.records.record import Record, Session, Window
from wattlab.study.config import Nameplate

#: Component -> the power that a session says of its meter, and the stated one.
_POWERS = {"cpu": ("cpu_tdp_w", "cpu_w"), "ram": ("ram_power_w", "ram_w")}


def with_stated_power(record: Record, nameplate: Nameplate | None) -> Record:
    """The record as with the stated power; where a session did not record the power that it assumed, as it is."""
    if nameplate is None:
        return record
    factors = {session.session: _factors(session, nameplate) for session in record.sessions}
    sessions = [_session(session, nameplate, factors[session.session]) for session in record.sessions]
    repeats = {
        part: [_scaled(repeat, factors.get(repeat.session, {})) for repeat in getattr(record, part)]
        for part in ("repeats", "extra_repeats")
    }
    return record.model_copy(update={"sessions": sessions, **repeats})


def _factors(session: Session, nameplate: Nameplate) -> dict[str, float]:
    said = session.meter or {}
    return {
        component: stated_w / said[recorded]
        for component, (recorded, key) in _POWERS.items()
        if (stated_w := getattr(nameplate, key)) is not None and said.get(recorded)
    }


def _session(session: Session, nameplate: Nameplate, factors: dict[str, float]) -> Session:
    """Its windows, and what it says of the assumed powers: stated, no more a nameplate that CodeCarbon knows, or a guess."""
    said: dict[str, Any] = dict(session.meter or {})
    for component in factors:
        recorded, key = _POWERS[component]
        said |= {recorded: getattr(nameplate, key), f"{component}_power_source": "stated"}
    windows = {phase: _scaled(getattr(session, phase), factors) for phase in ("load", "transfer", "warmup")}
    return session.model_copy(update={"meter": said or session.meter, **windows})


def _scaled(window: Any, factors: dict[str, float]) -> Any:
    """A window and the idle ones beside it; null stays null."""
    if not isinstance(window, Window):
        return window
    changed: dict[str, Any] = {
        f"energy_{component}_j": energy_j * factor
        for component, factor in factors.items()
        if getattr(window, f"energy_{component}_method") in MODELLED
        and (energy_j := getattr(window, f"energy_{component}_j")) is not None
    }
    beside = {
        key: _scaled(getattr(window, key), factors) for key in ("idle_before", "idle_after") if hasattr(window, key)
    }
    return window.model_copy(update=changed | beside)
