"""The doctor's words: a line for everything that was looked at, and the obstacles."""

from collections.abc import Sequence
from pathlib import Path

import psutil

from wattlab.foundation.clock import spoken
from wattlab.foundation.quantities import obtained, significant
from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Machine, Window
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.energies import components
from wattlab.workflow.doctor.components import Component, available_cores
from wattlab.workflow.doctor.costs import (
    BYTES_PER_GB,
    disk_gb,
    largest,
    least_time_s,
    passes_of_unknown_length,
)
from wattlab.workflow.progress import finished_cells, left_s


def lines_of(
    study: ResolvedStudy,
    machine: Machine,
    found: Sequence[Component],
    window: Window,
    folder: Path,
    free_gb: float,
) -> list[str]:
    """What a person reads before a study; `folder` is `results/{study}`, `window` one second of idle."""
    config = study.config
    heading = f"Study {config.study}: {len(study.cells)} cells, protocol {config.protocol}, on {machine.device}"
    finished = finished_cells(study, folder)
    return [
        f"{heading} ({machine.cpu_model}, {machine.cpu_cores} cores, {machine.ram_gb:g} GB)",
        *[
            f"  {one.name:<7}{one.method}: {one.meaning}{f'. Remedy: {one.remedy}' if one.remedy else ''}"
            for one in found
        ],
        _quiet_line(study, window),
        _cores_line(study),
        *_cost_lines(study, finished, window, found),
        f"  disk   about {disk_gb(study):.1f} GB needed, {free_gb:.1f} GB free",
        _memory_line(study),
    ]


def _quiet_line(study: ResolvedStudy, window: Window) -> str:
    limits = {resolved.spec.protocol.max_other_load_cores for resolved in study.cells if resolved.spec is not None}
    strict = [limit for limit in limits if limit is not None]
    load = window.other_load_cores or 0.0
    limit = f"the limit is {min(strict)} cores" if strict else "recorded, no limit"
    over = "; close other programs" if strict and load > min(strict) else ""
    return f"  quiet  other programs take {load:.2f} cores now ({limit}{over})"


def _cores_line(study: ResolvedStudy) -> str:
    threads = max((r.spec.protocol.cpu_threads for r in study.cells if r.spec is not None), default=1)
    cores = available_cores()
    remedy = "" if cores >= threads * study.config.parallel_cells else ": fewer than its threads; lower cpu_threads"
    return f"  cores  {cores:g} may be used, a cell uses {threads}{remedy}"


def node_w(window: Window) -> float | None:
    """Power of the node without a measurement (W), as far as its components are known; null where none is."""
    known = [part for part, _ in components(window) if part is not None]
    return sum(known) / window.window_s if known else None


def _cost_lines(
    study: ResolvedStudy, finished: dict[str, float | None], window: Window, found: Sequence[Component]
) -> list[str]:
    to_come = len(study.cells) - len(finished)
    least_s, power_w = least_time_s(study, finished), node_w(window)
    likely_s = left_s(study, finished)
    likely = "" if likely_s is None or not to_come else f"; by the cells measured so far about {spoken(likely_s)}"
    unknown = passes_of_unknown_length(study, finished)
    without = f"; without the queries of {unknown} of them, one pass each, as long as it takes" if unknown else ""
    held = "windows, idle, warm-up" if unknown < to_come else "idle, warm-up"
    lines = [f"  time   at least {spoken(least_s)} for {to_come} cells without a record: {held}{without}{likely}"]
    if power_w is not None:
        methods = ", ".join(obtained(one.name.lower(), one.method) for one in found if one.method != "absent")
        kwh = significant(least_s * power_w / J_PER_KWH, 3)
        lines.append(
            f"  energy at least {kwh} kWh: that time at the {power_w:.1f} W that the machine takes now ({methods})"
        )
    return lines


def _memory_line(study: ResolvedStudy) -> str:
    size = largest(study)
    available_gb = psutil.virtual_memory().available / BYTES_PER_GB
    if size is None:
        return f"  memory {available_gb:.1f} GB free; no model's size is known"
    return (
        f"  memory about {size.memory_gb:.1f} GB needed ({size.model}, {size.parameters / 1e6:.0f} million parameters), "
        f"{available_gb:.1f} GB free"
    )


def obstacles_of(study: ResolvedStudy, machine: Machine, found: Sequence[Component], free_gb: float) -> list[str]:
    """Why the study can not succeed here, each with its remedy."""
    obstacles = []
    if study.config.require_counters:
        for component in found:
            if component.name != "RAM" and component.method not in ("counter", "absent"):
                obstacles.append(
                    f"require_counters is true and the {component.name}'s energy is by {component.method}: every repeat "
                    f"would be invalid. {component.remedy or 'Set require_counters: false'}; or set require_counters: false"
                )
    size, available_gb = largest(study), psutil.virtual_memory().available / BYTES_PER_GB
    if size is not None and machine.device == "cpu" and size.memory_gb > available_gb:
        obstacles.append(
            f"{size.model} needs about {size.memory_gb:.1f} GB of memory and {available_gb:.1f} GB are free; "
            "close other programs, or leave it out"
        )
    if disk_gb(study) > free_gb:
        obstacles.append(f"about {disk_gb(study):.1f} GB of disk are needed and {free_gb:.1f} GB are free; make room")
    return obstacles
