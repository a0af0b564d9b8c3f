"""A claim on a mean, put to each thing that the mean is of: which of them, alone, lie on the other side of the threshold."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from wattlab.catalog.claims import ClaimEntry, Group, GroupRatio
from wattlab.foundation.wording import hub_ids
from wattlab.tables.claims.contract import Asked, Contrast, NotDecidable

#: A part: its title, and the test and the cells of it alone.
Part = tuple[str, Any, Asked]

#: What computes the contrasts of a test.
Contrasts = Callable[[Any, Asked], Iterable[Contrast]]

#: Kind of a test whose effect is a mean over several -> the column of `cells` that tells these apart, and what they are.
#: The other kinds judge each of their numbers, or compare two samples of models, of which one alone says nothing.
PARTS = {
    "group-ratio": ("task", "pairs of tasks"),
    "level": ("model", "models"),
    "same-models": ("model", "models"),
    "length-slope": ("model", "models"),
    "size-slope": ("family", "families"),
    "equal-size": ("task", "tasks"),
    "training-parity": ("task", "tasks of single models"),
    "parity-slope": ("task", "tasks"),
}

#: Parts that a sentence names.
_MOST = 3


def exceptions(
    claim: ClaimEntry, holds: bool, asked: Asked, contrasts_of: Contrasts, shown: Callable[[float], str]
) -> str | None:
    """`1 of 8 models alone on the other side: google/flan-t5-base (0.9)`; None for a mean of one.

    `holds`: on which side the mean lies; `contrasts_of`: the test; `shown`: how an effect is written.
    """
    effects: dict[str, float] = {}
    for title, test, part in _parts(claim.test, asked):
        effects |= _effects(title, test, part, contrasts_of)
    if len(effects) < 2:
        return None
    across = [
        f"{title} ({shown(effect)})"
        for title, effect in sorted(
            effects.items(), key=lambda one: one[1], reverse=(claim.direction == "below") == holds
        )
        if ((effect > claim.threshold) == (claim.direction == "above")) != holds
    ]
    more = f" and {len(across) - _MOST} more" if len(across) > _MOST else ""
    named = f": {', '.join(across[:_MOST])}{more}" if across else ""
    return f"{len(across) or 'none'} of {len(effects)} {PARTS[claim.test.kind][1]} alone on the other side{named}"


def _effects(title: str, test: Any, part: Asked, contrasts_of: Contrasts) -> dict[str, float]:
    """Title -> effect of a part, and of each model where the test gives a number for each; without those that have none."""
    try:
        contrasts = [one for one in contrasts_of(test, part) if np.isfinite(one.effect)]
    except NotDecidable:
        return {}
    models = [" ".join(one.cells["model"].unique()) for one in contrasts] if len(contrasts) > 1 else [""]
    return {
        ", ".join(dict.fromkeys(filter(None, (title, hub_ids(model))))): one.effect
        for model, one in zip(models, contrasts, strict=False)
    }


def _parts(test: Any, asked: Asked) -> Iterator[Part]:
    if isinstance(test, GroupRatio):
        yield from _pairs(test, asked)
        return
    for value, cells in asked.cells.groupby(PARTS[test.kind][0], sort=False) if test.kind in PARTS else ():
        part = replace(asked, cells=cells)
        if getattr(test, "group", None) is None:
            yield hub_ids(str(value)), test, part
        elif tasks := [task for task in test.group.task if task in set(cells["task"])]:
            yield hub_ids(str(value)), test.model_copy(update={"group": _of(test.group, *tasks)}), part


def _pairs(test: GroupRatio, asked: Asked) -> Iterator[Part]:
    """Each task of the first group over each of the second; none where each has a single task."""
    for one, other in product(test.first.task, test.second.task) if len(test.first.task + test.second.task) > 2 else ():
        titles = [asked.evidence.catalog.tasks[task].title.lower() for task in (one, other)]
        groups = {"first": _of(test.first, one), "second": _of(test.second, other)}
        yield " over ".join(titles), test.model_copy(update=groups), asked


def _of(group: Group, *tasks: str) -> Group:
    return group.model_copy(update={"task": list(tasks)})
