"""The line that a cell prints when it is done."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import mean

from wattlab.foundation.clock import seconds_between
from wattlab.foundation.units import kwh_per_1000, s_per_1000
from wattlab.records.record import Record
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.energies import components_of, device_of, method_set, total_j


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
    return f"[{len(finished)}/{len(study.cells)}] {record.cell_id}: {outcome(study, record)}{remaining}"


def outcome(study: ResolvedStudy, record: Record) -> str:
    """The energy of the study's headline scope, as in the tables, and the time of a cell; or why there is none."""
    if record.status != "complete":
        reason = "" if record.failure is None else f": {record.failure.reason}"
        return f"{record.status}{reason}"
    repeats, scope = record.valid_repeats, study.config.headline_scope
    sessions = {session.session: session for session in record.sessions}
    parts = [components_of(r, scope, device_of(record, sessions.get(r.session))) for r in repeats]
    totals = [(total_j(of_repeat), r.n_inferences) for of_repeat, r in zip(parts, repeats, strict=True)]
    known = [kwh_per_1000(energy_j, n) for energy_j, n in totals if energy_j is not None]
    methods = method_set(method for of_repeat in parts for _, method in of_repeat)
    energy = (
        f"{mean(known):.3g} kWh ({scope}, {methods})" if len(known) == len(repeats) else f"no energy of the {scope}"
    )
    duration = mean(s_per_1000(r.duration_s, r.n_inferences) for r in repeats)
    return f"{len(repeats)} repeats, {energy} and {duration:.3g} s per 1,000 inferences"
