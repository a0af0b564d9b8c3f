"""The looks of all figures: sizes of a paper's columns, a colour-blind-safe palette, logarithmic axes, saving.

Importing this module chooses the Agg back end and the theme for the process.
"""

import io
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib
import pandas as pd
import seaborn as sns

matplotlib.use("Agg")

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from wattlab.foundation.files import write_bytes
from wattlab.foundation.quantities import EMISSIONS, QUANTITIES


@dataclass(frozen=True)
class Layout:
    """A width to draw for, in inches; `suffix` is what the file's name ends in."""

    suffix: str
    width_in: float

    @property
    def narrow(self) -> bool:
        """One column of a paper: panels stand one below the other, long names are turned or broken."""
        return self.width_in < 5


TWO_COLUMNS = Layout("", 7.0)
ONE_COLUMN = Layout("_column", 3.3)
#: Every figure is drawn for each of them.
LAYOUTS = (TWO_COLUMNS, ONE_COLUMN)

#: Smallest type at final size (points).
SMALL_PT = 7
TITLE_PT = 9
#: Characters in an inch of the footnote's type and of the title's, on the safe side, and what stays free beside them.
CHARACTERS_PER_IN, TITLE_CHARACTERS_PER_IN, FREE_IN = 19, 11.5, 0.2

Stroke = Literal["-", ":"]
#: One line for one thing: a solid one is a 95 % interval, a dotted one a range from the lowest to the highest value.
INTERVAL: Stroke = "-"
RANGE: Stroke = ":"

#: Fewest numbers by which an axis can be read.
LEAST_TICKS = 3

EMISSIONS_LABEL = QUANTITIES[EMISSIONS].unit
PARAMETERS_LABEL = "parameters, as published"

sns.set_theme(
    context="paper",
    style="ticks",
    rc={
        "font.family": "DejaVu Sans",
        "font.size": SMALL_PT,
        "axes.labelsize": 7.5,
        "axes.titlesize": 8,
        "xtick.labelsize": SMALL_PT,
        "ytick.labelsize": SMALL_PT,
        "legend.fontsize": SMALL_PT,
        "legend.title_fontsize": SMALL_PT,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.grid": True,
        "axes.grid.which": "major",
        "grid.linewidth": 0.4,
        "grid.color": "#E3E3E3",
        "axes.axisbelow": True,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "pdf.fonttype": 42,
        "figure.constrained_layout.use": False,
    },
)


def new_figure(title: str, note: str, layout: Layout, height_in: float) -> tuple[Figure, SubFigure]:
    """A figure and its body: the title and everything drawn go into the body, the footnote stands below it."""
    lines = textwrap.wrap(note, width=int((layout.width_in - FREE_IN) * CHARACTERS_PER_IN))
    note_in = 0.14 * len(lines) + 0.08
    figure = Figure(figsize=(layout.width_in, height_in + note_in), layout="constrained")
    body, foot = figure.subfigures(2, 1, height_ratios=[height_in, note_in], hspace=0, squeeze=False)[:, 0]
    body.suptitle(_title(title, layout), x=0.01, ha="left", fontsize=TITLE_PT, fontweight="bold")
    foot.text(
        0.01,
        0.9,
        "\n".join(lines),
        ha="left",
        va="top",
        fontsize=SMALL_PT,
        color="#444444",
        linespacing=1.25,
        gid="footnote",
    )
    return figure, body


def _title(title: str, layout: Layout) -> str:
    return textwrap.fill(title, int((layout.width_in - FREE_IN) * TITLE_CHARACTERS_PER_IN))


def plain_page(title: str, reason: str, layout: Layout) -> Figure:
    """A page that says why there is nothing to draw."""
    figure = Figure(figsize=(layout.width_in, 1.4))
    figure.suptitle(_title(title, layout), x=0.01, ha="left", fontsize=TITLE_PT, fontweight="bold")
    lines = textwrap.wrap(reason, int((layout.width_in - FREE_IN) * CHARACTERS_PER_IN))
    figure.text(0.01, 0.5, "\n".join(lines), va="top", fontsize=SMALL_PT, gid="reason")
    return figure


def _plain_number(value: float, _position: int | None = None) -> str:
    return f"{value:,.10g}"


def _count(value: float, _position: int | None = None) -> str:
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def log_axis(axes: Axes, which: str, values: list[float], counts: bool = False, room: float = 1.5) -> None:
    """Make the x or y axis logarithmic, with room (a factor) around the values and plain numbers at its ticks.

    `counts`: ticks as 10 M, 1 B.
    """
    positive = [value for value in values if value > 0]
    low, high = min(positive), max(positive)
    room = max((high / low) ** 0.08, room)
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low / room, high * room)
    axis: Axis = getattr(axes, f"{which}axis")
    wide = high / low * room**2 > 300
    axis.set_major_locator(LogLocator(base=10, subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=12))
    if sum(low / room <= tick <= high * room for tick in axis.get_majorticklocs()) < LEAST_TICKS:
        axis.set_major_locator(MaxNLocator(4))  # within less than a decade powers of ten leave one number, or none
    axis.set_major_formatter(FuncFormatter(_count if counts else _plain_number))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(LogLocator(base=10, subs="auto") if wide else NullLocator())


def value_axis(axes: Axes, which: str, values: list[float]) -> None:
    """Logarithmic where the magnitudes differ (a factor of 10 and more), else linear from 0."""
    if max(values) >= 10 * min(values):
        log_axis(axes, which, values)
    else:
        getattr(axes, f"set_{which}lim")(0, 1.12 * max(values))
        axis: Axis = getattr(axes, f"{which}axis")
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(_plain_number))


def interval(
    axes: Axes, x: list[float], low: list[float], high: list[float], colour: str, gid: str, line: Stroke = INTERVAL
) -> None:
    """Vertical lines from low to high, drawn as what they are; a missing bound draws nothing."""
    known = [(a, b, c) for a, b, c in zip(x, low, high, strict=True) if pd.notna(b) and pd.notna(c)]
    if known:
        at, lows, highs = zip(*known, strict=True)
        strokes = axes.vlines(at, lows, highs, colors=colour, linestyles=line, linewidth=0.9, alpha=0.8, zorder=2)
        strokes.set_gid(gid)


def handle(label: str, colour: str, marker: str, hollow: bool = False) -> Line2D:
    """A legend's entry: a marker without a line."""
    return Line2D(
        [],
        [],
        linestyle="",
        marker=marker,
        markersize=4.5,
        color=colour,
        label=label,
        markerfacecolor="white" if hollow else colour,
    )


def line_handle(label: str, line: Stroke) -> Line2D:
    """A legend's entry for the lines through the points."""
    return Line2D([], [], linestyle=line, linewidth=0.9, color="#444444", label=label)


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write `{name}.pdf` and `{name}.png`, whole or not at all, the same bytes for the same figure."""
    for kind, options in (("pdf", {"metadata": {"CreationDate": None}}), ("png", {"dpi": 300})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, **options)
        write_bytes(folder / f"{name}.{kind}", buffer.getvalue())


def parameters(count: float) -> str:
    """A number of parameters with three digits: '248 M'."""
    return _count(float(f"{count:.3g}"))
