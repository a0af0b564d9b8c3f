"""How far models or tasks lie apart at one place against another: differences of differences of logarithms, over models."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from wattlab.catalog.claims import GapRatio, Group, TaskSpread
from wattlab.foundation.quantities import ENERGY
from wattlab.foundation.schema import Purpose
from wattlab.tables.claims.contract import Asked, Contrast
from wattlab.tables.claims.groups import chosen, too_few


def gap_ratio(test: GapRatio, asked: Asked) -> Iterator[Contrast]:
    """Multi-purpose over task-specific at each wide task, over the same at the narrow one; multi-purpose models in pairs."""
    for task in test.wide:
        purposes: tuple[Purpose, Purpose] = ("multi-purpose", "task-specific")
        both = [
            chosen(asked.cells, Group(title=purpose, task=[task, test.narrow], purpose=purpose)) for purpose in purposes
        ]
        many, own = (one.groupby(["task", "model"])[ENERGY].mean().map(np.log) for one in both)
        samples = [(many[task] - many[test.narrow]).dropna(), own[task], own[test.narrow]]
        titles = [
            "multi-purpose models at both",
            *(f"{one.replace('-', ' ')} (task-specific)" for one in (task, test.narrow)),
        ]
        estimate = float(samples[0].mean() - samples[1].mean() + samples[2].mean())
        wide, narrow = (asked.evidence.catalog.tasks[one].title.lower() for one in (task, test.narrow))
        yield Contrast(
            effect=float(np.exp(estimate)),
            estimate=estimate,
            parts=_parts(samples),
            cells=pd.concat(both),
            says=f"multi-purpose over task-specific models, {wide}: {{}} times what it is for {narrow}",
            lacks=too_few({title: len(one) for title, one in zip(titles, samples, strict=True)}),
        )


def task_spread(test: TaskSpread, asked: Asked) -> Iterator[Contrast]:
    """Each model's costliest task over its cheapest, by the mean of the task's cells; models that answer all tasks."""
    cells = chosen(asked.cells, test.group)
    means = cells.pivot_table(index=["structure", "model"], columns="task", values=ENERGY).map(np.log).dropna()
    spreads = means.max(axis=1) - means.min(axis=1)
    samples = [spreads[spreads.index.get_level_values("structure") == title] for title in (test.first, test.second)]
    estimate = float(samples[0].mean() - samples[1].mean())
    used = pd.concat(samples).index.get_level_values("model")
    yield Contrast(
        effect=float(np.exp(estimate)),
        estimate=estimate,
        parts=_parts(samples),
        cells=cells[cells["model"].isin(used)],
        says=f"the costliest of {len(test.group.task)} tasks over the cheapest, {test.first}: {{}} times that of {test.second}",
        lacks=too_few({title: len(one) for title, one in zip((test.first, test.second), samples, strict=True)}),
    )


def _parts(samples: list[pd.Series]) -> list[tuple[float, float]]:
    """Variance of each sample's mean, with its degrees of freedom."""
    return [(float(one.var(ddof=1)) / len(one), len(one) - 1.0) for one in samples if len(one) > 1]
