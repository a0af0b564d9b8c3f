"""Statistics against hand-computed values and scipy."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from wattlab.tables import intervals as statistics
from wattlab.tables.intervals import Estimate


def test_the_t_interval_by_hand_and_by_scipy():
    values = [0.1, 0.2, 0.3]
    half = statistics.t_half_width(np.std(values, ddof=1), 3)
    # With 2 degrees of freedom t has a closed form: (2 p - 1) / sqrt(2 p (1 - p)), 4.3027 at p = 0.975.
    assert half == pytest.approx(0.95 / math.sqrt(2 * 0.975 * 0.025) * 0.1 / math.sqrt(3), rel=1e-12)
    low, high = stats.t.interval(0.95, df=2, loc=np.mean(values), scale=stats.sem(values))
    assert (0.2 - half, 0.2 + half) == (pytest.approx(low), pytest.approx(high))


def test_a_missing_value_is_not_skipped():
    assert math.isnan(statistics.cluster_bootstrap_estimate([1.0, math.nan], ["a", "b"]).mean)
    assert math.isnan(statistics.fixed_strata_estimate([1.0, math.nan], [0.1, 0.1], [3, 3]).mean)


def test_t_half_width_works_elementwise():
    half = statistics.t_half_width([1.0, 1.0, 1.0], [2, 10, 1])
    assert half[0] == pytest.approx(12.706204736432095 / math.sqrt(2))
    assert half[1] == pytest.approx(2.2621571627409915 / math.sqrt(10))
    assert math.isnan(half[2])


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


def test_bootstrap_of_two_models_by_hand():
    # Resamples are AA (mean 0.3), AB (mean of three cells 0.5) and BB (0.9) with 1/4, 1/2, 1/4.
    estimate = statistics.cluster_bootstrap_estimate([0.2, 0.4, 0.9], ["a", "a", "b"])
    assert estimate.mean == pytest.approx(0.5)
    assert estimate.low == pytest.approx(0.3)
    assert estimate.high == pytest.approx(0.9)


def test_bootstrap_draws_models_with_all_their_cells():
    cells = {"a": [1.0], "b": [2.0, 9.0, 9.0], "c": [6.0], "d": [3.0, 4.0], "e": [10.0]}
    means = [np.mean(sum((cells[name] for name in drawn), [])) for drawn in itertools.product(cells, repeat=5)]
    exact = np.quantile(means, [0.025, 0.975])  # of all 3,125 resamples
    values = [value for of_model in cells.values() for value in of_model]
    models = [name for name, of_model in cells.items() for _ in of_model]
    ours = statistics.cluster_bootstrap_estimate(values, models)
    assert [ours.low, ours.high] == pytest.approx(exact.tolist(), rel=1e-9)


def test_bootstrap_agrees_with_scipy_and_is_seeded():
    values = np.random.default_rng(1).lognormal(size=8)
    ours = statistics.cluster_bootstrap_estimate(values, list("abcdefgh"))
    assert ours == statistics.cluster_bootstrap_estimate(values, list("abcdefgh"))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_bootstrap_with_one_model_has_no_interval():
    alone = statistics.cluster_bootstrap_estimate([0.2, 0.4], ["a", "a"])
    assert alone.mean == pytest.approx(0.3) and math.isnan(alone.low) and math.isnan(alone.high)


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
