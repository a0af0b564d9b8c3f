"""Draw one figure as PDF and PNG, for two columns and for one, from `tables/*.csv` and the study's file alone."""

import argparse
from pathlib import Path

from wattlab.figures.listing import ALL_FIGURES
from wattlab.figures.reading import read_tables
from wattlab.foundation.errors import InputError, near_matches, tell
from wattlab.study.specs import read_study


def main(argv: list[str] | None = None) -> int:
    """`--figure NAME` -> `{figures}/NAME.pdf` and `.png`, `NAME_column.pdf` and `.png`."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, meaning in (
        ("study", "the study's file"),
        ("tables", "folder of the tables"),
        ("figures", "folder to write"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    parser.add_argument("--figure", required=True, help="name of the figure")
    options = parser.parse_args(argv)
    listed = ALL_FIGURES.get(options.figure)
    if listed is None:
        raise InputError(f"--figure {options.figure!r} is no figure; {near_matches(options.figure, ALL_FIGURES)}")
    tables, study = read_tables(options.tables, listed.tables), read_study(options.study)

    from wattlab.figures.style import LAYOUTS, save

    for layout in LAYOUTS:
        save(listed.draw(tables, study, layout), options.figures, f"{listed.name}{layout.suffix}")
    return 0


if __name__ == "__main__":
    tell(main)
