"""What the tables are computed from: the study, the catalog, and the record of every cell, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError, checked
from wattlab.foundation.schema import Structure
from wattlab.records.record import Record, Unassigned, Window, read_record
from wattlab.study.cells import ResolvedCell, ResolvedStudy
from wattlab.study.specs import read_study, study_of_tables

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

    @property
    def exclusive(self) -> bool:
        """Whether nothing else ran beside a measurement: without it there is no node scope."""
        return self.study.config.exclusive

    @property
    def scope(self) -> str:
        """The widest scope that its windows have."""
        return "node" if self.exclusive else "device"

    def repeats_wanted(self, resolved: ResolvedCell) -> int:
        """Valid repeats that the cell's protocol asks for; an imported cell's is the study's protocol."""
        if resolved.spec is not None:
            return resolved.spec.protocol.repeats
        return self.catalog.protocol(self.study.config.protocol, f"study {self.study.config.study}").values.repeats


def gather(study: ResolvedStudy, catalog: Catalog, runs: Path, beside: Sequence[Evidence] = ()) -> Evidence:
    """Read `runs/{cell_id}.json` of every cell of the study, and `runs/unassigned.jsonl` where it is.

    A missing, unreadable or stale record is no error: the cell carries the problem.
    """
    cells = [_cell_evidence(resolved, runs / f"{resolved.cell.id}.json") for resolved in study.cells]
    return Evidence(study, catalog, cells, read_unassigned(runs / "unassigned.jsonl"), beside)


def gather_beside(study: ResolvedStudy, catalog: Catalog, results: Path) -> list[Evidence]:
    """The studies that this one names under `beside`, as far as they are there; `results` holds all studies."""
    found = [(results / name, study_of_tables(results / name)) for name in study.config.beside]
    return [gather(read_study(path), catalog, folder / "runs") for folder, path in found if path is not None]


def _cell_evidence(resolved: ResolvedCell, path: Path) -> CellEvidence:
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
        problem = Problem("stale", reason, "run `snakemake` again, or `make retry`: the cell is measured as it is now")
        return CellEvidence(resolved, problem=problem, stale=record)
    return CellEvidence(resolved, record=record)


def _unreadable(resolved: ResolvedCell, why: str, path: Path) -> Problem:
    shown = why.replace(str(path), path.name)
    reason = f"the record runs/{resolved.cell.id}.json can not be read: {' '.join(shown.split())}"
    return Problem("failed", reason, "delete the file, then run `snakemake` again: the repeats are kept in the store")


def is_stale(record: Record, resolved: ResolvedCell) -> bool:
    """Whether a record was measured with another spec than today's. An imported one (spec null) never is."""
    if record.spec is None:
        return False
    return resolved.spec is None or record.spec.sha256 != resolved.spec.sha256


def read_unassigned(path: Path) -> list[Unassigned]:
    """Windows of imported logs that belong to no cell, one JSON object a line.

    None without the file; an `InputError` names file, line and key.
    """
    if not path.exists():
        return []
    lines = enumerate(path.read_text().splitlines(), start=1)
    return [checked(Unassigned, line, f"{path}: line {number}", is_json=True) for number, line in lines if line.strip()]
