"""A figure from outside the package: cells by their energy."""

from wattlab.figures import notes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """A bar per cell."""
    cells = tables["cells"]
    figure = style.new_figure(layout, 2.0)
    figure.add_subplot(yticks=[]).barh(range(len(cells)), cells["energy_kwh_per_1000"])
    return Drawn(notes.note(tables, cells, study), figure)


FIGURE = StudyFigure(
    title="A toy: cells by their energy",
    caption="A bar is one cell, the mean of its repeats. It stands for nothing else.",
    tables=("cells", "provenance"),
    draw=draw,
)
