"""Measure cells again on purpose. The repeats that they have stay in the history, and count no more.

Their files in the store get a name that nothing goes on with, and their records are made from new repeats. Studies that
share a cell have its new repeats when their record of it is made again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError, near_matches
from wattlab.foundation.verbs import tell, verb
from wattlab.records.store import set_aside
from wattlab.study.cells import MeasuredCell
from wattlab.workflow.forcing import is_dry, refuse_beside_another, snakemake
from wattlab.workflow.history import Measured, is_of, measured_cells
from wattlab.workflow.loading import study_of

CONFIG, RESULTS = Path("config.yaml"), Path("results")


def of_today(cells: Sequence[MeasuredCell]) -> list[Measured]:
    """Files of the store that the cells, as they are configured now, would go on with."""
    known = {cell.cell.id: cell for cell in cells}
    return [found for found in measured_cells(RESULTS, known) if is_of(found, known[found.cell_id])]


@verb
def main(
    *others: Annotated[str, "options of snakemake, which are handed on"],
    cell: Annotated[Sequence[str], "ids of the cells: task/dataset/model"] = (),
    configfile: Annotated[Sequence[Path], "the study, as for snakemake"] = (),
    dry_run: Annotated[bool, "only print the plan, and set nothing aside"] = False,
) -> int:
    """Set the cells' repeats aside and run Snakemake."""
    if not cell:
        raise InputError("name the cell: make again CELL=task/dataset/model")
    study = study_of(CONFIG, *configfile)
    cells = {resolved.cell.id: resolved for resolved in study.measured}
    for name in cell:
        if name not in cells:
            raise InputError(f"{name!r} is no measured cell of {study.config.study}; {near_matches(name, cells)}")
    records = [RESULTS / study.config.study / "runs" / f"{name}.json" for name in cell]
    dry_run = dry_run or is_dry(others)
    if not dry_run:
        refuse_beside_another()
    for found in of_today([cells[name] for name in cell]):
        print(f"{found.cell_id}: {len(found.stored.observed)} repeats are set aside", flush=True)
        if not dry_run:
            set_aside(found.path)
    if not dry_run:
        for record in records:
            record.unlink(missing_ok=True)  # due also where the call is killed before it begins
    return snakemake(others, configfile, records, dry_run=dry_run)


if __name__ == "__main__":
    tell(main)
