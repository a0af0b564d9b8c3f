"""What a caption says of the rows that a figure shows, or of those that it lacks."""

import pandas as pd

from wattlab.figures import style
from wattlab.figures.figure import Drawn
from wattlab.foundation import wording
from wattlab.foundation.quantities import EMISSIONS, ENERGY
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import aggregates, words
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


def of_another(cells: pd.DataFrame) -> str | None:
    """Which models carry another one's energy; None where none does."""
    models = sorted(set(cells.loc[aggregates.of_another(cells), "model"]))
    return f"{', '.join(models)}: the energy is another model's, by the flag of its cells" if models else None


def note(tables: Tables, cells: pd.DataFrame, study: ResolvedStudy, *more: str | None, quantity: str = ENERGY) -> str:
    """Everything that a caption says of these cells, a sentence each; `quantity`: where it is not the headline's."""
    conditions = words.conditions(cells, study, tables["provenance"], quantity)
    return wording.sentences(f"{conditions}; grid {words.grid(cells)}", *more, of_another(cells))


def axis(
    unit: str, cells: pd.DataFrame, study: ResolvedStudy, quantity: str = ENERGY, layout: style.Layout | None = None
) -> str:
    """An axis' label: the unit, and in brackets how far the numbers are measured, since a picture travels without its caption.

    In short lines, but where a `layout` has room for the label along x.
    """
    weights = [short for name, (short, _) in words.GROUND["weights"].items() if name in set(cells["weights"])]
    separator = "\n" if layout is None or layout.narrow else " "
    how = f"energy {words.verdict(words.methods(cells, quantity))},{separator}{study.config.origin or ' and '.join(weights)}"
    return f"{unit}\n({study.config.no_result or how})"


def nothing(study: ResolvedStudy, wanted: pd.DataFrame, what: str) -> Drawn:
    """Why there is nothing to see: no such cells in the study, or none of them with a value."""
    if wanted.empty:
        return Drawn(f"The study {study.config.study!r} has no {what}.")
    if study.config.figures == "emissions" and (pd.to_numeric(wanted[EMISSIONS]) == 0).any():
        return Drawn(
            f"The study's grid is {study.grid.intensity_g_per_kwh:g} g/kWh: all emissions are 0, which a logarithmic axis can "
            "not show; `figures: energy` in the study's file shows energies."
        )
    return Drawn(f"None of the {len(wanted)} {what} has a value yet; tables/missing.csv says why.")


def alone(rows: pd.DataFrame, what: str) -> Drawn | None:
    """That there is one point and no other beside it, where that is so."""
    return Drawn(f"One {what} has a value: there is nothing to set it beside.") if len(rows) == 1 else None
