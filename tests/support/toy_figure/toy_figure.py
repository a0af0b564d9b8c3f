"""A figure from outside the package: cells by their energy."""

from matplotlib.figure import Figure

from wattlab.figures import notes, style
from wattlab.figures.figure import StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """A bar per cell."""
    cells = tables["cells"]
    note = notes.footnote(tables, cells, study)
    figure, body = style.new_figure(FIGURE.title, note, layout, height_in=2.0)
    body.add_subplot(yticks=[]).barh(range(len(cells)), cells["energy_kwh_per_1000"])
    return figure


FIGURE = StudyFigure(
    title="A toy: cells by their energy",
    caption="A bar is one cell, the mean of its repeats. It stands for nothing else.",
    tables=("cells", "provenance"),
    draw=draw,
)
