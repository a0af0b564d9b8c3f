"""Write the report: one self-contained HTML page, from the study's file, `tables/*.csv` and `figures/*.png` alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.files import write_text
from wattlab.foundation.verbs import tell, verb
from wattlab.report.explorer import Beside
from wattlab.report.page import render
from wattlab.report.summary import TABLES
from wattlab.study.specs import read_study, study_of_tables
from wattlab.tables.reading import read_table, read_tables


@verb
def main(
    *,
    study: Annotated[Path, "the study's file"],
    tables: Annotated[Path, "folder of the tables"],
    figures: Annotated[Path, "folder of the figures"],
    report: Annotated[Path, "HTML file to write"],
    beside: Annotated[Sequence[Path], "results folders of other studies, to compare the tasks with"] = (),
) -> None:
    """Read, render, write."""
    names = sorted({path.stem for path in tables.glob("*.csv")} | set(TABLES))
    read = read_tables(tables, names)
    cells_csv = (tables / "cells.csv").read_text()
    others = [found for folder in beside if (found := _beside(folder)) is not None]
    page = render(read_study(study), read, figures, load_catalog(CATALOG_ROOT), cells_csv, others)
    write_text(report, page)


def _beside(folder: Path) -> Beside | None:
    study = study_of_tables(folder)
    return None if study is None else Beside(read_study(study).config.study, read_table(folder / "tables/tasks.csv"))


if __name__ == "__main__":
    tell(main)
