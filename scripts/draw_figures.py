"""Draw figures as PDF, PNG and SVG, for two columns and for one, with their captions, from `tables/*.csv` and the study's file alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from wattlab.figures import captions
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
    figure: Annotated[Sequence[str], "names of the figures"],
) -> None:
    """`--figure NAME …` -> `{figures}/NAME.md` and `.tex`, `NAME.pdf`, `.png` and `.svg`, and these of `NAME_column`."""
    targets = {name: entry_of(FIGURES, name, f"--figure {name!r} is no figure") for name in figure}
    listed = {name: load_member(target) for name, target in targets.items()}
    read = read_tables(tables, {table for one in listed.values() for table in one.tables})
    shown = read_study(study)

    from wattlab.figures.style import LAYOUTS, save, sentence

    for name, one in listed.items():
        for layout in LAYOUTS:
            drawn = one.draw({table: read[table] for table in one.tables}, shown, layout)
            text = captions.text_of(one, drawn)
            save(drawn.picture or sentence(drawn.note, layout), figures, f"{name}{layout.suffix}", one.title, text)
        captions.write(figures, name, shown.config.study, one, drawn)


if __name__ == "__main__":
    tell(main)
