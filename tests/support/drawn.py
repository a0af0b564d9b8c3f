"""Figures drawn from hand-written tables, and what their axes hold."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from support import hand_tables
from wattlab.figures.figure import Drawn
from wattlab.figures.listing import FIGURES
from wattlab.figures.style import TWO_COLUMNS, Layout
from wattlab.foundation.members import load_member
from wattlab.tables.reading import Tables


def made(name: str, tables: Tables, layout: Layout = TWO_COLUMNS, **config: object) -> Drawn:
    """Picture and note, from those tables alone that the figure says it reads."""
    figure = load_member(FIGURES[name])
    found: Drawn = figure.draw({table: tables[table] for table in figure.tables}, hand_tables.study(**config), layout)
    return found


def drawn(name: str, tables: Tables, layout: Layout = TWO_COLUMNS, **config: object) -> Figure:
    """The picture; that there is one."""
    found = made(name, tables, layout, **config)
    assert isinstance(found.picture, Figure), found.note
    return found.picture


def note_of(name: str, tables: Tables, **config: object) -> str:
    """What the caption says of the rows of a picture."""
    found = made(name, tables, **config)
    assert found.picture
    return found.note


def reason(name: str, tables: Tables, **config: object) -> str:
    """Why there is no picture."""
    found = made(name, tables, **config)
    assert found.picture is None
    return found.note


def points(axes: Axes, gid: str) -> np.ndarray:
    """x and y of all collections of points of this name."""
    return np.concatenate([np.asarray(one.get_offsets()) for one in axes.collections if one.get_gid() == gid])


def gids(axes: Axes) -> set[str]:
    return {str(one.get_gid()) for one in axes.collections}
