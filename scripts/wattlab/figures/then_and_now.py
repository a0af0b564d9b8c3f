"""Models of this study and of those beside it: a task a row, a study a colour, with the medians."""

from wattlab.figures import notes, palette, panels, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.foundation.quantities import ENERGY, QUANTITIES
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables

#: Room that the studies of a task take together, of the distance between two tasks; in a study's, models above, median below.
_ROOM, _ASIDE = 0.75, 0.27


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """The models and medians of `then_and_now`, `cells` for the note; gids `models` and `medians`, of each study."""
    rows = tables["then_and_now"]
    models = rows[(rows["level"] == "model") & (rows[ENERGY] > 0)]
    if models.empty:
        return Drawn("No task has models of both studies on one dataset.")
    shown = words.behind("then_and_now", models[models["study"] == study.config.study], tables["cells"])
    said = words.interval("then_and_now", rows[rows["level"] == "task"])
    places = list(dict.fromkeys(zip(models["task"], models["purpose"], strict=True)))
    studies = list(dict.fromkeys(models["study"]))
    figure = style.new_figure(layout, 1.2 + 0.2 * len(places) * len(studies))
    axes = figure.add_subplot()
    style.log_axis(axes, "x", list(models[ENERGY]))
    colours = palette.task_colours(tuple(studies))
    for index, name in enumerate(studies):
        own = models[models["study"] == name]
        shift = _ROOM * ((index + 0.5) / len(studies) - 0.5)
        heights = [places.index(key) + shift for key in zip(own["task"], own["purpose"], strict=True)]
        aside = _ASIDE * _ROOM / len(studies)
        axes.scatter(own[ENERGY], [y - aside for y in heights], s=12, facecolors="none", edgecolors=colours[name], linewidths=0.9, zorder=3, gid="models")  # fmt: skip
        of_task = own.assign(y=heights).groupby("y")[ENERGY]
        medians = of_task.median()[of_task.size() > 1]
        axes.scatter(medians, medians.index + aside, s=16, marker="|", color=colours[name], zorder=4, gid="medians")
    axes.set_yticks(range(len(places)), [_label(*place) for place in places])
    axes.invert_yaxis()
    axes.set(xlabel=notes.axis(QUANTITIES[ENERGY].unit, shown, study, layout=layout))
    handles = [style.handle(name, colours[name], "s") for name in studies]
    marks = [
        style.handle("a model", palette.GREY, "o", hollow=True),
        style.handle("median of several", palette.GREY, "|"),
    ]
    panels.place(figure, [*handles, *marks], layout)
    return Drawn(notes.note(tables, shown, study, f"the table has the medians' ratio ({said})"), figure)


FIGURE = StudyFigure(
    title="Then and now",
    caption=(
        "Energy of each model of two studies, on the datasets that both have. Circles: models. Bars: the median of several. A "
        "few models stand for no year: the table says how many there are, and has an interval only where five stand on each side."
    ),
    tables=("then_and_now", "cells", "provenance"),
    draw=draw,
    needs="beside",
)


def _label(task: str, purpose: str) -> str:
    return palette.task_title(task) + (", by prompt" if purpose == "multi-purpose" else "")
