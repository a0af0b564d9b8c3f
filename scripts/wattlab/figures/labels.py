"""Places labels beside points so that none covers another label, a point or a line.

adjustText draws no such picture: to it a point has no size, and the line to a label may cross another label.
"""

from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from wattlab.figures import palette, style

#: Offsets to try (points), and the label's side that faces the point: near before far, right before left.
_OFFSETS = [
    (x * reach, y * reach, side)
    for reach in (1.0, 1.8, 2.8, 4.0, 5.5, 7.5)
    for (x, side), y in product(((5, "left"), (-5, "right"), (0, "center")), (0, 7, -7))
    if (x, y) != (0, 0)
]
#: A label further from its point than this gets a line to it; half the size of a point (both in points, 1/72 inch).
_NEAR_PT, _HALF_POINT_PT = 9.0, 3.0
#: Behind a text, so that a line under it does not cross its letters.
PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.4}


def place(figure: Figure, axes: Axes, x: list[float], y: list[float], texts: list[str]) -> None:
    """Label the points from the last to the first, each at the first offset where nothing is in the way, else the first.

    Points in ascending order of x leave the labels room on their right. The figure's layout is fixed by this.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    points, pixels = axes.transData.transform(np.column_stack([x, y])), figure.dpi / 72
    boxes = [Bbox([point - _HALF_POINT_PT * pixels, point + _HALF_POINT_PT * pixels]) for point in points]
    drawn = [line for line in axes.lines if line.get_linestyle() != "None" and line.get_alpha() == 1]
    lines = [line.get_transform().transform_path(line.get_path()) for line in drawn]
    for own, text in reversed(list(enumerate(texts))):
        label = axes.annotate(text, (x[own], y[own]), (0, 0), textcoords="offset points", va="center",
                              fontsize=style.SMALL_PT, bbox=PAPER, gid="label")  # fmt: skip
        for *offset, side in [*_OFFSETS, _OFFSETS[0]]:
            label.set(position=offset, horizontalalignment=side)
            box = label.get_window_extent()
            ends = np.clip(points, box.min, box.max)
            gaps = np.hypot(*(points - ends).T)
            is_far, leader = gaps[own] > _NEAR_PT * pixels, Path([points[own], ends[own]])
            crossed = [other for other in boxes if not other.contains(*points[own])] if is_far else []
            if (
                (is_far or gaps[own] == gaps.min())
                and Bbox.union([axes.bbox, box]).bounds == axes.bbox.bounds
                and not any(box.overlaps(other) for other in boxes)
                and not any(line.intersects_bbox(box, filled=False) for line in lines)
                and not any(leader.intersects_bbox(other, filled=False) for other in crossed)
            ):
                break
        boxes.append(box)
        if is_far:
            lines.append(leader)
            ends = axes.transData.inverted().transform(leader.vertices).T
            axes.plot(*ends, color=palette.GREY, linewidth=0.5, zorder=2, scalex=False, scaley=False, gid="leader")
