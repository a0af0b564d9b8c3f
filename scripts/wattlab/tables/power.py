"""`power`: which models of a task the repeats tell apart, and how many repeats or models a difference of 5 or 10 % needs."""

from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from wattlab.foundation.quantities import CONFIDENCE, ENERGY
from wattlab.tables.aggregates import measured_cells
from wattlab.tables.columns import Table
from wattlab.tables.evidence import Evidence

#: Probability with which a difference that is there is to be found, and the differences that are asked for.
POWER = 0.8
DIFFERENCES = (5, 10)

#: No answer above this: the number is then missing.
_MOST = 1_000_000


def power(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per task and purpose with two measured models or more, under the protocol's own setting.

    A pair is compared on the datasets that both answer: Welch's t of the logarithms' means, from the sds of the repeats. Of
    the p values of a task those are told apart that Benjamini and Hochberg (1995, Journal of the Royal Statistical Society
    B 57, 289-300) leave at a false discovery rate of 5 %. `cv_share` is the median of the cells' sd over mean. `n_repeats_…`
    of each cell, and `n_models_…` of each of two groups, find the difference with 80 %: `least_number`.
    """
    cells = measured_cells(built["cells"])
    if "setting" in cells:
        cells = cells[cells["setting"].fillna("") == ""]
    cells = cells[(cells[ENERGY] > 0) & (cells[f"sd_{ENERGY}"] > 0)]
    groups = [group for _, group in cells.groupby(["task", "purpose"], sort=False)]
    return TABLE.frame([_row(group) for group in groups if group["model"].nunique() > 1])


TABLE = Table(
    title=(
        "How sure: pairs of models of a task that the repeats tell apart (false discoveries held at 5 % within the task), and how many "
        "repeats of each cell, or models of each of two groups, find a difference of 5 % or 10 % with a probability of 80 % "
        "(two-sided t test at 5 %)"
    ),
    row="a task and purpose",
    columns=(
        "task",
        "purpose",
        "scope",
        "n_models",
        "n_cells",
        "n_pairs",
        "n_pairs_apart",
        "told_apart_share",
        "cv_share",
        "models_sd_log_share",
        *(f"n_{unit}_for_{percent}_percent" for unit in ("repeats", "models") for percent in DIFFERENCES),
    ),
    build=power,
)


def _row(cells: pd.DataFrame) -> dict[str, Any]:
    p_values = pair_p_values(cells)
    known = p_values[np.isfinite(p_values)]
    apart = int((scipy.stats.false_discovery_control(known) < 1 - CONFIDENCE).sum()) if len(known) else 0
    cv = float((cells[f"sd_{ENERGY}"] / cells[ENERGY]).median())
    sd = float(np.log(cells.groupby("model")[ENERGY].mean()).std(ddof=1))
    n_shared = int(cells.groupby("model")["dataset"].nunique().median())
    row = {
        "task": cells["task"].iloc[0],
        "purpose": cells["purpose"].iloc[0],
        "scope": cells["headline_scope"].iloc[0],
        "n_models": cells["model"].nunique(),
        "n_cells": len(cells),
        "n_pairs": len(known),
        "n_pairs_apart": apart,
        "told_apart_share": apart / len(known) if len(known) else None,
        "cv_share": cv,
        "models_sd_log_share": sd,
    }
    for percent in DIFFERENCES:
        row[f"n_repeats_for_{percent}_percent"] = least_number(percent, cv, n_shared)
        row[f"n_models_for_{percent}_percent"] = least_number(percent, sd)
    return row


def pair_p_values(cells: pd.DataFrame) -> NDArray[np.float64]:
    """Two-sided p of each two models having one energy, by the datasets that both answer, shape (n_pairs,).

    Welch's t of the logarithms of the means; of pairs without a shared dataset, or with one repeat there, NaN.
    """
    wide = {
        name: cells.pivot(index="model", columns="dataset", values=name).to_numpy(dtype=np.float64)
        for name in (ENERGY, f"sd_{ENERGY}", "n_valid")
    }
    means, freedoms = wide[ENERGY], wide["n_valid"] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = wide[f"sd_{ENERGY}"] ** 2 / wide["n_valid"]
        fourths = np.where(freedoms > 0, variances**2 / freedoms, np.nan)
    there = np.isfinite(means)
    parts = (np.nan_to_num(means), np.nan_to_num(variances), fourths)
    return np.concatenate([_p_with_later(row, there, *parts) for row in range(len(means) - 1)])


def _p_with_later(
    row: int,
    there: NDArray[np.bool_],
    means: NDArray[np.float64],
    variances: NDArray[np.float64],
    fourths: NDArray[np.float64],
) -> NDArray[np.float64]:
    """p of one model with each that comes after it; arrays of shape (n_models, n_datasets)."""
    shared = there[row] & there[row + 1 :]
    sides = (np.full(len(shared), row), np.arange(row + 1, len(means)))
    sums = [(means[side] * shared).sum(axis=1) for side in sides]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [(variances[side] * shared).sum(axis=1) / total**2 for side, total in zip(sides, sums, strict=True)]
        of = [
            np.where(shared, fourths[side], 0).sum(axis=1) / total**4 for side, total in zip(sides, sums, strict=True)
        ]
        variance = parts[0] + parts[1]
        t = np.abs(np.log(sums[0] / sums[1])) / np.sqrt(variance)
        return np.asarray(2 * scipy.special.stdtr(variance**2 / (of[0] + of[1]), -t))


def found_with(n: int, percent: float, sd: float, n_strata: int = 1) -> float:
    """Probability that a two-sided t test at 5 % finds two means `percent` apart, of `n` values each in `n_strata` strata.

    On logarithms, `sd` being that of one value: the power of the noncentral t with 2 k (n - 1) degrees of freedom and
    noncentrality ln(1 + percent / 100) / (sd sqrt(2 / (n k))), k strata. Source: Cohen (1988), Statistical power analysis
    for the behavioral sciences, 2nd edition, chapter 2.
    """
    freedom = 2 * n_strata * (n - 1)
    shift = np.log1p(percent / 100) / (sd * np.sqrt(2 / (n * n_strata)))
    limit = scipy.special.stdtrit(freedom, (1 + CONFIDENCE) / 2)
    if freedom > 1000 or shift > 30:  # the noncentral t is normal there
        return float(scipy.special.ndtr(shift - limit))
    return float(scipy.stats.nct.sf(limit, freedom, shift) + scipy.stats.nct.cdf(-limit, freedom, shift))


def least_number(percent: float, sd: float, n_strata: int = 1) -> int | None:
    """The least n, from two on, for which `found_with` reaches 80 %; None where sd is not known, or above a million."""
    if not sd > 0:
        return None
    low, high = 1, 2
    while found_with(high, percent, sd, n_strata) < POWER:
        low, high = high, 2 * high
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found_with(middle, percent, sd, n_strata) >= POWER else (middle, high)
    return high
