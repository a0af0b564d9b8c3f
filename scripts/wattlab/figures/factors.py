"""Energy at each setting over that under the protocol: a task a row, a setting a colour."""

from matplotlib.figure import Figure

from wattlab.figures import notes, palette, panels, style
from wattlab.figures.figure import StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables

#: Room that the settings of a task take together, of the distance between two tasks.
_ROOM = 0.7


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Figure:
    """The ratios of `factors`, `cells` for the footnote; gids `models`, `tasks` and `intervals`, of each setting."""
    rows = tables["factors"]
    if rows.empty:
        return style.plain_page(FIGURE.title, "No cell of a setting has a value beside the protocol's.", layout)
    shown = words.behind("factors", rows[rows["level"] == "cell"], tables["cells"])
    note = notes.footnote(tables, shown, study, notes.lines("factors", rows), "dashed line: as under the protocol")
    tasks, settings = (list(dict.fromkeys(rows[name])) for name in ("task", "setting"))
    figure, body = style.new_figure(FIGURE.title, note, layout, height_in=1.6 + 0.16 * len(tasks) * len(settings))
    axes = body.add_subplot()
    of_tasks = rows[rows["level"] == "task"]
    bounds = of_tasks[["ci95_low_energy_ratio", "ci95_high_energy_ratio"]].stack().dropna()
    style.log_axis(axes, "x", [1.0, *rows["energy_ratio"], *bounds])
    axes.axvline(1.0, linestyle="--", color=palette.GREY, linewidth=0.8, zorder=1, gid="protocol")
    colours = palette.task_colours(tuple(settings))
    for place, setting in enumerate(settings):
        of_setting = rows[rows["setting"] == setting].assign(
            y=lambda some, place=place: some["task"].map(tasks.index) + _ROOM * ((place + 0.5) / len(settings) - 0.5)
        )
        models, means = of_setting[of_setting["level"] == "cell"], of_setting[of_setting["level"] == "task"]
        axes.scatter(models["energy_ratio"], models["y"], s=14, facecolors="white", edgecolors=colours[setting], zorder=3, gid="models")  # fmt: skip
        axes.hlines(means["y"], means["ci95_low_energy_ratio"], means["ci95_high_energy_ratio"], colors=colours[setting], gid="intervals")  # fmt: skip
        axes.scatter(means["energy_ratio"], means["y"], s=22, marker="D", color=colours[setting], zorder=4, gid="tasks")
    axes.set_yticks(range(len(tasks)), [palette.task_title(task) for task in tasks])
    axes.invert_yaxis()
    axes.set(xlabel="energy per inference, over that under the protocol")
    panels.place(body, [style.handle(setting, colours[setting], "D") for setting in settings], layout)
    return figure


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
