"""Energy against FLOPs: every model of every task, and whether one follows from the other."""

from matplotlib.ticker import LogFormatterSciNotation

from wattlab.figures import notes, palette, panels, points, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.quantities import ENERGY, QUANTITIES
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

FLOPS = "flops_per_inference"

#: With the six colours of the tasks: a pair of its own for each of 24 tasks.
_MARKERS = "os^D"


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """From `flop_energy`: a collection per task and purpose, whose gid is `task/purpose`; a point is a model's mean."""
    cells, missing = points.with_values(tables["flop_energy"], FLOPS, ENERGY)
    if cells.empty:
        return notes.nothing(study, tables["flop_energy"], "cells with FLOPs")
    of_study = tables["cells"][tables["cells"]["cell"].isin(cells["cell"])]
    figure = style.new_figure(layout, 4.6 if layout.narrow else 3.5)
    axes = figure.add_subplot()
    models = cells.groupby(["task", "model", "purpose"], sort=False)[[FLOPS, ENERGY]].mean().reset_index()
    tasks, handles = points.ordered(models["task"], ()), []
    colours = palette.task_colours(tuple(tasks))
    for place, task in enumerate(tasks):
        marker = _MARKERS[place // len(set(colours.values())) % len(_MARKERS)]
        handles.append(style.handle(palette.task_title(task), colours[task], marker, hollow=True))
        for purpose, rows in models[models["task"] == task].groupby("purpose"):
            hollow = purpose == "task-specific"
            axes.scatter(
                rows[FLOPS],
                rows[ENERGY],
                s=22,
                marker=marker,
                facecolors="none" if hollow else colours[task],
                edgecolors=colours[task],
                linewidths=0.9,
                zorder=3,
                gid=f"{task}/{purpose}",
            )
    if (models["purpose"] == "multi-purpose").any():
        handles.append(style.handle("multi-purpose", palette.GREY, "o"))
    for which, column in (("x", FLOPS), ("y", ENERGY)):
        style.log_axis(axes, which, list(models[column]), counts=False)
    axes.xaxis.set_major_formatter(LogFormatterSciNotation())
    axes.set(xlabel="FLOPs of one inference (2 per multiply-add)")
    axes.set_ylabel(notes.axis(QUANTITIES[ENERGY].unit, of_study, study))
    panels.place(figure, handles, layout)
    return Drawn(notes.note(tables, of_study, study, notes.left_out(missing)), figure)


FIGURE = StudyFigure(
    title="Energy and floating-point operations",
    caption=(
        "Energy against the counted floating-point operations of one inference. A point is one model at one task, the "
        "mean of its cells; filled ones are multi-purpose models."
    ),
    tables=("flop_energy", "cells", "provenance"),
    draw=draw,
)
