"""Means with their intervals. Missing values are never skipped: one NaN among the values makes the result NaN.

Which interval stands where: a cell's is Student's t over its repeats; a task's Cox's over its models, since the model is
the unit that was sampled; a multi-purpose model's mean over its fixed set of cells the combination of the cells' own
intervals; a rank correlation's Fisher's z. docs/statistics.md says why, and how often each holds the truth.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from wattlab.foundation.quantities import CONFIDENCE, INTERVALS

Floats = NDArray[np.float64]

#: A repeat that is further off its cell's median than this is flagged, and kept (the paper's logs: 0.2 % of the queries).
OUTLIER_SHARE = 0.2

#: Seed of every bootstrap: the same records give the same tables.
BOOTSTRAP_SEED = 0


#: SciPy's exact p value of Kendall's tau is for up to so many values without ties.
_EXACT_UP_TO = 33


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval, in the unit of the values. An unknown bound is NaN."""

    mean: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class ModelsEstimate(Estimate):
    """An estimate over models, with the least and the greatest mean of a model."""

    least: float = float("nan")
    greatest: float = float("nan")


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


def t_half_width(standard_error: ArrayLike, n: ArrayLike) -> Floats:
    """Half the width of Student's t interval of a mean of `n` values: t(0.975, n - 1) standard errors, elementwise.

    In the unit of the standard error; NaN below three values. Source: Student (1908), The probable error of a mean,
    Biometrika 6.
    """
    count = np.asarray(n, dtype=np.float64)
    known = np.where(count >= INTERVALS["cells"].least, count, np.nan)
    quantile = scipy.special.stdtrit(known - 1, (1 + CONFIDENCE) / 2)
    return np.asarray(quantile * np.asarray(standard_error, dtype=np.float64), dtype=np.float64)


def fixed_strata_estimate(means: ArrayLike, sds: ArrayLike, counts: ArrayLike) -> Estimate:
    """Unweighted mean over a fixed set of k strata (cells), each with its mean, sample sd and number of repeats.

    The strata are not a sample of others, so that only the noise of the repeats counts:
    se = sqrt(sum(sd_i^2 / n_i)) / k, with the degrees of freedom of Welch and Satterthwaite,
    (sum v_i)^2 / sum(v_i^2 / (n_i - 1)) with v_i = sd_i^2 / n_i (Satterthwaite 1946, Biometrics Bulletin 2, 110-114).
    The bounds are NaN when one stratum has fewer than two repeats, or the degrees of freedom are below two, as of two
    repeats; raises `ValueError` when there is no stratum. The low bound is never below zero: no energy and no time is.
    """
    mean, variance, freedom = fixed_strata(means, sds, counts)
    if variance == 0.0:
        return Estimate(mean, mean, mean)
    if np.isnan(variance) or freedom < INTERVALS["cells"].least - 1 - 1e-9:
        return Estimate(mean)
    half = float(scipy.special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * np.sqrt(variance)
    return Estimate(mean, max(0.0, mean - float(half)), mean + float(half))


def fixed_strata(means: ArrayLike, sds: ArrayLike, counts: ArrayLike) -> tuple[float, float, float]:
    """The mean of `fixed_strata_estimate`, its variance and its degrees of freedom; NaN where they are not known."""
    mean_of, sd_of, n_of = (np.asarray(array, dtype=np.float64) for array in (means, sds, counts))
    if mean_of.size == 0:
        raise ValueError("the mean of no strata is not defined")
    known = bool((n_of >= 2).all())
    variances = sd_of**2 / n_of / mean_of.size**2
    variance, freedom = pooled(variances, n_of - 1) if known else (float("nan"), float("nan"))
    return float(mean_of.mean()), variance, freedom


def pooled(variances: ArrayLike, freedoms: ArrayLike) -> tuple[float, float]:
    """Variance of a sum of independent estimates, and its degrees of freedom after Welch and Satterthwaite."""
    parts, of = np.asarray(variances, dtype=np.float64), np.asarray(freedoms, dtype=np.float64)
    total = float(parts.sum())
    return total, total**2 / float((parts**2 / of).sum()) if total > 0 else float("nan")


def ratio_estimate(numerators: ArrayLike, denominators: ArrayLike) -> Estimate:
    """Geometric mean over k strata (cells) of the ratio of two means, with its interval over the repeats.

    Both sides are rows of means, sample sds and numbers of repeats, of shape (3, k). The logarithm of a ratio of
    independent means has the variance sd_1^2 / (n_1 m_1^2) + sd_2^2 / (n_2 m_2^2) (delta method); the strata's add, over
    k^2. Student's t with the degrees of freedom of Welch and Satterthwaite, as in `fixed_strata_estimate`. NaN where a
    mean is not above zero; no bounds where a side has fewer than two repeats.
    """
    sides = np.asarray([numerators, denominators], dtype=np.float64)
    means, sds, counts = sides[:, 0], sides[:, 1], sides[:, 2]
    if not bool((means > 0).all()):
        return Estimate(float("nan"))
    logarithm = float((np.log(means[0]) - np.log(means[1])).mean())
    variances = sds**2 / (counts * means**2)
    total = float(variances.sum())
    if not np.isfinite(total) or bool((counts < 2).any()):
        return Estimate(float(np.exp(logarithm)))
    freedom = total**2 / float((variances**2 / (counts - 1)).sum()) if total else 1.0
    half = float(scipy.special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * np.sqrt(total) / means.shape[1]
    return Estimate(*(float(np.exp(logarithm + step)) for step in (0.0, -half, half)))


def ratio_of_medians(numerators: ArrayLike, denominators: ArrayLike) -> Estimate:
    """Median of one sample over that of another, both above zero, with its interval; five values each at least.

    The variance of a sample's median of logarithms is ((y_(n-c+1) - y_c) / (2 z))^2 with c = (n + 1) / 2 - sqrt(n), rounded
    and at least 1, and z the normal quantile of the two order statistics' own coverage. Source: Price and Bonett (2002),
    Journal of Statistical Computation and Simulation 72, 119-124.
    """
    middle, variance = 0.0, 0.0
    for sign, values in ((1, numerators), (-1, denominators)):
        logs = np.sort(np.log(np.asarray(values, dtype=np.float64)))
        place = max(1, round((logs.size + 1) / 2 - np.sqrt(logs.size)))
        z = scipy.stats.norm.isf(scipy.stats.binom.cdf(place - 1, logs.size, 0.5))
        middle += sign * np.median(logs)
        variance += float((logs[-place] - logs[place - 1]) / (2 * z)) ** 2
    half = float(scipy.special.ndtri((1 + CONFIDENCE) / 2)) * np.sqrt(variance)
    return Estimate(*(float(np.exp(middle + step)) for step in (0.0, -half, half)))


def kendall_tau(first: ArrayLike, second: ArrayLike) -> float:
    """Kendall's tau-b of pairs (-1 to 1); NaN where one side is constant or a value is missing."""
    result: Any = scipy.stats.kendalltau(first, second)
    return float(result.statistic)


def lognormal_bounds(logs: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    """Bounds of the arithmetic mean of log-normal values, from their natural logarithms (…, n) and n weights.

    Cox's method with Student's t: exp(m + s^2/2 -+ t(0.975, n - 1) sqrt(s^2/n + s^4/(2 (n - 1)))), m and s the mean and
    the sample sd of the logarithms. Source: Land (1972), Technometrics 14, 145-158, who credits Cox; Zhou and Gao (1997),
    Statistics in Medicine 16, 783-790; t for the normal quantile: Olsson (2005), Journal of Statistics Education 13(1).
    Weights enter m and s, and n is (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling): equal ones give n itself.
    """
    values, share = np.asarray(logs, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    share = share / share.sum()
    n = 1 / (share**2).sum()
    mean = (values * share).sum(axis=-1)
    variance = ((values - mean[..., None]) ** 2 * share).sum(axis=-1) / (1 - 1 / n)
    half = scipy.special.stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.sqrt(variance / n + variance**2 / (2 * (n - 1)))
    middle = mean + variance / 2
    return np.exp(middle - half), np.exp(middle + half)


def models_estimate(values: ArrayLike, models: ArrayLike) -> ModelsEstimate:
    """Mean of values (cells), and what the means of their models say of it: range, and interval from five models on.

    A model is the unit that was sampled; its value is the mean of its cells, which share it and are not independent. It
    weighs as its cells do in the mean. No bounds where a model's mean is not above zero. Raises `ValueError` when there
    are no values.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError("the mean of no values is not defined")
    mean = float(array.mean())
    if not np.isfinite(mean):
        return ModelsEstimate(mean)
    _, place, counts = np.unique(np.asarray(models, dtype=str), return_inverse=True, return_counts=True)
    of_model = np.bincount(place, weights=array) / counts
    least, greatest = float(of_model.min()), float(of_model.max())
    if counts.size < INTERVALS["tasks"].least or least <= 0:
        return ModelsEstimate(mean, least=least, greatest=greatest)
    with np.errstate(over="ignore"):  # one model with nearly all cells: no number bounds the mean
        low, high = lognormal_bounds(np.log(of_model), counts)
    bounds = (float(low), float(high)) if np.isfinite(high) else (float("nan"), float("nan"))
    return ModelsEstimate(mean, *bounds, least, greatest)


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
    result: Any = scipy.stats.spearmanr(x, y)
    rho = float(result.statistic)
    if x.size < 4 or abs(rho) > 1 - 1e-12:
        return RankCorrelation(rho, unknown, unknown, x.size)
    half = float(scipy.special.ndtri((1 + CONFIDENCE) / 2)) * np.sqrt((1 + rho**2 / 2) / (x.size - 3))
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
    if array.size <= _EXACT_UP_TO and np.unique(array).size == array.size:
        return _trend_of_falls(array.size, int(np.triu(array[:, None] > array).sum()))
    return _trend(array)


def _trend(array: Floats) -> Trend:
    result: Any = scipy.stats.kendalltau(np.arange(array.size), array)
    return Trend(float(result.statistic), float(result.pvalue))


@cache
def _trend_of_falls(size: int, n_falls: int) -> Trend:
    """Of any order without ties in which so many pairs fall: tau and its p value are those of all of them."""
    order: list[int] = []
    for value in range(size):
        place = max(value - n_falls, 0)  # before as many smaller ones as there are falls left
        order.insert(place, value)
        n_falls -= value - place
    return _trend(np.array(order, dtype=np.float64))


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
