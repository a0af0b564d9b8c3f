"""Energy at each setting over that under the protocol: a task a row, a setting a colour."""

from wattlab.figures import notes, palette, panels, strokes, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables

#: Room that the settings of a task take together, of the distance between two tasks.
_ROOM = 0.7
_LOW, _HIGH = "ci95_low_energy_ratio", "ci95_high_energy_ratio"


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """The ratios of `factors`, `cells` for the footnote; gids `models`, `tasks` and `intervals`, of each setting."""
    rows = tables["factors"]
    if rows.empty:
        return Drawn("No cell of a setting has a value beside the protocol's.")
    shown = words.behind("factors", rows[rows["level"] == "cell"], tables["cells"])
    tasks, settings = (list(dict.fromkeys(rows[name])) for name in ("task", "setting"))
    figure = style.new_figure(layout, 1.2 + 0.16 * len(tasks) * len(settings))
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
        models, means = of_setting[of_setting["level"] == "cell"], of_setting[of_setting["level"] == "task"]
        axes.scatter(models["energy_ratio"], models["y"], s=14, facecolors="white", edgecolors=colours[setting], zorder=3, gid="models")  # fmt: skip
        strokes.REPEATS.draw(axes, means["y"], means[_LOW], means[_HIGH], colours[setting], "intervals", along="x")
        axes.scatter(means["energy_ratio"], means["y"], s=22, marker="D", color=colours[setting], zorder=4, gid="tasks")
    axes.set_yticks(range(len(tasks)), [palette.task_title(task) for task in tasks])
    axes.invert_yaxis()
    axes.set_xlabel(notes.axis("energy per inference over that under the protocol", shown, study))
    handles = [style.handle(setting, colours[setting], "s") for setting in settings]
    handles += [
        style.handle("a cell", palette.GREY, "o", hollow=True),
        style.handle("a task, over its cells", palette.GREY, "D"),
        *strokes.REPEATS.handles(of_tasks, _LOW, _HIGH, "x"),
    ]
    panels.place(figure, handles, layout)
    said = notes.lines("factors", rows), "dashed line: as under the protocol"
    return Drawn(notes.note(tables, shown, study, *said), figure)


FIGURE = StudyFigure(
    title="Settings against the protocol's",
    caption=(
        "Energy per inference at each setting over that of the same cell under the protocol. Circles: cells. Diamonds: the "
        "geometric mean over the cells of a task. Left of the dashed line a setting saves energy."
    ),
    tables=("factors", "cells", "provenance"),
    draw=draw,
    needs="all_settings",
)
