"""Figure 1: emissions of each task, in ascending order of the mean; models as points."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from wattlab.figures import notes, palette, panels, points, style
from wattlab.figures.figure import StudyFigure
from wattlab.figures.points import EMISSIONS, EMISSIONS_HIGH, EMISSIONS_LOW
from wattlab.foundation.quantities import INTERVALS
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: Models stand left of the task's tick, the mean right of it, so that neither hides the other.
_OFFSET = 0.14


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """Figure 1 from `tasks` (means, intervals) and `cells` (models); gids `models`, `means`, `intervals`."""
    chosen = points.chosen(tables["cells"], purpose="task-specific")
    cells, missing = points.with_values(chosen, EMISSIONS)
    means = tables["tasks"][tables["tasks"][EMISSIONS] > 0].sort_values(EMISSIONS, kind="stable")
    if means.empty:
        return style.plain_page(
            FIGURE.title, notes.nothing_because(study, chosen, "selected task-specific cells"), layout
        )
    note = notes.footnote(tables, cells, study, notes.left_out(missing), notes.lines("tasks", means))
    figure, body = style.new_figure(FIGURE.title, note, layout, height_in=3.3)
    axes = body.add_subplot()
    place = {task: at for at, task in enumerate(means["task"])}
    models = points.by_model(cells[cells["task"].isin(place)])
    at = [place[task] for task in models["task"]]
    axes.scatter(
        [x - _OFFSET for x in at],
        models["mean"],
        s=18,
        facecolors="white",
        edgecolors=palette.BLUE,
        linewidths=0.9,
        zorder=3,
    ).set_gid("models")
    several = means[means["n_models"] > 1]  # the mean of one model is its own circle
    right = [place[task] + _OFFSET for task in several["task"]]
    style.interval(axes, right, list(several[EMISSIONS_LOW]), list(several[EMISSIONS_HIGH]), palette.BLACK, "intervals")
    axes.scatter(right, several[EMISSIONS], s=22, marker="D", color=palette.BLACK, zorder=4).set_gid("means")
    bounds = [*models["mean"], *means[EMISSIONS], *means[EMISSIONS_LOW].dropna(), *means[EMISSIONS_HIGH].dropna()]
    style.log_axis(axes, "y", bounds)
    _label(axes, means, layout)
    _legend(body, axes, layout, has_interval=bool(means[EMISSIONS_LOW].notna().any()))
    return figure


FIGURE = StudyFigure(
    title="Emissions by task",
    caption=(
        "The ten tasks in ascending order of their mean (figure 1 of the paper). Circles: task-specific models, each "
        "the mean of its cells; in brackets, how many. Diamonds: mean of the cells of a task with two models or more. The note "
        "below the figure says what the lines are."
    ),
    tables=("tasks", "cells", "provenance"),
    draw=draw,
)


def _label(axes: Axes, means: pd.DataFrame, layout: style.Layout) -> None:
    tasks = list(means["task"])
    titles = [f"{palette.task_title(task)} ({n})" for task, n in zip(tasks, means["n_models"], strict=True)]
    turned = 45 if layout.narrow else 28
    axes.set_xticks(range(len(tasks)), titles, rotation=turned, ha="right", rotation_mode="anchor")
    axes.set(xlim=(-0.6, len(tasks) - 0.4), ylabel=style.EMISSIONS_LABEL)
    axes.grid(False, axis="x")


def _legend(body: SubFigure, axes: Axes, layout: style.Layout, has_interval: bool) -> None:
    """In the free corner of an ascending order where there is room for it, else below."""
    handles = [
        style.handle("a model, mean of its cells", palette.BLUE, "o", hollow=True),
        style.handle("mean of a task with several models", palette.BLACK, "D"),
    ]
    if has_interval:
        handles.append(style.line_handle(INTERVALS["tasks"].short, style.INTERVAL))
    if layout.narrow:
        panels.place(body, handles, layout)
    else:
        axes.legend(handles=handles, loc="upper left", frameon=False, handletextpad=0.4)
