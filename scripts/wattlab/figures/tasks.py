"""Figure 1: each task, in ascending order of the mean; models as points."""

import math

import pandas as pd
from matplotlib.axes import Axes

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: Height of a task (inches). In it the models stand in lanes above, the mean below, so that neither hides the other.
_ROW_IN, _LANE, _MEAN = 0.3, 0.17, 0.38
#: Models of one task that are closer than this (inches) stand in different lanes.
_MARKER_IN = 0.06


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """Figure 1 from `tasks` (means, intervals) and `cells` (models); gids `models`, `means`, `intervals`."""
    shown = points.measure(study)
    chosen = points.chosen(tables["cells"], purpose="task-specific")
    cells, missing = points.with_values(chosen, shown.column)
    means = tables["tasks"][tables["tasks"][shown.column] > 0].sort_values(shown.column, kind="stable")
    if means.empty:
        return notes.nothing(study, chosen, "selected task-specific cells")
    place = {task: at for at, task in enumerate(means["task"])}
    models = points.by_model(cells[cells["task"].isin(place)], shown.column)
    if alone := notes.alone(models, "task-specific model"):
        return alone
    figure = style.new_figure(layout, 1.0 + _ROW_IN * len(means) + 0.35 * layout.narrow)
    axes = figure.add_subplot()
    several = means[means["n_models"] > 1]  # the mean of one model is its own circle
    style.log_axis(axes, "x", [*models["mean"], *means[shown.column], *means[shown.low].dropna(), *means[shown.high].dropna()])  # fmt: skip
    _models(axes, models, place, 0.7 * layout.width_in)
    below = [place[task] + _MEAN for task in several["task"]]
    strokes.MODELS.draw(axes, below, several[shown.low], several[shown.high], palette.BLACK, "intervals", "x")
    # A bar of no width hides no end of an interval.
    axes.scatter(several[shown.column], below, s=26, marker="|", color=palette.BLACK, zorder=4).set_gid("means")
    names = [f"{palette.task_title(task)} ({n})" for task, n in zip(means["task"], means["n_models"], strict=True)]
    axes.set_yticks(range(len(names)), names)
    axes.set(ylim=(len(names) - 0.4, -0.6), xlabel=notes.axis(shown.unit, cells, study, layout=layout))
    handles = [style.handle("a model, mean of its cells", palette.BLUE, "o", hollow=True)]
    if len(several):
        handles.append(style.handle("mean of a task with several models", palette.BLACK, "|"))
    panels.place(figure, [*handles, *strokes.MODELS.handles(means, shown.low, shown.high)], layout)
    return Drawn(notes.note(tables, cells, study, notes.left_out(missing), notes.lines("tasks", means)), figure)


FIGURE = StudyFigure(
    title="Tasks in ascending order",
    caption=(
        "The tasks in ascending order of their mean (figure 1 of the paper). Circles: task-specific models, each "
        "the mean of its cells; in brackets, how many. Those of one value stand one above the other. Bars: mean of the cells "
        "of a task with two models or more."
    ),
    tables=("tasks", "cells", "provenance"),
    draw=draw,
)


def _models(axes: Axes, models: pd.DataFrame, place: dict[str, int], width_in: float) -> None:
    """The models of each task in lanes: none covers another."""
    low, high = axes.get_xlim()
    touching = math.log10(high / low) * _MARKER_IN / width_in
    for task, rows in models.groupby("task", sort=False):
        offsets = points.swarm([math.log10(value) for value in rows["mean"]], touching, _LANE)
        at = [place[str(task)] + offset for offset in offsets]
        axes.scatter(rows["mean"], at, s=12, facecolors="none", edgecolors=palette.BLUE, linewidths=0.9, zorder=3).set_gid("models")  # fmt: skip
