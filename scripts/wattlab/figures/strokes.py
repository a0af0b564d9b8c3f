"""Lines through points. One kind of line for one meaning in all figures, and the legend's words of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wattlab.figures import palette
from wattlab.foundation.quantities import INTERVALS

#: What marks the end of a line that goes on below all that the axis shows.
_BEYOND = {"y": "v", "x": "<"}
_BEYOND_WORDS = "goes on below the axis"


@dataclass(frozen=True)
class Stroke:
    """A kind of line: what it means, and how it looks."""

    words: str
    line: Any
    width: float
    alpha: float = 1.0

    def draw(
        self,
        axes: Axes,
        at: Iterable[float],
        low: Iterable[float],
        high: Iterable[float],
        colour: str,
        gid: str,
        along: str = "y",
    ) -> None:
        """Lines from low to high along an axis that has its limits; a missing bound draws nothing.

        A bound below the axis, as 0 is below a logarithmic one, is drawn to the edge, and marked there.
        """
        known = pd.DataFrame({"at": list(at), "low": list(low), "high": list(high)}).dropna()
        if known.empty:
            return
        edge = min(getattr(axes, f"get_{along}lim")())
        is_beyond = (known["low"] <= 0) | (known["low"] < edge)
        beyond, ends = known[is_beyond], known["low"].mask(is_beyond, edge)
        lines = axes.vlines if along == "y" else axes.hlines
        lines(known["at"], ends, known["high"], colors=colour, linestyles=self.line, linewidth=self.width, alpha=self.alpha, zorder=2).set_gid(gid)  # fmt: skip
        if len(beyond):
            at_edge = [edge] * len(beyond)
            x, y = (beyond["at"], at_edge) if along == "y" else (at_edge, beyond["at"])
            axes.scatter(x, y, s=14, marker=_BEYOND[along], color=colour, linewidths=0, clip_on=False, zorder=3, label=_BEYOND[along]).set_gid(f"beyond/{gid}")  # fmt: skip

    def handles(self, rows: pd.DataFrame, low: str, high: str) -> list[Line2D]:
        """The legend's entry: what the lines are, where one is drawn."""
        ends = rows[[low, high]].dropna()
        if not (ends[low] < ends[high]).any():
            return []
        return [Line2D([], [], linestyle=self.line, linewidth=self.width, alpha=self.alpha, color="#444444", label=self.words)]  # fmt: skip


def beyond_handle(figure: Figure) -> list[Line2D]:
    """The legend's entry of the mark at a line's end, where one is drawn."""
    drawn = [one for axes in figure.axes for one in axes.collections if str(one.get_gid()).startswith("beyond/")]
    return [
        Line2D([], [], linestyle="", marker=str(one.get_label()), markersize=4, color="#444444", label=_BEYOND_WORDS)
        for one in drawn[:1]
    ]


#: Over the models of a task.
MODELS = Stroke(INTERVALS["tasks"].short, "-", 3.2, 0.45)
#: Over the repeats, of a cell or of a fixed set of cells.
REPEATS = Stroke(f"{INTERVALS['cells'].short}\n(not seen: smaller than its marker)", "-", 0.9)
#: No statistic: from the lowest to the highest value over datasets.
DATASETS = Stroke("lowest to highest dataset", (0, (1, 1.2)), 1.1)
#: One standard deviation to each side.
DEVIATION = Stroke("± standard deviation\nover all repeats", (0, (4, 1.2, 1, 1.2)), 0.8)


#: The colour, width and words of a frontier.
_FRONTIER: dict[str, Any] = {"color": palette.BLACK, "linewidth": 1.3, "alpha": 0.45}
_FRONTIER_WORDS = "frontier: no cheaper model\nhas as high a score"


def frontier(axes: Axes, rows: pd.DataFrame, x: str, y: str) -> None:
    """A stepped line through these rows, in ascending order of x, and on to the edge of an axis that has its limits."""
    axes.plot([*rows[x], axes.get_xlim()[1]], [*rows[y], rows[y].iloc[-1]], drawstyle="steps-post", zorder=1.5,
              scalex=False, scaley=False, gid="frontier", **_FRONTIER)  # fmt: skip


def frontier_handle() -> Line2D:
    """The legend's entry of a frontier."""
    return Line2D([], [], label=_FRONTIER_WORDS, **_FRONTIER)


def reference(axes: Axes, x: list[float], y: list[float], gid: str, faint: bool = False) -> None:
    """A dashed line, where both sides are equal or one so many times the other; the limits of the axes stay."""
    axes.plot(x, y, linestyle="--", color=palette.GREY, linewidth=0.8, zorder=1, scalex=False, scaley=False, alpha=0.45 if faint else 1.0, gid=gid)  # fmt: skip
