"""What every figure says of itself. A figure is one module with one `FIGURE`, and one line in `listing`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Drawn:
    """What a figure's module makes of tables: what the caption says of these rows, and the picture (a matplotlib `Figure`).

    Without a picture there is nothing to see, and the note says why.
    """

    note: str
    picture: Any = None


@dataclass(frozen=True, kw_only=True)
class StudyFigure:
    """The facts of a figure; its name is that of its line in the listing.

    Title and caption are texts and not made of parts, since the listing reads them from the source. `tables` are those
    that it reads: it is drawn where a study has them. `draw(tables, study, layout)` gives a `Drawn`; None: as the
    listing reads it, without its module. `needs`: what of the configuration must not be empty for it to be drawn.
    """

    title: str
    caption: str
    tables: Sequence[str]
    draw: Callable[..., Drawn] | None = None
    needs: str | None = None
