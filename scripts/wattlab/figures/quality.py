"""Appendix B: the quality of the answers, measured or published, against the energy and the size of each model."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.quantities import ENERGY, QUANTITIES
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

PARAMETERS, SCORE, AREA = "parameters_as_published", "quality_score", "area"
ENERGY_LOW, ENERGY_HIGH = f"ci95_low_{ENERGY}", f"ci95_high_{ENERGY}"

_KEYS = ["task", "dataset", "model"]
#: Height of a task's panels and of what stands around them; more tasks than fit the greatest height get flatter panels
#: (inches; around them in one column, and in two).
_ROW_IN, _AROUND_IN, _MOST_IN = 1.35, {True: 2.3, False: 1.3}, 6.5
#: Room above and below the scores, as a part of their spread, which counts as this at the least.
_MARGIN, _LEAST_SPREAD = 0.1, 0.05
#: Sizes that the legend shows, as far as the models reach.
_SIZES = (1e7, 1e8, 1e9, 1e10, 1e11)
#: Letters of a title's line in a panel of one column.
_TITLE = 16


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """A row of panels per task, in it one per dataset: score against energy, whose axes' label is `task/dataset`.

    Points as in `panels.scatter`, gid `structure/purpose`, their area by parameters; intervals of the energy, gid
    `interval/structure/purpose`; the frontier, a line with the gid `frontier`.
    """
    chosen = points.chosen(tables["quality"])
    chosen = chosen[chosen["headline"].astype(bool) & chosen["variant"].isna()]
    # A score may be 0: its axis is linear.
    scores, missing = points.with_values(chosen[chosen[SCORE].notna()], PARAMETERS, ENERGY)
    missing += int(chosen[SCORE].isna().sum())
    if scores.empty:
        return Drawn(_nothing(study, len(chosen)))
    cells = _cells(tables["cells"], scores)
    scores = scores.merge(cells[[*_KEYS, ENERGY_LOW, ENERGY_HIGH]], on=_KEYS, how="left", validate="one_to_one")
    scores = scores.assign(**{AREA: _area(scores[PARAMETERS], layout)})
    tasks = points.ordered(scores["task"], points.shared_tasks(tables["cells"]))
    figure = style.new_figure(layout, min(_AROUND_IN[layout.narrow] + _ROW_IN * len(tasks), _MOST_IN))
    label = notes.axis(QUANTITIES[ENERGY].unit, cells, study, layout=layout)
    _panels(figure, scores, tasks, layout, label)
    lines = strokes.REPEATS.handles(scores, ENERGY_LOW, ENERGY_HIGH)
    panels.legend(figure, scores, layout, [*_sizes(scores, layout), strokes.frontier_handle(), *lines])
    said = notes.left_out(missing, "score"), notes.lines("cells", cells)
    return Drawn(notes.note(tables, cells, study, *said), figure)


FIGURE = StudyFigure(
    title="Quality, energy and size",
    caption=(
        "The quality of the answers against the energy of the model, by dataset (appendix B of the paper); of published logs it "
        "is the published one. A point is one cell, the larger the more parameters the model has. The stepped line is the "
        "frontier: the highest score that this energy or less reaches. Scores have no interval."
    ),
    tables=("quality", "cells", "provenance"),
    draw=draw,
)


def _nothing(study: ResolvedStudy, count: int) -> str:
    if count == 0:
        return f"The study {study.config.study!r} has no selected cells with a quality."
    return f"None of the {count} selected cells has a quality; tables/quality.csv says why."


def _cells(cells: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of `cells` that the scores are of: no variant of a dataset is scored."""
    selected = points.chosen(cells)
    plain = selected[selected["variant"].isna()]
    return plain.merge(scores[_KEYS], on=_KEYS, validate="one_to_one")


def _area(parameters: "pd.Series[float]", layout: style.Layout) -> "pd.Series[float]":
    """Area of a marker (points squared), by the powers of ten above a million: of 1 B three times that of 10 M."""
    powers = pd.Series(np.log10(parameters.to_numpy(dtype=float)), parameters.index)
    return ((7 if layout.narrow else 11) * (powers - 6)).clip(lower=5)


def _sizes(scores: pd.DataFrame, layout: style.Layout) -> list[Line2D]:
    """The legend's sizes: powers of ten near the models'."""
    low, high = scores[PARAMETERS].min(), scores[PARAMETERS].max()
    shown = [size for size in _SIZES if low / 2 < size < 2 * high]
    areas = _area(pd.Series(shown, dtype=float), layout)
    return [
        style.handle(f"{style.parameters(size)} parameters", palette.GREY, "o", hollow=True, size=area**0.5)
        for size, area in zip(shown, areas, strict=True)
    ]


def _panels(figure: Figure, scores: pd.DataFrame, tasks: list[str], layout: style.Layout, label: str) -> None:
    """All x axes are alike, and the y axes of a task."""
    datasets = {task: points.ordered(scores.loc[scores["task"] == task, "dataset"], ()) for task in tasks}
    grid = figure.subplots(len(tasks), max(map(len, datasets.values())), sharey="row", squeeze=False)
    energies = [*scores[ENERGY], *scores[ENERGY_LOW].dropna(), *scores[ENERGY_HIGH].dropna()]
    for axes in grid.flat:
        axes.set_axis_off()
    for place, task in enumerate(tasks):
        for at, dataset in enumerate(datasets[task]):
            axes = grid[place, at]
            style.log_axis(axes, "x", energies)
            _panel(axes, scores[(scores["task"] == task) & (scores["dataset"] == dataset)], layout)
            below = [row for row in tasks[place + 1 :] if at < len(datasets[row])]
            axes.tick_params(labelbottom=not below, labelleft=at == 0)
        grid[place, 0].set_ylim(*_bounds(scores.loc[scores["task"] == task, SCORE]))
        grid[place, 0].set_ylabel(palette.task_title(task).replace(" ", "\n" if layout.narrow else " "))
    grid[-1, len(datasets[tasks[-1]]) // 2].set_xlabel(label)


def _bounds(scores: "pd.Series[float]") -> tuple[float, float]:
    margin = _MARGIN * max(scores.max() - scores.min(), _LEAST_SPREAD)
    return scores.min() - margin, scores.max() + margin


def _panel(axes: Axes, rows: pd.DataFrame, layout: style.Layout) -> None:
    """The points of a dataset, the intervals of their energy as horizontal lines, and their frontier."""
    dataset, metric = str(rows["dataset"].iloc[0]), str(rows["metric"].iloc[0])
    axes.set_axis_on()
    axes.set_label(f"{rows['task'].iloc[0]}/{dataset}")
    name = textwrap.fill(dataset, _TITLE) if layout.narrow else dataset
    axes.set_title(f"{name}\n{metric}", fontsize=style.SMALL_PT)
    strokes.frontier(axes, points.frontier(rows, ENERGY, SCORE), ENERGY, SCORE)
    panels.scatter(axes, rows, ENERGY, SCORE, ENERGY_LOW, ENERGY_HIGH, along="x", area=AREA)
