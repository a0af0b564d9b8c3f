"""The line that a cell prints when it is done."""

from pathlib import Path
from statistics import mean

from wattlab.foundation.errors import InputError
from wattlab.foundation.quantities import significant
from wattlab.foundation.units import kwh_per_1000, s_per_1000
from wattlab.records.record import Record
from wattlab.study.specs import read_study
from wattlab.tables.energies import components_of, device_of, method_set, total_j
from wattlab.workflow.call import progress_of

#: Signs of a bar.
BAR_WIDTH = 12


def progress_line(study_file: Path, record: Record, began_at_utc: str = "") -> str:
    """`[12/48] ###......... task/dataset/model: 3 repeats, … kWh per 1,000 …; about 6 min left`.

    `began_at_utc`: when the cell's job did; repeats from before come from the store. Without the count and the time where
    no call is known, and in the scope `node` where the study's file is gone: what was measured is measured.
    """
    try:
        scope = read_study(study_file).config.headline_scope
    except InputError:
        scope = None
    progress = progress_of(study_file.parent, record.cell_id)
    count = "" if progress is None else f"{bar(progress.n_done, progress.n_planned)} "
    left_s = None if progress is None else progress.left_s
    remaining = "" if left_s is None else f"; about {_spoken(left_s)} left"
    return f"{count}{record.cell_id}: {outcome(record, scope)}{_stored_before(record, began_at_utc)}{remaining}"


def _spoken(duration_s: float) -> str:
    return f"{duration_s:.0f} s" if duration_s < 90 else f"{duration_s / 60:.0f} min"


def _stored_before(record: Record, began_at_utc: str) -> str:
    """Where nothing was measured since: that the numbers are from the store, and their last day."""
    days = [repeat.started_at_utc for repeat in record.valid_repeats]
    if record.status != "complete" or not days or max(days) >= began_at_utc:
        return ""
    return f" (from the store, measured {max(days)[:10]})"


def bar(done: int, total: int) -> str:
    """`[12/48] ###.........`: how many of how many."""
    filled = BAR_WIDTH * done // total
    return f"[{done}/{total}] {'#' * filled}{'.' * (BAR_WIDTH - filled)}"


def outcome(record: Record, scope: str | None = None) -> str:
    """The energy of a scope (`node` where none is named), as in the tables, and the time; or why there is none."""
    if record.status != "complete":
        reason = "" if record.failure is None else f": {record.failure.reason}"
        return f"{record.status}{reason}"
    if record.spec is not None and not record.spec.exclusive:
        scope = "device"  # what other cells used beside this one is in the node's energy
    scope = scope or "node"
    repeats, sessions = record.valid_repeats, {session.session: session for session in record.sessions}
    parts = [components_of(r, scope, device_of(record, sessions.get(r.session))) for r in repeats]
    totals = [(total_j(part), repeat.n_inferences) for part, repeat in zip(parts, repeats, strict=True)]
    known = [kwh_per_1000(total, n) for total, n in totals if total is not None]
    methods = method_set(method for part in parts for _, method in part)
    energy = f"{significant(mean(known), 3)} kWh ({scope}, {methods}) and " if len(known) == len(repeats) else ""
    duration = mean(s_per_1000(r.duration_s, r.n_inferences) for r in repeats)
    return f"{len(repeats)} repeats, {energy}{significant(duration, 3)} s per 1,000 inferences"
