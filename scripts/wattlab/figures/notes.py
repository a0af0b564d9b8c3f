"""What stands below a figure, or in its place."""

import pandas as pd

from wattlab.foundation import wording
from wattlab.foundation.quantities import EMISSIONS, ENERGY
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.reading import Tables


def left_out(number: int, of: str = "cell") -> str | None:
    """'3 cells without a value are left out', or None where there is none."""
    return f"{wording.count(number, of)} without a value {'is' if number == 1 else 'are'} left out" if number else None


def one_purpose(cells: pd.DataFrame) -> str | None:
    """Says so where a figure that compares purposes shows only one."""
    purposes = set(cells["purpose"])
    return None if len(purposes) > 1 else f"only {purposes.pop()} cells have a value"


def lines(table: str, rows: pd.DataFrame) -> str | None:
    """What the lines through the points are; None where none is drawn."""
    said = words.interval(table, rows)
    return f"lines: {said}" if said else None


def footnote(
    tables: Tables, cells: pd.DataFrame, study: ResolvedStudy, *more: str | None, quantity: str = ENERGY
) -> str:
    """Everything that stands below a figure of these cells, a sentence each; `quantity`: where it is not the headline's."""
    conditions = words.conditions(cells, study, tables["provenance"], quantity)
    return wording.sentences(f"{conditions}; grid {words.grid(cells)}", *more)


def nothing_because(study: ResolvedStudy, wanted: pd.DataFrame, what: str) -> str:
    """Why a figure has nothing to show: no such cells in the study, or none of them with a value."""
    if wanted.empty:
        return f"The study {study.config.study!r} has no {what}."
    if (pd.to_numeric(wanted[EMISSIONS]) == 0).any():
        return f"The study's grid is {study.grid.intensity_g_per_kwh:g} g/kWh: all emissions are 0, which a logarithmic axis can not show."
    return f"None of the {len(wanted)} {what} has a value yet; tables/missing.csv says why."
