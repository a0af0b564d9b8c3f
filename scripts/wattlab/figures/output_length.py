"""Figure 6: the cells against the mean length of what the models write, of tasks that both kinds of models answer."""

import pandas as pd

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.quantities import LENGTHS
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

LENGTH = "n_output_units_per_inference"


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """Figure 6 from `output_lengths` and `cells`: a panel per dataset, a collection per structure and purpose."""
    shown = points.measure(study)
    chosen = with_lengths(_written(tables["cells"]), tables["output_lengths"])
    cells, missing = points.with_values(chosen, shown.column, LENGTH)
    if cells.empty:
        return notes.nothing(study, chosen, "selected cells of tasks that both kinds of models answer with text")
    if cells[LENGTH].nunique() == 1:
        one = f"{cells[LENGTH].iloc[0]:g} units per answer: there is no relation to show."
        return Drawn(f"All {len(cells)} cells have one output length, {one}")
    datasets = points.ordered(cells["dataset"], ())
    figure = style.new_figure(layout, panels.height_in(layout, len(datasets)))
    bounds = [*cells[shown.column], *cells[shown.high].dropna()]
    drawn = panels.panels(figure, layout, len(datasets), sharex=True)
    for axes, dataset in zip(drawn, datasets, strict=True):
        style.value_axis(axes, "y", bounds)
        style.value_axis(axes, "x", list(cells[LENGTH]))
        panels.scatter(axes, cells[cells["dataset"] == dataset], LENGTH, shown.column, shown.low, shown.high)
        axes.set_title(dataset)
    panels.label(figure, drawn, layout, _length_label(cells), notes.axis(shown.unit, cells, study))
    panels.legend(figure, cells, layout, strokes.REPEATS.handles(cells, shown.low, shown.high))
    lengths = [f"lengths {LENGTHS[word]}" for word in sorted(set(cells["lengths"].dropna()))]
    tasks = " and ".join(palette.task_title(task) for task in points.ordered(cells["task"], ()))
    said = notes.left_out(missing), f"{tasks}: {', '.join(lengths)}", notes.lines("cells", cells)
    return Drawn(notes.note(tables, cells, study, *said), figure)


FIGURE = StudyFigure(
    title="Output length",
    caption=(
        "The tasks that both kinds of model answer with text, one panel per dataset (figure 6 of the paper). A point is "
        "one cell."
    ),
    tables=("output_lengths", "cells", "provenance"),
    draw=draw,
)


def _written(cells: pd.DataFrame) -> pd.DataFrame:
    """The selected cells of the tasks that task-specific and multi-purpose models both answer with text."""
    shared = points.chosen(cells, tasks=points.shared_tasks(cells))
    return shared[shared["modality"].str.endswith("-to-text")]


def _length_label(cells: pd.DataFrame) -> str:
    """The x axis: the unit of the lengths, and that they are set where that is so."""
    units = " or ".join(f"{unit}s" for unit in sorted(set(cells["output_unit"].dropna())))
    says = f"\nlengths {LENGTHS['set']}" if set(cells["lengths"].dropna()) == {"set"} else ""
    return f"mean output length ({units or 'unit not recorded'}){says}"


def with_lengths(cells: pd.DataFrame, lengths: pd.DataFrame) -> pd.DataFrame:
    """The cells with the mean length, its unit and how it came about, from the table of output lengths."""
    keys = ["cell"] if "cell" in lengths and "cell" in cells else ["task", "dataset", "model"]
    own = cells.drop(columns=[LENGTH, "output_unit", "lengths"], errors="ignore")
    return own.merge(lengths[[*keys, LENGTH, "output_unit", "lengths"]], on=keys, how="left", validate="one_to_one")
