"""Counters that follow a known power trace, on a clock that a test moves: an hour of measuring takes milliseconds.

`Clock` replaces `time.perf_counter` and `time.sleep`. Real time goes on below it, so that what the meters themselves
need is in every window; a sleep only moves the clock. `TracedNvml` puts GPUs where pynvml is asked, each with a power
trace, a counter that is its exact integral, refreshed every so often, and calls that take their time.
"""

import bisect
import itertools
import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support import records
from support.meters_fake import FakeNvml, FakeRapl, fake_nvml, fake_rapl
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.record import Window
from wattlab.runs.session import Bench, measured

#: Watts of the GPUs, and which of them works.
IDLE_W, ACTIVE_W, GPU = 55.5, 300.0, 3
LATENCY_S = 0.0023  # a reading of one A100's counter, from the paper's logs


class Clock:
    """`perf_counter` that a test can move; `listeners` are told the new time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real, self._moved_s = time.perf_counter, 0.0
        self.listeners: list[Callable[[float], None]] = []
        monkeypatch.setattr(time, "perf_counter", self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def now(self) -> float:
        """Seconds, as `time.perf_counter`."""
        return self._real() + self._moved_s

    def sleep(self, seconds: float) -> None:
        """Let so much time go by at once."""
        self._moved_s += seconds
        for listener in self.listeners:
            listener(self.now())


class Trace:
    """Piecewise constant power (W): `set` from now on, exact energy between any two times."""

    def __init__(self, start_s: float, power_w: float) -> None:
        self.times, self.powers, self.energies = [start_s], [power_w], [0.0]

    def set(self, at_s: float, power_w: float) -> None:
        """Power from `at_s` on; not before the last change."""
        self.energies.append(self.energy_j(at_s))
        self.times.append(at_s)
        self.powers.append(power_w)

    def energy_j(self, at_s: float) -> float:
        """Energy from the start of the trace to `at_s`."""
        place = max(bisect.bisect_right(self.times, at_s) - 1, 0)
        return self.energies[place] + self.powers[place] * (at_s - self.times[place])


class TracedNvml:
    """GPUs with a trace each. `refresh_s`: how often the counters move, each at a moment of its own."""

    def __init__(
        self, fake: FakeNvml, clock: Clock, n_gpus: int, idle_w: float, refresh_s: float, latency_s: float
    ) -> None:
        self.fake, self.clock, self.refresh_s, self.latency_s = fake, clock, refresh_s, latency_s
        self.traces = [Trace(clock.now(), idle_w) for _ in range(n_gpus)]
        self.phases_s = [refresh_s * (0.5 + index * 0.618) % refresh_s for index in range(n_gpus)]

    def counter(self, handle: int) -> int:
        """Millijoules, as of the last refresh."""
        self.clock.sleep(self.latency_s)
        if not self.fake.has_counter:
            return self.fake.counter(handle)
        now_s, phase_s = self.clock.now(), self.phases_s[handle]
        refreshed_s = math.floor((now_s - phase_s) / self.refresh_s) * self.refresh_s + phase_s
        return 10**9 + int(self.traces[handle].energy_j(refreshed_s) * 1000)

    def power_mw(self, handle: int) -> int:
        """Milliwatts now."""
        return int(self.traces[handle].powers[-1] * 1000)

    def set(self, gpu: int, power_w: float) -> None:
        """Power of a GPU from now on."""
        self.traces[gpu].set(self.clock.now(), power_w)

    def energies_j(self) -> list[float]:
        """The truth: energy of every GPU until now."""
        now_s = self.clock.now()
        return [trace.energy_j(now_s) for trace in self.traces]


def traced_nvml(
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    n_gpus: int = 8,
    idle_w: float = 55.5,
    refresh_s: float = 0.001,
    latency_s: float = 0.0,
) -> TracedNvml:
    """Put traced GPUs where NVML is asked."""
    import pynvml

    traced = TracedNvml(fake_nvml(monkeypatch, n_gpus), clock, n_gpus, idle_w, refresh_s, latency_s)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTotalEnergyConsumption", traced.counter)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetPowerUsage", traced.power_mw)
    return traced


class TracedRapl:
    """A powercap tree whose counters follow a trace each, written whenever the clock is moved."""

    def __init__(self, fake: FakeRapl, clock: Clock, packages: int, power_w: float) -> None:
        self.fake, self.clock = fake, clock
        self.traces = [Trace(clock.now(), power_w) for _ in range(packages)]
        self._start_uj = [1_000_000_000 * (place + 1) % fake.range_uj for place in range(packages)]
        clock.listeners.append(self.write)

    def write(self, now_s: float) -> None:
        """The counters at a time, wrapped at their range; a reader never sees half a file."""
        for place, trace in enumerate(self.traces):
            counter_uj = (self._start_uj[place] + round(trace.energy_j(now_s) * 1e6)) % self.fake.range_uj
            path = self.fake.root / f"intel-rapl:{place}" / "energy_uj"
            neighbour = path.with_suffix(".tmp")
            neighbour.write_text(str(counter_uj))
            neighbour.replace(path)

    def energy_j(self) -> float:
        """The truth: energy of all packages until now."""
        now_s = self.clock.now()
        return sum(trace.energy_j(now_s) for trace in self.traces)


def traced_rapl(
    monkeypatch: pytest.MonkeyPatch,
    root: Path,
    clock: Clock,
    packages: int = 2,
    power_w: float = 20.0,
    range_uj: int = 262_143_328_850,
) -> TracedRapl:
    """Put traced RAPL counters where CodeCarbon and `RaplCounters` look."""
    return TracedRapl(fake_rapl(monkeypatch, root, packages, range_uj), clock, packages, power_w)


def phases(n: int) -> "itertools.islice[float]":
    """Times (s) below a second that fall everywhere between two refreshes: multiples of the golden ratio."""
    return itertools.islice(((place * 0.6180339887) % 1.0 for place in itertools.count(1)), n)


def bench_of(meter: CodeCarbonMeter) -> Bench:
    spec = records.resolved_cell().spec
    assert spec is not None
    return Bench(spec, None, meter, None, "s1")  # type: ignore[arg-type]


def gpu_window(nvml: TracedNvml, bench: Bench, seconds: float) -> tuple[Window, list[float]]:
    """One GPU works for so long, the seven others idle; the window, and the joules that were injected during the work."""

    def work() -> list[float]:
        before = nvml.energies_j()
        nvml.set(GPU, ACTIVE_W)
        nvml.clock.sleep(seconds)
        nvml.set(GPU, IDLE_W)
        return [after - start for start, after in zip(before, nvml.energies_j(), strict=True)]

    return measured(bench, work)
