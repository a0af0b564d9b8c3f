"""How sure: pairs told apart, numbers needed, and that the power is what is stated, by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from support import hand_tables, records
from wattlab.tables.evidence import Evidence
from wattlab.tables.power import found_with, least_number, pair_p_values, power

ENERGY = "energy_kwh_per_1000"


def table(cells: pd.DataFrame) -> pd.DataFrame:
    found = power(Evidence(hand_tables.study(), records.catalog(), []), {"cells": cells})
    return found.set_index(["task", "purpose"])


@pytest.mark.parametrize(("percent", "sd", "strata"), [(5, 0.02, 1), (10, 0.1, 3), (5, 0.05, 3), (10, 0.3, 1)])
def test_the_power_is_as_stated(percent: int, sd: float, strata: int) -> None:
    """20,000 comparisons of two truths `percent` apart: the share that a pooled t test finds."""
    n = least_number(percent, sd, strata)
    assert n is not None and (
        n == 2 or found_with(n - 1, percent, sd, strata) < 0.8 <= found_with(n, percent, sd, strata)
    )
    drawn = np.random.default_rng(7).normal(0, sd, (20_000, 2, strata, n))
    drawn[:, 0] += np.log(1 + percent / 100)
    difference = (drawn[:, 0] - drawn[:, 1]).mean(axis=(1, 2))
    variance = drawn.var(axis=3, ddof=1).mean(axis=(1, 2))
    t = difference / np.sqrt(variance * 2 / (n * strata))
    share = (np.abs(t) > stats.t.ppf(0.975, 2 * strata * (n - 1))).mean()
    assert share == pytest.approx(found_with(n, percent, sd, strata), abs=0.012)


def test_what_is_not_known_is_missing_and_a_million_the_most() -> None:
    assert least_number(5, float("nan")) is None and least_number(5, 100.0) is None
    assert found_with(3, 5, 0.0001) == pytest.approx(1.0)


def test_two_models_of_a_task_by_hand() -> None:
    """0.06 and 0.11 g, an sd of 1.6 % and three repeats: far apart. One per cent apart: not."""
    cells = hand_tables.cells()
    row = table(cells).loc[("text-classification", "task-specific")]
    assert row[["n_models", "n_pairs", "n_pairs_apart", "told_apart_share"]].tolist() == [2, 1, 1, 1.0]
    assert row["cv_share"] == pytest.approx(0.016) and row["n_repeats_for_5_percent"] == least_number(5, 0.016, 3)
    assert row["models_sd_log_share"] == pytest.approx(np.log(0.11 / 0.06) / np.sqrt(2))
    assert row["n_models_for_5_percent"] > row["n_models_for_10_percent"] > 50
    second = cells["model"].str.startswith("nlptown")
    for name in (ENERGY, f"sd_{ENERGY}"):
        cells.loc[second, name] *= 1.01 * 0.06 / 0.11
    near = table(cells).loc[("text-classification", "task-specific")]
    assert near[["n_pairs", "n_pairs_apart"]].tolist() == [1, 0]


def test_each_pair_is_compared_on_the_datasets_that_both_answer() -> None:
    """Three models, of which two share one dataset: p values by hand, one pair at a time."""
    rows = [
        ("a", "x", 1.0, 0.02, 3), ("a", "y", 2.0, 0.05, 4),
        ("b", "x", 1.03, 0.03, 3), ("b", "y", 2.1, 0.04, 5),
        ("c", "y", 2.02, 0.06, 3), ("d", "z", 9.0, 0.1, 3), ("e", "y", 2.0, 0.1, 1),
    ]  # fmt: skip
    cells = pd.DataFrame(rows, columns=["model", "dataset", ENERGY, f"sd_{ENERGY}", "n_valid"])

    def by_hand(one: str, other: str, datasets: list[str]) -> float:
        sides = [[row for row in rows if row[0] == model and row[1] in datasets] for model in (one, other)]
        means = [sum(row[2] for row in side) / len(side) for side in sides]
        parts = [
            ((row[3] / row[2]) * row[2] / (len(side) * mean)) ** 2 / row[4]
            for side, mean in zip(sides, means, strict=True)
            for row in side
        ]
        freedoms = [row[4] - 1 for side in sides for row in side]
        freedom = sum(parts) ** 2 / sum(part**2 / of for part, of in zip(parts, freedoms, strict=True))
        return float(2 * stats.t.sf(abs(np.log(means[0] / means[1])) / np.sqrt(sum(parts)), freedom))

    found = pair_p_values(cells)
    expected = [by_hand("a", "b", ["x", "y"]), by_hand("a", "c", ["y"]), by_hand("b", "c", ["y"])]
    assert found[[0, 1, 4]] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(np.delete(found, [0, 1, 4])).all() and len(found) == 10
