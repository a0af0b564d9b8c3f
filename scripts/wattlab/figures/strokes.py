"""Lines through points. One kind of line for one meaning in all figures, and the legend's words of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wattlab.figures import palette
from wattlab.foundation.quantities import INTERVALS

#: What marks the end of a line that would go on below all that the axis shows.
_BEYOND = {"y": "v", "x": "<"}
_BEYOND_WORDS = "goes down to 0 or below"


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

        A bound at 0 or below, which a logarithmic axis has not, is drawn to the edge, and marked there.
        """
        known = pd.DataFrame({"at": list(at), "low": list(low), "high": list(high)}).dropna()
        if known.empty:
            return
        edge = min(getattr(axes, f"get_{along}lim")())
        is_beyond = known["low"] <= 0
        beyond, ends = known[is_beyond], known["low"].mask(is_beyond, edge)
        lines = axes.vlines if along == "y" else axes.hlines
        lines(known["at"], ends, known["high"], colors=colour, linestyles=self.line, linewidth=self.width, alpha=self.alpha, zorder=2).set_gid(gid)  # fmt: skip
        if len(beyond):
            at_edge = [edge] * len(beyond)
            x, y = (beyond["at"], at_edge) if along == "y" else (at_edge, beyond["at"])
            axes.scatter(x, y, s=14, marker=_BEYOND[along], color=colour, linewidths=0, clip_on=False, zorder=3).set_gid(f"beyond/{gid}")  # fmt: skip

    def handles(self, rows: pd.DataFrame, low: str, high: str, along: str = "y") -> list[Line2D]:
        """The legend's entries: what the lines are, where one is drawn, and the mark, where there is one."""
        ends = rows[[low, high]].dropna()
        if not (ends[low] < ends[high]).any():
            return []
        line = Line2D([], [], linestyle=self.line, linewidth=self.width, alpha=self.alpha, color="#444444", label=self.words)  # fmt: skip
        mark = Line2D([], [], linestyle="", marker=_BEYOND[along], markersize=4, color="#444444", label=_BEYOND_WORDS)
        return [line, mark] if (ends[low] <= 0).any() else [line]


#: Over the models of a task.
MODELS = Stroke(INTERVALS["tasks"].short, "-", 3.2, 0.45)
#: Over the repeats, of a cell or of a fixed set of cells.
REPEATS = Stroke(f"{INTERVALS['cells'].short}\n(not seen: smaller than its marker)", "-", 0.9)
#: No statistic: from the lowest to the highest value over datasets.
DATASETS = Stroke("lowest to highest dataset", (0, (1, 1.2)), 1.1)
#: One standard deviation to each side.
DEVIATION = Stroke("± standard deviation\nover all repeats", (0, (4, 1.2, 1, 1.2)), 0.8)


def reference(axes: Axes, x: list[float], y: list[float], gid: str, faint: bool = False) -> None:
    """A dashed line, where both sides are equal or one so many times the other; the limits of the axes stay."""
    axes.plot(x, y, linestyle="--", color=palette.GREY, linewidth=0.8, zorder=1, scalex=False, scaley=False, alpha=0.45 if faint else 1.0, gid=gid)  # fmt: skip
