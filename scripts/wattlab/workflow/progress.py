"""The line that a cell prints when it is done."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import mean

from wattlab.foundation.clock import seconds_between
from wattlab.foundation.units import kwh_per_1000, s_per_1000
from wattlab.records.record import Record
from wattlab.study.cells import ResolvedStudy


def finished_cells(study: ResolvedStudy, folder: Path) -> dict[str, float | None]:
    """Cells whose record is of today's spec, with the time that their sessions took (s); null where unknown."""
    finished: dict[str, float | None] = {}
    for resolved in study.cells:
        path = folder / "runs" / f"{resolved.cell.id}.json"
        if resolved.spec is None or not path.exists():
            continue
        record = json.loads(path.read_text())
        if record["spec"] == resolved.spec.model_dump(mode="json"):
            ended = [s for s in record["sessions"] if s["ended_at_utc"]]
            finished[resolved.cell.id] = (
                sum(seconds_between(s["started_at_utc"], s["ended_at_utc"]) for s in ended) if ended else None
            )
    return finished


def left_s(study: ResolvedStudy, finished: dict[str, float | None]) -> float | None:
    """Time left (s): for every cell to come the mean of its task, or of all tasks where its own has none yet."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for cell_id, took_s in finished.items():
        if took_s is not None:
            by_task[cell_id.partition("/")[0]].append(took_s)
    if not by_task:
        return None
    overall = mean(took_s for group in by_task.values() for took_s in group)
    to_come = [r.cell for r in study.cells if r.cell.id not in finished]
    return sum(mean(by_task[cell.task]) if by_task[cell.task] else overall for cell in to_come)


def progress_line(study: ResolvedStudy, folder: Path, record: Record) -> str:
    """`[12/48] task/dataset/model: 3 repeats, … kWh per 1,000 …; about 6 min left`."""
    finished = finished_cells(study, folder)
    left = left_s(study, finished)
    remaining = "" if left is None or len(finished) == len(study.cells) else f"; about {left / 60:.0f} min left"
    return f"[{len(finished)}/{len(study.cells)}] {record.cell_id}: {outcome(record)}{remaining}"


def outcome(record: Record) -> str:
    """What a cell measured, or why it did not."""
    if record.status != "complete":
        reason = "" if record.failure is None else f": {record.failure.reason}"
        return f"{record.status}{reason}"
    repeats = record.valid_repeats
    duration = mean(s_per_1000(r.duration_s, r.n_inferences) for r in repeats)
    methods = sorted(
        {m for r in repeats for m in (r.energy_cpu_method, r.energy_ram_method, r.energy_gpu_method)} - {"absent"}
    )
    totals = [node_energy_j(r.energy_cpu_j, r.energy_ram_j, r.energy_gpu_j) for r in repeats]
    energy = mean(kwh_per_1000(total, r.n_inferences) for total, r in zip(totals, repeats, strict=True))
    return f"{len(repeats)} repeats, {energy:.3g} kWh ({'+'.join(methods)}) and {duration:.3g} s per 1,000 inferences"


def node_energy_j(cpu_j: float | None, ram_j: float | None, gpu_j: list[float] | None) -> float:
    """All components that the machine has (J)."""
    return sum(part for part in (cpu_j, ram_j, *(gpu_j or [])) if part is not None)
