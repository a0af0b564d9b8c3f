"""What the logged energy is made of, by task, and what the same runs would read with another scope or model."""

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from wattlab.figures import notes, palette, points, style
from wattlab.figures.figure import Drawn, StudyFigure
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables

Home = Figure | SubFigure
Side = Literal["left", "right"]
Place = Literal["outside lower left", "outside lower center", "outside lower right"]

#: Column of a share -> its name, its colour and that of the number in it; stacked in this order. `gpu_unsplit_share`
#: is made here, the others are the table's.
SHARES = {
    "gpu_above_idle_share": ("GPUs above lowest", palette.BLUE, "white"),
    "gpu_idle_share": ("GPUs at lowest", palette.SKY, "black"),
    "gpu_unsplit_share": ("GPUs, idle power unknown", palette.PURPLE, "black"),
    "ram_share": ("RAM", palette.ORANGE, "black"),
    "cpu_share": ("CPU", palette.GREY, "white"),
}
#: Column of the same runs' energy as a part of the logged one -> its name, colour and marker.
READINGS = {
    "one_gpu_share": ("one GPU, with its lowest", palette.BLUE, "o"),
    "codecarbon3_ram_ratio": ("node, with the RAM power of CodeCarbon 3", palette.ORANGE, "D"),
}
#: Width of the narrowest bar that has room for its number (inches); the bars' panel, as a part of the figure's width.
_NUMBER_IN, _BARS = 0.09, 0.52
#: What a sum of shares may differ from 1.
_ROUNDING = 1e-9


def draw(tables: Tables, study: ResolvedStudy, layout: style.Layout) -> Drawn:
    """A bar per task and purpose, and one over all: left the shares (a container of bars per column of `SHARES`,
    whose label is its gid), right the other readings (one collection per column of `READINGS`)."""
    chosen = tables["decomposition"][tables["decomposition"]["level"] != "cell"]
    rows, missing = points.with_values(chosen, "energy_kwh_per_1000")
    known = rows.dropna(subset=["ram_share", "cpu_share"])
    missing += len(rows) - len(known)
    if known.empty:
        return Drawn(_nothing(study, len(chosen)))
    rows = in_order(known.assign(gpu_unsplit_share=_unsplit(known)))
    cells, _ = points.with_values(points.chosen(tables["cells"]), "energy_kwh_per_1000")
    readings = [column for column in READINGS if rows[column].notna().any()]
    count = 2 if readings else 1
    height_in = count * (0.8 + 0.16 * len(rows)) if layout.narrow else 0.9 + 0.2 * len(rows)
    figure = style.new_figure(layout, height_in)
    (home, left), *others = _panels(figure, layout, count)
    _bars(left, rows, _NUMBER_IN / (_BARS * layout.width_in))
    _legend(home, _share_handles(rows, words.methods(cells, "energy_node_kwh_per_1000")), "left", layout)
    for home, right in others:
        _readings(right, rows, readings)
        _legend(home, [style.handle(*READINGS[column]) for column in readings], "right", layout)
    for axes in figure.axes:
        axes.set_ylim(len(rows) - 0.4, -0.6)
    names = [_name(row) for row in rows.to_dict("records")]
    for axes in figure.axes if layout.narrow else [left]:
        axes.set_yticks(range(len(rows)), names)
    return Drawn(notes.note(tables, cells, study, notes.left_out(missing, "bar")), figure)


FIGURE = StudyFigure(
    title="What the logged energy is made of",
    caption=(
        "Shares of the node's energy, over the selected cells of a task, and what the same runs would read with "
        "another scope or model. What GPUs draw without work is not logged: the lowest mean power of a load or transfer "
        "window stands for it, where the mapping says so; its range over the days is in tables/decomposition.csv."
    ),
    tables=("decomposition", "cells", "provenance"),
    draw=draw,
)


def _panels(body: Figure, layout: style.Layout, count: int) -> list[tuple[Home, Axes]]:
    """The shares' panel and the other readings', each with its home: side by side, in one column one below the other."""
    if layout.narrow:
        return [(home, home.subplots()) for home in body.subfigures(count, 1, squeeze=False).flat]
    grid = body.subplots(1, count, sharey=True, squeeze=False, width_ratios=[1.7, 1.0][:count])
    return [(body, axes) for axes in grid.flat]


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Task-specific tasks in ascending order of their energy, then multi-purpose ones, then the row over all."""
    of_all = (rows["level"] == "all").astype(int)
    multi = (rows["purpose"] == "multi-purpose").astype(int)
    keyed = rows.assign(of_all=of_all, multi=multi)
    return keyed.sort_values(["of_all", "multi", "energy_kwh_per_1000"], kind="stable").reset_index(drop=True)


def _unsplit(rows: pd.DataFrame) -> "pd.Series[float]":
    """The GPUs' share where the logs do not tell idle from work; missing where they do, or without GPUs."""
    rest = 1 - rows["ram_share"] - rows["cpu_share"]
    return rest.where(rows["gpu_idle_share"].isna() & (rest > _ROUNDING))


def _nothing(study: ResolvedStudy, count: int) -> str:
    if count == 0:
        return f"The study {study.config.study!r} has no selected cells with a value; tables/missing.csv says why."
    return "The logs lack the energy of a component, so that there are no shares of the node's energy."


def _name(row: dict[Hashable, Any]) -> str:
    if row["level"] == "all":
        return "all selected cells"
    task = palette.task_title(str(row["task"]))
    return f"{task} (multi)" if row["purpose"] == "multi-purpose" else task


def _bars(axes: Axes, rows: pd.DataFrame, least: float) -> None:
    """The stacked shares; one below `least` has no room for its number."""
    left = pd.Series(0.0, index=rows.index)
    for column, (_, colour, ink) in SHARES.items():
        known = rows[rows[column].notna()]
        if known.empty:
            continue
        bars = axes.barh(known.index, known[column], left=left[known.index], height=0.76, color=colour, linewidth=0)
        bars.set_label(column)
        texts = [f"{100 * share:.0f}" if share >= least else "" for share in known[column]]
        axes.bar_label(bars, texts, label_type="center", fontsize=style.SMALL_PT, color=ink)
        left = left + rows[column].fillna(0.0)
    axes.set(xlim=(0, 1), xlabel="share of the node's energy\nas logged (%)")
    _percent(axes)


def _readings(axes: Axes, rows: pd.DataFrame, columns: list[str]) -> None:
    for column in columns:
        known, (_, colour, marker) = rows[rows[column].notna()], READINGS[column]
        axes.scatter(known[column], known.index, s=20, marker=marker, color=colour, zorder=3).set_gid(column)
    axes.axvline(1, color=palette.BLACK, linewidth=0.8, gid="as logged")
    axes.set(xlim=(0, 1.04), xlabel="the same runs, read otherwise\n(% of the logged energy)")
    axes.tick_params(left=False)
    _percent(axes)


def _percent(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}"))
    axes.grid(False, axis="y")


def _share_handles(rows: pd.DataFrame, methods: dict[str, set[str]]) -> list[Patch]:
    """The legend of the shares that are drawn; RAM and CPU with their method."""
    return [
        Patch(color=colour, label=", ".join([name, *sorted(methods.get(name.lower(), ()))]))
        for column, (name, colour, _) in SHARES.items()
        if rows[column].notna().any()
    ]


def _legend(home: Home, handles: Sequence[Artist], side: Side, layout: style.Layout) -> None:
    """Below its panel: at its side, or in one column of a paper in the middle."""
    place: Place = "outside lower center"
    if not layout.narrow:
        place = "outside lower left" if side == "left" else "outside lower right"
    home.legend(
        handles=handles,
        loc=place,
        ncols=1 if side == "right" else 2 if layout.narrow else len(handles),
        handlelength=1.2,
    )
