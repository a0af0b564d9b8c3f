"""The doctor's words: a line for everything that was looked at, and the obstacles."""

from collections.abc import Collection, Sequence
from pathlib import Path

from wattlab.foundation.clock import spoken
from wattlab.foundation.files import free_bytes
from wattlab.foundation.holding import NoLock, locks_hold
from wattlab.foundation.quantities import obtained, significant
from wattlab.foundation.units import J_PER_KWH
from wattlab.foundation.wording import count
from wattlab.machine.cgroups import available_cores, cpu_limit_cores
from wattlab.machine.checked import checked
from wattlab.machine.locks import lock_folder
from wattlab.records.record import Machine, Window
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.energies import components
from wattlab.workflow.doctor.components import Component
from wattlab.workflow.doctor.costs import (
    BYTES_PER_GB,
    available_memory_gb,
    disk_gb,
    finished_cells,
    largest,
    least_time_s,
    likely_time_s,
    passes_of_unknown_length,
)

_MORE_CORES = "ask for more cores, or lower cpu_threads"
_LOCKS_NOTHING = (
    "two measurements at once are then seen too late; mount its file system with locks (Lustre: -o flock, not localflock), "
    "or let the folder be a link to a local disk"
)


def lines_of(
    study: ResolvedStudy,
    machine: Machine,
    found: Sequence[Component],
    window: Window,
    folder: Path,
) -> list[str]:
    """What a person reads before a study; `folder` is `results/{study}`, `window` one second of idle."""
    config = study.config
    heading = (
        f"Study {config.study}: {count(len(study.cells), 'cell')}, protocol {config.protocol}, on {machine.device}"
    )
    finished = finished_cells(study, folder)
    return [
        f"{heading} ({machine.cpu_model}, {machine.cpu_cores} cores, {machine.ram_gb:g} GB)",
        *[
            f"  {one.name:<7}{one.method}: {one.meaning}{f'. Remedy: {one.remedy}' if one.remedy else ''}"
            for one in found
        ],
        _quiet_line(study, window),
        _cores_line(study),
        f"  locks  {locks(folder.parent)[0]}",
        f"  check  {_check_line(folder.parent)}",
        *_cost_lines(study, finished, window, found),
        _disk_line(study, folder.parent),
        _memory_line(study, finished),
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
    cores, quota = available_cores(), cpu_limit_cores()
    wanted = threads * study.config.parallel_cells
    whose = " (a quota of CPU time)" if quota is not None and quota == cores else ""
    fewer = f": fewer than its threads, every repeat is slowed down; {_MORE_CORES}" if cores < wanted else ""
    return f"  cores  {cores:g} may be used{whose}, a cell uses {threads}{fewer}"


def _check_line(results: Path) -> str:
    said = checked(results).get("machine_check")
    return said or "this machine was not checked; `make check-machine` says in five minutes what may be trusted"


def locks(results: Path) -> tuple[str, list[str]]:
    """What is said of the locks, tried with two processes each, and what stands in a measurement's way."""
    words, obstacles = [], []
    for folder in (results / "repeats", lock_folder()):
        try:
            if not locks_hold(folder):
                words.append(f"{folder}: they lock nothing, two processes held one at once; {_LOCKS_NOTHING}")
        except NoLock as error:
            obstacles.append(str(error))
    return "; ".join([*words, *obstacles]) or f"those of {results / 'repeats'} and of {lock_folder()} hold", obstacles


def node_w(window: Window) -> float | None:
    """Power of the node without a measurement (W), as far as its components are known; null where none is."""
    known = [part for part, _ in components(window) if part is not None]
    return sum(known) / window.window_s if known else None


def _cost_lines(
    study: ResolvedStudy, finished: dict[str, float | None], window: Window, found: Sequence[Component]
) -> list[str]:
    to_come = len(study.cells) - len(finished)
    least_s, power_w = least_time_s(study, finished), node_w(window)
    likely_s = likely_time_s(study, finished)
    likely = "" if likely_s is None or not to_come else f"; by the cells measured so far about {spoken(likely_s)}"
    unknown = passes_of_unknown_length(study, finished)
    without = f"; without the queries of {unknown} of them, one pass each, as long as it takes" if unknown else ""
    held = "windows, idle, warm-up" if unknown < to_come else "idle, warm-up"
    lines = [f"  time   at least {spoken(least_s)} for {count(to_come, 'cell')} to measure: {held}{without}{likely}"]
    if power_w is not None:
        methods = ", ".join(obtained(one.name.lower(), one.method) for one in found if one.method != "absent")
        kwh = significant(least_s * power_w / J_PER_KWH, 3)
        lines.append(
            f"  energy at least {kwh} kWh: that time at the {power_w:.1f} W that the machine takes now ({methods})"
        )
    return lines


def _disk_line(study: ResolvedStudy, results: Path) -> str:
    parts = [
        f"about {needed_gb:.1f} GB needed in {place}, {free_bytes(place) / BYTES_PER_GB:.1f} GB free"
        for place, needed_gb in disk_gb(study, results).items()
    ]
    return f"  disk   {'; '.join(parts) or 'samples and weights are there'}"


def _memory_line(study: ResolvedStudy, finished: Collection[str]) -> str:
    size, available_gb = largest(study, finished), available_memory_gb()
    if size is None:
        return f"  memory {available_gb:.1f} GB free; the size of no model to come is known"
    return (
        f"  memory about {size.memory_gb:.1f} GB needed ({size.model}, {size.parameters / 1e6:.0f} million parameters), "
        f"{available_gb:.1f} GB free"
    )


def obstacles_of(study: ResolvedStudy, machine: Machine, found: Sequence[Component], folder: Path) -> list[str]:
    """Why the study can not succeed here, each with its remedy; `folder` is `results/{study}`."""
    obstacles = locks(folder.parent)[1]
    if study.config.require_counters:
        for component in found:
            if component.name != "RAM" and component.method not in ("counter", "absent"):
                obstacles.append(
                    f"require_counters is true and the {component.name}'s energy is by {component.method}: every repeat "
                    f"would be invalid. {component.remedy or 'Set require_counters: false'}; or set require_counters: false"
                )
    size, available_gb = largest(study, finished_cells(study, folder)), available_memory_gb()
    if size is not None and machine.device == "cpu" and size.memory_gb > available_gb:
        obstacles.append(
            f"{size.model} needs about {size.memory_gb:.1f} GB of memory and {available_gb:.1f} GB are free; "
            "close other programs, or leave it out"
        )
    for place, needed_gb in disk_gb(study, folder.parent).items():
        free_gb = free_bytes(place) / BYTES_PER_GB
        if needed_gb > free_gb:
            obstacles.append(
                f"about {needed_gb:.1f} GB of disk are needed in {place} and {free_gb:.1f} GB are free; make room"
            )
    return obstacles
