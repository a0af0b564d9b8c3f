"""RAPL package counters through the kernel's `perf_event`: they work where powercap's files are root's.

A process needs CAP_PERFMON or `kernel.perf_event_paranoid` of 0 or less. The kernel takes up every wrap of the hardware's
32 bits itself, so these counters have none. Source: perf_event_open(2); the kernel's arch/x86/events/rapl.c, which lists
the event, its scale and one CPU for each package below /sys/bus/event_source/devices/power.
"""

import ctypes
import math
import os
import platform
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PMU = Path("/sys/bus/event_source/devices/power")

#: Number of the system call, by machine; RAPL is x86's.
SYSCALLS = {"x86_64": 298}

#: First version of the kernel's `perf_event_attr`: 64 bytes, of which type, size and config are used.
ATTRIBUTES = struct.Struct("=IIQ48x")
CLOSE_ON_EXEC = 8


#: A working package draws watts, and the hardware counts every millisecond: one that stands still for so long (s) counts nothing.
MOVES_WITHIN_S = 0.05


@dataclass(frozen=True)
class PerfPackage:
    """One CPU package's counter."""

    counter: Path
    j_per_count: float
    read_count: Callable[[], int]
    range_j = math.inf

    def read_j(self) -> float:
        """Energy since it was opened (J). Raises `OSError`."""
        return self.read_count() * self.j_per_count


def open_counter(kind: int, config: int, cpu: int) -> Callable[[], int]:
    """What reads an event of a whole CPU, for all processes. Raises `OSError` where the kernel refuses it."""
    if platform.machine() not in SYSCALLS:
        raise OSError(f"perf_event of {platform.machine()} is not known here")
    call = ctypes.CDLL(None, use_errno=True).syscall
    attributes = ATTRIBUTES.pack(kind, ATTRIBUTES.size, config)
    handle = call(SYSCALLS[platform.machine()], attributes, -1, cpu, -1, CLOSE_ON_EXEC)
    if handle < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return lambda: int.from_bytes(os.read(handle, 8), "little")


def perf_packages(pmu: Path) -> list[PerfPackage]:
    """The counter of every package; none where one of them can not be opened or stands still, or its unit is not known."""
    event = pmu / "events/energy-pkg"
    try:
        if event.with_suffix(".unit").read_text().strip() != "Joules":
            return []
        kind, scale = int((pmu / "type").read_text()), float(event.with_suffix(".scale").read_text())
        config = int(event.read_text().strip().removeprefix("event="), 16)
        packages = [PerfPackage(event, scale, open_counter(kind, config, cpu)) for cpu in _cpus(pmu / "cpumask")]
        before = [package.read_count() for package in packages]
        time.sleep(MOVES_WITHIN_S if packages else 0.0)
        moved = all(package.read_count() != count for package, count in zip(packages, before, strict=True))
        return packages if moved else []
    except (OSError, ValueError):
        return []


def _cpus(mask: Path) -> list[int]:
    """CPUs of a list as `0,18` or `0-3`."""
    ranges = [part.partition("-") for part in mask.read_text().strip().split(",")]
    return [cpu for first, _, last in ranges for cpu in range(int(first), int(last or first) + 1)]
