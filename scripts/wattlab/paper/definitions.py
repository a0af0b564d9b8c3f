"""Every way to compute a printed number from the logs: the stated one first, then others, the nearest first.

A measure varies in what the paper does not say: the level that a statistic runs over, whether the window is the query
or the whole run, the scope, which logged models and which variant, which intensity, the degrees of freedom.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd

from wattlab.paper.printed import Combination, Constant, Measure, Operand

_CELL_KEYS = ("task", "dataset", "variant", "model", "purpose")


@dataclass(frozen=True)
class Logs:
    """What the definitions compute from."""

    repeats: pd.DataFrame
    account: dict[str, Any]

    @cached_property
    def cells(self) -> list[dict[str, Any]]:
        """One entry per cell: its keys, and an array over its repeats for every numeric column."""
        numeric = [name for name in self.repeats.columns if name.endswith(("_kwh", "_g", "_published"))]
        found = []
        for keys, rows in self.repeats.groupby(list(_CELL_KEYS), sort=False):
            arrays = {name: rows[name].to_numpy(dtype=float) for name in numeric}
            found.append(
                {**dict(zip(_CELL_KEYS, keys, strict=True)), "selected": bool(rows["selected"].iloc[0]), **arrays}
            )
        return found


@dataclass(frozen=True)
class Candidate:
    """A value under one definition; `steps` counts what differs from the stated one."""

    value: float
    text: str
    steps: int
    from_print: bool = False
    """Computed from numbers as the paper prints them, and not from the logs alone."""
    note: str = ""
    """What makes a match worth less."""


#: What a choice costs that differs from the stated one, in the order of `_Choice`: another statistic, window or scope is
#: further from the words of a paper than another level, other degrees of freedom, models or digits (1).
_COSTS = (2, 1, 1, 2, 2, 1, 1, 1)


#: A published parameter count that is a multiple of this was typed, and not counted.
_ROUND = 10_000_000
_TYPED = "The published count is a round number, as the model's name: it says nothing beyond the name."


@dataclass(frozen=True)
class _Choice:
    statistic: str
    ddof: int
    over: str
    window: str
    scope: str
    models: str
    variant: str
    intensity: str


def of_measure(measure: Measure, logs: Logs) -> list[Candidate]:
    """Every value of a measure, the stated one first; none where the logs hold no run that it speaks of."""

    @cache  # choices that differ in the statistic alone have the same values
    def values_of(models: str, variant: str, column: str, over: str) -> "np.ndarray[Any, Any]":
        chosen = _chosen(measure, models, variant, logs)
        return _per_level([(cell["model"], cell[column]) for cell in chosen], over)

    found = []
    for steps, choice in _choices(measure):
        values = values_of(choice.models, choice.variant, _column(measure, choice), choice.over)
        value = _value(measure, choice, values) if values.size else None
        if value is not None and math.isfinite(value):
            typed = measure.of == "parameters" and value % _ROUND == 0
            found.append(Candidate(value, _text(measure, choice), steps, note=_TYPED if typed else ""))
    return found


def _choices(measure: Measure) -> list[tuple[int, _Choice]]:
    emissions = measure.of == "emissions"
    levels = [measure.over, *(level for level in ("repeats", "cells", "models") if level != measure.over)]
    statistics: list[str] = [measure.statistic]
    if measure.statistic in ("mean", "median"):
        statistics.append("median" if measure.statistic == "mean" else "mean")
    options: list[list[Any]] = [
        statistics,
        [1, 0] if measure.statistic == "sd" else [1],
        levels,
        ["query", "run"],
        ["node"] if emissions else ["node", "gpu"],
        ["selected", "logged"],
        ["", "native"],
        ["logged", "138.75", "297.6"] if emissions else [""],
    ]
    if measure.of == "parameters":
        options = [[measure.statistic], [1], ["models"], ["query"], ["node"], ["selected"], [""], [""]]
    first = [values[0] for values in options]
    every = [
        (sum(cost for cost, a, b in zip(_COSTS, values, first, strict=True) if a != b), _Choice(*values))
        for values in itertools.product(*options)
    ]
    return sorted(every, key=lambda item: item[0])


def _value(measure: Measure, choice: _Choice, values: "np.ndarray[Any, Any]") -> float:
    if choice.intensity in ("138.75", "297.6"):
        values = values * float(choice.intensity)
    if measure.per_inference:
        values = values / 1000
    return _STATISTICS[choice.statistic](values, choice.ddof)


_STATISTICS: dict[str, Callable[["np.ndarray[Any, Any]", int], float]] = {
    "mean": lambda values, ddof: float(np.mean(values)),
    "median": lambda values, ddof: float(np.median(values)),
    "min": lambda values, ddof: float(np.min(values)),
    "max": lambda values, ddof: float(np.max(values)),
    "sd": lambda values, ddof: float(np.std(values, ddof=ddof)) if len(values) > ddof else float("nan"),
}


def _chosen(measure: Measure, models: str, variant: str, logs: Logs) -> list[dict[str, Any]]:
    """The cells that the measure speaks of, under the choice of models and variant."""
    wanted: dict[str, set[str] | None] = {}
    for key in ("task", "dataset", "model"):
        value = getattr(measure, key)
        wanted[key] = None if value is None else {value} if isinstance(value, str) else set(value)
    return [
        cell
        for cell in logs.cells
        if cell["purpose"] == measure.purpose
        and cell["variant"] == variant
        and (cell["selected"] or models != "selected" or variant)
        and all(names is None or cell[key] in names for key, names in wanted.items())
    ]


def _column(measure: Measure, choice: _Choice) -> str:
    if measure.of == "parameters":
        return "parameters_as_published"
    base = f"energy_{choice.scope}_kwh" if measure.of == "energy" or choice.intensity != "logged" else "emissions_g"
    return base if choice.window == "query" else f"run_{base}"


def _per_level(cells: list[tuple[str, "np.ndarray[Any, Any]"]], over: str) -> "np.ndarray[Any, Any]":
    """Repeats as they are; cells, the mean of their repeats; models, the mean of their cells."""
    if over == "repeats":
        return np.concatenate([np.empty(0), *(values for _, values in cells)])
    means: dict[str, list[float]] = {}
    for model, values in cells:
        means.setdefault(model, []).append(float(np.mean(values)))
    if over == "cells":
        return np.array([mean for group in means.values() for mean in group])
    return np.array([np.mean(group) for group in means.values()])


def _text(measure: Measure, choice: _Choice) -> str:
    if measure.of == "parameters":
        return f"{choice.statistic} of the published parameter counts"
    statistic = f"sd (n{'-1' if choice.ddof else ''})" if choice.statistic == "sd" else choice.statistic
    parts = [f"{statistic} over {choice.over}"]
    if measure.of == "emissions":
        source = "as logged" if choice.intensity == "logged" else f"energy x {choice.intensity} g/kWh"
        parts.append(f"emissions {source}")
    else:
        parts.append("node energy" if choice.scope == "node" else "energy of the GPUs alone")
    parts.append("query window" if choice.window == "query" else "whole run: load, transfer and query")
    if choice.models != "selected":
        parts.append("every logged model")
    if choice.variant:
        parts.append("images at native size")
    return ", ".join(parts)


def of_combination(combination: Combination, logs: Logs) -> list[Candidate]:
    """Exact operands under every common choice, then the operands as printed; none where the logs lack a side."""
    combine: Callable[[float, float], float] = (
        (lambda a, b: a / b) if combination.kind == "ratio" else (lambda a, b: a - b)
    )
    word = "divided by" if combination.kind == "ratio" else "minus"
    firsts, seconds = _operand(combination.first, logs), _operand(combination.second, logs)
    if not firsts or not seconds:
        return []
    ours, theirs = next(iter(firsts.values())), next(iter(seconds.values()))
    same = ours.text if ours.text == theirs.text else f"{ours.text} {word} {theirs.text}"
    pairs = [(ours, theirs, same, 0)]
    for text in seconds if "" in firsts else firsts:
        first, second = firsts.get(text) or firsts.get(""), seconds.get(text) or seconds.get("")
        if first is not None and second is not None and max(first.steps, second.steps) > 0:
            pairs.append((first, second, text, max(first.steps, second.steps)))
    found = [
        Candidate(
            combine(first.value, second.value) * combination.scale,
            f"operands unrounded, {text}",
            steps,
            note=first.note or second.note,
        )
        for first, second, text, steps in pairs
    ]
    first_print, second_print = (_as_printed(side) for side in (combination.first, combination.second))
    if first_print is not None and second_print is not None:
        value = combine(first_print, second_print) * combination.scale
        found.append(Candidate(value, f"from rounded numbers: {first_print:g} {word} {second_print:g}", 1, True))
    return sorted(found, key=lambda candidate: candidate.steps)


def _operand(side: Operand, logs: Logs) -> dict[str, Candidate]:
    """Definition text -> candidate; a constant is the same under every definition (the empty text)."""
    if isinstance(side, Constant):
        return {"": Candidate(side.value, side.text, 0)}
    return {candidate.text: candidate for candidate in of_measure(side, logs)}


def _as_printed(side: Operand) -> float | None:
    if isinstance(side, Constant):
        return side.value
    return None if side.printed is None else float(side.printed)
