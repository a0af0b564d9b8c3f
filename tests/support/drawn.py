"""Figures drawn from hand-written tables, and what their axes hold."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from support import hand_tables
from wattlab.figures.listing import FIGURES
from wattlab.figures.style import TWO_COLUMNS, Layout
from wattlab.foundation.members import load_member
from wattlab.tables.reading import Tables


def drawn(name: str, tables: Tables, layout: Layout = TWO_COLUMNS, **config: object) -> Figure:
    """The figure, from those tables alone that it says it reads."""
    figure = load_member(FIGURES[name])
    return figure.draw({table: tables[table] for table in figure.tables}, hand_tables.study(**config), layout)


def points(axes: Axes, gid: str) -> np.ndarray:
    """x and y of a collection of points."""
    (found,) = [one for one in axes.collections if one.get_gid() == gid]
    return np.asarray(found.get_offsets())


def gids(axes: Axes) -> set[str]:
    return {str(one.get_gid()) for one in axes.collections}


def text_of(figure: Figure, gid: str) -> str:
    (found,) = [text for text in figure.findobj(matplotlib.text.Text) if text.get_gid() == gid]
    return " ".join(found.get_text().split())
