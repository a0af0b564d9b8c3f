"""Figure 5: multi-purpose models in ascending order of size, by task."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wattlab.figures import notes, palette, panels, points, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: As in the paper: dots for sequence-to-sequence models, crosses for decoders.
_MARKERS = {"seq2seq": "o", "decoder": "X"}
_OTHER_MARKER = "s"


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """Figure 5 from `cells`: one collection per task and structure (gid `task/structure`)."""
    shown = points.measure(study)
    chosen = points.chosen(tables["cells"], purpose="multi-purpose")
    cells, missing = points.with_values(chosen, shown.column, "parameters_as_published")
    if cells.empty:
        return notes.nothing(study, chosen, "selected multi-purpose cells")
    if cells["model"].nunique() == 1:
        return Drawn(f"One multi-purpose model has a value, {cells['model'].iloc[0]}: there are no sizes to compare.")
    figure = style.new_figure(layout, 4.0 if layout.narrow else 2.8)
    axes = figure.add_subplot()
    models = points.by_model(cells, shown.column)
    sizes = models.sort_values(["parameters_as_published", "model"]).drop_duplicates("model")
    names = list(sizes["model"])
    colours = palette.task_colours(points.shared_tasks(chosen))
    style.value_axis(axes, "y", [*models["low"], *models["high"]])
    _points(axes, models, names, colours)
    _label(axes, names, list(sizes["parameters_as_published"]), layout)
    axes.set(xlim=(-0.5, len(names) - 0.5), xlabel="model, by parameters as published")
    axes.set_ylabel(notes.axis(shown.unit, cells, study))
    axes.grid(False, axis="x")
    _legend(figure, models, layout, colours)
    return Drawn(notes.note(tables, cells, study, notes.left_out(missing)), figure)


FIGURE = StudyFigure(
    title="Multi-purpose models by task",
    caption=(
        "Multi-purpose models in ascending order of size (figure 5 of the paper). A point is one model at one task, "
        "the mean of its cells; the dotted line runs from its lowest to its highest cell."
    ),
    tables=("cells", "provenance"),
    draw=draw,
)


def _label(axes: Axes, names: list[str], sizes: list[float], layout: style.Layout) -> None:
    between = ", " if layout.narrow else "\n"
    labels = [
        f"{model.rpartition('--')[2]}{between}{style.parameters(size)}"
        for model, size in zip(names, sizes, strict=True)
    ]
    axes.set_xticks(range(len(names)), labels)
    if layout.narrow:
        axes.tick_params(axis="x", labelrotation=45)
        for text in axes.get_xticklabels():
            text.set(ha="right", rotation_mode="anchor")


def _points(axes: Axes, models: pd.DataFrame, names: list[str], colours: dict[str, str]) -> None:
    tasks = points.ordered(models["task"], tuple(colours))
    for keys, rows in models.groupby(["task", "structure"], sort=True):
        task, structure = (str(key) for key in keys)
        shift = (tasks.index(task) - (len(tasks) - 1) / 2) * 0.12
        at = [names.index(model) + shift for model in rows["model"]]
        gid = f"{task}/{structure}"
        strokes.DATASETS.draw(axes, at, rows["low"], rows["high"], colours[task], f"range/{gid}")
        marker = _MARKERS.get(structure, _OTHER_MARKER)
        axes.scatter(at, rows["mean"], s=30, marker=marker, color=colours[task], linewidths=0, zorder=3).set_gid(gid)


def _legend(figure: Figure, models: pd.DataFrame, layout: style.Layout, colours: dict[str, str]) -> None:
    handles = [
        style.handle(palette.task_title(task), colours[task], "s")
        for task in points.ordered(models["task"], tuple(colours))
    ]
    handles += [
        style.handle(structure, palette.GREY, _MARKERS.get(structure, _OTHER_MARKER))
        for structure in points.ordered(models["structure"], tuple(_MARKERS))
    ]
    panels.place(figure, [*handles, *strokes.DATASETS.handles(models, "low", "high")], layout)
