"""Appendix B: the quality of the answers, measured or published, against the size and the energy of each model."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.quantities import ENERGY, QUANTITIES
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

PARAMETERS, SCORE = "parameters_as_published", "quality_score"
ENERGY_LOW, ENERGY_HIGH = f"ci95_low_{ENERGY}", f"ci95_high_{ENERGY}"
ENERGY_LABEL = QUANTITIES[ENERGY].unit

_KEYS = ["task", "dataset", "model"]
#: Room beside and above the panels (inches): title, labels of the axes, legend.
_AROUND_IN = 1.0
#: Height of a row of panels: of a task's, and in one column of a dataset's.
_ROW_IN, _NARROW_ROW_IN = 1.3, 0.78
#: Width of the gap between the two blocks, as a part of a panel's.
_GAP = 0.08
#: Room above and below the scores, as a part of their spread, which counts as this at the least.
_MARGIN, _LEAST_SPREAD = 0.1, 0.05


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """A row of panels per task; in each one panel per dataset against size, then one per dataset against energy.

    In one column of a paper: a row per dataset, its score against size beside its score against energy.
    Points as in `panels.scatter`, gid `structure/purpose`; intervals of the energy, gid `interval/structure/purpose`.
    An axes' label is `task/dataset/column`, the column that is its x.
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
    tasks = points.ordered(scores["task"], points.shared_tasks(tables["cells"]))
    datasets = {task: points.ordered(scores.loc[scores["task"] == task, "dataset"], ()) for task in tasks}
    rows = [[(task, name) for name in datasets[task]] for task in tasks]
    if layout.narrow:
        rows = [[panel] for row in rows for panel in row]
    row_in = _NARROW_ROW_IN if layout.narrow else _ROW_IN
    figure = style.new_figure(layout, _AROUND_IN + row_in * len(rows))
    _panels(figure, scores, rows)
    panels.legend(figure, scores, layout, strokes.REPEATS.handles(scores, ENERGY_LOW, ENERGY_HIGH, "x"))
    said = notes.left_out(missing, "score"), notes.lines("cells", cells)
    return Drawn(notes.note(tables, cells, study, *said), figure)


FIGURE = StudyFigure(
    title="Quality, size and energy",
    caption=(
        "The quality of the answers against the size and the energy of the model (appendix B of the paper); of "
        "published logs it is the published one. A point is one cell. Scores have no interval."
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


def _panels(figure: Figure, scores: pd.DataFrame, rows: list[list[tuple[str, str]]]) -> None:
    """Rows of task and dataset. Left block: against size; right block, after a gap: against energy.

    The x axes of a block are alike, and the y axes of a task.
    """
    columns = max(len(row) for row in rows)
    widths = [*[1.0] * columns, _GAP, *[1.0] * columns]
    grid = figure.subplots(len(rows), len(widths), sharey="row", squeeze=False, width_ratios=widths)
    for axes in grid.flat:
        axes.set_axis_off()
    energies = [*scores[ENERGY], *scores[ENERGY_LOW].dropna(), *scores[ENERGY_HIGH].dropna()]
    for place, row in enumerate(rows):
        for at, (task, dataset) in enumerate(row):
            of_panel = scores[(scores["task"] == task) & (scores["dataset"] == dataset)]
            for x, axes in ((PARAMETERS, grid[place, at]), (ENERGY, grid[place, columns + 1 + at])):
                style.log_axis(axes, "x", energies if x == ENERGY else list(scores[x]), counts=x == PARAMETERS)
                _panel(axes, of_panel, x)
                axes.tick_params(labelbottom=place == len(rows) - 1, labelleft=axes is grid[place, 0])
                _title(axes, of_panel, whole_row=columns == 1)
        grid[place, 0].set_ylim(*_bounds(scores.loc[scores["task"] == row[0][0], SCORE]))
    for task in {row[0][0] for row in rows}:
        own = [place for place, row in enumerate(rows) if row[0][0] == task]
        grid[own[len(own) // 2], 0].set_ylabel(palette.task_title(task))
    middle = columns // 2
    for at, label in ((middle, style.PARAMETERS_LABEL), (columns + 1 + middle, ENERGY_LABEL)):
        grid[-1, at].set_xlabel(label.replace("per ", "per\n").replace(", ", ",\n") if columns == 1 else label)


def _bounds(scores: "pd.Series[float]") -> tuple[float, float]:
    margin = _MARGIN * max(scores.max() - scores.min(), _LEAST_SPREAD)
    return scores.min() - margin, scores.max() + margin


def _title(axes: Axes, rows: pd.DataFrame, whole_row: bool) -> None:
    """Dataset and metric, over each panel or once, from the left, over a whole row of two."""
    dataset, metric, x = rows["dataset"].iloc[0], rows["metric"].iloc[0], str(axes.get_label()).rpartition("/")[2]
    if not whole_row:
        axes.set_title(f"{dataset}\n{metric}", fontsize=style.SMALL_PT)
    elif x == PARAMETERS:
        axes.set_title(f"{dataset}, {metric}", fontsize=style.SMALL_PT, loc="left")


def _panel(axes: Axes, rows: pd.DataFrame, x: str) -> None:
    """The points of a dataset; with energy on the x axis, its intervals as horizontal lines."""
    axes.set_axis_on()
    axes.set_label(f"{rows['task'].iloc[0]}/{rows['dataset'].iloc[0]}/{x}")
    if x == ENERGY:
        panels.scatter(axes, rows, x, SCORE, ENERGY_LOW, ENERGY_HIGH, along="x")
    else:
        panels.scatter(axes, rows.assign(low=float("nan"), high=float("nan")), x, SCORE, "low", "high")
