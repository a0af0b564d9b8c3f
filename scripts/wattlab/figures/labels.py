"""Places labels beside points so that none covers another label, a point or a line."""

import math
import random
from dataclasses import dataclass
from itertools import product

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from wattlab.figures import palette, style

#: Offsets to try (points), and the label's side that faces the point: near before far, right before left.
_OFFSETS = [
    (x * reach, y * reach, side)
    for reach in (1.0, 1.8, 2.8, 4.0, 5.5)
    for (x, side), y in product(((5, "left"), (-5, "right"), (0, "center")), (0, 7, -7))
    if (x, y) != (0, 0)
]
#: What a line through a label costs, in square pixels.
_CROSSING = 2_000.0
#: What a label costs that is nearer to another point than to its own, in square pixels.
_AMBIGUOUS = 20.0
#: Orders of placing that are tried until one has nothing in the way.
_ATTEMPTS = 12

Spot = tuple[float, float, str]


@dataclass
class _Scene:
    """Points, the sizes of their labels, and what must stay uncovered, all in pixels."""

    points: list[tuple[float, float]]
    sizes: list[tuple[float, float]]
    scale: float
    frame: Bbox
    marks: list[Bbox]
    lines: list[Path]

    def box(self, index: int, spot: Spot) -> Bbox:
        """Where the label of a point would lie."""
        (x, y), (width, height) = self.points[index], self.sizes[index]
        x0 = x + spot[0] * self.scale - {"left": 0.0, "center": width / 2, "right": width}[spot[2]]
        return Bbox.from_bounds(x0, y + spot[1] * self.scale - height / 2, width, height)

    def leader(self, index: int, spot: Spot) -> Path | None:
        """The line from a point to the nearest place of its label; None for one so near that it needs none."""
        if abs(spot[0]) <= 9 and abs(spot[1]) <= 11:
            return None
        box, (x, y) = self.box(index, spot), self.points[index]
        return Path([(x, y), (min(max(x, box.x0), box.x1), min(max(y, box.y0), box.y1))])


def place(figure: Figure, axes: Axes, x: list[float], y: list[float], texts: list[str]) -> list[Annotation]:
    """Annotate each point, the same way for the same data; the labels in the order of the points.

    A label that ends up away from its point gets a thin line to it. The figure's layout is fixed by this.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    scene = _scene(figure, axes, x, y, texts)
    spots = _best_spots(scene)
    inverse = axes.transData.inverted()
    for index, spot in enumerate(spots):
        line = scene.leader(index, spot)
        if line is not None:
            ends = inverse.transform(line.vertices)
            axes.plot(ends[:, 0], ends[:, 1], color=palette.GREY, linewidth=0.5, zorder=2, scalex=False, scaley=False,
                      gid="leader")  # fmt: skip
    return [
        axes.annotate(
            text,
            at,
            xytext=spot[:2],
            textcoords="offset points",
            ha=spot[2],
            va="center",
            fontsize=style.SMALL_PT,
            gid="label",
        )  # fmt: skip
        for text, at, spot in zip(texts, zip(x, y, strict=True), spots, strict=True)
    ]


def _scene(figure: Figure, axes: Axes, x: list[float], y: list[float], texts: list[str]) -> _Scene:
    scale = figure.dpi / 72
    points = [(float(a), float(b)) for a, b in axes.transData.transform(list(zip(x, y, strict=True)))]
    sizes = []
    for text in texts:
        probe = axes.text(x[0], y[0], text, fontsize=style.SMALL_PT)
        extent = probe.get_window_extent()
        probe.remove()
        sizes.append((float(extent.width), float(extent.height)))
    marks = [Bbox.from_bounds(a - 3 * scale, b - 3 * scale, 6 * scale, 6 * scale) for a, b in points]
    lines = [line.get_transform().transform_path(line.get_path()) for line in axes.lines]
    return _Scene(points, sizes, scale, axes.get_window_extent(), marks, lines)


def _best_spots(scene: _Scene) -> list[Spot]:
    """The spots of the first order of placing with nothing in the way, or of the order with the least."""
    order = sorted(range(len(scene.points)), key=lambda index: scene.points[index])
    shuffle = random.Random(0)
    best: tuple[float, dict[int, Spot]] | None = None
    for _ in range(_ATTEMPTS):
        cost, spots = _in_order(scene, order)
        if best is None or cost < best[0]:
            best = (cost, spots)
        if cost == 0:
            break
        order = shuffle.sample(order, len(order))
    assert best is not None
    return [best[1][index] for index in range(len(scene.points))]


def _in_order(scene: _Scene, order: list[int]) -> tuple[float, dict[int, Spot]]:
    """Place one label after the other, each at the first spot that is free or else the one least in the way."""
    boxes, lines, total = list(scene.marks), list(scene.lines), 0.0
    spots: dict[int, Spot] = {}
    for index in order:
        cost, spot = float("inf"), _OFFSETS[0]
        for candidate in _OFFSETS:
            found = _cost(scene, index, candidate, boxes, lines)
            if found < cost:
                cost, spot = found, candidate
            if cost == 0:
                break
        spots[index], total = spot, total + cost
        boxes.append(scene.box(index, spot))
        leader = scene.leader(index, spot)
        lines += [] if leader is None else [leader]
    return total, spots


def _cost(scene: _Scene, index: int, spot: Spot, boxes: list[Bbox], lines: list[Path]) -> float:
    """What stands in the way of a label (square pixels); 0 where nothing does."""
    box, leader = scene.box(index, spot), scene.leader(index, spot)
    cost = sum(_shared(box, other) for other in boxes) + 4 * (box.width * box.height - _shared(box, scene.frame))
    cost += _CROSSING * sum(line.intersects_bbox(box, filled=False) for line in lines)
    if leader is None and min(range(len(scene.marks)), key=lambda at: _gap(box, scene.points[at])) != index:
        cost += _AMBIGUOUS
    if leader is not None:
        others = [other for other in boxes if other is not scene.marks[index]]
        cost += _CROSSING * sum(leader.intersects_bbox(other, filled=False) for other in others)
    return cost


def _gap(box: Bbox, point: tuple[float, float]) -> float:
    """Distance from a point to a box (pixels); 0 inside."""
    x, y = point
    return math.hypot(x - min(max(x, box.x0), box.x1), y - min(max(y, box.y0), box.y1))


def _shared(box: Bbox, other: Bbox) -> float:
    """Area in common, square pixels."""
    common = Bbox.intersection(box, other)
    return 0.0 if common is None else common.width * common.height
