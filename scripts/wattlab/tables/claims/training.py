"""The parity of training and inference, of the study's own models alone."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from wattlab.catalog.claims import TrainingParity
from wattlab.foundation.quantities import INTERVALS
from wattlab.foundation.units import INFERENCES_PER_ROW
from wattlab.study.cells import ResolvedCell
from wattlab.tables import words
from wattlab.tables.aggregates import selected_cells
from wattlab.tables.claims.contract import REPEATS, Asked, Contrast, NotDecidable
from wattlab.tables.intervals import Estimate, fixed_strata
from wattlab.tables.parity import parity_inferences

_NODE = "energy_node_kwh_per_1000"


def training_parity(test: TrainingParity, asked: Asked) -> Iterator[Contrast]:
    """Each model whose training energy the catalog has, over its multi-purpose cells, of the whole node."""
    if not asked.evidence.exclusive:
        raise NotDecidable("no node scope: other work ran beside the measurements")
    cells = selected_cells(asked.cells, "multi-purpose")
    found = [(str(m), of_model) for m, of_model in cells.groupby("model") if m in asked.evidence.catalog.training]
    if not found:
        raise NotDecidable("no model whose training energy is known")
    planned = Counter(one.cell.model for one in asked.evidence.study.cells if _counts(one))
    for model, of_model in found:
        mean, variance, freedom = fixed_strata(of_model[_NODE], of_model[f"sd_{_NODE}"], of_model["n_valid"])
        parity = parity_inferences(asked.evidence.catalog.training[model], Estimate(mean / INFERENCES_PER_ROW)).mean
        yield Contrast(
            effect=parity,
            estimate=float(np.log(parity)),
            parts=[(variance / mean**2, freedom)],
            cells=of_model,
            says=f"{model}: {{}} inferences until they have taken what training took",
            unit="inferences",
            over=REPEATS,
            lacks=_lacks(planned[model] - len(of_model), freedom),
            absolute=True,
            scope="node",
        )


def _counts(one: ResolvedCell) -> bool:
    return one.cell.purpose == "multi-purpose" and one.facts.selected


def _lacks(n_missing: int, freedom: float) -> str:
    """Why there is no interval: a mean of which a part is missing is missing, as in `parity`."""
    if n_missing > 0:
        return f"{words.count(n_missing, 'planned cell')} of the model {'is' if n_missing == 1 else 'are'} missing"
    return "" if freedom >= INTERVALS["cells"].least - 1 - 1e-9 else "too few repeats"
