"""What every table says of itself. A table is one module with one `TABLE`, and one line in its folder's `listing`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wattlab.tables.columns import frame


@dataclass(frozen=True, kw_only=True)
class Table:
    """The facts of a table; its name is that of its line in the listing.

    `row`: what one row is. `columns`: names in their order; the type follows from the name (a unit: a number) or from
    a mark (`columns.Whole`, `columns.Flag`). `build(evidence, built)` makes it from the evidence and the tables before
    it in the listing; None: a script of its own does. `shown`: the columns of the Markdown twin (None: all), `latex`
    those that fit a page of a paper, `page` those of the HTML page (both None: as `shown`). `for_people` picks the rows
    that the twins and the page show; the CSV has all.
    """

    title: str
    row: str
    columns: Sequence[str]
    build: Callable[..., pd.DataFrame] | None = None
    shown: Sequence[str] | None = None
    latex: Sequence[str] | None = None
    page: Sequence[str] | None = None
    for_people: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows

    def frame(self, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
        """Rows as the table, typed; a key that is no column raises `ValueError`, a key that a row lacks is missing."""
        return frame(rows, self.columns)
