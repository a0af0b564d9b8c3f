"""Draw one figure as PDF and PNG, for two columns and for one, from `tables/*.csv` and `study.json` alone."""

import argparse
from pathlib import Path

from wattlab.figures.listing import FIGURES
from wattlab.foundation.errors import InputError, near_matches, tell
from wattlab.foundation.registry import load
from wattlab.study.resolve import read_study
from wattlab.tables.reading import read_tables


def main(argv: list[str] | None = None) -> int:
    """`--figure NAME` -> `{figures}/NAME.pdf` and `.png`, `NAME_column.pdf` and `.png`."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, meaning in (("study", "study.json"), ("tables", "folder of the tables"), ("figures", "folder to write")):
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    parser.add_argument("--figure", required=True, help="name of the figure")
    options = parser.parse_args(argv)
    if options.figure not in FIGURES:
        raise InputError(f"--figure {options.figure!r} is no figure; {near_matches(options.figure, FIGURES)}")
    figure = load(FIGURES[options.figure])
    tables, study = read_tables(options.tables, figure.tables), read_study(options.study)

    from wattlab.figures.style import LAYOUTS, save

    for layout in LAYOUTS:
        save(figure.draw(tables, study, layout), options.figures, f"{options.figure}{layout.suffix}")
    return 0


if __name__ == "__main__":
    tell(main)
