"""Figure 4: the models of figure 3 dataset by dataset, as strips."""

import pandas as pd
from matplotlib.axes import Axes

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: Half the width of a strip, in steps between datasets.
_HALF_STRIP = 0.4


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """Figure 4 from `cells`: one panel per task, a strip per dataset, one collection per structure and purpose."""
    shown, shared = points.measure(study), points.shared_tasks(tables["cells"])
    chosen = points.chosen(tables["cells"], tasks=shared)
    cells, missing = points.with_values(chosen, shown.column)
    if cells.empty:
        return notes.nothing(study, chosen, "selected cells of tasks that both kinds of models answer")
    if alone := notes.alone(cells, "cell"):
        return alone
    tasks = points.ordered(cells["task"], shared)
    figure = style.new_figure(layout, panels.height_in(layout, len(tasks)))
    drawn = panels.panels(figure, layout, len(tasks))
    bounds = [*cells[shown.column], *cells[shown.low].dropna(), *cells[shown.high].dropna()]
    for axes, task in zip(drawn, tasks, strict=True):
        rows = cells[cells["task"] == task]
        datasets = points.ordered(rows["dataset"], ())
        style.log_axis(axes, "y", bounds)
        panels.scatter(axes, strips(rows, datasets), "at", shown.column, shown.low, shown.high)
        _label(axes, task, datasets)
    panels.label(figure, drawn, layout, "dataset; in it, models by size", notes.axis(shown.unit, cells, study))
    panels.legend(figure, cells, layout, strokes.REPEATS.handles(cells, shown.low, shown.high))
    said = notes.left_out(missing), notes.one_purpose(cells), notes.lines("cells", cells)
    return Drawn(notes.note(tables, cells, study, *said), figure)


FIGURE = StudyFigure(
    title="Task-specific and multi-purpose models by dataset",
    caption=(
        "The same models dataset by dataset (figure 4 of the paper). A point is one cell; inside a dataset the models stand "
        "in the order of their size, so that a rise there is one with size."
    ),
    tables=("cells", "provenance"),
    draw=draw,
)


def strips(rows: pd.DataFrame, datasets: list[str]) -> pd.DataFrame:
    """The cells with a place `at` on the x axis: in every strip the same place for a model, in order of size."""
    models = rows.sort_values(["parameters_as_published", "model", "purpose"], kind="stable")
    places = {key: at for at, key in enumerate(dict.fromkeys(zip(models["model"], models["purpose"], strict=True)))}
    inside = [
        ((places[key] + 0.5) / len(places) - 0.5) * 2 * _HALF_STRIP
        for key in zip(rows["model"], rows["purpose"], strict=True)
    ]
    return rows.assign(at=rows["dataset"].map(datasets.index) + inside)


def _label(axes: Axes, task: str, datasets: list[str]) -> None:
    axes.set_xticks(range(len(datasets)), datasets)
    axes.set(xlim=(-0.5, len(datasets) - 0.5), title=palette.task_title(task))
    axes.grid(False, axis="x")
