"""This study's mean energy of each task against the paper's."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from wattlab.figures import labels, notes, palette, panels, points, style
from wattlab.figures.figure import StudyFigure
from wattlab.foundation.quantities import ENERGY, PAPER_SCOPE, QUANTITIES
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables

OURS = ENERGY
PAPERS = f"paper_{ENERGY}"


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """The comparison from `comparison` (and `cells` for the footnote); gids `tasks` and `equality`."""
    table = tables["comparison"]
    chosen = points.chosen(tables["cells"], purpose="task-specific")
    both, missing = points.with_values(table, OURS, PAPERS)
    if both.empty:
        return style.plain_page(
            FIGURE.title, notes.nothing_because(study, chosen, "selected task-specific cells"), layout
        )
    quantity = words.quantity_behind(both) or ENERGY
    shown = words.behind("comparison", both, tables["cells"])
    is_alike = set(both["scope"]) == {PAPER_SCOPE}
    said = (
        "dashed line: equal energies"
        if is_alike
        else f"the paper's energies are the {PAPER_SCOPE}'s: no line of equal ones"
    )
    note = notes.footnote(tables, shown, study, notes.left_out(missing, "task"), said, quantity=quantity)
    both = both.sort_values([PAPERS, OURS], kind="stable")
    figure, body = style.new_figure(FIGURE.title, note, layout, height_in=4.3 if layout.narrow else 4.4)
    axes = body.add_subplot()
    _axes(axes, both, has_equality=is_alike)
    axes.scatter(both[PAPERS], both[OURS], s=22, color=palette.BLUE, linewidths=0, zorder=3).set_gid("tasks")
    names = [palette.task_title(task) for task in both["task"]]
    if layout.narrow:
        names = _key(body, names, layout)
    labels.place(figure, axes, list(both[PAPERS]), list(both[OURS]), names)
    return figure


FIGURE = StudyFigure(
    title="This study and the paper",
    caption=(
        "Mean energy of each task here and in Table 2 of the paper. The dashed line is equality: a task above it takes "
        "more energy here. No interval is drawn: the table has both spreads. What carries over between machines is the order, not the height."
    ),
    tables=("comparison", "cells", "provenance"),
    draw=draw,
)


def _key(body: SubFigure, names: list[str], layout: style.Layout) -> list[str]:
    """Numbers for the points, where there is no room for names, and a key below that says which is which."""
    numbers = [str(place + 1) for place in range(len(names))]
    pairs = zip(numbers, names, strict=True)
    panels.place(body, [style.handle(f"{number}  {name}", "none", "") for number, name in pairs], layout)
    return numbers


def _axes(axes: Axes, both: pd.DataFrame, has_equality: bool) -> None:
    """Both axes, and where they are equal: the paper's energies are the node's, so that a device's has no equal there."""
    style.log_axis(axes, "x", list(both[PAPERS]), room=2.0)
    style.log_axis(axes, "y", list(both[OURS]), room=2.0)
    if has_equality:
        ends = ([1e-9, 1e9], [1e-9, 1e9])
        (line,) = axes.plot(*ends, "--", color=palette.GREY, linewidth=0.8, zorder=1, scalex=False, scaley=False)
        line.set_gid("equality")
    axes.set(xlabel=f"paper: {QUANTITIES[ENERGY].unit}", ylabel=f"this study: {QUANTITIES[ENERGY].unit}")
