"""What must hold of the windows of a store whatever was measured: time runs on, and no component gives more than it can."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from wattlab.foundation.clock import moment
from wattlab.records.record import Session, Window
from wattlab.records.store import StoredCell
from wattlab.study.cells import Spec

#: Clocks of the wall and of windows may part by so much (s), and by this share of a window: time servers correct the one.
CLOCK_S, CLOCK_SHARE = 0.05, 0.002

#: A modelled energy is its stated power times the time between two readings, or less: by this share, and by the readings'
#: own time (s), it may pass that of the window.
POWER_SHARE, READING_S = 0.02, 0.1

#: A GPU may pass its limit by this share, and its counter be late by so much (s).
GPU_SHARE, GPU_LATE_S = 0.25, 0.5


def broken_laws(stored: StoredCell, events: Sequence[dict[str, Any]], spec: Spec) -> Iterator[str]:
    """What is impossible in a store, in words. `events`: its lines."""
    yield from _of_lines(events)
    sessions = {session.session: session for session in stored.sessions}
    yield from _of_sessions(stored.sessions)
    yield from _of_repeats(stored, spec)
    for name, session in sessions.items():
        windows = windows_of(stored, name)
        yield from _in_time(session, windows)
        for place, window in windows:
            yield from (f"{place}: {why}" for why in _of_energy(window, session))


def windows_of(stored: StoredCell, session: str) -> list[tuple[str, Window]]:
    """The windows of a session with their places, by time; one that neighbours share once."""
    of_session = next(one for one in stored.sessions if one.session == session)
    found: list[tuple[str, Window]] = []
    parts = [(name, getattr(of_session, name)) for name in ("load", "transfer", "warmup")]
    for repeat in (repeat for repeat in stored.observed if repeat.session == session):
        place = f"repeat {repeat.index}"
        parts += [(f"{place}, idle before", repeat.idle_before), (place, repeat)]
        parts += [(f"{place}, idle after", repeat.idle_after)]
    for place, window in parts:
        if window is not None and (not found or found[-1][1] != window):
            found.append((place, window))
    return sorted(found, key=lambda pair: moment(pair[1].started_at_utc))


def _of_lines(events: Sequence[dict[str, Any]]) -> Iterator[str]:
    kinds = Counter(event["event"] for event in events)
    for kind in ("identity", "passes"):
        if kinds[kind] > 1:
            yield f"{kinds[kind]} lines of {kind!r}, and there can be one"
    begun = Counter(event["session"] for event in events if event["event"] == "session")
    yield from (f"the session {name} begins {number} times" for name, number in begun.items() if number > 1)
    indices = sorted(event["index"] for event in events if event["event"] == "repeat")
    if indices != list(range(len(indices))):
        yield f"repeats {indices} are not 0 to {len(indices) - 1}, each once: one was deleted or doubled"


def _of_sessions(sessions: Sequence[Session]) -> Iterator[str]:
    if [session.attempt for session in sessions] != list(range(1, len(sessions) + 1)):
        yield f"attempts {[session.attempt for session in sessions]} are not 1 to {len(sessions)}: a session was deleted or doubled"


def _of_repeats(stored: StoredCell, spec: Spec) -> Iterator[str]:
    wanted = None if stored.passes is None else stored.passes * spec.protocol.n_inferences
    for repeat in stored.observed:
        if wanted is not None and repeat.n_inferences != wanted:
            yield (
                f"repeat {repeat.index}: n_inferences = {repeat.n_inferences}, and {stored.passes} passes of "
                f"{spec.protocol.n_inferences} samples are {wanted}"
            )
    if stored.passes is None and stored.observed:
        yield "repeats without a line of how often the samples were run (`passes`)"


def _in_time(session: Session, windows: Sequence[tuple[str, Window]]) -> Iterator[str]:
    """Windows of a session follow one another, between its begin and its end."""
    place, latest = "the session's begin", moment(session.started_at_utc)
    for name, window in windows:
        begun = moment(window.started_at_utc)
        if begun < latest - timedelta(seconds=CLOCK_S):
            yield f"{name} begins {(latest - begun).total_seconds():.3f} s before the end of {place}: they overlap"
        length_s = max(window.window_s, window.duration_s)
        ended = begun + timedelta(seconds=length_s * (1 - CLOCK_SHARE))
        if ended > latest:
            place, latest = name, ended
    if session.ended_at_utc is not None:
        over_s = (latest - moment(session.ended_at_utc)).total_seconds()
        if over_s > CLOCK_S:
            yield f"{place} lasts {over_s:.3f} s longer than the wall time until the session's end"


def _of_energy(window: Window, session: Session) -> Iterator[str]:
    meter = session.meter or {}
    for part, power in (("cpu", meter.get("cpu_tdp_w")), ("ram", meter.get("ram_power_w"))):
        energy_j, method = getattr(window, f"energy_{part}_j"), getattr(window, f"energy_{part}_method")
        if method == "absent" and energy_j:
            yield f"energy_{part}_j = {energy_j:g} of a component that is absent"
        if energy_j is not None and energy_j < 0:
            yield f"energy_{part}_j = {energy_j:g} is below zero"
        if energy_j is not None and power and method in ("model", "constant"):
            most_j = power * (window.window_s + READING_S) * (1 + POWER_SHARE)
            if energy_j > most_j:
                yield f"energy_{part}_j = {energy_j:g}, and {power:g} W give at most {most_j:.4g} J in {window.window_s:.3f} s"
    yield from _of_gpus(window, session)


def _of_gpus(window: Window, session: Session) -> Iterator[str]:
    energies = window.energy_gpu_j or []
    if energies and len(energies) != window.gpu_count:
        yield f"{len(energies)} energies of {window.gpu_count} GPUs"
    limit = None if window.gpu_state is None else window.gpu_state.power_limit_w
    index = session.gpu_index
    if limit is not None and index is not None and index < len(energies):
        most_j = limit * (1 + GPU_SHARE) * (window.window_s + GPU_LATE_S)
        if energies[index] > most_j:
            yield f"energy_gpu_j[{index}] = {energies[index]:g}, and a limit of {limit:g} W gives at most {most_j:.4g} J"
