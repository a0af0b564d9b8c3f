"""Captions of figures, as Markdown and as LaTeX: a picture itself has neither title nor footnote."""

import re
from pathlib import Path

from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.files import write_text
from wattlab.tables.latex import escaped

#: Behind the title of a figure whose picture is a sentence.
_NOT_DRAWN = " (not drawn)"


def text_of(figure: StudyFigure, drawn: Drawn) -> str:
    """What a caption says below its title: what is drawn, and what holds for these rows; of nothing drawn, why."""
    return f"{figure.caption} {drawn.note}" if drawn.picture else drawn.note


def write(folder: Path, name: str, study: str, figure: StudyFigure, drawn: Drawn) -> None:
    r"""Write `{name}.md` and `{name}.tex`, the latter a `\caption` with its `\label`, to be `\input` below the picture."""
    text, missing = text_of(figure, drawn), "" if drawn.picture else _NOT_DRAWN
    write_text(folder / f"{name}.md", f"**{figure.title}**{missing}. {text}\n")
    title, label = escaped(figure.title), f"fig:{study}-{name.replace('_', '-')}"
    caption = rf"\caption[{title}]{{\textbf{{{title}}}{missing}. {escaped(text)}}}"
    write_text(folder / f"{name}.tex", f"{caption}\n\\label{{{label}}}\n")


def read(folder: Path, name: str) -> tuple[str, bool]:
    """What `{name}.md` says below the title, and whether the picture shows more than that."""
    found = re.match(r"\*\*.*?\*\*(?P<missing>.*?)\. (?P<text>.*)\n", (folder / f"{name}.md").read_text())
    if found is None:
        raise ValueError(f"{folder}/{name}.md is no caption")
    return found["text"], not found["missing"]
