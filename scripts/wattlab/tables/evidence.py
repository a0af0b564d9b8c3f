"""What the tables are computed from: the study, the catalog, and the record of every cell, or why there is none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError, checked
from wattlab.foundation.schema import Structure
from wattlab.records.record import Record, Unassigned, Window, read_record
from wattlab.study.cells import ResolvedCell, ResolvedStudy
from wattlab.study.config import Nameplate
from wattlab.study.specs import read_study, study_of_tables
from wattlab.tables.stated import with_stated_power

if TYPE_CHECKING:
    from wattlab.tables.wall import Wall

_REMEDIES: dict[str, str] = {
    "failed": "read the cell's log, repair the cause, then `make retry`",
    "waiting": "install the environment that the model's entry names, then `make retry`",
    "unavailable": "see the receipt of the fetch; then `make retry`",
}

#: Why a cell lacks valid repeats.
Kind = Literal["failed", "incomplete", "waiting", "unavailable", "stale", "known"]


@dataclass(frozen=True)
class Problem:
    """Why a cell has no record that counts, and what to do about it."""

    kind: Kind
    reason: str
    remedy: str


@dataclass(frozen=True)
class CellEvidence:
    """A cell with today's record, or with what is wrong with it.

    `stale` is a record of another spec: it enters no mean, but what it cost stands in the totals.
    """

    resolved: ResolvedCell
    record: Record | None = None
    problem: Problem | None = None
    stale: Record | None = None

    @property
    def repeats_wanted(self) -> int:
        """Valid repeats that the cell's protocol asks for; of an imported cell those that its mapping does, or one."""
        if self.resolved.spec is not None:
            return self.resolved.spec.protocol.repeats
        return 1 if self.record is None else self.record.repeats_wanted or 1

    @property
    def structure(self) -> Structure | None:
        """The catalog's; for a model that it lacks the record's."""
        return self.resolved.facts.structure or (None if self.record is None else self.record.structure)


@dataclass(frozen=True)
class Evidence:
    """Everything that a table may use. `unassigned`: windows of imported logs that belong to no cell."""

    study: ResolvedStudy
    catalog: Catalog
    cells: list[CellEvidence]
    unassigned: Sequence[Window] = ()
    #: Other studies, beside which this one is set.
    beside: Sequence["Evidence"] = ()
    #: Property of the software -> its value today, of which the tables tell the drift; None: that of this process.
    today: Mapping[str, str] | None = None
    #: What meters at the wall say of the windows; None: the study names none.
    wall: "Wall | None" = None

    @property
    def exclusive(self) -> bool:
        """Whether nothing else ran beside a measurement: without it there is no node scope."""
        return self.study.config.exclusive

    @property
    def scope(self) -> str:
        """The widest scope that its windows have."""
        return "node" if self.exclusive else "device"


def gather(study: ResolvedStudy, catalog: Catalog, runs: Path, beside: Sequence[Evidence] = ()) -> Evidence:
    """Read `runs/{cell_id}.json` of every cell of the study, and `runs/unassigned.jsonl` where it is.

    A missing, unreadable or stale record is no error: the cell carries the problem.
    """
    nameplate = study.config.nameplate
    cells = [cell_evidence(resolved, runs / f"{resolved.cell.id}.json", nameplate) for resolved in study.cells]
    records = [cell.record for cell in cells if cell.record is not None]
    # With numpy and pandas, which a plan does without.
    from wattlab.tables.wall import wall_of

    wall = wall_of(study.config, runs.parent, records)
    return Evidence(study, catalog, cells, read_unassigned(runs / "unassigned.jsonl"), beside, wall=wall)


def gather_beside(study: ResolvedStudy, catalog: Catalog, results: Path) -> list[Evidence]:
    """The studies that this one names under `beside`, as far as they are there; `results` holds all studies."""
    found = [(results / name, study_of_tables(results / name)) for name in study.config.beside]
    return [gather(read_study(path), catalog, folder / "runs") for folder, path in found if path is not None]


def cell_evidence(resolved: ResolvedCell, path: Path, nameplate: Nameplate | None = None) -> CellEvidence:
    """The record of a cell at `path`, with the stated power, or why there is none."""
    if not path.exists():
        reason = "the cell has not been measured, or was stopped before it was done"
        return CellEvidence(
            resolved, problem=Problem("incomplete", reason, "run `snakemake` again: it measures what is missing")
        )
    try:
        record = read_record(path)
    except (InputError, OSError, UnicodeDecodeError) as error:
        return CellEvidence(resolved, problem=_unreadable(resolved, str(error), path))
    if record.cell_id != resolved.cell.id:
        return CellEvidence(resolved, problem=_unreadable(resolved, f"it is the record of {record.cell_id}", path))
    if is_stale(record, resolved):
        reason = "the record was measured with another spec: the study or the catalog has changed since"
        problem = Problem("stale", reason, "run `snakemake` again: it measures the cell as it is configured now")
        return CellEvidence(resolved, problem=problem, stale=record)
    return CellEvidence(resolved, record=with_stated_power(record, nameplate))


def _unreadable(resolved: ResolvedCell, why: str, path: Path) -> Problem:
    shown = why.replace(str(path), path.name)
    reason = f"the record runs/{resolved.cell.id}.json can not be read: {' '.join(shown.split())}"
    return Problem("failed", reason, "`make retry` makes it again: the repeats are kept in the store")


def is_stale(record: Record, resolved: ResolvedCell) -> bool:
    """Whether a record was measured with another spec than today's. An imported one (spec null) never is."""
    if record.spec is None:
        return False
    if resolved.spec is None:
        return True
    return record.spec != resolved.spec and record.spec.sha256 != resolved.spec.sha256  # hashes take longest


def read_unassigned(path: Path) -> list[Unassigned]:
    """Windows of imported logs that belong to no cell, one JSON object a line.

    None without the file; an `InputError` names file, line and key.
    """
    if not path.exists():
        return []
    lines = enumerate(path.read_text().splitlines(), start=1)
    return [checked(Unassigned, line, f"{path}: line {number}", is_json=True) for number, line in lines if line.strip()]


#: What helps an imported cell.
_LOGS = "tables/import_problems.csv says why; logs of your own: add or repair runs, and call again"


def problem_of(cell: CellEvidence, n_wanted: int) -> Problem | None:
    """Why the cell lacks valid repeats; None for a complete one. An expected problem is `known`."""
    problem = cell.problem if cell.record is None else _record_problem(cell.record, n_wanted)
    known = cell.resolved.facts.known_missing
    if problem is None or known is None:
        return problem
    reason = known if problem.kind == "incomplete" else f"{known} ({problem.kind}: {problem.reason})"
    return Problem("known", reason, "none needed: the study lists it under known_missing")


def _record_problem(record: Record, n_wanted: int) -> Problem | None:
    if record.status == "complete" or record.spec is None:
        return _too_few(record, n_wanted)
    kind: Kind = record.status
    if record.failure is None:
        return Problem(kind, "the record gives no reason", _REMEDIES[kind])
    return Problem(kind, record.failure.reason, record.failure.remedy or _REMEDIES[kind])


def _too_few(record: Record, n_wanted: int) -> Problem | None:
    n_valid = len(record.valid_repeats)
    if n_valid >= n_wanted:
        return None
    causes = Counter(reason for repeat in record.repeats if not repeat.valid for reason in repeat.reasons)
    why = "".join(f"; {count} x {reason}" for reason, count in causes.most_common())
    if record.spec is None:
        held = f"the logs hold {n_valid} valid of {n_wanted} repeats{why}"
        return Problem("incomplete" if n_valid else "failed", held, _LOGS)
    reason = f"{n_valid} of {n_wanted} repeats are valid, and the redos are spent{why}"
    return Problem(
        "incomplete",
        reason,
        "remove the cause, then `make retry`: it measures what is lacking, with as many redos once more",
    )
