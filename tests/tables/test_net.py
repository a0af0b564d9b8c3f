"""Intervals of net energies: neighbours share an idle window."""

import math

import numpy as np
import pytest
from scipy import stats

from support import measurements, records
from support.tables import Tables

NET, GROSS = "net_energy_node_kwh_per_1000", "energy_node_kwh_per_1000"


def built_from(repeats, sessions=None):
    """The row of a cell with these repeats."""
    cell = records.resolved_cell(repeats=len(repeats))
    record = records.record_of(cell, repeats, sessions=sessions)
    return Tables(records.evidence_of([(cell, record)]))["cells"].iloc[0]


def in_a_row(gross_j, idle_w, lengths_s=None, **more):
    """Repeats of 10 s, 10 inferences each; window j of the idle ones (1 s) lies before repeat j and after repeat j - 1."""
    lengths_s = lengths_s or [1.0] * len(idle_w)
    idle = [
        measurements.window(start_s=20.0 * at, window_s=length_s, cpu_j=power_w * length_s, ram_j=0.0)
        for at, (power_w, length_s) in enumerate(zip(idle_w, lengths_s, strict=True))
    ]
    return [
        measurements.repeat(
            index, cpu_j=joules, ram_j=0.0, window_s=10.0, idle_before=idle[index], idle_after=idle[index + 1], **more
        )
        for index, joules in enumerate(gross_j)
    ]


def kwh_per_1000(joules):
    return joules / 3.6e6 / 10 * 1000


def test_three_repeats_by_hand():
    gross_j, idle_w = [100.0, 104.0, 99.0], [1.0, 2.0, 1.5, 3.0]
    row = built_from(in_a_row(gross_j, idle_w))
    net_j = [100 - 15.0, 104 - 17.5, 99 - 22.5]
    assert row[NET] == pytest.approx(kwh_per_1000(np.mean(net_j)))
    assert row[f"sd_{NET}"] == pytest.approx(kwh_per_1000(np.std(net_j, ddof=1)))
    # Two pairs of neighbours, each T^2 v / 4, and 2 C / (n (n - 1)) of it.
    covariance = 2 * 10.0**2 * np.var(idle_w, ddof=1) / 4
    squared = np.var(net_j, ddof=1) / 3 + 2 * covariance / 6
    half = stats.t.ppf(0.975, 2) * math.sqrt(squared)
    assert row[f"ci95_low_{NET}"] == pytest.approx(kwh_per_1000(np.mean(net_j) - half))
    assert row[f"ci95_high_{NET}"] == pytest.approx(kwh_per_1000(np.mean(net_j) + half))
    gross = stats.t.interval(0.95, 2, loc=np.mean(gross_j), scale=stats.sem(gross_j))
    assert (row[f"ci95_low_{GROSS}"], row[f"ci95_high_{GROSS}"]) == pytest.approx(kwh_per_1000(np.array(gross)))


def test_idle_windows_of_unlike_length_weigh_by_it():
    row = built_from(in_a_row([100.0, 104.0, 99.0], [1.0, 2.0, 1.5, 3.0], [1.0, 3.0, 1.0, 1.0]))
    net_j = [100 - 10 * 7 / 4, 104 - 10 * 7.5 / 4, 99 - 10 * 4.5 / 2]
    covariance = 100 * np.var([1.0, 2.0, 1.5, 3.0], ddof=1) * ((3 / 4) * (3 / 4) + (1 / 4) * (1 / 2))
    half = stats.t.ppf(0.975, 2) * math.sqrt(np.var(net_j, ddof=1) / 3 + 2 * covariance / 6)
    assert row[f"ci95_high_{NET}"] == pytest.approx(kwh_per_1000(np.mean(net_j) + half))


def test_repeats_that_share_no_window_are_independent():
    one, other, third = (in_a_row([100.0 + at], [1.0, 2.0 + at], session=f"s{at}")[0] for at in range(3))
    sessions = [measurements.session(f"s{at}") for at in range(3)]
    repeats = [one, other.model_copy(update={"index": 1}), third.model_copy(update={"index": 2})]
    row = built_from(repeats, sessions)
    net_j = [100 - 15.0, 101 - 20.0, 102 - 25.0]
    interval = stats.t.interval(0.95, 2, loc=np.mean(net_j), scale=stats.sem(net_j))
    assert row[f"ci95_high_{NET}"] == pytest.approx(kwh_per_1000(interval[1]))


def test_an_invalid_repeat_between_two_breaks_the_chain():
    repeats = in_a_row([100.0, 500.0, 104.0, 99.0], [1.0, 2.0, 1.5, 3.0, 2.0])
    repeats[1] = repeats[1].model_copy(update={"valid": False})
    row = built_from(repeats)
    net_j = [100 - 15.0, 104 - 22.5, 99 - 25.0]
    covariance = 10.0**2 * np.var([1.0, 2.0, 1.5, 3.0, 2.0], ddof=1) / 4  # the last two repeats alone are neighbours
    half = stats.t.ppf(0.975, 2) * math.sqrt(np.var(net_j, ddof=1) / 3 + 2 * covariance / 6)
    assert row[f"ci95_high_{NET}"] == pytest.approx(kwh_per_1000(np.mean(net_j) + half))


@pytest.mark.slow
def test_the_tables_interval_of_a_net_energy_holds_it_in_95_of_100_draws():
    generator = np.random.default_rng(3)
    cells = [records.resolved_cell(dataset=f"d{at}", repeats=5) for at in range(300)]
    draws = [in_a_row(100 + generator.normal(0, 0.3, 5), 2 + generator.normal(0, 0.3, 6)) for _ in cells]
    pairs = [(cell, records.record_of(cell, repeats)) for cell, repeats in zip(cells, draws, strict=True)]
    table = Tables(records.evidence_of(pairs))["cells"]
    truth = kwh_per_1000(80.0)
    held = (table[f"ci95_low_{NET}"] < truth) & (truth < table[f"ci95_high_{NET}"])
    assert len(held) == 300
    assert 0.93 <= np.mean(held) <= 0.99  # 300 draws; taken for independent it is 0.85


def test_the_interval_of_an_energy_and_of_a_time_ends_at_zero_and_that_of_a_net_energy_does_not():
    row = built_from(in_a_row([10.0, 400.0, 20.0], [1.0, 1.0, 1.0, 1.0]))
    assert row[f"ci95_low_{GROSS}"] == 0.0 and row[f"ci95_low_{NET}"] < 0
