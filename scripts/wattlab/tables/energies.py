"""Joules of a window by scope and by method. A value that is not known is None; it is never taken for zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from wattlab.foundation.quantities import MODELLED, UNRECORDED
from wattlab.records.record import Machine, Method, Record, Repeat, Session, Window

#: Fixed order in which a set of methods is written, as in `counter+model`.
METHODS: tuple[str, ...] = get_args(Method)

#: The model by which CodeCarbon 3 charges memory: 5 W or less for every module that it guesses.
RAM_MODEL = "codecarbon-3"

#: CodeCarbon 2.3.1, codecarbon/external/hardware.py: 3 W per 8 GB of 1024^3 bytes.
CODECARBON_2_W_PER_GB = 0.375


@dataclass(frozen=True)
class Device:
    """The computing device of a session: the leased GPU's place in `energy_gpu_j`, or None for the CPU."""

    gpu_index: int | None


def device_of(record: Record, session: Session | None) -> Device | None:
    """The device that a session computed on; None where that is not known, as in imported records."""
    if record.spec is None or session is None:
        return None
    if session.gpu_index is None and session.machine is not None and session.machine.device != "cpu":
        return None
    return Device(session.gpu_index)


def gpu_j(window: Window) -> float | None:
    """Energy of all GPUs (J); None where there is none or it was not measured."""
    return sum(window.energy_gpu_j) if window.energy_gpu_j else None


def components(window: Window) -> list[tuple[float | None, str]]:
    """CPU, RAM and GPUs of a window: energy (J) and method of each that the machine has (`absent` ones are left out)."""
    parts = (
        (window.energy_cpu_j, window.energy_cpu_method),
        (window.energy_ram_j, window.energy_ram_method),
        (gpu_j(window), window.energy_gpu_method),
    )
    return [(energy, method) for energy, method in parts if method != "absent"]


def node_components(window: Window, exclusive: bool) -> list[tuple[float | None, str]]:
    """What the node's energy is made of: all GPUs, CPU and RAM; nothing where other work ran beside it."""
    return components(window) if exclusive else []


def device_components(window: Window, device: Device | None) -> list[tuple[float | None, str]]:
    """What the device's energy is made of: the leased GPU, or the CPU; nothing where the device is not known."""
    if device is None:
        return []
    if device.gpu_index is None:
        return [(window.energy_cpu_j, window.energy_cpu_method)]
    gpus = window.energy_gpu_j or []
    energy = gpus[device.gpu_index] if device.gpu_index < len(gpus) else None
    return [(energy, window.energy_gpu_method)]


def components_of(window: Window, scope: str, device: Device | None) -> list[tuple[float | None, str]]:
    """What the energy of a scope is made of, where nothing else ran beside the window."""
    return components(window) if scope == "node" else device_components(window, device)


def ram_codecarbon_2_j(window: Window, machine: Machine | None) -> float | None:
    """Energy of the memory (J) by CodeCarbon 2's model; None where it was not modelled, or the machine is not known.

    On a node with 1,149 GB that model says 431 W, and CodeCarbon 3's 42 W.
    """
    if window.energy_ram_method != "model" or machine is None:
        return None
    return CODECARBON_2_W_PER_GB * machine.ram_gb * window.window_s


def total_j(parts: Iterable[tuple[float | None, str]]) -> float | None:
    """Sum of energies (J); None where one of them, or everything, is unknown."""
    energies = [energy for energy, _ in parts]
    known = [energy for energy in energies if energy is not None]
    return sum(known) if energies and len(known) == len(energies) else None


def modelled_share(parts: Iterable[tuple[float | None, str]]) -> float | None:
    """Share of the energy (0 to 1) that a model or a constant gave; None where that or the total is unknown."""
    listed = list(parts)
    total = total_j(listed)
    if total is None or total <= 0 or any(method == UNRECORDED for _, method in listed):
        return None
    return sum(energy for energy, method in listed if energy is not None and method in MODELLED) / total


def method_set(methods: Iterable[Any]) -> str | None:
    """Methods as one word, `counter+model`, each once and in a fixed order; None for none. Missing ones are left out."""
    named = {part for method in methods if isinstance(method, str) for part in method.split("+")}
    return "+".join(method for method in METHODS if method in named) or None


def idle_windows(repeat: Repeat) -> tuple[Window, Window] | None:
    """The idle windows before and after a repeat; None unless both were measured."""
    if repeat.idle_before is None or repeat.idle_after is None:
        return None
    return repeat.idle_before, repeat.idle_after


def idle_power_w(energies_j: Iterable[float | None], windows: Iterable[Window]) -> float | None:
    """Idle power (W) = sum of the energies / sum of the times of the idle windows; None where one is unknown."""
    known = list(energies_j)
    time_s = sum(window.window_s for window in windows)
    if time_s <= 0 or any(energy is None for energy in known):
        return None
    return sum(energy for energy in known if energy is not None) / time_s


def net_j(gross_j: float | None, idle_w: float | None, window_s: float) -> float | None:
    """Energy (J) above idle: gross minus idle power x window time."""
    return None if gross_j is None or idle_w is None else gross_j - idle_w * window_s
