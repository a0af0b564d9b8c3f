"""Figure 3: task-specific and multi-purpose models against their size, a panel per task that both answer."""

from matplotlib.figure import Figure

from wattlab.figures import notes, palette, panels, points, style
from wattlab.figures.figure import StudyFigure
from wattlab.figures.points import EMISSIONS
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """Figure 3 from `cells`: one panel per task, one collection per structure and purpose."""
    shared = points.shared_tasks(tables["cells"])
    chosen = points.chosen(tables["cells"], tasks=shared)
    cells, missing = points.with_values(chosen, EMISSIONS, "parameters_as_published")
    if cells.empty:
        return style.plain_page(
            FIGURE.title,
            notes.nothing_because(study, chosen, "selected cells of tasks that both kinds of models answer"),
            layout,
        )
    note = notes.footnote(tables, cells, study, notes.left_out(missing), notes.one_purpose(cells))
    models = points.by_model(cells)
    tasks = points.ordered(models["task"], shared)
    figure, body = style.new_figure(FIGURE.title, note, layout, panels.height_in(layout, len(tasks)))
    drawn = panels.panels(body, layout, len(tasks), sharex=True)
    for axes, task in zip(drawn, tasks, strict=True):
        of_task = models[models["task"] == task]
        panels.scatter(axes, of_task, "parameters_as_published", "mean", "low", "high", style.RANGE)
        style.log_axis(axes, "x", list(models["parameters_as_published"]), counts=True)
        style.log_axis(axes, "y", [*models["low"], *models["high"]])
        axes.set_title(palette.task_title(task))
    panels.label(body, drawn, layout, style.PARAMETERS_LABEL, style.EMISSIONS_LABEL)
    panels.legend(body, models, layout, panels.line_handles(models, "low", "high", style.RANGE))
    return figure


FIGURE = StudyFigure(
    title="Task-specific and multi-purpose models",
    caption=(
        "The tasks that both kinds of model answer, by size (figure 3 of the paper). A point is one model, the mean "
        "of its cells; the dotted line runs from its lowest to its highest cell."
    ),
    tables=("cells", "provenance"),
    draw=draw,
)
