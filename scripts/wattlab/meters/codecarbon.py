"""CodeCarbon as the meter of a window.

One task per window on an `OfflineEmissionsTracker` that is never `start()`ed: task mode reads the counters twice, at
the window's ends, and runs no scheduler (`start()`/`stop()` can lose a RAPL interval or count RAM twice). Every
argument is explicit, so that no configuration file or environment variable changes a result. The first task of a
process loads tables inside its window; `__init__` spends it on nothing.
"""

import math
import os
import time
from pathlib import Path
from typing import Any

import codecarbon.core.cpu
import psutil
from codecarbon.core.hardware_cache import get_cached_tdp
from codecarbon.external.hardware import CPU, GPU
from codecarbon.external.ram import RAM

from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import InputError
from wattlab.foundation.units import J_PER_KWH, KWH_PER_J_CODECARBON
from wattlab.meters.accelerators import on_machine
from wattlab.meters.contract import Accelerator, GpuReading, Meter
from wattlab.meters.rapl import RAPL_REMEDY, RaplCounters
from wattlab.meters.rapl_splits import MOST_POWER_W, RaplSplits
from wattlab.meters.tracker import silent_tracker
from wattlab.records.record import Method, Window

#: `CPU._mode` of CodeCarbon -> how the CPU's energy was obtained.
_CPU_METHODS: dict[str, Method] = {"intel_rapl": "counter", "cpu_load": "model", "constant": "constant"}


#: Shortest time that counts as a suspended machine (s): the two clocks are not read at the same moment.
ASLEEP_S = 0.1

#: No CPU package and no computing GPU works on less, and none on more (W): a unit is wrong by 1,000, or a counter was reset. Asked of
#: windows that hold ten refreshes of a GPU's counter.
LEAST_POWER_W, MOST_GPU_POWER_W, PLAUSIBLE_FROM_S = 0.5, 3000.0, 1.0


class MeterError(RuntimeError):
    """A window that gave no numbers."""


class CodeCarbonMeter(Meter):
    """Energy of a window, per component, with its method. Not thread-safe; one window at a time.

    The GPUs are those of `accelerator` (null: of this machine). `gpu_index` is the computing one's place among them: its
    state is recorded, and who else computes on it.
    """

    def __init__(self, gpu_index: int | None = None, accelerator: Accelerator | None = None) -> None:
        self._accelerator = on_machine() if accelerator is None else accelerator
        self._gpus = self._accelerator.gpus
        self._gpu = None if gpu_index is None else self._gpus[gpu_index]
        self._rapl = RaplCounters()
        self._tracker = silent_tracker(
            n_gpus=len(self._gpus) if self._accelerator.codecarbon_reads else 0,
            force_cpu_load=bool(self._rapl.unreadable),
        )
        self._splits = RaplSplits(None, self._rapl)
        self._before = self._at_begin = self._processes()
        self._open: dict[str, Any] | None = None
        self.begin()
        self._parts = {type(part): part for part in self._tracker._hardware}
        self._splits = RaplSplits(self._parts.get(CPU), self._rapl)
        self._close()
        if self._tracker._external_conf:
            keys = ", ".join(sorted(self._tracker._external_conf))
            raise InputError(
                f"CodeCarbon configuration ({keys}) in ~/.codecarbon.config, ./.codecarbon.config or CODECARBON_* variables: "
                "wattlab states every value itself; move the files away and unset the variables"
            )

    def begin(self) -> None:
        """Open a window: the counters are read when this returns."""
        if self._open is not None:
            raise ValueError("a window is open already; end it first")
        self._at_begin = self._processes()
        self._open = {
            "gpu": self._gpu_reading(),
            "started_at_utc": utc_now(),
            "asleep_s": _asleep_s(),
            "busy_s": _busy_s(),
            "process_cpu_s": time.process_time(),
            "counters_j": self._counters_j(),
        }
        self._splits.begin()
        self._tracker.start_task()
        self._splits.count_all()

    def end(self, duration_s: float) -> Window:
        """Close the window: the counters are read first.

        Args:
            duration_s: own clock around the work alone (s).

        Raises:
            ValueError: no window is open.
            MeterError: CodeCarbon gave no numbers (it swallows its own exceptions).
        """
        opened, data = self._close()
        if data is None or not math.isfinite(data.energy_consumed):
            raise MeterError("CodeCarbon returned no numbers for this window")
        counted_j = self._counted_j(opened["counters_j"])
        process_cpu_s = time.process_time() - opened["process_cpu_s"]
        other_s = _busy_s() - opened["busy_s"] - process_cpu_s
        components, unread_gpus = self._components(data, counted_j), self._unread_gpus(counted_j)
        gpu = self._gpu_reading()
        if unread_gpus:
            components["energy_gpu_j"] = None
        return Window(
            started_at_utc=opened["started_at_utc"],
            window_s=data.duration,
            duration_s=duration_s,
            gpu_count=len(self._gpus),
            **components,
            reference_energy_gpu_j=_all_known(counted_j) if self._accelerator.codecarbon_reads else None,
            reference_energy_cpu_j=None if self._rapl.by_perf else self._splits.reference_j,
            process_cpu_s=process_cpu_s,
            other_load_cores=max(0.0, other_s / data.duration),
            gpu_state=None if gpu is None else gpu.since(opened["gpu"]),
            problems=[
                *unread_gpus,
                *self._unread(components, data),
                *self._implausible(components, data.duration),
                *_suspended(_asleep_s() - opened["asleep_s"]),
            ],
        )

    def _close(self) -> tuple[dict[str, Any], Any]:
        """Read the counters; what was read at the window's begin, and CodeCarbon's data (null where it failed)."""
        if self._open is None:
            raise ValueError("no window is open; begin one first")
        self._splits.stop()
        data = self._tracker.stop_task()
        self._splits.end()
        opened, self._open = self._open, None
        return opened, data

    def foreign_processes(self) -> list[int] | None:
        """Process ids on the computing GPU at either end of the last window that are not ours.

        Those are the ones there before we came, and all that came since where that is more than one. Inside a container
        our own id differs from what the driver shows, so ours is found by when it appeared. Null without a GPU, and
        where its processes are not known.
        """
        now = self._processes()
        if now is None or self._at_begin is None or self._before is None:
            return None
        now |= self._at_begin
        appeared = now - self._before
        ours = appeared if len(appeared) <= 1 else appeared & {os.getpid()}
        return sorted(now - ours)

    def describe(self) -> dict[str, Any]:
        """What the meter says of itself: power of the modelled components, in watts, and where that of the CPU is from.

        `cpu_power_source`: `nameplate` where CodeCarbon knows this CPU, `default` where it takes 4 W per thread for one
        that it does not know; null where the CPU is counted.
        """
        cpu, ram = self._parts.get(CPU), self._parts.get(RAM)
        return {
            "ram_model": None if ram is None else "codecarbon-3" if self._ram_method() == "model" else "constant",
            "rapl_split_s": self._splits.interval_s if self._rapl.packages else None,
            "cpu_mode": None if cpu is None else "perf_event" if self._rapl.by_perf else cpu._mode,
            "cpu_model": None if cpu is None else cpu._model,
            "cpu_tdp_w": None if cpu is None or self._cpu_method() == "counter" else float(cpu._tdp),
            "cpu_power_source": None if cpu is None or self._cpu_method() == "counter" else _power_source(cpu),
            "ram_power_w": None if ram is None else float(ram.total_power().W),
        }

    def _components(self, data: Any, counted_j: list[float | None]) -> dict[str, Any]:
        """Energies (J) and methods from the tracker's own state; `counted_j` of GPUs that CodeCarbon does not read."""
        cpu_method = self._cpu_method()
        own = self._splits.energy_j if cpu_method == "counter" else J_PER_KWH.__mul__
        return {
            "energy_cpu_j": None if CPU not in self._parts else own(data.cpu_energy),
            "energy_cpu_method": cpu_method,
            "energy_ram_j": data.ram_energy * J_PER_KWH if RAM in self._parts else None,
            "energy_ram_method": self._ram_method(),
            **self._gpu_component(counted_j),
        }

    def _cpu_method(self) -> Method:
        cpu = self._parts.get(CPU)
        return "absent" if cpu is None else "counter" if self._rapl.by_perf else _CPU_METHODS[cpu._mode]

    def _gpu_component(self, counted_j: list[float | None]) -> dict[str, Any]:
        if not self._accelerator.codecarbon_reads:
            return {"energy_gpu_j": _all_known(counted_j), "energy_gpu_method": "counter" if counted_j else "absent"}
        devices = self._devices()
        counted = bool(devices) and all(device._has_counter and not device._use_power_fallback for device in devices)
        per_kwh = 1 / KWH_PER_J_CODECARBON if counted else J_PER_KWH
        return {
            "energy_gpu_j": [device.energy_delta.kWh * per_kwh for device in devices] if devices else None,
            "energy_gpu_method": "absent" if not devices else "counter" if counted else "sampled",
        }

    def _devices(self) -> list[Any]:
        """CodeCarbon's GPUs, by index."""
        gpu = self._parts.get(GPU)
        return [] if gpu is None else sorted(gpu.devices.devices, key=lambda device: device.gpu_index)

    def _ram_method(self) -> Method:
        ram = self._parts.get(RAM)
        if ram is None:
            return "absent"
        return "model" if ram._force_ram_power is None else "constant"

    def _processes(self) -> set[int] | None:
        return None if self._gpu is None else self._accelerator.processes(self._gpu)

    def _gpu_reading(self) -> GpuReading | None:
        return None if self._gpu is None else self._accelerator.reading(self._gpu)

    def _unread_gpus(self, counted_j: list[float | None]) -> list[str]:
        """GPUs that show no energy at all, which CodeCarbon takes for GPUs that used none."""
        silent = [gpu for gpu, energy_j in zip(self._gpus, counted_j, strict=True) if energy_j is None]
        if not self._accelerator.codecarbon_reads:
            return [f"GPU {gpu.index} has no energy counter that can be read" for gpu in silent]
        lost = [gpu for gpu in silent if self._accelerator.reading(gpu).power_w is None]
        n_devices = len(self._devices())
        return [
            *[f"GPU {gpu.index} shows neither an energy counter nor its power" for gpu in lost],
            *([f"CodeCarbon reads {n_devices} of {len(self._gpus)} GPUs"] if n_devices < len(self._gpus) else []),
        ]

    def _unread(self, components: dict[str, Any], data: Any) -> list[str]:
        """Counters that gave no number: CodeCarbon takes each for a component that used nothing."""
        problems = []
        gpu_j = components["energy_gpu_j"]
        reported_j = data.gpu_energy / KWH_PER_J_CODECARBON
        if self._accelerator.codecarbon_reads and gpu_j and abs(sum(gpu_j) - reported_j) > 1e-4 * reported_j + 0.01:
            # After a failed reading the devices still hold the energies of the window before.
            problems.append(
                f"the GPUs show {sum(gpu_j):.2f} J and CodeCarbon {reported_j:.2f} J: a GPU could not be read"
            )
        if components["energy_cpu_method"] == "counter":
            lost = {Path(path).parent.name for path in self._splits.unread}
            if self._rapl.by_perf:
                lost |= {"perf_event"} if self._splits.reference_j is None else set()
            else:
                lost |= set(map(str, self._rapl.unreadable))
            if lost:
                problems.append(f"the RAPL counter of {', '.join(sorted(lost))} can not be read; {RAPL_REMEDY}")
        return problems

    def _implausible(self, components: dict[str, Any], window_s: float) -> list[str]:
        """Counters that say what no device draws."""
        gpus = zip(self._gpus, components["energy_gpu_j"] or [], strict=False)
        said = [(f"GPU {gpu.index}", j, LEAST_POWER_W if gpu == self._gpu else 0, MOST_GPU_POWER_W) for gpu, j in gpus]
        if components["energy_cpu_method"] == "counter" and components["energy_cpu_j"] and self._rapl.distinct:
            said.append(
                ("a CPU package", components["energy_cpu_j"] / len(self._rapl.distinct), LEAST_POWER_W, MOST_POWER_W)
            )
        return [
            f"the counter of {name} says {energy_j / window_s:,.3g} W: its unit is wrong, or it was reset"
            for name, energy_j, least_w, most_w in said
            if window_s >= PLAUSIBLE_FROM_S and not least_w <= energy_j / window_s <= most_w
        ]

    def _counters_j(self) -> list[float | None]:
        return [self._accelerator.energy_j(gpu) for gpu in self._gpus]

    def _counted_j(self, before: list[float | None]) -> list[float | None]:
        """Energy of each GPU by its own counter since `before` (J); null where it could not be read."""
        spans = zip(before, self._counters_j(), strict=True)
        return [None if start is None or end is None else end - start for start, end in spans]


def _all_known(energies_j: list[float | None]) -> list[float] | None:
    """The energies, where there are some and none is missing."""
    known = [energy_j for energy_j in energies_j if energy_j is not None]
    return known if known and len(known) == len(energies_j) else None


def _power_source(cpu: CPU) -> str:
    tdp = get_cached_tdp(codecarbon.core.cpu)
    is_known = not cpu._is_generic_tdp and tdp._get_cpu_power_from_registry(tdp.model)
    return "nameplate" if is_known else "default"


def _asleep_s() -> float:
    """How long the machine has been suspended since it booted (s)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def _suspended(asleep_s: float) -> list[str]:
    return [f"the machine was suspended for {asleep_s:.1f} s"] if asleep_s > ASLEEP_S else []


def _busy_s() -> float:
    """CPU time that the whole machine spent on work of its own, summed over cores (s): not idle, not stolen."""
    times = psutil.cpu_times()
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in user and nice already
    return sum(times) - guest - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "steal", 0.0)
