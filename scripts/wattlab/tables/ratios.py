"""Ratios of two measurements of the same cells, with what the repeats and the sessions say of their certainty.

All is done on natural logarithms, so that A over B and B over A say the same. docs/compare.md says why, and how often it
is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from wattlab.foundation.quantities import CONFIDENCE

#: Fewest repeats of each side, or cells of a group, that carry an interval; below, a range.
LEAST = 5

#: Efficiency of the median absolute deviation for normal values, by which its degrees of freedom are less.
_MAD_EFFICIENCY = 0.37
_MAD_TO_SD = 1 / float(scipy.special.ndtri(0.75))


@dataclass(frozen=True)
class LogRatio:
    """ln(mean of B / mean of A) of a cell, its variance by the repeats, and what its degrees of freedom come from.

    `quartic`: sum of v_i^2 / (n_i - 1) over the two sides. `least`, `greatest`: ratio of the nearest and of the furthest
    repeats. `n`: repeats of the side that has fewer. The variance is NaN where a side has one repeat.
    """

    value: float
    variance: float
    quartic: float
    least: float
    greatest: float
    n: int


@dataclass(frozen=True)
class Spread:
    """Variance of a cell's logarithm of a ratio beyond its repeats, and its degrees of freedom (NaN: not known)."""

    variance: float = 0.0
    freedom: float = float("nan")


@dataclass(frozen=True)
class Ratio:
    """B over A with its bounds: those of an interval (`is_interval`), else of a range. NaN where there is none.

    `error`, `freedom`: standard error of its logarithm, and Student's degrees of freedom.
    """

    value: float
    low: float
    high: float
    is_interval: bool
    error: float = float("nan")
    freedom: float = float("nan")

    def p(self, other: float = 1.0) -> float:
        """Two-sided p value of the ratio being `other`; NaN without an interval."""
        if not self.is_interval:
            return float("nan")
        distance = abs(np.log(self.value / other))
        if self.error == 0:
            return float(distance == 0)
        return float(2 * scipy.special.stdtr(self.freedom, -distance / self.error))


def log_ratio(first: ArrayLike, second: ArrayLike) -> LogRatio:
    """Of the repeats of A and of B, both above zero (`ValueError`). Variance: s_A^2 / (n_A m_A^2) + s_B^2 / (n_B m_B^2)."""
    sides = [np.asarray(side, dtype=np.float64) for side in (first, second)]
    if any(side.size == 0 or not (side > 0).all() for side in sides):
        raise ValueError("a ratio needs values above zero on both sides")
    a, b = sides
    n = min(a.size, b.size)
    parts = [float(side.var(ddof=1) / side.size / side.mean() ** 2) if n > 1 else float("nan") for side in sides]
    quartic = sum(part**2 / max(side.size - 1, 1) for part, side in zip(parts, sides, strict=True))
    value = float(np.log(b.mean() / a.mean()))
    return LogRatio(value, sum(parts), quartic, float(b.min() / a.max()), float(b.max() / a.min()), n)


def spread_between(cells: Sequence[LogRatio]) -> Spread:
    """How much the ratios of cells scatter beyond their repeats: sessions that differ, or cells that really changed.

    The variance t at which the median of |r_i - median| / sqrt(v_i + t) is that of standard normal values: the robust
    kin of Paule and Mandel (1982, Journal of Research of the National Bureau of Standards 87, 377-385), so that a few
    cells that really changed do not hide themselves. Zero where the repeats explain all; not known below five cells.
    """
    known = [cell for cell in cells if np.isfinite(cell.variance)]
    if len(known) < LEAST:
        return Spread()
    values, variances = (np.array([getattr(cell, name) for cell in known]) for name in ("value", "variance"))
    away = np.abs(values - np.median(values))

    def too_wide(more: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(_MAD_TO_SD * np.median(np.nan_to_num(away / np.sqrt(variances + more)))) - 1

    freedom = _MAD_EFFICIENCY * (len(known) - 1)
    most = (_MAD_TO_SD * float(away.max())) ** 2
    if most == 0 or too_wide(0.0) <= 0:
        return Spread(0.0, freedom)
    return Spread(float(scipy.optimize.brentq(too_wide, 0.0, most, xtol=1e-15)), freedom)


def ratio_of(cells: Sequence[LogRatio], spread: Spread) -> Ratio:
    """Geometric mean of the ratios of a fixed set of cells (one: its own), by the repeats and the spread of sessions.

    Variance: sum(v_i + t) / k^2, its degrees of freedom by Welch and Satterthwaite. An interval rests on five repeats of
    each side, or on five cells of two; else the bounds are a range: of a cell from its nearest to its furthest repeats,
    of a group from its least to its greatest ratio of a cell. Raises `ValueError` without a cell.
    """
    if not cells:
        raise ValueError("the mean of no ratios is not defined")
    k = len(cells)
    value = float(np.exp(np.mean([cell.value for cell in cells])))
    variance = sum(cell.variance for cell in cells)
    is_interval = bool(np.isfinite(variance)) and (k >= LEAST or min(cell.n for cell in cells) >= LEAST)
    if not is_interval:
        bounds = (cells[0].least, cells[0].greatest) if k == 1 else _range(cells)
        return Ratio(value, *bounds, False)
    shared = k * spread.variance
    quartic = sum(cell.quartic for cell in cells) + (shared**2 / spread.freedom if shared else 0.0)
    error = float(np.sqrt(variance + shared)) / k
    freedom = (variance + shared) ** 2 / quartic if quartic else float("inf")
    half = float(scipy.special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return Ratio(value, value * float(np.exp(-half)), value * float(np.exp(half)), True, error, freedom)


def _range(cells: Sequence[LogRatio]) -> tuple[float, float]:
    values = [float(np.exp(cell.value)) for cell in cells]
    return min(values), max(values)


def q_values(ps: ArrayLike) -> NDArray[np.float64]:
    """Benjamini and Hochberg's: calling all with q <= 0.05 different keeps the expected share of false ones below 5 %.

    NaN (no test) stays NaN and counts as none. Source: Benjamini and Hochberg (1995), Journal of the Royal Statistical
    Society B 57, 289-300; for positively dependent tests too: Benjamini and Yekutieli (2001), Annals of Statistics 29.
    """
    array = np.asarray(ps, dtype=np.float64)
    result = np.full(array.shape, np.nan)
    tested = np.isfinite(array)
    if tested.any():
        result[tested] = scipy.stats.false_discovery_control(array[tested], method="bh")
    return result
