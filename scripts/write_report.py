"""Write the report: one self-contained HTML page, from the study's file, `tables/*.csv` and `figures/*.png` alone."""

import argparse
from pathlib import Path

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.figures.reading import read_table, read_tables
from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.report.explorer import Beside
from wattlab.report.page import render
from wattlab.report.summary import TABLES
from wattlab.study.specs import read_study, study_of_tables


def main(argv: list[str] | None = None) -> int:
    """`--study --tables --figures` -> `--report`, an HTML file; `--beside results/X …` sets other studies beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, meaning in (
        ("study", "the study's file"),
        ("tables", "folder of the tables"),
        ("figures", "folder of the figures"),
        ("report", "HTML file to write"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=[], help="results folders of other studies, to compare the tasks with"
    )
    options = parser.parse_args(argv)
    names = sorted({path.stem for path in options.tables.glob("*.csv")} | set(TABLES))
    tables = read_tables(options.tables, names)
    cells_csv = (options.tables / "cells.csv").read_text()
    beside = [found for folder in options.beside if (found := _beside(folder)) is not None]
    page = render(read_study(options.study), tables, options.figures, load_catalog(CATALOG_ROOT), cells_csv, beside)
    write_text(options.report, page)
    return 0


def _beside(folder: Path) -> Beside | None:
    study = study_of_tables(folder)
    return None if study is None else Beside(read_study(study).config.study, read_table(folder / "tables", "tasks"))


if __name__ == "__main__":
    tell(main)
