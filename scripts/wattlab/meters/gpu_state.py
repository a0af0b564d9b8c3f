"""In which state a GPU computed, from NVML: power, limits, clock, and how long it was slowed down, and by what.

Nothing runs during a window: NVML counts the time of every slowdown itself, and the rest is read at the window's end.
What a GPU or its driver does not tell is null.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pynvml

from wattlab.records.record import GpuState

#: Slowdowns whose time NVML counts. `power`: the board held its power limit; the others are faults of a measurement.
POLICIES = {
    "power": pynvml.NVML_PERF_POLICY_POWER,
    "thermal": pynvml.NVML_PERF_POLICY_THERMAL,
    "board limit": pynvml.NVML_PERF_POLICY_BOARD_LIMIT,
    "reliability": pynvml.NVML_PERF_POLICY_RELIABILITY,
}

#: Reasons of a lower clock that are faults of a measurement, as bits of one word.
SLOWDOWNS = {
    "hardware slowdown": pynvml.nvmlClocksEventReasonHwSlowdown,
    "thermal slowdown by software": pynvml.nvmlClocksEventReasonSwThermalSlowdown,
    "thermal slowdown by hardware": pynvml.nvmlClocksEventReasonHwThermalSlowdown,
    "power brake": pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown,
}

S_PER_NS = 1e-9

Value = TypeVar("Value")


@dataclass(frozen=True)
class GpuReading:
    """What NVML says of a GPU at one moment; `slowed_s` since the driver was loaded, by policy."""

    power_w: float | None
    power_limit_w: float | None
    sm_clock_mhz: int | None
    sm_clock_limit_mhz: int | None
    slowdowns: list[str]
    slowed_s: dict[str, float]


def read_gpu(handle: Any) -> GpuReading:
    """The state of a GPU now."""
    reasons = _asked(lambda: pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)) or 0
    power_mw = _asked(lambda: pynvml.nvmlDeviceGetPowerUsage(handle))
    limit_mw = _asked(lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(handle))
    slowed_ns = {
        name: _asked(lambda policy=policy: pynvml.nvmlDeviceGetViolationStatus(handle, policy).violationTime)  # type: ignore[misc]
        for name, policy in POLICIES.items()
    }
    return GpuReading(
        power_w=None if power_mw is None else power_mw / 1000,
        power_limit_w=None if limit_mw is None else limit_mw / 1000,
        sm_clock_mhz=_asked(lambda: pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)),
        sm_clock_limit_mhz=_clock_limit_mhz(handle),
        slowdowns=[name for name, bit in SLOWDOWNS.items() if reasons & bit],
        slowed_s={name: time_ns * S_PER_NS for name, time_ns in slowed_ns.items() if time_ns is not None},
    )


def state_of(before: GpuReading, after: GpuReading) -> GpuState:
    """The state of a window, from the readings at its ends."""
    return GpuState(
        power_w=after.power_w,
        power_limit_w=after.power_limit_w,
        sm_clock_mhz=after.sm_clock_mhz,
        sm_clock_limit_mhz=after.sm_clock_limit_mhz,
        slowdowns=after.slowdowns,
        slowed_s={
            name: time_s - before.slowed_s[name] for name, time_s in after.slowed_s.items() if name in before.slowed_s
        },
    )


def _clock_limit_mhz(handle: Any) -> int | None:
    """The clock that an administrator has set for applications, else the highest that the GPU has."""
    set_mhz = _asked(lambda: pynvml.nvmlDeviceGetApplicationsClock(handle, pynvml.NVML_CLOCK_SM))
    return set_mhz or _asked(lambda: pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_SM))


def _asked(question: Callable[[], Value]) -> Value | None:
    try:
        return question()
    except pynvml.NVMLError:
        return None
