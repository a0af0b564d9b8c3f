"""Figure 4: the models of figure 3 dataset by dataset, as strips."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wattlab.figures import notes, palette, panels, points, style
from wattlab.figures.figure import StudyFigure
from wattlab.figures.points import EMISSIONS, EMISSIONS_HIGH, EMISSIONS_LOW
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: Half the width of a strip, in steps between datasets.
_HALF_STRIP = 0.32


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """Figure 4 from `cells`: one panel per task, a strip per dataset, one collection per structure and purpose."""
    shared = points.shared_tasks(tables["cells"])
    chosen = points.chosen(tables["cells"], tasks=shared)
    cells, missing = points.with_values(chosen, EMISSIONS)
    if cells.empty:
        return style.plain_page(
            FIGURE.title,
            notes.nothing_because(study, chosen, "selected cells of tasks that both kinds of models answer"),
            layout,
        )
    note = notes.footnote(
        tables, cells, study, notes.left_out(missing), notes.one_purpose(cells), notes.lines("cells", cells)
    )
    tasks = points.ordered(cells["task"], shared)
    figure, body = style.new_figure(FIGURE.title, note, layout, panels.height_in(layout, len(tasks)))
    drawn = panels.panels(body, layout, len(tasks))
    bounds = [*cells[EMISSIONS], *cells[EMISSIONS_LOW].dropna(), *cells[EMISSIONS_HIGH].dropna()]
    for axes, task in zip(drawn, tasks, strict=True):
        rows = cells[cells["task"] == task]
        datasets = points.ordered(rows["dataset"], ())
        panels.scatter(axes, strips(rows, datasets), "at", EMISSIONS, EMISSIONS_LOW, EMISSIONS_HIGH)
        style.log_axis(axes, "y", bounds)
        _label(axes, task, datasets)
    panels.label(body, drawn, layout, None, style.EMISSIONS_LABEL)
    panels.legend(body, cells, layout, panels.line_handles(cells, EMISSIONS_LOW, EMISSIONS_HIGH, style.INTERVAL))
    return figure


FIGURE = StudyFigure(
    title="Task-specific and multi-purpose models by dataset",
    caption=(
        "The same models dataset by dataset (figure 4 of the paper). A point is one cell; in a strip a model's place follows its size. The note "
        "below the figure says what the lines are."
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
