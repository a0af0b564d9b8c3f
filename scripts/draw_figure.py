"""Draw one figure as PDF and PNG, for two columns and for one, from `tables/*.csv` and the study's file alone."""

from pathlib import Path
from typing import Annotated

from wattlab.figures.listing import FIGURES
from wattlab.foundation.errors import entry_of
from wattlab.foundation.members import load_member
from wattlab.foundation.verbs import tell, verb
from wattlab.study.specs import read_study
from wattlab.tables.reading import read_tables


@verb
def main(
    *,
    study: Annotated[Path, "the study's file"],
    tables: Annotated[Path, "folder of the tables"],
    figures: Annotated[Path, "folder to write"],
    figure: Annotated[str, "name of the figure"],
) -> None:
    """`--figure NAME` -> `{figures}/NAME.pdf` and `.png`, `NAME_column.pdf` and `.png`."""
    listed = load_member(entry_of(FIGURES, figure, f"--figure {figure!r} is no figure"))
    read, shown = read_tables(tables, listed.tables), read_study(study)

    from wattlab.figures.style import LAYOUTS, save

    for layout in LAYOUTS:
        save(listed.draw(read, shown, layout), figures, f"{figure}{layout.suffix}")


if __name__ == "__main__":
    tell(main)
