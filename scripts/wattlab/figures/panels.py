"""What the figures with one panel per task or dataset share: points by structure and purpose, and their legend."""

import textwrap
from collections.abc import Sequence
from typing import Literal

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wattlab.figures import palette, strokes, style


def scatter(
    axes: Axes,
    rows: pd.DataFrame,
    x: str,
    y: str,
    low: str,
    high: str,
    stroke: strokes.Stroke = strokes.REPEATS,
    along: str = "y",
    area: str | None = None,
) -> None:
    """Points and lines along an axis with its limits, a collection per structure and purpose (gid `structure/purpose`).

    `area`: the column of the markers' areas (points squared), where they differ.
    """
    for names, group in rows.groupby(["structure", "purpose"], sort=True):
        structure, purpose = (str(name) for name in names)
        colour, marker = palette.STRUCTURE_COLOURS[structure], palette.PURPOSE_MARKERS[purpose]
        gid, across = f"{structure}/{purpose}", x if along == "y" else y
        kind = "range" if stroke is strokes.DATASETS else "interval"
        stroke.draw(axes, group[across], group[low], group[high], colour, f"{kind}/{gid}", along)
        face, edge, width = ("white", colour, 1.0) if purpose == "task-specific" else (colour, "white", 0.4)
        axes.scatter(
            group[x],
            group[y],
            s=18 if area is None else group[area],
            marker=marker,
            facecolors=face,
            edgecolors=edge,
            linewidths=width,
            zorder=3,
            gid=gid,
        )


#: Height of one of several panels one below the other (inches), and of what stands around a group of panels.
_PANEL_IN, _AROUND_IN = 1.35, 0.75

Share = bool | Literal["row", "col", "all", "none"]


def height_in(layout: style.Layout, count: int, side_by_side_in: float = 2.8) -> float:
    """Height of a figure's figure with so many panels (inches)."""
    return _AROUND_IN + _PANEL_IN * count if layout.narrow else side_by_side_in


def panels(figure: Figure, layout: style.Layout, count: int, sharex: Share = False) -> list[Axes]:
    """Panels with one y axis for all: side by side over two columns, one below the other in one."""
    rows, columns = (count, 1) if layout.narrow else (1, count)
    return list(figure.subplots(rows, columns, sharex=sharex, sharey=True, squeeze=False).flat)


def label(figure: Figure, axes: list[Axes], layout: style.Layout, x: str | None, y: str) -> None:
    """The y axis once for all panels; the x axis, where it has a name, of every panel that shows its numbers."""
    if layout.narrow:
        figure.supylabel(y, fontsize=axes[0].yaxis.label.get_fontsize())
    else:
        axes[0].set_ylabel(y)
    for one in axes[-1:] if layout.narrow else axes:
        one.set_xlabel(x or "")


def legend(figure: Figure, rows: pd.DataFrame, layout: style.Layout, lines: Sequence[Line2D]) -> None:
    """Structures by colour, purposes by marker and what the lines are, below the panels; only what is drawn."""
    structures = [name for name in palette.STRUCTURE_COLOURS if name in set(rows["structure"])]
    purposes = [name for name in palette.PURPOSE_MARKERS if name in set(rows["purpose"])]
    handles = [style.handle(name, palette.STRUCTURE_COLOURS[name], "s") for name in structures]
    handles += [
        style.handle(name, palette.GREY, palette.PURPOSE_MARKERS[name], hollow=name == "task-specific")
        for name in purposes
    ]
    place(figure, [*handles, *lines], layout)


#: Width of a legend's entry without its words and of a letter (inches); letters of a line with which two entries fit a column.
_ENTRY_IN, _LETTER_IN, _NARROW_LETTERS = 0.25, 0.058, 23


def place(figure: Figure, handles: Sequence[Artist], layout: style.Layout) -> None:
    """A legend below the panels, in as few rows as the width allows; in one column of a paper long words are broken."""
    handles = [*handles, *strokes.beyond_handle(figure)]
    if layout.narrow:
        for handle in handles:
            handle.set_label(textwrap.fill(" ".join(str(handle.get_label()).split()), _NARROW_LETTERS))
    longest = max(len(line) for handle in handles for line in str(handle.get_label()).splitlines())
    fitting = int(layout.width_in / (_ENTRY_IN + _LETTER_IN * longest))
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, min(len(handles), fitting, 6)))
