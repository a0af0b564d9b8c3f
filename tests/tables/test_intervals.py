"""Statistics against hand-computed values and scipy."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from wattlab.tables import intervals as statistics
from wattlab.tables.intervals import Estimate

ROOT = Path(__file__).parents[2]


def test_the_t_interval_by_hand_and_by_scipy():
    values = [0.1, 0.2, 0.3]
    half = statistics.t_half_width(np.std(values, ddof=1) / math.sqrt(3), 3)
    # With 2 degrees of freedom t has a closed form: (2 p - 1) / sqrt(2 p (1 - p)), 4.3027 at p = 0.975.
    assert half == pytest.approx(0.95 / math.sqrt(2 * 0.975 * 0.025) * 0.1 / math.sqrt(3), rel=1e-12)
    low, high = stats.t.interval(0.95, df=2, loc=np.mean(values), scale=stats.sem(values))
    assert (0.2 - half, 0.2 + half) == (pytest.approx(low), pytest.approx(high))


def test_a_missing_value_is_not_skipped():
    assert math.isnan(statistics.models_estimate([1.0, math.nan], ["a", "b"]).mean)
    assert math.isnan(statistics.fixed_strata_estimate([1.0, math.nan], [0.1, 0.1], [3, 3]).mean)


def test_t_half_width_works_elementwise():
    half = statistics.t_half_width([1.0, 1.0, 1.0, 2.0], [2, 10, 1, 3])
    assert half[1] == pytest.approx(2.2621571627409915)
    assert half[3] == pytest.approx(2 * 4.302652729911275)
    assert math.isnan(half[0]) and math.isnan(half[2])  # two repeats have none


def test_fixed_strata_of_two_equal_cells_is_welchs_interval():
    first, second = [1.0, 2.0, 4.0, 3.5], [10.0, 14.0, 11.0]
    estimate = statistics.fixed_strata_estimate(
        [np.mean(first), np.mean(second)], [np.std(first, ddof=1), np.std(second, ddof=1)], [4, 3]
    )
    # The sum of two means has the variance of their difference: Welch's interval, halved.
    welch = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    assert estimate.mean == pytest.approx((np.mean(first) + np.mean(second)) / 2)
    assert estimate.high - estimate.low == pytest.approx((welch.high - welch.low) / 2)


def test_fixed_strata_with_one_repeat_have_no_interval():
    estimate = statistics.fixed_strata_estimate([1.0, 3.0], [0.1, 0.1], [3, 1])
    assert estimate.mean == 2.0 and math.isnan(estimate.low)
    assert statistics.fixed_strata_estimate([1.0, 3.0], [0.0, 0.0], [3, 3]) == Estimate(2.0, 2.0, 2.0)
    assert math.isnan(statistics.fixed_strata_estimate([1.0], [0.1], [2]).low)  # two repeats in all
    assert statistics.fixed_strata_estimate([1.0], [1.0], [3]).low == 0.0  # 1 - 4.30 / sqrt(3) is below zero


def test_below_five_models_there_is_the_range_and_no_interval():
    estimate = statistics.models_estimate([0.2, 0.4, 0.9], ["a", "a", "b"])
    assert (estimate.mean, estimate.least, estimate.greatest) == pytest.approx((0.5, 0.3, 0.9))
    assert math.isnan(estimate.low) and math.isnan(estimate.high)
    assert math.isnan(statistics.models_estimate([1.0, 2.0, 3.0, 4.0], list("abcd")).high)


def test_coxs_interval_of_five_models_by_hand():
    # Logarithms -2, -1, 0, 1, 2: m = 0, s^2 = 2.5, t(0.975, 4) = 2.776445. The middle is m + s^2 / 2.
    estimate = statistics.models_estimate(np.exp([-2.0, -1.0, 0.0, 1.0, 2.0]), list("abcde"))
    half = 2.7764451051977934 * math.sqrt(2.5 / 5 + 2.5**2 / 8)
    assert estimate.low == pytest.approx(math.exp(1.25 - half), rel=1e-12)
    assert estimate.high == pytest.approx(math.exp(1.25 + half), rel=1e-12)
    assert estimate.mean == pytest.approx(sum(math.exp(x) for x in (-2, -1, 0, 1, 2)) / 5)


def test_cells_of_a_model_are_one_value_and_a_model_weighs_as_its_cells_do():
    once = statistics.models_estimate([1.0, 2.0, 4.0, 5.0, 9.0], list("abcde"))
    # Two equal cells each are the same five values, and no ten.
    twice = statistics.models_estimate([1.0, 2.0, 4.0, 5.0, 9.0] * 2, list("abcde") * 2)
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    # Weights 2 1 1 1 1 of 6: n is 36 / 8 = 4.5.
    logs, share = np.log([1.0, 2.0, 4.0, 5.0, 9.0]), np.array([2, 1, 1, 1, 1]) / 6
    mean = (logs * share).sum()
    variance = ((logs - mean) ** 2 * share).sum() / (1 - 8 / 36)
    half = stats.t.ppf(0.975, 3.5) * math.sqrt(variance / 4.5 + variance**2 / 7)
    uneven = statistics.models_estimate([1.0, 1.0, 2.0, 4.0, 5.0, 9.0], list("aabcde"))
    assert uneven.low == pytest.approx(math.exp(mean + variance / 2 - half))
    assert uneven.high == pytest.approx(math.exp(mean + variance / 2 + half))


def test_a_mean_that_is_not_above_zero_has_no_interval_of_models():
    estimate = statistics.models_estimate([1.0, 2.0, -4.0, 5.0, 9.0], list("abcde"))
    assert math.isnan(estimate.low) and (estimate.least, estimate.greatest) == (-4.0, 9.0)


@pytest.mark.slow
def test_the_intervals_hold_the_truth_as_often_as_the_documentation_says():
    command = [sys.executable, str(ROOT / "benchmarks/interval_coverage.py")]
    printed = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT / "scripts")}, capture_output=True, text=True, check=True
    )
    tables = printed.stdout.strip().split("\n\n")
    said = (ROOT / "docs/statistics.md").read_text()
    assert [table in said for table in tables] == [True, True]
    rows = [[part.strip(" %") for part in line.split("|")] for line in tables[0].splitlines()[2:]]
    checked = [row for row in rows if int(row[1]) >= 5]
    assert len(checked) == 9 and all(int(share) >= 90 for row in checked for share in row[3:5])


def test_spearman_by_scipy_and_its_interval_by_hand():
    ours = [1, 2, 3, 5, 4, 6, 7, 10, 8, 9]
    theirs = [0.002, 0.003, 0.003, 0.004, 0.007, 0.038, 0.047, 0.049, 0.063, 2.907]
    result = statistics.spearman(ours, theirs)
    assert result.rho == pytest.approx(stats.spearmanr(ours, theirs).statistic)
    half = 1.959963984540054 * math.sqrt((1 + result.rho**2 / 2) / 7)
    assert result.low == pytest.approx(math.tanh(math.atanh(result.rho) - half))
    assert result.high == pytest.approx(math.tanh(math.atanh(result.rho) + half))
    assert -1 < result.low < result.rho < result.high < 1
    assert result.n == 10


@pytest.mark.parametrize(("first", "second"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3])])
def test_spearman_undefined(first, second):
    assert math.isnan(statistics.spearman(first, second).rho)


def test_spearman_of_the_same_order_has_no_interval():
    result = statistics.spearman([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    assert result.rho == pytest.approx(1.0) and math.isnan(result.low) and math.isnan(result.high)


def test_quotient_swaps_the_bounds():
    assert statistics.quotient(12.0, Estimate(3.0, 2.0, 4.0)) == Estimate(4.0, 3.0, 6.0)
    open_ended = statistics.quotient(12.0, Estimate(3.0, -1.0, 7.0))
    assert open_ended.low == pytest.approx(12 / 7) and math.isnan(open_ended.high)
    with pytest.raises(ValueError, match="positive"):
        statistics.quotient(0.0, Estimate(1.0))
