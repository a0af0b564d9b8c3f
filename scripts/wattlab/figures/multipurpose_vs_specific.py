"""Figure 3: task-specific and multi-purpose models against their size, a panel per task that both answer."""

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """Figure 3 from `cells`: one panel per task, one collection per structure and purpose."""
    shown, shared = points.measure(study), points.shared_tasks(tables["cells"])
    chosen = points.chosen(tables["cells"], tasks=shared)
    cells, missing = points.with_values(chosen, shown.column, "parameters_as_published")
    if cells.empty:
        return notes.nothing(study, chosen, "selected cells of tasks that both kinds of models answer")
    models = points.by_model(cells, shown.column)
    if alone := notes.alone(models, "model"):
        return alone
    tasks = points.ordered(models["task"], shared)
    figure = style.new_figure(layout, panels.height_in(layout, len(tasks)))
    drawn = panels.panels(figure, layout, len(tasks), sharex=True)
    for axes, task in zip(drawn, tasks, strict=True):
        of_task = models[models["task"] == task]
        style.log_axis(axes, "x", list(models["parameters_as_published"]), counts=True)
        style.log_axis(axes, "y", [*models["low"], *models["high"]])
        panels.scatter(axes, of_task, "parameters_as_published", "mean", "low", "high", strokes.DATASETS)
        axes.set_title(palette.task_title(task))
    panels.label(figure, drawn, layout, style.PARAMETERS_LABEL, notes.axis(shown.unit, cells, study))
    panels.legend(figure, models, layout, strokes.DATASETS.handles(models, "low", "high"))
    return Drawn(notes.note(tables, cells, study, notes.left_out(missing), notes.one_purpose(cells)), figure)


FIGURE = StudyFigure(
    title="Task-specific and multi-purpose models",
    caption=(
        "The tasks that both kinds of model answer, by size (figure 3 of the paper). A point is one model, the mean "
        "of its cells; the dotted line runs from its lowest to its highest cell."
    ),
    tables=("cells", "provenance"),
    draw=draw,
)
