"""Figure 2: emissions of task-specific models against their size, by modality."""

from matplotlib.figure import Figure

from wattlab.figures import notes, palette, panels, points, style
from wattlab.figures.figure import StudyFigure
from wattlab.figures.points import EMISSIONS
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: A marker too for each colour, so that a print without colour can be read.
_MARKERS = {
    "text-to-category": "o",
    "text-to-text": "s",
    "image-to-category": "^",
    "image-to-text": "D",
    "text-to-image": "P",
}


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """Figure 2 from `cells`: one collection per modality, whose name is its gid."""
    chosen = points.chosen(tables["cells"], purpose="task-specific")
    cells, missing = points.with_values(chosen, EMISSIONS, "parameters_as_published")
    if cells.empty:
        return style.plain_page(
            FIGURE.title, notes.nothing_because(study, chosen, "selected task-specific cells"), layout
        )
    note = notes.footnote(tables, cells, study, notes.left_out(missing))
    figure, body = style.new_figure(FIGURE.title, note, layout, height_in=3.6)
    axes = body.add_subplot()
    models = points.by_model(cells)
    for modality in points.ordered(models["modality"], tuple(palette.MODALITY_COLOURS)):
        rows, colour = models[models["modality"] == modality], palette.MODALITY_COLOURS[modality]
        x = list(rows["parameters_as_published"])
        style.interval(axes, x, list(rows["low"]), list(rows["high"]), colour, f"range/{modality}", style.RANGE)
        axes.scatter(
            x, rows["mean"], s=24, marker=_MARKERS[modality], color=colour, alpha=0.9, linewidths=0, zorder=3
        ).set_gid(modality)
    style.log_axis(axes, "x", list(models["parameters_as_published"]), counts=True)
    style.log_axis(axes, "y", [*models["low"], *models["high"]])
    axes.set(xlabel=style.PARAMETERS_LABEL, ylabel=style.EMISSIONS_LABEL)
    shown = points.ordered(models["modality"], tuple(palette.MODALITY_COLOURS))
    handles = [style.handle(name, palette.MODALITY_COLOURS[name], _MARKERS[name]) for name in shown]
    panels.place(body, [*handles, *panels.line_handles(models, "low", "high", style.RANGE)], layout)
    return figure


FIGURE = StudyFigure(
    title="Emissions by modality and model size",
    caption=(
        "Task-specific models by size (figure 2 of the paper). A point is one model at one task, the mean of its "
        "cells; the dotted line runs from its lowest to its highest cell."
    ),
    tables=("cells", "provenance"),
    draw=draw,
)
