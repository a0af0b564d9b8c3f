"""From the cells' table to what a figure shows: selected cells only, missing values left out and counted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from wattlab.foundation.quantities import EMISSIONS, ENERGY, QUANTITIES
from wattlab.study.cells import ResolvedStudy


@dataclass(frozen=True)
class Measure:
    """The column of `cells` that a figure shows."""

    column: str

    @property
    def low(self) -> str:
        """Column of the interval's lower bound."""
        return f"ci95_low_{self.column}"

    @property
    def high(self) -> str:
        """Column of its upper one."""
        return f"ci95_high_{self.column}"

    @property
    def unit(self) -> str:
        """`kWh per 1,000 inferences`."""
        return QUANTITIES[self.column].unit


OF_ENERGY, OF_EMISSIONS = Measure(ENERGY), Measure(EMISSIONS)


def measure(study: ResolvedStudy) -> Measure:
    """What the study wants its figures to show: energy or emissions."""
    return {"energy": OF_ENERGY, "emissions": OF_EMISSIONS}[study.config.figures]


def shared_tasks(cells: pd.DataFrame) -> tuple[str, ...]:
    """The tasks that multi-purpose models are asked, in the order of the cells."""
    asked = cells["purpose"] == "multi-purpose"
    return tuple(dict.fromkeys(cells["task"][asked]))


def chosen(cells: pd.DataFrame, purpose: str | None = None, tasks: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The selected cells of a purpose and of tasks, with and without a value."""
    mask = cells["selected"].astype(bool)
    if purpose is not None:
        mask &= cells["purpose"] == purpose
    if tasks is not None:
        mask &= cells["task"].isin(tasks)
    return cells[mask]


def with_values(rows: pd.DataFrame, *needed: str) -> tuple[pd.DataFrame, int]:
    """The rows whose needed columns all hold a positive number (the axes are logarithmic), and how many do not."""
    mask = (rows[list(needed)].apply(pd.to_numeric) > 0).all(axis=1)
    return rows[mask], int((~mask).sum())


def by_model(cells: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row per task, model and purpose: mean, least and greatest value of a column over its cells.

    Columns: task, model, purpose, structure, modality, parameters_as_published, mean, low, high, n_cells.
    """
    keys = ["task", "model", "purpose", "structure", "modality", "parameters_as_published"]
    grouped = cells.groupby(keys, dropna=False, sort=True)[column]
    return grouped.agg(mean="mean", low="min", high="max", n_cells="size").reset_index()


def swarm(values: Sequence[float], touching: float, lane: float) -> list[float]:
    """Offsets (0, one lane down, one up; then again) by which values beside one another do not cover each other.

    Values are on the scale of the axis; those closer than `touching` get different lanes as long as one is free.
    """
    offsets = [0.0] * len(values)
    placed: list[int] = []
    for own in sorted(range(len(values)), key=values.__getitem__):
        near = [offsets[other] for other in placed if values[own] - values[other] < touching]
        offsets[own] = min((0.0, -lane, lane, -2 * lane), key=near.count)
        placed.append(own)
    return offsets


def frontier(rows: pd.DataFrame, cost: str, worth: str) -> pd.DataFrame:
    """The rows than which no cheaper one is worth as much, in ascending order of both."""
    ascending = rows.sort_values([cost, worth], ascending=[True, False], kind="stable")
    return ascending[ascending[worth] > ascending[worth].cummax().shift(fill_value=-math.inf)]


def ordered(names: pd.Series, order: tuple[str, ...]) -> list[str]:
    """The distinct names: those of `order` first, in its order, then the others by alphabet."""
    present = set(names.dropna())
    return [name for name in order if name in present] + sorted(present.difference(order))
