"""Means with their intervals. Missing values are never skipped: one NaN among the values makes the result NaN.

Which interval stands where: a cell's is Student's t over its repeats; a task's the bootstrap over its models, since
the model is the unit that was sampled; a multi-purpose model's mean over its fixed set of cells the combination of
the cells' own intervals; a rank correlation's Fisher's z.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from wattlab.foundation.quantities import CONFIDENCE, N_RESAMPLES

Floats = NDArray[np.float64]

#: A repeat that is further off its cell's median than this is flagged, and kept (the paper's logs: 0.2 % of the queries).
OUTLIER_SHARE = 0.2

#: Seed of every bootstrap: the same records give the same tables.
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval, in the unit of the values. An unknown bound is NaN."""

    mean: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho (-1 to 1) of `n` pairs with its 95 % interval. NaN where it is not defined."""

    rho: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Trend:
    """Kendall's tau (-1 to 1) of values against their order, and its two-sided p value. NaN where not defined."""

    tau: float
    p: float


def t_half_width(sd: ArrayLike, n: ArrayLike) -> Floats:
    """Half the width of Student's t interval of a mean: t(0.975, n - 1) sd / sqrt(n), elementwise.

    `sd` is the sample standard deviation (n - 1) in any unit, `n` the number of values; NaN below two values.
    Source: Student (1908), The probable error of a mean, Biometrika 6.
    """
    count = np.asarray(n, dtype=np.float64)
    known = np.where(count >= 2, count, np.nan)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, known - 1)
    return np.asarray(quantile * np.asarray(sd, dtype=np.float64) / np.sqrt(known), dtype=np.float64)


def fixed_strata_estimate(means: ArrayLike, sds: ArrayLike, counts: ArrayLike) -> Estimate:
    """Unweighted mean over a fixed set of k strata (cells), each with its mean, sample sd and number of repeats.

    The strata are not a sample of others, so that only the noise of the repeats counts:
    se = sqrt(sum(sd_i^2 / n_i)) / k, with the degrees of freedom of Welch and Satterthwaite,
    (sum v_i)^2 / sum(v_i^2 / (n_i - 1)) with v_i = sd_i^2 / n_i (Satterthwaite 1946, Biometrics Bulletin 2, 110-114).
    The bounds are NaN when one stratum has fewer than two repeats; raises `ValueError` when there is no stratum.
    """
    mean_of, sd_of, n_of = (np.asarray(array, dtype=np.float64) for array in (means, sds, counts))
    if mean_of.size == 0:
        raise ValueError("the mean of no strata is not defined")
    mean = float(mean_of.mean())
    variances = sd_of**2 / n_of
    total = float(variances.sum())
    if not np.isfinite(total) or bool((n_of < 2).any()):
        return Estimate(mean)
    if total == 0.0:
        return Estimate(mean, mean, mean)
    freedom = total**2 / float((variances**2 / (n_of - 1)).sum())
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * np.sqrt(total) / mean_of.size
    return Estimate(mean, mean - float(half), mean + float(half))


def cluster_bootstrap_estimate(values: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Mean of values (cells) with the percentile interval of a bootstrap that draws whole clusters (models).

    A model is drawn with all its cells, as often as there are models, with replacement; the statistic is the mean
    of the drawn cells. 10,000 resamples, seeded. The bounds are NaN with one cluster. With few clusters (under
    about eight) a percentile interval is too narrow. Source: Davison and Hinkley (1997), Bootstrap Methods and
    their Application, sections 3.8 and 5.3. Raises `ValueError` when there are no values.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError("the mean of no values is not defined")
    mean = float(array.mean())
    names, place = np.unique(np.asarray(clusters), return_inverse=True)
    if names.size < 2 or not np.isfinite(mean):
        return Estimate(mean)
    sums = np.bincount(place, weights=array)
    counts = np.bincount(place).astype(np.float64)
    drawn = np.random.default_rng(BOOTSTRAP_SEED).integers(0, names.size, size=(N_RESAMPLES, names.size))
    resampled = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(mean, float(low), float(high))


def spearman(first: ArrayLike, second: ArrayLike) -> RankCorrelation:
    """Spearman's rho (ties get average ranks) with the interval by Fisher's z, tanh(atanh(rho) +- 1.96 se).

    se = sqrt((1 + rho^2 / 2) / (n - 3)): Bonett and Wright (2000), Sample size requirements for estimating Pearson,
    Kendall and Spearman correlations, Psychometrika 65, 23-28. The bounds are NaN under four pairs and where |rho|
    is 1 (z is infinite there); rho is NaN under three pairs or where one side is constant.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"{x.size} values can not be paired with {y.size}")
    unknown = float("nan")
    if x.size < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return RankCorrelation(unknown, unknown, unknown, x.size)
    result: Any = stats.spearmanr(x, y)
    rho = float(result.statistic)
    if x.size < 4 or abs(rho) > 1 - 1e-12:
        return RankCorrelation(rho, unknown, unknown, x.size)
    half = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * np.sqrt((1 + rho**2 / 2) / (x.size - 3))
    z = np.arctanh(rho)
    return RankCorrelation(rho, float(np.tanh(z - half)), float(np.tanh(z + half)), x.size)


def mann_kendall(values: ArrayLike) -> Trend:
    """Whether values rise or fall with their order: the Mann-Kendall test, tau-b and its p value.

    Exact for up to 33 values without ties, else by the normal approximation with ties accounted for. Under five values
    no order reaches p = 0.05. NaN under three values, where all are equal, and where one is NaN. Source: Mann (1945),
    Nonparametric tests against trend, Econometrica 13; Kendall (1975), Rank correlation methods.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size < 3 or not np.isfinite(array).all() or np.ptp(array) == 0:
        return Trend(float("nan"), float("nan"))
    result: Any = stats.kendalltau(np.arange(array.size), array)
    return Trend(float(result.statistic), float(result.pvalue))


def is_outlier(values: ArrayLike) -> NDArray[np.bool_]:
    """Which values lie more than 20 % off their median; none under three, or where it is not above zero or one is NaN."""
    array = np.asarray(values, dtype=np.float64)
    median = float(np.median(array)) if array.size >= 3 else float("nan")
    if not median > 0:
        return np.zeros(array.shape, dtype=np.bool_)
    return np.asarray(np.abs(array - median) > OUTLIER_SHARE * median)


def quotient(numerator: float, denominator: Estimate) -> Estimate:
    """`numerator / denominator` with its interval, for an exact positive numerator.

    a / x falls with x for x > 0, so that the interval of x maps bound by bound: low = a / high, high = a / low.
    Where the interval of x reaches zero the quotient has no upper bound: NaN.
    """
    if numerator <= 0:
        raise ValueError(f"the numerator must be positive, not {numerator}")
    parts = [numerator / x if x > 0 else float("nan") for x in (denominator.mean, denominator.high, denominator.low)]
    return Estimate(*parts)
