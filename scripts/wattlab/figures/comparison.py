"""This study's mean energy of each task against the paper's."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wattlab.figures import labels, notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.quantities import ENERGY, PAPER_SCOPE, QUANTITIES
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import PUBLISHED_LOGS
from wattlab.tables import words
from wattlab.tables.reading import Tables

OURS, PAPERS = ENERGY, f"paper_{ENERGY}"
#: Standard deviations over all repeats, a definition for both sides, beside their means.
_DEVIATIONS = {OURS: f"sd_repeats_{ENERGY}", PAPERS: f"sd_{PAPERS}"}


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """The comparison from `comparison` (and `cells` for the note); gids `tasks`, `deviation/…` and `ratio/…`."""
    if study.config.origin == PUBLISHED_LOGS:
        return Drawn(
            "These are the paper's own logs: that they order the tasks as its Table 2 does is no finding. "
            "tables/audit.md sets each printed number beside the recomputed one."
        )
    table = tables["comparison"]
    both, missing = points.with_values(table, OURS, PAPERS)
    if both.empty:
        chosen = points.chosen(tables["cells"], purpose="task-specific")
        return notes.nothing(study, chosen, "selected task-specific cells")
    if alone := notes.alone(both, "task"):
        return alone
    quantity = words.quantity_behind(both) or ENERGY
    shown = words.behind("comparison", both, tables["cells"])
    is_alike = set(both["scope"]) == {PAPER_SCOPE}
    said = None if is_alike else f"the paper's energies are the {PAPER_SCOPE}'s: no line of equal ones"
    both = both.sort_values([PAPERS, OURS], kind="stable")
    figure = style.new_figure(layout, 4.1 if layout.narrow else 4.4)
    axes = figure.add_subplot()
    _axes(axes, both)
    axes.set(
        xlabel=f"paper: {QUANTITIES[ENERGY].unit}",
        ylabel=notes.axis(f"this study: {QUANTITIES[ENERGY].unit}".replace(": ", ":\n"), shown, study, quantity),
    )
    _deviations(axes, both)
    axes.scatter(both[PAPERS], both[OURS], s=22, color=palette.BLUE, linewidths=0, zorder=3).set_gid("tasks")
    if is_alike:
        _ratios(axes)
    names = _legend(figure, both, layout)
    labels.place(figure, axes, list(both[PAPERS]), list(both[OURS]), names)
    note = notes.note(tables, shown, study, notes.left_out(missing, "task"), said, quantity=quantity)
    return Drawn(note, figure)


FIGURE = StudyFigure(
    title="This study and the paper",
    caption=(
        "Mean energy of each task here and in Table 2 of the paper, both axes of equal span. Dashed: lines of one ratio, as "
        "their numbers say; a task above that of 1 takes more energy here. The spreads hold models, datasets and repeats alike. What carries "
        "over between machines is the order, not the height."
    ),
    tables=("comparison", "cells", "provenance"),
    draw=draw,
)


def _axes(axes: Axes, both: pd.DataFrame) -> None:
    """Both axes over as many decades, each around its own values."""
    spans = {column: math.log10(both[column].max() / both[column].min()) for column in _DEVIATIONS}
    widest = max(spans.values())
    for which, column in (("x", PAPERS), ("y", OURS)):
        wider = 10 ** ((widest - spans[column]) / 2)
        style.log_axis(axes, which, [both[column].min() / wider, both[column].max() * wider], room=2.5)


def _deviations(axes: Axes, both: pd.DataFrame) -> None:
    for along, column, at in (("x", PAPERS, OURS), ("y", OURS, PAPERS)):
        low, high = (both[column] + sign * both[_DEVIATIONS[column]] for sign in (-1, 1))
        strokes.DEVIATION.draw(axes, both[at], low, high, palette.GREY, f"deviation/{along}", along)


def _ratios(axes: Axes) -> None:
    """Lines on which one side is so many times the other, each with its number where it leaves the axes."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for power in range(math.floor(math.log10(low / right)), math.ceil(math.log10(high / left)) + 1):
        ratio = 10.0**power
        start, end = max(left, low / ratio), min(right, high / ratio)
        if math.log10(end / start if end > start else 1) < 0.15 * math.log10(right / left):
            continue  # it crosses a corner alone
        strokes.reference(axes, [start, end], [ratio * start, ratio * end], f"ratio/{ratio:g}", faint=power != 0)
        axes.annotate(f"× {ratio:g}", (end, ratio * end), (-2, -1), textcoords="offset points", ha="right", va="top",
                      fontsize=style.SMALL_PT, color=palette.GREY, bbox=labels.PAPER, gid="ratio")  # fmt: skip


def _legend(figure: Figure, both: pd.DataFrame, layout: style.Layout) -> list[str]:
    """The legend; the names of the points, or where there is no room for names their numbers, with a key to them."""
    names = [palette.task_title(task) for task in both["task"]]
    numbers = [str(place + 1) for place in range(len(names))]
    keys = [style.handle(f"{number} {name}", "none", "") for number, name in zip(numbers, names, strict=True)]
    lows, highs = (
        pd.concat([both[column] + sign * both[sd] for column, sd in _DEVIATIONS.items()]) for sign in (-1, 1)
    )
    lines = strokes.DEVIATION.handles(pd.DataFrame({"low": lows, "high": highs}), "low", "high")
    panels.place(figure, [*(keys if layout.narrow else ()), *lines], layout)
    return numbers if layout.narrow else names
