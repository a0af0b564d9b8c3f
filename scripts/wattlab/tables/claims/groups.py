"""Ratios of groups of models, and levels: the unit is the model, by the mean of its cells, on the logarithmic scale.

A task's location is the mean m of the logarithms of its n models (geometric mean), with the variance s^2/n; or, for the
arithmetic mean, Cox's m + s^2/2 with s^2/n + s^4/(2 (n - 1)) (Zhou, Gao and Hui 1997, Methods for comparing the means of two
independent log-normal samples, Biometrics 53, 1129-1135). Tasks of a group weigh the same; degrees of freedom by Welch and
Satterthwaite.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wattlab.catalog.claims import Group, GroupRatio, Level, RankTop, SameModels, Spread, Statistic
from wattlab.foundation.quantities import ENERGY, INTERVALS
from wattlab.foundation.wording import hub_ids
from wattlab.tables.claims.contract import REPEATS, Asked, Contrast, NotDecidable
from wattlab.tables.intervals import fixed_strata

#: Fewer models of a task carry no interval.
LEAST_MODELS = INTERVALS["tasks"].least


@dataclass(frozen=True)
class Located:
    """Logarithms of a group's energy, as shown and as tested, with the parts of its variance."""

    shown: float
    log: float
    parts: list[tuple[float, float]]
    cells: pd.DataFrame
    numbers: dict[str, int]


def chosen(cells: pd.DataFrame, group: Group) -> pd.DataFrame:
    """Cells of a group; `NotDecidable` names the tasks that have none."""
    found = cells[cells["task"].isin(group.task) & (cells["purpose"] == group.purpose)]
    if group.structure is not None:
        found = found[found["structure"] == group.structure]
    whose = "" if group.purpose == "task-specific" else f" of {group.purpose} models"
    refuse_absent(found, group.task, whose)
    return found


def refuse_absent(found: pd.DataFrame, tasks: Collection[str], whose: str = "") -> None:
    """`NotDecidable` where a task has no cell among those found."""
    absent = [task for task in tasks if task not in set(found["task"])]
    if absent:
        raise NotDecidable(f"{'task' if len(absent) == 1 else 'tasks'} absent{whose}: {', '.join(absent)}")


def too_few(numbers: dict[str, int], least: int = LEAST_MODELS) -> str:
    """Which of these samples of models carry no interval, by their title; empty where all do."""
    few = [f"{title} {number}" for title, number in numbers.items() if number < least]
    return f"too few models, of {least} needed: {', '.join(few)}" if few else ""


def _located(cells: pd.DataFrame, group: Group, statistic: Statistic) -> Located:
    found, shown, logs, parts = chosen(cells, group), [], [], []
    numbers: dict[str, int] = {}
    for task in group.task:
        values = found[found["task"] == task].groupby("model")[ENERGY].mean().to_numpy()
        n, log = values.size, np.log(values)
        numbers[group.title if len(group.task) == 1 else task.replace("-", " ")] = n
        of_logs = float(log.var(ddof=1)) if n > 1 else float("nan")
        mean = statistic == "mean"
        shown.append(float(np.log(values.mean()) if mean else log.mean()))
        logs.append(float(log.mean()) + (of_logs / 2 if mean else 0.0))
        variance = of_logs / n + (of_logs**2 / (2 * (n - 1)) if mean and n > 1 else 0.0)
        parts.append((variance / len(group.task) ** 2, n - 1.0))
    return Located(float(np.mean(shown)), float(np.mean(logs)), parts, found, numbers)


def _ratio(cells: pd.DataFrame, first: Group, second: Group, statistic: Statistic) -> Contrast:
    above, below = _located(cells, first, statistic), _located(cells, second, statistic)
    of_tasks = max(len(first.task), len(second.task)) > 1 and statistic == "mean"
    words = (
        f"geometric mean over the tasks of their {statistic}s over models" if of_tasks else f"{statistic} over models"
    )
    return Contrast(
        effect=float(np.exp(above.shown - below.shown)),
        estimate=above.log - below.log,
        parts=[*above.parts, *below.parts],
        cells=pd.concat([above.cells, below.cells]),
        says=f"{first.title}: {{}} times {second.title} ({words})",
        lacks=too_few(above.numbers | below.numbers),
    )


def _alone(task: str, asked: Asked) -> Group:
    return Group(title=asked.evidence.catalog.tasks[task].title.lower(), task=[task])


def group_ratio(test: GroupRatio, asked: Asked) -> Iterator[Contrast]:
    """First over second."""
    yield _ratio(asked.cells, test.first, test.second, test.statistic)


def rank_top(test: RankTop, asked: Asked) -> Iterator[Contrast]:
    """The top over every other task of the paper's ten."""
    refuse_absent(_specific(asked), asked.evidence.catalog.paper.tasks)
    for task in asked.evidence.catalog.paper.tasks:
        if task != test.top:
            yield _ratio(asked.cells, _alone(test.top, asked), _alone(task, asked), test.statistic)


def level(test: Level, asked: Asked) -> Iterator[Contrast]:
    """The mean of each task."""
    for task in test.group.task:
        alone = test.group.model_copy(update={"task": [task], "title": _alone(task, asked).title})
        found = _located(asked.cells, alone, "mean")
        yield Contrast(
            effect=float(np.exp(found.shown)),
            estimate=found.log,
            parts=found.parts,
            cells=found.cells,
            says=f"{alone.title}: {{}} kWh per 1,000 inferences (mean over models)",
            unit="kWh per 1,000 inferences",
            lacks=too_few(found.numbers),
            absolute=True,
        )


def same_models(test: SameModels, asked: Asked) -> Iterator[Contrast]:
    """Mean over the models of the logarithm of their own ratio."""
    first, second = (chosen(asked.cells, group) for group in (test.first, test.second))
    means = [group.groupby("model")[ENERGY].mean() for group in (first, second)]
    log = (means[0] / means[1]).dropna().map(np.log)
    used = pd.concat([first, second])
    yield Contrast(
        effect=float(np.exp(log.mean())),
        estimate=float(log.mean()),
        parts=[(float(log.var(ddof=1)) / max(len(log), 1), len(log) - 1.0)],
        cells=used[used["model"].isin(log.index)],
        says=f"{test.first.title}: {{}} times {test.second.title} by the same model",
        lacks=too_few({"the pair of tasks": len(log)}),
    )


def spread(test: Spread, asked: Asked) -> Iterator[Contrast]:
    """The costliest over the cheapest, of the ten tasks or of the models that answer them."""
    cells = _specific(asked)
    refuse_absent(cells, asked.evidence.catalog.paper.tasks)
    means = cells.groupby(["task", "model"])[ENERGY].mean()
    if test.of == "task":
        of_task = means.groupby("task").mean()
        yield _ratio(cells, _alone(str(of_task.idxmax()), asked), _alone(str(of_task.idxmin()), asked), "mean")
        return
    order = means.sort_values(ascending=False).reset_index()
    ends = [order.iloc[0], order.iloc[-1]]
    pair = [cells[(cells["task"] == one["task"]) & (cells["model"] == one["model"])] for one in ends]
    titles = [f"{hub_ids(one['model'])} ({_alone(one['task'], asked).title})" for one in ends]
    parts = [_noise(one) for one in pair]
    ratio = float(ends[0][ENERGY] / ends[1][ENERGY])
    yield Contrast(
        effect=ratio,
        estimate=float(np.log(ratio)),
        parts=parts,
        cells=pd.concat(pair),
        says=f"the costliest, {titles[0]}: {{}} times the cheapest, {titles[1]}",
        over=REPEATS,
        lacks="" if all(part[1] >= INTERVALS["cells"].least - 1 - 1e-9 for part in parts) else "too few repeats",
    )


def _specific(asked: Asked) -> pd.DataFrame:
    return asked.cells[asked.cells["purpose"] == "task-specific"]


def _noise(cells: pd.DataFrame) -> tuple[float, float]:
    """Variance of the logarithm of a mean over a fixed set of cells, from their repeats, and its degrees of freedom."""
    mean, variance, freedom = fixed_strata(cells[ENERGY], cells[f"sd_{ENERGY}"], cells["n_valid"])
    return variance / mean**2, freedom
