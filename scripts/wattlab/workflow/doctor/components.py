"""What each component's energy will be made of on this machine, why, and what would make it better."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattlab.meters.accelerators import ACCELERATORS, computing
from wattlab.meters.contract import Accelerator
from wattlab.meters.rapl import POWERCAP, RaplCounters
from wattlab.records.record import Window


@dataclass(frozen=True)
class Component:
    """A component, the method of its energy, what that means here, and the remedy where there is one."""

    name: str
    method: str
    meaning: str
    remedy: str | None = None


def components(
    window: Window, meter: dict[str, Any], accelerator: Accelerator, powercap: Path = POWERCAP
) -> list[Component]:
    """CPU, GPU and RAM, from a window that the meter has measured and what it says of itself (`describe`)."""
    return [_cpu(window, meter, RaplCounters(powercap)), _gpu(window, accelerator), _ram(window, meter)]


def _cpu(window: Window, meter: dict[str, Any], rapl: RaplCounters) -> Component:
    method, unread = window.energy_cpu_method, rapl.unreadable
    if method == "counter":
        through = "perf_event" if rapl.by_perf else "powercap"
        meaning = f"RAPL by {through}, {len(rapl.distinct)} package(s); {_watts(window.energy_cpu_j, window)} now"
        return Component("CPU", method, meaning)
    is_guess = meter["cpu_power_source"] == "default"
    power = (
        "{:g} W, a guess (4 W per thread: CodeCarbon does not know this CPU)"
        if is_guess
        else "a nameplate power of {:g} W"
    )
    meaning = f"computed from {power.format(meter['cpu_tdp_w'])} and the machine's load, not measured"
    if unread:
        named = f"{meaning}; the machine has RAPL, but {'; '.join(map(str, unread))}"
        remedies = {one.remedy for one in unread if one.remedy}
        return Component("CPU", method, named, remedies.pop() if remedies else "take the durations as the result")
    return Component(
        "CPU",
        method,
        f"{meaning}; no RAPL counter is here (usual in virtual machines)",
        "take the durations as the result",
    )


def _gpu(window: Window, accelerator: Accelerator) -> Component:
    method, gpus = window.energy_gpu_method, accelerator.gpus
    if not gpus:
        return _no_gpu()
    meaning = f"{len(gpus)} x {', '.join(sorted({gpu.name for gpu in gpus}))}"
    sliced = ", ".join(str(gpu.index) for gpu in gpus if gpu.sliced)
    if sliced:
        words = f"{meaning}; {accelerator.sliced_words} for {sliced}: not used"
        return Component("GPU", method, words, accelerator.sliced_remedy)
    unusable = accelerator.unusable()
    if unusable:
        return Component(
            "GPU", method, f"{meaning}; {unusable}", f"give torch {accelerator.platform} and a GPU, or set device: cpu"
        )
    if window.energy_gpu_j is None:
        return Component(
            "GPU", method, f"{meaning}; {'; '.join(window.problems)}", "mend its driver: no repeat is valid"
        )
    if method == "sampled":
        return Component(
            "GPU", method, f"{meaning}; no energy counter: power readings, one a second", "windows of 10 s or more"
        )
    watts = _watts(sum(window.energy_gpu_j), window)
    return Component("GPU", method, f"{meaning}, {accelerator.interface} energy counter; {watts} now")


def _no_gpu() -> Component:
    for silent in map(computing, ACCELERATORS):
        if silent.leaves_traces():
            meaning = f"a GPU of {silent.vendor} is here, and {silent.interface} does not answer"
            return Component("GPU", "absent", meaning, "mend its driver and library")
    return Component("GPU", "absent", "no GPU: the CPU computes")


def _ram(window: Window, meter: dict[str, Any]) -> Component:
    meaning = f"{meter['ram_power_w']:g} W by the model {meter['ram_model']}, a guess of its modules; no counter that is read holds it"
    return Component("RAM", window.energy_ram_method, meaning, "cells.csv has CodeCarbon 2's model beside it")


def _watts(energy_j: float | None, window: Window) -> str:
    return "unknown power" if energy_j is None else f"{energy_j / window.window_s:.1f} W"
