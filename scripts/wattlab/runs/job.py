"""The job of one cell: what its parent (`measure_cell.py`) and its worker are told on their command lines.

The spec's file alone is read. Everything else comes by arguments that a change of does not plan the cell again.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from wattlab.foundation.errors import explain
from wattlab.study.cells import CatalogFacts, MeasuredCell
from wattlab.study.specs import read_spec


def job_arguments(study: Path, spec: Path, cell: MeasuredCell) -> list[str]:
    """The command line of a cell's job; `study` and `spec` are files."""
    limit = [] if cell.time_limit_s is None else ["--time-limit-s", str(cell.time_limit_s)]
    facts = cell.facts.model_dump_json(exclude_defaults=True)
    return ["--study", str(study), "--spec", str(spec), "--facts", facts, *limit]


@dataclass(frozen=True)
class Job:
    """A cell to measure and where its files lie."""

    study: Path
    spec: Path
    cell: MeasuredCell

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


def read_job(argv: list[str] | None, description: str | None) -> Job:
    """The job that a command line means. Raises `InputError`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/study-{key}.json; read for progress")
    parser.add_argument("--spec", type=Path, required=True, help="results/specs/{key}.json")
    parser.add_argument("--facts", required=True, help="catalog facts of the cell, as JSON")
    parser.add_argument("--time-limit-s", type=float, help="limit of the job (s)")
    given = parser.parse_args(argv)
    try:
        facts = CatalogFacts.model_validate_json(given.facts)
    except ValidationError as error:
        raise explain(error, CatalogFacts, "--facts") from error
    spec = read_spec(given.spec)
    cell = MeasuredCell(cell=spec.cell, spec=spec, facts=facts, time_limit_s=given.time_limit_s)
    return Job(given.study, given.spec, cell)
