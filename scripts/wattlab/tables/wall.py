"""A meter's log at the wall set beside the windows of a study's records: nothing is measured again for it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wattlab.foundation.clock import moment
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import copy_file
from wattlab.foundation.quantities import IfAny
from wattlab.foundation.units import kwh_per_1000
from wattlab.meters.wall import LEAST_SAMPLES, WallEnergy, energy_of
from wattlab.meters.wall_clock import MOST_OFFSET_S, Clock, Spans, clock_of
from wattlab.meters.wall_log import Trace, read_trace, spoken_time
from wattlab.records.record import Record, Repeat, Window
from wattlab.study.config import MeterLog, StudyConfig

#: Of a repeat, in `runs`.
COLUMNS = tuple(
    IfAny(name)
    for name in (
        "energy_wall_j",
        "u95_energy_wall_j",
        "u95_sampling_wall_j",
        "u95_offset_wall_j",
        "u95_resolution_wall_j",
        "u95_energy_wall_kwh_per_1000",
        "n_wall_samples",
        "wall_offset_s",
        "idle_power_wall_w",
        "energy_wall_method",
        "wall_reason",
    )
)


#: Session and begin of a window.
_Key = tuple[str, str]


@dataclass(frozen=True)
class _Found:
    """A window, and of what: `host` is null where the machine is not known; `beside_s`: idle before and after a load (s)."""

    cell: str
    session: str
    host: str | None
    is_load: bool
    window: Window
    beside_s: tuple[float, float] = (0.0, 0.0)

    @property
    def group(self) -> str:
        """What has one power of idle and one of load: the session of a cell."""
        return f"{self.cell} {self.session}"

    @property
    def key(self) -> _Key:
        return self.session, self.window.started_at_utc

    @property
    def begin_s(self) -> float:
        """By the machine's clock (s since 1970)."""
        return _begin_s(self.window)


@dataclass(frozen=True)
class _Said:
    """What a log says of a repeat: which one (its SHA-256), its clock there, the energy, the power of idle (W).

    `has_all`: the log covers the repeat from begin to end.
    """

    energy: WallEnergy
    has_all: bool = False
    sha256: str = ""
    trace: Trace | None = None
    clock: Clock | None = None
    offset_s: float | None = None
    idle_w: float | None = None

    @property
    def worth(self) -> tuple[bool, bool]:
        """Of what several logs say of a repeat a number stands before a reason, and the reason of the log that has it before others."""
        return self.energy.energy_j is not None, self.has_all


@dataclass(frozen=True)
class Wall:
    """What the logs of a study say of the repeats in its records; they are read when they are first asked for.

    `folder` is `results/{study}`. Whatever asks raises `InputError` where a log is missing or can not be read, does not say
    whose it is, or covers none of the windows.
    """

    config: StudyConfig
    folder: Path
    records: Sequence[Record]

    @cached_property
    def _said(self) -> dict[_Key, _Said]:
        windows = sorted(_windows(self.records), key=lambda one: (one.group, one.is_load, one.key))
        if not self.config.exclusive:
            beside = _Said(WallEnergy(None, reason="other work ran beside it (exclusive: false)"))
            return {one.key: beside for one in windows if one.is_load}
        hosts = sorted({one.host for one in windows if one.host is not None})
        said: dict[_Key, _Said] = {}
        traces = []
        for place, log in enumerate(self.config.meter_logs):
            host, path = _host(log, hosts), kept_place(self.folder, place)
            traces.append(read_trace(path, log.mapping, log.path))
            own = [one for one in windows if one.host is not None and one.host.startswith(host)]
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            for key, found in _beside(traces[-1], sha256, own):
                if key not in said or found.worth > said[key].worth:
                    said[key] = found
        if windows and not any(_is_covered(trace, one) for trace in traces for one in windows):
            raise InputError(_other_time(traces[0], windows))
        return said

    def columns(self, repeat: Repeat) -> dict[str, Any]:
        """`COLUMNS` of a repeat, and its energy per 1,000 inferences."""
        said = self._said.get((repeat.session, repeat.started_at_utc))
        if said is None:
            return {}
        found = said.energy
        row: dict[str, Any] = {"n_wall_samples": found.n_samples, "wall_reason": found.reason}
        if found.energy_j is None or found.u95_j is None or said.trace is None:
            return row
        return row | {
            "energy_wall_j": found.energy_j,
            "u95_energy_wall_j": found.u95_j,
            "u95_sampling_wall_j": found.sampling_j,
            "u95_offset_wall_j": found.offset_j,
            "u95_resolution_wall_j": found.resolution_j,
            "energy_wall_kwh_per_1000": kwh_per_1000(found.energy_j, repeat.n_inferences),
            "u95_energy_wall_kwh_per_1000": kwh_per_1000(found.u95_j, repeat.n_inferences),
            "wall_offset_s": said.offset_s,
            "idle_power_wall_w": said.idle_w,
            "energy_wall_method": said.trace.method,
        }

    def facts(self, repeat: Repeat) -> dict[str, str]:
        """What stands of a repeat's log in the table of provenance."""
        said = self._said.get((repeat.session, repeat.started_at_utc))
        if said is None or said.trace is None or said.clock is None:
            return {}
        return {
            "log_sha256": said.sha256,
            "interval_s": f"{said.trace.interval_s:.3g}",
            "offset_s": f"{said.clock.offset_s:+.2f}",
            "u95_offset_s": f"{said.clock.u95_s:.2f}",
            "drift_ppm": f"{said.clock.drift * 1e6:+.0f}",
        }


def kept_place(folder: Path, place: int) -> Path:
    """Where a study's results keep the log that it names at this place: the tables are made from there."""
    return folder / "wall" / f"{place}.csv"


def keep_logs(config: StudyConfig, folder: Path) -> None:
    """Copy the logs that a study names to its results, `results/{study}`. Raises `InputError`."""
    for place, log in enumerate(config.meter_logs):
        try:
            copy_file(Path(log.path), kept_place(folder, place))
        except OSError as error:
            raise InputError(f"meter_log.path = {log.path}: {error.strerror}; export the meter's log to it") from error


def wall_of(config: StudyConfig, folder: Path, records: Sequence[Record]) -> Wall | None:
    """The logs of a study beside its records; `folder` is `results/{study}`. None for a study without logs."""
    return Wall(config, folder, records) if config.meter_logs else None


def _windows(records: Sequence[Record]) -> Iterator[_Found]:
    """Repeats and the idle windows beside them, each once."""
    once: dict[_Key, _Found] = {}
    for record in records:
        hosts = {one.session: one.machine.host_sha256 for one in record.sessions if one.machine is not None}
        for repeat in [*record.repeats, *record.extra_repeats]:
            for is_load, window in ((True, repeat), (False, repeat.idle_before), (False, repeat.idle_after)):
                if window is not None:
                    beside_s = _beside_s(repeat) if is_load else (0.0, 0.0)
                    found = _Found(record.cell_id, repeat.session, hosts.get(repeat.session), is_load, window, beside_s)
                    once[found.key] = found
    yield from once.values()


def _begin_s(window: Window) -> float:
    return moment(window.started_at_utc).timestamp()


def _beside_s(repeat: Repeat) -> tuple[float, float]:
    """How far the idle windows beside a repeat reach before its begin and after its end (s)."""
    before, after, begin_s = repeat.idle_before, repeat.idle_after, _begin_s(repeat)
    return (
        0.0 if before is None else begin_s - _begin_s(before),
        0.0 if after is None else _begin_s(after) + after.window_s - begin_s - repeat.window_s,
    )


def _host(log: MeterLog, hosts: Sequence[str]) -> str:
    """The beginning of the host that a log is of. Raises `InputError` where there are several and it does not say."""
    names = ", ".join(name[:8] for name in hosts)
    if log.host is None and len(hosts) > 1:
        raise InputError(
            f"meter_log.path = {log.path}: {len(hosts)} machines measured this study ({names}), and one plug is of one: add "
            f"host: {hosts[0][:8]} to its log, and a log for each other machine (meter_log is a list then)"
        )
    if log.host is not None and hosts and not any(name.startswith(log.host) for name in hosts):
        raise InputError(f"meter_log.host = {log.host}: no machine of this study; its machines are {names}")
    return log.host or ""


def _is_covered(trace: Trace, one: _Found) -> bool:
    first_s, last_s = trace.covered
    return one.begin_s + MOST_OFFSET_S > first_s and one.begin_s + one.window.window_s - MOST_OFFSET_S < last_s


def _other_time(trace: Trace, windows: Sequence[_Found]) -> str:
    begins = sorted(one.begin_s for one in windows)
    first_s, last_s = trace.covered
    return (
        f"{trace.name}: it covers {spoken_time(first_s)} to {spoken_time(last_s)}, and the windows of this study began from "
        f"{spoken_time(begins[0])} to {spoken_time(begins[-1])}: take the log of that day, or mend meter_log.mapping.timezone"
    )


def _beside(trace: Trace, sha256: str, own: Sequence[_Found]) -> Iterator[tuple[_Key, _Said]]:
    """Each repeat of a machine with what a log says of it."""
    groups = {name: place for place, name in enumerate(dict.fromkeys(one.group for one in own))}
    near = [one for one in own if _is_covered(trace, one)]
    clock = clock_of(trace, _spans(near, groups)) if near else "no window lies in the log"
    idle_s = dict.fromkeys(groups, 0.0)
    for one in own:
        idle_s[one.group] += 0.0 if one.is_load else one.window.window_s
    for one in own:
        offset_s = clock.there_s(one.begin_s) - one.begin_s if isinstance(clock, Clock) else 0.0
        has_all = trace.covered[0] <= one.begin_s + offset_s <= trace.covered[1] - one.window.window_s
        if one.is_load and isinstance(clock, str):
            yield one.key, _Said(WallEnergy(None, reason=clock), has_all)
        elif one.is_load and isinstance(clock, Clock):
            session = groups[one.group]
            # From all idle windows of the session: one alone is often too short.
            is_known = idle_s[one.group] >= LEAST_SAMPLES * trace.interval_s
            idle_w = clock.idle_w.get(session) if is_known else None
            energy = energy_of(trace, clock, one.begin_s, one.window.window_s, session, one.beside_s)
            yield one.key, _Said(energy, has_all, sha256, trace, clock, offset_s, idle_w)


def _spans(windows: Sequence[_Found], groups: Mapping[str, int]) -> Spans:
    begin_s = np.array([one.begin_s for one in windows])
    length_s = np.array([one.window.window_s for one in windows])
    load = np.array([one.is_load for one in windows])
    return Spans(begin_s, begin_s + length_s, load, np.array([groups[one.group] for one in windows]))
