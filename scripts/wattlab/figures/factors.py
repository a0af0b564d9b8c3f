"""Energy at each setting over that under the protocol: a task a row, a setting a colour."""

from wattlab.figures import notes, palette, panels, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables

#: Room that the settings of a task take together, of the distance between two tasks; in a setting's, cells above, mean below.
_ROOM, _ASIDE = 0.75, 0.27
_LOW, _HIGH = "ci95_low_energy_ratio", "ci95_high_energy_ratio"


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """The ratios of `factors`, `cells` for the note; gids `cells`, `tasks` and `intervals`, of each setting."""
    rows = tables["factors"]
    if rows.empty:
        return Drawn("No cell of a setting has a value beside the protocol's.")
    shown = words.behind("factors", rows[rows["level"] == "cell"], tables["cells"])
    tasks, settings = (list(dict.fromkeys(rows[name])) for name in ("task", "setting"))
    figure = style.new_figure(layout, 1.2 + 0.2 * len(tasks) * len(settings))
    axes = figure.add_subplot()
    of_tasks = rows[rows["level"] == "task"]
    bounds = of_tasks[[_LOW, _HIGH]].stack().dropna()
    style.log_axis(axes, "x", [1.0, *rows["energy_ratio"], *bounds])
    strokes.reference(axes, [1.0, 1.0], [-0.5, len(tasks) - 0.5], "protocol")
    colours = palette.task_colours(tuple(settings))
    for place, setting in enumerate(settings):
        of_setting = rows[rows["setting"] == setting].assign(
            y=lambda some, place=place: some["task"].map(tasks.index) + _ROOM * ((place + 0.5) / len(settings) - 0.5)
        )
        cells, means = of_setting[of_setting["level"] == "cell"], of_setting[of_setting["level"] == "task"]
        aside = _ASIDE * _ROOM / len(settings)
        axes.scatter(cells["energy_ratio"], cells["y"] - aside, s=12, facecolors="none", edgecolors=colours[setting], linewidths=0.9, zorder=3, gid="cells")  # fmt: skip
        strokes.REPEATS.draw(axes, means["y"] + aside, means[_LOW], means[_HIGH], colours[setting], "intervals", "x")
        axes.scatter(means["energy_ratio"], means["y"] + aside, s=16, marker="|", color=colours[setting], zorder=4, gid="tasks")  # fmt: skip
    axes.set_yticks(range(len(tasks)), [palette.task_title(task) for task in tasks])
    axes.invert_yaxis()
    axes.set_xlabel(notes.axis("energy over that under the protocol", shown, study, layout=layout))
    handles = [style.handle(setting, colours[setting], "s") for setting in settings]
    handles += [
        style.handle("a cell", palette.GREY, "o", hollow=True),
        style.handle("a task, over its cells", palette.GREY, "|"),
        *strokes.REPEATS.handles(of_tasks, _LOW, _HIGH),
    ]
    panels.place(figure, handles, layout)
    said = notes.lines("factors", rows), "dashed line: as under the protocol"
    return Drawn(notes.note(tables, shown, study, *said), figure)


FIGURE = StudyFigure(
    title="Settings against the protocol's",
    caption=(
        "Energy per inference at each setting over that of the same cell under the protocol. Circles: cells. Bars: the "
        "geometric mean over the cells of a task. Left of the dashed line a setting saves energy."
    ),
    tables=("factors", "cells", "provenance"),
    draw=draw,
    needs="all_settings",
)
