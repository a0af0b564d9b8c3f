"""Windows longer than a RAPL counter's wrap: the counters are read in between, so that nothing is lost.

CodeCarbon reads a task's counters at its two ends and corrects one wrap at most. A counter of 65.5 kJ (32 bits of
15.3 uJ) wraps after 5.5 minutes at 200 W. A thread that sleeps until a counter could wrap lets CodeCarbon's own CPU
part take up what was used so far; the parts join without a gap, since each begins with the reading that ended the last.
Where there is no RAPL, no thread is started.
"""

import threading
import time
from pathlib import Path
from typing import Any

from codecarbon.core.units import Time
from codecarbon.external.hardware import CPU

from wattlab.foundation.units import KWH_PER_J_CODECARBON
from wattlab.meters.rapl import RaplCounters

#: Longest time between two readings (s).
LONGEST_S = 60.0

#: More than any CPU package draws for long (W): no counter wraps twice between two readings.
MOST_POWER_W = 1000.0


class RaplSplits:
    """CPU energy of a window, read in parts. `kwh` is CodeCarbon's, of all parts but the last."""

    def __init__(self, cpu: CPU | None, counters: RaplCounters) -> None:
        self._cpu = cpu if cpu is not None and cpu._mode == "intel_rapl" else None
        self._counters = counters
        ranges_j = [package.range_j for package in counters.packages]
        self.interval_s = min([LONGEST_S, *(range_j / MOST_POWER_W for range_j in ranges_j)])
        self._interface: Any = None if self._cpu is None else self._cpu._intel_interface
        self._files: list[Any] = list(getattr(self._interface, "_rapl_files", []))
        self._distinct = counters.distinct
        self.kwh = 0.0
        self._parts_j: list[list[float] | None] = []
        self.unread: set[str] = set()
        self._last_j: list[float] | None = None
        self._last_s = 0.0
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Read the reference and begin to watch for the next wrap; call it right before CodeCarbon's first reading."""
        self.kwh, self.unread = 0.0, set()
        self._last_j, self._last_s = self._counters.read_j(), time.perf_counter()
        self._parts_j, self._distinct = [], self._counters.distinct
        if self._cpu is not None:
            mirrors = self._paths(mirrors=True)
            self._interface._rapl_files = [file for file in self._files if _real(file.path) not in mirrors]
            self._done.clear()
            self._thread = threading.Thread(target=self._watch, name="wattlab-rapl-splits", daemon=True)
            self._thread.start()

    def count_all(self) -> None:
        """Let no counter be left out that is none of a mirror; call it right after CodeCarbon's first reading.

        CodeCarbon takes two counters for one as soon as they show the same at one window's start and used the same in it.
        """
        if self._cpu is not None:
            candidates: dict[str, str] = self._interface._mirrored_candidates
            for path in [path for path in candidates if _real(path) in self._paths(mirrors=False)]:
                del candidates[path]

    def _paths(self, *, mirrors: bool) -> set[Path]:
        """Counters that are mirrors of others, or those that are not."""
        distinct = self._counters.distinct
        return {
            _real(package.counter)
            for place, package in enumerate(self._counters.packages)
            if (place in distinct) is not mirrors
        }

    def stop(self) -> None:
        """No split after this returns; call it right before CodeCarbon's last reading."""
        if self._thread is not None:
            self._done.set()
            self._thread.join()
            self._thread = None

    def end(self) -> None:
        """Take up the last part; call it right after CodeCarbon's last reading."""
        self._take_reference()
        self._note_unread()

    def _watch(self) -> None:
        while not self._done.wait(self.interval_s):
            self._split()

    def _split(self) -> None:
        assert self._cpu is not None
        now_s = time.perf_counter()
        energy = self._cpu._get_energy_from_cpus(Time.from_seconds(max(now_s - self._last_s, 1e-6)))
        self.kwh += energy.kWh
        self._last_s = now_s
        self._take_reference()
        self._note_unread()

    def _take_reference(self) -> None:
        now_j = self._counters.read_j()
        self._parts_j.append(self._counters.between_j(self._last_j, now_j))
        self._last_j = now_j

    @property
    def reference_j(self) -> float | None:
        """Energy of the window by our own readings (J); null where there is no counter, or it could not be read."""
        known = [self._counters.sum_j(part_j) for part_j in self._parts_j if part_j is not None]
        return sum(known) if known and len(known) == len(self._parts_j) else None

    def energy_j(self, last_part_kwh: float) -> float | None:
        """Energy of the window (J): CodeCarbon's, of the last part and of those before it.

        Our own where CodeCarbon reads none, and where this window told two counters apart that it took for one.
        """
        if self._counters.by_perf:
            return self.reference_j
        if self._distinct != self._counters.distinct and self.reference_j is not None:
            return self.reference_j
        return (last_part_kwh + self.kwh) / KWH_PER_J_CODECARBON

    def _note_unread(self) -> None:
        """CodeCarbon takes a counter that it can not read for one that used nothing."""
        if self._cpu is not None:
            self.unread |= {file.path for file in self._interface._rapl_files if file.sample_skipped}


def _real(path: str | Path) -> Path:
    """CodeCarbon finds the same counters by other paths."""
    return Path(path).resolve()
