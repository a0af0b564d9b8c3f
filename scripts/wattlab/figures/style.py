"""The looks of all figures: sizes of a paper's columns, a colour-blind-safe palette, logarithmic axes, saving.

Importing this module chooses the Agg back end and the theme for the process.
"""

import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from wattlab.foundation.files import write_bytes


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

#: Smallest type at final size (points), and its characters in an inch, on the safe side.
SMALL_PT, LABEL_PT = 7, 7.5
CHARACTERS_PER_IN = 19
#: What stays free beside a sentence (inches).
FREE_IN = 0.2

#: Fewest numbers by which an axis can be read, and most that a narrow one has room for.
LEAST_TICKS, MOST_TICKS = 3, 6

PARAMETERS_LABEL = "parameters, as published"

_INK = "#262626"

#: The Latin letters and the signs of DejaVu Sans, without layout tables: a PDF takes a font of 700 kB apart at each save.
fontManager.addfont(Path(__file__).parent / "fonts" / "DejaVuSansLatin.ttf")

matplotlib.rcParams.update(
    {
        "font.family": ["DejaVu Sans Latin", "DejaVu Sans"],
        "font.size": SMALL_PT,
        "axes.labelsize": LABEL_PT,
        "axes.titlesize": 8,
        "xtick.labelsize": SMALL_PT,
        "ytick.labelsize": SMALL_PT,
        "legend.fontsize": SMALL_PT,
        "legend.title_fontsize": SMALL_PT,
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
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
        "legend.frameon": False,
        "legend.handletextpad": 0.6,
        "legend.columnspacing": 1.2,
        "pdf.fonttype": 42,
        # Text of an SVG stays text, and its ids the same at each call.
        "svg.fonttype": "none",
        "svg.hashsalt": "wattlab",
    },
)


def new_figure(layout: Layout, height_in: float) -> Figure:
    """A page to draw on, without title and footnote: those are the caption's."""
    return Figure(figsize=(layout.width_in, height_in), layout="constrained")


def sentence(reason: str, layout: Layout) -> Figure:
    """A page that says why there is nothing to see."""
    lines = textwrap.wrap(reason, int((layout.width_in - FREE_IN) * CHARACTERS_PER_IN))
    figure = Figure(figsize=(layout.width_in, 0.3 + 0.14 * len(lines)))
    figure.text(0.01, 0.5, "\n".join(lines), va="center", linespacing=1.25, gid="reason")
    return figure


def _plain_number(value: float, _position: int | None = None) -> str:
    return f"{value:,.10g}"


def _count(value: float, _position: int | None = None) -> str:
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def log_axis(axes: Axes, which: str, values: Sequence[float], counts: bool = False, room: float = 1.5) -> None:
    """Make the x or y axis logarithmic, with room (a factor) around the values and plain numbers at its ticks.

    `counts`: ticks as 10 M, 1 B. Values that are not positive have no place on it and do not count.
    """
    positive = [value for value in values if value > 0]
    low, high = min(positive), max(positive)
    room = max((high / low) ** 0.08, room)
    low, high = low / room, high * room
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    axis: Axis = getattr(axes, f"{which}axis")
    decades = math.floor(math.log10(high)) - math.ceil(math.log10(low)) + 1
    is_wide = decades >= LEAST_TICKS
    for subs in ((1.0,),) if is_wide else ((1.0, 2.0, 5.0), (1.0, 3.0)):
        axis.set_major_locator(LogLocator(base=10, subs=subs, numticks=12))
        shown = sum(low <= tick <= high for tick in axis.get_majorticklocs())
        if shown <= MOST_TICKS:
            break
    if shown < LEAST_TICKS:
        axis.set_major_locator(MaxNLocator(4))  # within less than a decade powers of ten leave one number, or none
    axis.set_major_formatter(FuncFormatter(_count if counts else _plain_number))
    axis.set_minor_locator(NullLocator())
    if is_wide:
        _minor_ticks(axes, which, low, high)


def _minor_ticks(axes: Axes, which: str, low: float, high: float) -> None:
    """The ticks between the powers of ten of an axis, as one artist: matplotlib's own cost more than all else in a figure."""
    at = [
        step * 10.0**power
        for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
        for step in range(2, 10)
    ]
    shown = [value for value in at if low <= value <= high]
    places, marker, transform = (
        ((shown, [0] * len(shown)), TICKDOWN, axes.get_xaxis_transform())
        if which == "x"
        else (([0] * len(shown), shown), TICKLEFT, axes.get_yaxis_transform())
    )
    axes.plot(*places, marker=marker, transform=transform, linestyle="", color=_INK, markersize=2, markeredgewidth=0.5, clip_on=False, scalex=False, scaley=False)  # fmt: skip


def value_axis(axes: Axes, which: str, values: Sequence[float]) -> None:
    """Logarithmic where the magnitudes differ (a factor of 10 and more), else linear from 0."""
    positive = [value for value in values if value > 0]
    if max(positive) >= 10 * min(positive):
        log_axis(axes, which, positive)
    else:
        getattr(axes, f"set_{which}lim")(0, 1.12 * max(positive))
        axis: Axis = getattr(axes, f"{which}axis")
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(_plain_number))


def handle(label: str, colour: str, marker: str, hollow: bool = False, size: float = 4.5) -> Line2D:
    """A legend's entry: a marker without a line."""
    return Line2D(
        [],
        [],
        linestyle="",
        marker=marker,
        markersize=size,
        color=colour,
        label=label,
        markerfacecolor="white" if hollow else colour,
    )


def parameters(count: float) -> str:
    """A number of parameters with three digits: '248 M'."""
    return _count(float(f"{count:.3g}"))


def save(figure: Figure, folder: Path, name: str, title: str, text: str) -> None:
    """Write `{name}.pdf`, `.png` and `.svg`, whole or not at all, the same bytes for the same figure.

    Title and caption go with each as its metadata. Laid out once, for all three.
    """
    if engine := figure.get_layout_engine():
        engine.execute(figure)
        figure.set_layout_engine(None)  # with any other one, each save draws once more to lay out
    kinds: dict[str, dict[str, Any]] = {
        "pdf": {"metadata": {"Title": title, "Subject": text, "CreationDate": None}},
        "png": {"metadata": {"Title": title, "Description": text}, "dpi": 300},
        "svg": {"metadata": {"Title": title, "Description": text, "Date": None}},
    }
    for kind, options in kinds.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, **options)
        write_bytes(folder / f"{name}.{kind}", buffer.getvalue())
