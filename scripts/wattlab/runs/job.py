"""The job of one cell: what its parent (`measure_cell.py`) and its worker get on their command lines.

The spec's file alone is read. Everything else comes by arguments that a change of does not plan the cell again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import checked
from wattlab.foundation.verbs import verb
from wattlab.study.cells import CatalogFacts, MeasuredCell
from wattlab.study.specs import read_spec


def job_arguments(study: Path, spec: Path, cell: MeasuredCell) -> list[str]:
    """The command line of a cell's job; `study` and `spec` are files."""
    limit = [] if cell.time_limit_s is None else ["--time-limit-s", str(cell.time_limit_s)]
    facts = cell.facts.model_dump_json(exclude_defaults=True)
    return ["--study", str(study), "--spec", str(spec), "--facts", facts, *limit]


@dataclass(frozen=True)
class Job:
    """A cell to measure and where its files lie. `died`: exit status of the program that tried and left no record."""

    study: Path
    spec: Path
    cell: MeasuredCell
    died: int | None = None

    @property
    def folder(self) -> Path:
        """`results/{study}`."""
        return self.study.parent

    @property
    def results(self) -> Path:
        """The folder of all studies."""
        return self.folder.parent

    @property
    def arguments(self) -> list[str]:
        """The command line that means this job."""
        return job_arguments(self.study, self.spec, self.cell)

    def path(self, kind: str, suffix: str) -> Path:
        """`results/{study}/{kind}/{cell}{suffix}`."""
        return self.folder / kind / f"{self.cell.cell.id}{suffix}"


def job_verb(work: Callable[[Job], int | None]) -> Callable[[list[str] | None], int]:
    """The `main` of a program that works on a job; raises `InputError`."""

    @verb
    def main(
        *,
        study: Annotated[Path, "results/{study}/study-{key}.json; read for the progress alone"],
        spec: Annotated[Path, "results/specs/{key}.json"],
        facts: Annotated[str, "catalog facts of the cell, as JSON"],
        time_limit_s: Annotated[float | None, "limit of the job (s)"] = None,
        died: Annotated[int | None, "make the record of a job that ended with this exit status"] = None,
    ) -> int | None:
        read = read_spec(spec)
        known = checked(CatalogFacts, facts, "--facts", is_json=True)
        cell = MeasuredCell(cell=read.cell, spec=read, facts=known, time_limit_s=time_limit_s)
        return work(Job(study, spec, cell, died))

    return main
