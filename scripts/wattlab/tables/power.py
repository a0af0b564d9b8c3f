"""`power`: which models of a task the repeats tell apart, and how many repeats or models a difference of 5 or 10 % needs."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from wattlab.foundation.quantities import CONFIDENCE, ENERGY
from wattlab.tables.aggregates import measured_cells
from wattlab.tables.columns import Table
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import pooled

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
    by_model = {model: of_model.set_index("dataset") for model, of_model in cells.groupby("model")}
    p_values = [pair_p(*pair) for pair in itertools.combinations(by_model.values(), 2)]
    known = [p for p in p_values if not np.isnan(p)]
    apart = int((stats.false_discovery_control(known) < 1 - CONFIDENCE).sum()) if known else 0
    cv = float((cells[f"sd_{ENERGY}"] / cells[ENERGY]).median())
    sd = float(np.log(cells.groupby("model")[ENERGY].mean()).std(ddof=1))
    n_shared = int(cells.groupby("model")["dataset"].nunique().median())
    row = {
        "task": cells["task"].iloc[0],
        "purpose": cells["purpose"].iloc[0],
        "scope": cells["headline_scope"].iloc[0],
        "n_models": len(by_model),
        "n_cells": len(cells),
        "n_pairs": len(known),
        "n_pairs_apart": apart,
        "told_apart_share": apart / len(known) if known else None,
        "cv_share": cv,
        "models_sd_log_share": sd,
    }
    for percent in DIFFERENCES:
        row[f"n_repeats_for_{percent}_percent"] = least_number(percent, cv, n_shared)
        row[f"n_models_for_{percent}_percent"] = least_number(percent, sd)
    return row


def pair_p(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Two-sided p of two models having one energy, from their cells by dataset; NaN without a shared one or two repeats."""
    shared = first.index.intersection(second.index)
    both = [model.loc[shared] for model in (first, second)]
    if shared.empty or min(model["n_valid"].min() for model in both) < 2:
        return float("nan")
    difference = np.log(both[0][ENERGY].mean() / both[1][ENERGY].mean())
    variances, freedoms = [], []
    for model in both:
        scale = len(shared) * model[ENERGY].mean()
        variances += list((model[f"sd_{ENERGY}"] / scale) ** 2 / model["n_valid"])
        freedoms += list(model["n_valid"] - 1)
    variance, freedom = pooled(variances, np.asarray(freedoms, dtype=float))
    return float(2 * stats.t.sf(abs(difference) / np.sqrt(variance), freedom))


def found_with(n: int, percent: float, sd: float, n_strata: int = 1) -> float:
    """Probability that a two-sided t test at 5 % finds two means `percent` apart, of `n` values each in `n_strata` strata.

    On logarithms, `sd` being that of one value: the power of the noncentral t with 2 k (n - 1) degrees of freedom and
    noncentrality ln(1 + percent / 100) / (sd sqrt(2 / (n k))), k strata. Source: Cohen (1988), Statistical power analysis
    for the behavioral sciences, 2nd edition, chapter 2.
    """
    freedom = 2 * n_strata * (n - 1)
    shift = np.log1p(percent / 100) / (sd * np.sqrt(2 / (n * n_strata)))
    limit = stats.t.ppf((1 + CONFIDENCE) / 2, freedom)
    if freedom > 1000 or shift > 30:  # the noncentral t is normal there
        return float(stats.norm.sf(limit - shift))
    return float(stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift))


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
