"""The parity of training and inference, of the study's own models alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wattlab.catalog.claims import ParitySlope, TrainingParity
from wattlab.foundation.quantities import INTERVALS
from wattlab.foundation.units import INFERENCES_PER_ROW
from wattlab.foundation.wording import hub_ids
from wattlab.study.cells import ResolvedCell
from wattlab.tables import words
from wattlab.tables.aggregates import selected_cells
from wattlab.tables.claims.contract import REPEATS, Asked, Contrast, NotDecidable
from wattlab.tables.claims.slopes import sizes
from wattlab.tables.intervals import Estimate, fixed_strata
from wattlab.tables.parity import parity_inferences

_NODE = "energy_node_kwh_per_1000"


@dataclass(frozen=True)
class _Parity:
    """Inferences that take what training took: the variance of their logarithm rests on the repeats alone."""

    model: str
    inferences: float
    variance: float
    freedom: float
    cells: pd.DataFrame
    lacks: str


def training_parity(test: TrainingParity, asked: Asked) -> Iterator[Contrast]:
    """Each model whose training energy the catalog has, over its multi-purpose cells, of the whole node."""
    for one in _parities(asked):
        yield Contrast(
            effect=one.inferences,
            estimate=float(np.log(one.inferences)),
            parts=[(one.variance, one.freedom)],
            cells=one.cells,
            says=f"of {hub_ids(one.model)}, {{}} inferences take what training took",
            unit="inferences",
            over=REPEATS,
            lacks=one.lacks,
            absolute=True,
            scope="node",
        )


def parity_slope(test: ParitySlope, asked: Asked) -> Iterator[Contrast]:
    """Least squares over these models, on logarithms; its uncertainty is that of the repeats, not of other models."""
    found = _parities(asked)
    size = np.log([float(sizes(one.cells).iloc[0]) for one in found])
    weights = (
        (size - size.mean()) / float(((size - size.mean()) ** 2).sum())
        if np.ptp(size) > 0
        else np.full(len(size), np.nan)
    )
    slope = float(weights @ np.log([one.inferences for one in found]))
    yield Contrast(
        effect=slope,
        estimate=slope,
        parts=[(float(weight**2) * one.variance, one.freedom) for weight, one in zip(weights, found, strict=True)],
        cells=pd.concat([one.cells for one in found]),
        says="inferences that take what training took grow as the number of parameters to the power of {}",
        unit="exponent",
        logarithmic=False,
        over=REPEATS,
        lacks=next((one.lacks for one in found if one.lacks), "")
        or (
            ""
            if len(set(size)) > 2
            else f"too few sizes of models whose training energy is known: {len(set(size))} of 3"
        ),
        scope="node",
    )


def _parities(asked: Asked) -> list[_Parity]:
    if not asked.evidence.exclusive:
        raise NotDecidable("no node scope: other work ran beside the measurements")
    cells = selected_cells(asked.cells, "multi-purpose")
    found = [(str(m), of_model) for m, of_model in cells.groupby("model") if m in asked.evidence.catalog.training]
    if not found:
        raise NotDecidable("no model whose training energy is known")
    planned = Counter(one.cell.model for one in asked.evidence.study.cells if _counts(one))
    return [_parity(model, of_model, planned[model], asked) for model, of_model in found]


def _parity(model: str, cells: pd.DataFrame, n_planned: int, asked: Asked) -> _Parity:
    mean, variance, freedom = fixed_strata(cells[_NODE], cells[f"sd_{_NODE}"], cells["n_valid"])
    inferences = parity_inferences(asked.evidence.catalog.training[model], Estimate(mean / INFERENCES_PER_ROW)).mean
    return _Parity(model, inferences, variance / mean**2, freedom, cells, _lacks(n_planned - len(cells), freedom))


def _counts(one: ResolvedCell) -> bool:
    return one.cell.purpose == "multi-purpose" and one.facts.selected


def _lacks(n_missing: int, freedom: float) -> str:
    """Why there is no interval: a mean of which a part is missing is missing, as in `parity`."""
    if n_missing > 0:
        return f"{words.count(n_missing, 'planned cell')} of the model {'is' if n_missing == 1 else 'are'} missing"
    return "" if freedom >= INTERVALS["cells"].least - 1 - 1e-9 else "too few repeats"
