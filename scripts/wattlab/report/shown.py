"""Tables as the page shows them: the columns of the Markdown twin, rounded numbers, grams that follow the grid."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from wattlab.foundation.members import load_member
from wattlab.paper import listing as of_logs
from wattlab.quality import listing as of_answers
from wattlab.report.numbers import grams, value_text
from wattlab.tables import listing as of_studies
from wattlab.tables.columns import Table

#: Rows of a table that the page shows; the rest is in the CSV.
MOST_ROWS = 400

#: An emission's column is its energy's with another unit, of so many grams.
_TWINS = {"emissions_g_per_1000": ("energy_kwh_per_1000", 1.0), "emissions_kg": ("energy_kwh", 1000.0)}


@dataclass(frozen=True)
class ShownTable:
    """A table as text: header, rows and which columns are numbers."""

    name: str
    title: str
    columns: list[str]
    numeric: list[bool]
    rows: list[list[str | Markup]]
    n_hidden: int


def shown(name: str, table: pd.DataFrame, intensity_g_per_kwh: float, most: int = MOST_ROWS) -> ShownTable:
    """A table for people: the columns of its Markdown twin, rounded numbers, at most `most` rows."""
    declared = _declared(name)
    wanted = declared.page or declared.shown or table.columns
    columns = [column for column in wanted if column in table.columns]
    table = declared.for_people(table)
    rows = table.head(most).to_dict("records")
    return ShownTable(
        name=name,
        title=declared.title.replace("`", ""),
        columns=columns,
        numeric=[_is_number(table[column]) for column in columns],
        rows=[[_cell(row, column, intensity_g_per_kwh) for column in columns] for row in rows],
        n_hidden=len(table) - len(rows),
    )


def _declared(name: str) -> Table:
    """What a table says of itself; of one that no folder lists (an import's) its name."""
    target = {**of_studies.TABLES, **of_studies.OF_FLOPS, **of_answers.TABLES, **of_logs.TABLES}.get(name)
    if target is not None:
        table: Table = load_member(target)
        return table
    return Table(title=name.replace("_", " "), row="", columns=())


def _cell(row: dict[Hashable, Any], column: str, intensity_g_per_kwh: float) -> str | Markup:
    """The value's text; an emission is marked with its energy, so that it follows the chosen grid."""
    text = value_text(row[column], column)
    for ending, (twin, per_g) in _TWINS.items():
        energy = column.removesuffix(ending) + twin
        if text and column.endswith(ending) and energy in row and pd.notna(row[energy]):
            return grams(float(row[energy]), intensity_g_per_kwh, per_g)
    return text


def _is_number(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
