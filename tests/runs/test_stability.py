"""What the repeats of a cell say of each other: outliers, a trend, lost cores, references; nothing of it is dropped."""

import itertools
import math
import random

import pytest
from scipy import stats

from support import measurements, records
from support.records import evidence_of
from support.tables import Tables
from wattlab.tables.intervals import is_outlier, mann_kendall

ENERGY = "energy_kwh_per_1000"


def tables_of(*joules, repeats=None, **extra):
    cell = records.resolved_cell(repeats=len(joules))
    made = [measurements.repeat(index, cpu_j=energy, **extra) for index, energy in enumerate(joules)]
    return Tables(evidence_of([(cell, records.record_of(cell, made))]))


def test_an_outlier_is_flagged_and_kept():
    built = tables_of(100.0, 101.0, 99.0, 100.0, 121.0)
    assert built["runs"]["flags"].fillna("").tolist() == ["", "", "", "", "outlier"]
    assert built["runs"]["counted"].all()
    assert built["cells"]["flags"].tolist() == ["outlier"]
    assert built["cells"][ENERGY].iloc[0] == pytest.approx(104.2 / 3.6e6 / 10 * 1000)


def test_repeats_in_two_groups_are_scattered_and_none_an_outlier():
    built = tables_of(100.0, 101.0, 200.0, 201.0)
    assert built["runs"]["flags"].tolist() == ["scattered"] * 4
    assert built["cells"]["flags"].tolist() == ["scattered"]


@pytest.mark.parametrize(("last", "outlier"), [(119.9, False), (120.1, True), (80.1, False), (79.9, True)])
def test_an_outlier_is_more_than_a_fifth_off_the_median(last, outlier):
    assert is_outlier([100.0, 100.0, last]).tolist() == [False, False, outlier]


@pytest.mark.parametrize("values", [[100.0, 200.0], [1.0, 1.0, math.nan], [0.0, 0.0, 5.0], []])
def test_without_a_median_there_is_no_outlier(values):
    assert not is_outlier(values).any()


def test_a_trend_over_the_repeats_is_flagged():
    built = tables_of(100.0, 101.0, 102.0, 103.0, 104.0)
    row = built["cells"].iloc[0]
    assert (round(row["trend_tau"], 12), row["flags"]) == (1.0, "trend")
    assert row["trend_p"] == pytest.approx(2 / math.factorial(5))  # one of all orders, and its reverse
    assert built["cells"]["n_valid"].iloc[0] == 5


def test_the_order_is_that_of_the_index_and_a_shuffled_one_has_no_trend():
    row = tables_of(102.0, 100.0, 104.0, 101.0, 103.0)["cells"].iloc[0]
    assert row["trend_tau"] == pytest.approx(0.2)
    assert row["trend_p"] > 0.5
    assert row["flags"] is None


def test_three_repeats_can_not_show_a_trend():
    row = tables_of(100.0, 101.0, 102.0)["cells"].iloc[0]
    assert (round(row["trend_tau"], 12), row["flags"]) == (1.0, None)


@pytest.mark.parametrize("values", [[3.0, 1.0, 2.0, 5.0, 4.0], [1.0, 1.0, 2.0, 3.0, 3.0, 2.0], list(range(40))])
def test_mann_kendall_is_kendalls_tau_against_the_order(values):
    trend = mann_kendall(values)
    expected = stats.kendalltau(range(len(values)), values)
    assert (trend.tau, trend.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_mann_kendall_of_any_order_without_ties_is_scipys_to_the_last_bit():
    rng = random.Random(0)
    longer = [rng.sample(range(size), size) for size in range(6, 36) for _ in range(5)]
    for order in [*itertools.permutations(range(5)), *longer]:
        trend, expected = mann_kendall(order), stats.kendalltau(range(len(order)), order)
        assert (trend.tau, trend.p) == (expected.statistic, expected.pvalue), order


@pytest.mark.parametrize("values", [[], [1.0, 2.0], [1.0, 1.0, 1.0], [1.0, 2.0, math.nan, 4.0]])
def test_a_trend_that_is_not_defined_is_missing(values):
    assert math.isnan(mann_kendall(values).tau) and math.isnan(mann_kendall(values).p)


def test_effective_cores_stand_beside_the_energy():
    built = tables_of(100.0, 100.0, process_cpu_s=8.0)  # windows of 10 s, one thread
    assert built["runs"]["effective_cores"].tolist() == [0.8, 0.8]
    assert built["runs"]["effective_cores_share"].tolist() == [0.8, 0.8]
    assert built["cells"]["effective_cores_share"].iloc[0] == pytest.approx(0.8)


def test_cores_are_shared_by_the_threads():
    cell = records.resolved_cell(protocol_values={"cpu_threads": 2})
    made = [measurements.repeat(index, process_cpu_s=18.0) for index in range(3)]
    runs = Tables(evidence_of([(cell, records.record_of(cell, made))]))["runs"]
    assert runs["effective_cores"].tolist() == [1.8] * 3
    assert runs["effective_cores_share"].tolist() == [0.9] * 3


def test_the_second_reading_and_its_ratio_stand_in_runs():
    extra = {"energy_cpu_method": "counter", "reference_energy_cpu_j": 80.0, "gpu_j": [30.0, 10.0]}
    run = tables_of(100.0, 100.0, reference_energy_gpu_j=[30.0, 20.0], **extra)["runs"].iloc[0]
    assert run["reference_cpu_ratio"] == 1.25
    assert run["reference_gpu_ratio"] == 0.8


def test_without_a_second_reading_there_is_no_ratio():
    run = tables_of(100.0, 100.0)["runs"].iloc[0]
    assert math.isnan(run["reference_cpu_ratio"]) and math.isnan(run["reference_gpu_ratio"])
    assert math.isnan(run["effective_cores"])


def test_provenance_tells_the_gpu_that_computed_and_how_the_cpu_was_read():
    cell = records.resolved_cell()
    machine = measurements.session(gpu_index=1).machine.model_copy(update={"gpu_uuids": ["GPU-a", "GPU-b"]})
    sessions = [
        measurements.session(
            name, gpu_index=index, machine=machine, meter={"cpu_mode": mode, "ram_model": "codecarbon-3"}
        )
        for name, index, mode in (("s1", 0, "cpu_load"), ("s2", 1, "intel_rapl"))
    ]
    made = [measurements.repeat(index, gpu_j=[9.0, 9.0], session=name) for index, name in enumerate(("s1", "s2"))]
    table = Tables(evidence_of([(cell, records.record_of(cell, made, sessions=sessions))]))["provenance"]
    for aspect, values in (
        ("machine.computing GPU", ["GPU-a", "GPU-b"]),
        ("meter.cpu_mode", ["cpu_load", "intel_rapl"]),
    ):
        rows = table[table["aspect"] == aspect]
        assert sorted(rows["value"]) == values
        assert rows["mixed"].all()
    assert not table[table["aspect"] == "meter.ram_model"]["mixed"].any()
