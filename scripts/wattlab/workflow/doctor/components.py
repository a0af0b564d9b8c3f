"""What each component's energy will be made of on this machine, why, and what would make it better."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattlab.machine.software import torch_cuda_version
from wattlab.meters.nvml import Gpu
from wattlab.meters.rapl import POWERCAP, RAPL_REMEDY, RaplCounters
from wattlab.records.record import Window


@dataclass(frozen=True)
class Component:
    """A component, the method of its energy, what that means here, and the remedy where there is one."""

    name: str
    method: str
    meaning: str
    remedy: str | None = None


def components(
    window: Window, meter: dict[str, Any], gpus: Sequence[Gpu], powercap: Path = POWERCAP
) -> list[Component]:
    """CPU, GPU and RAM, from a window that the meter has measured and what it says of itself (`describe`)."""
    return [_cpu(window, meter, RaplCounters(powercap)), _gpu(window, gpus), _ram(window, meter)]


def _cpu(window: Window, meter: dict[str, Any], rapl: RaplCounters) -> Component:
    method = window.energy_cpu_method
    if method == "counter":
        unread = ", ".join(path.name for path in rapl.unreadable)
        meaning = f"RAPL, {len(rapl.packages)} package(s); {_watts(window.energy_cpu_j, window)} now"
        if unread:
            return Component(
                "CPU", method, f"{meaning}; {unread} can not be read: every repeat is invalid", RAPL_REMEDY
            )
        return Component("CPU", method, meaning)
    meaning = f"computed from a nameplate power of {meter['cpu_tdp_w']:g} W and the machine's load, not measured"
    if rapl.unreadable:
        return Component("CPU", method, f"{meaning}; the machine has RAPL, this user may not read it", RAPL_REMEDY)
    return Component(
        "CPU",
        method,
        f"{meaning}; no RAPL counter is here (usual in virtual machines)",
        "take the durations as the result",
    )


def _gpu(window: Window, gpus: Sequence[Gpu]) -> Component:
    method, names = window.energy_gpu_method, ", ".join(sorted({gpu.name for gpu in gpus}))
    if not gpus:
        if nvidia_is_here():
            return Component(
                "GPU",
                "absent",
                "an NVIDIA GPU is here, and NVML does not answer",
                "make `nvidia-smi` work: driver and library",
            )
        return Component("GPU", "absent", "no NVIDIA GPU: the CPU computes")
    meaning = f"{len(gpus)} x {names}"
    sliced = [str(gpu.index) for gpu in gpus if gpu.mig]
    if sliced:
        return Component(
            "GPU",
            method,
            f"{meaning}; MIG is on for {', '.join(sliced)}: not used",
            "`nvidia-smi -i <index> -mig 0` as root",
        )
    if torch_cuda_version() is None:
        return Component(
            "GPU", method, f"{meaning}; torch is built without CUDA", "install a CUDA build, or set device: cpu"
        )
    if method == "sampled":
        return Component(
            "GPU", method, f"{meaning}; no energy counter: power readings, one a second", "windows of 10 s or more"
        )
    return Component(
        "GPU", method, f"{meaning}, NVML energy counter; {_watts(sum(window.energy_gpu_j or []), window)} now"
    )


def _ram(window: Window, meter: dict[str, Any]) -> Component:
    meaning = f"{meter['ram_power_w']:g} W by the model {meter['ram_model']}; no counter that is read holds it"
    return Component("RAM", window.energy_ram_method, meaning, "cells.csv has CodeCarbon 2's model beside it")


def _watts(energy_j: float | None, window: Window) -> str:
    return "unknown power" if energy_j is None else f"{energy_j / window.window_s:.1f} W"


def nvidia_is_here() -> bool:
    """Whether anything says that there is an NVIDIA GPU, without NVML."""
    return (
        shutil.which("nvidia-smi") is not None or Path("/proc/driver/nvidia").exists() or Path("/dev/nvidia0").exists()
    )


def available_cores() -> float:
    """Cores that this process may use: its affinity, and the quota of its control group."""
    cores = float(len(os.sched_getaffinity(0)))
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.exists():
        limit, period = quota.read_text().split()
        if limit != "max":
            cores = min(cores, int(limit) / int(period))
    return cores
