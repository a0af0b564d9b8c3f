"""Figure 2: task-specific models against their size, by modality."""

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
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


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """Figure 2 from `cells`: one collection per modality, whose name is its gid."""
    shown = points.measure(study)
    chosen = points.chosen(tables["cells"], purpose="task-specific")
    cells, missing = points.with_values(chosen, shown.column, "parameters_as_published")
    if cells.empty:
        return notes.nothing(study, chosen, "selected task-specific cells")
    models = points.by_model(cells, shown.column)
    if alone := notes.alone(models, "task-specific model"):
        return alone
    figure = style.new_figure(layout, 3.3)
    axes = figure.add_subplot()
    style.log_axis(axes, "x", list(models["parameters_as_published"]), counts=True)
    style.log_axis(axes, "y", [*models["low"], *models["high"]])
    modalities = points.ordered(models["modality"], tuple(palette.MODALITY_COLOURS))
    for modality in modalities:
        rows, colour = models[models["modality"] == modality], palette.MODALITY_COLOURS[modality]
        x = list(rows["parameters_as_published"])
        strokes.DATASETS.draw(axes, x, rows["low"], rows["high"], colour, f"range/{modality}")
        axes.scatter(x, rows["mean"], s=20, marker=_MARKERS[modality], facecolors="#FFFFFFB0", edgecolors=colour, linewidths=1.0, zorder=3).set_gid(modality)  # fmt: skip
    axes.set(xlabel=style.PARAMETERS_LABEL, ylabel=notes.axis(shown.unit, cells, study))
    handles = [style.handle(name, palette.MODALITY_COLOURS[name], _MARKERS[name], hollow=True) for name in modalities]
    panels.place(figure, [*handles, *strokes.DATASETS.handles(models, "low", "high")], layout)
    return Drawn(notes.note(tables, cells, study, notes.left_out(missing)), figure)


FIGURE = StudyFigure(
    title="Modality and model size",
    caption=(
        "Task-specific models by size (figure 2 of the paper). A point is one model at one task, the mean of its "
        "cells; the dotted line runs from its lowest to its highest cell."
    ),
    tables=("cells", "provenance"),
    draw=draw,
)
