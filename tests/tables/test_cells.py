"""Rows of runs and cells from hand-written records equal hand-computed numbers."""

import math

import pytest

from support import measurements, records
from support.joules import ENERGY, one_cell, repeats_of
from support.records import evidence_of
from support.tables import Tables

# ---------------------------------------------------------------- runs and cells


def test_joules_become_kwh_per_1000_with_mean_sd_and_t_interval():
    row = one_cell(3600.0, 7200.0, 10800.0)["cells"].iloc[0]
    assert row[f"ci95_low_{ENERGY}"] == 0.0  # 0.2 - 0.248: an energy is not below zero
    row = one_cell(7200.0 - 360, 7200.0, 7200.0 + 360)["cells"].iloc[0]
    assert row[f"ci95_low_{ENERGY}"] == pytest.approx(0.2 - 4.302652729911275 * 0.01 / math.sqrt(3), rel=1e-9)
    row = one_cell(3600.0, 7200.0, 10800.0)["cells"].iloc[0]
    half = 0.95 / math.sqrt(2 * 0.975 * 0.025) * 0.1 / math.sqrt(3)  # t(0.975, 2) in closed form
    assert row[ENERGY] == pytest.approx(0.2, rel=1e-12)
    assert row[f"sd_{ENERGY}"] == pytest.approx(0.1, rel=1e-12)
    assert row[f"ci95_high_{ENERGY}"] == pytest.approx(0.2 + half, rel=1e-12)
    assert row["emissions_g_per_1000"] == pytest.approx(0.2 * 138.75, rel=1e-12)
    assert row["sd_emissions_g_per_1000"] == pytest.approx(13.875, rel=1e-12)
    assert row["duration_s_per_1000"] == 1000.0
    assert (row["n_repeats"], row["n_valid"], row["n_wanted"]) == (3, 3, 3)


def test_net_is_gross_minus_the_power_of_both_idle_windows():
    idle = (
        measurements.window(window_s=1.0, cpu_j=20.0, ram_j=0.0),
        measurements.window(window_s=3.0, cpu_j=100.0, ram_j=0.0),
    )
    cell = records.resolved_cell()
    one = measurements.repeat(0, cpu_j=3600.0, window_s=10.0, idle_before=idle[0], idle_after=idle[1])
    run = Tables(evidence_of([(cell, records.record_of(cell, [one]))]))["runs"].iloc[0]
    assert run["idle_power_node_w"] == 30.0  # (20 + 100) J / (1 + 3) s
    assert run["net_energy_node_kwh_per_1000"] == pytest.approx((3600 - 300) / 3.6e6 * 100)


@pytest.mark.parametrize("lacking", ["idle_before", "idle_after"])
def test_without_both_idle_windows_there_is_no_net(lacking):
    cell = records.resolved_cell()
    one = measurements.repeat(0, **{lacking: None}) if lacking else None
    run = Tables(evidence_of([(cell, records.record_of(cell, [one]))]))["runs"].iloc[0]
    assert math.isnan(run["net_energy_node_kwh_per_1000"])
    assert run["energy_node_kwh_per_1000"] == pytest.approx(0.1)


def test_node_and_device_of_a_gpu_machine():
    cell = records.resolved_cell()
    one = measurements.repeat(0, cpu_j=1000.0, ram_j=600.0, gpu_j=[500.0, 1500.0], idle_gpu_w=[50.0, 60.0], idle_w=10.0)
    record = records.record_of(cell, [one], sessions=[measurements.session("s1", gpu_index=1)], device="cuda")
    run = Tables(evidence_of([(cell, record)]))["runs"].iloc[0]
    assert run["energy_node_j"] == 3600.0
    assert run["energy_device_j"] == 1500.0
    assert run["energy_gpu_j"] == 2000.0
    assert run["net_energy_device_kwh_per_1000"] == pytest.approx((1500 - 600) / 3.6e6 * 100)
    assert run["net_energy_node_kwh_per_1000"] == pytest.approx((3600 - 1200) / 3.6e6 * 100)
    assert run["energy_method"] == "counter+model+constant"
    assert run["energy_device_method"] == "counter"
    assert run["modelled_share"] == pytest.approx(1600 / 3600)


def test_absent_adds_nothing_and_not_measured_makes_the_sum_missing():
    run = one_cell(3600.0, ram_j=400.0)["runs"].iloc[0]
    assert run["energy_gpu_method"] == "absent"
    assert run["energy_node_j"] == 4000.0
    assert math.isnan(run["energy_gpu_j"])
    unmeasured = one_cell(3600.0, ram_j=None)["runs"].iloc[0]
    assert math.isnan(unmeasured["energy_node_j"]) and math.isnan(unmeasured[ENERGY])
    assert unmeasured["energy_device_j"] == 3600.0


def test_one_unmeasured_repeat_leaves_the_cells_mean_missing():
    cell = records.resolved_cell()
    repeats = [measurements.repeat(0), measurements.repeat(1, ram_j=None), measurements.repeat(2)]
    row = Tables(evidence_of([(cell, records.record_of(cell, repeats))]))["cells"].iloc[0]
    assert math.isnan(row[ENERGY])
    assert row["energy_cpu_kwh_per_1000"] == pytest.approx(0.1)


def test_without_exclusive_there_is_no_node_and_a_cpu_is_shared():
    cell = records.resolved_cell(exclusive=False)
    shared = [repeat.model_copy(update={"flags": ["shared_device"]}) for repeat in repeats_of(3600.0, 7200.0)]
    record = records.record_of(cell, shared)
    built = Tables(evidence_of([(cell, record)], exclusive=False, headline_scope="device", parallel_cells=2))
    row = built["cells"].iloc[0]
    assert math.isnan(row["energy_node_kwh_per_1000"])
    assert row[ENERGY] == row["energy_device_kwh_per_1000"] == pytest.approx(0.15)
    assert row["flags"] == "shared_device"
    assert row["modelled_share"] == 1.0
    assert set(built["totals"]["scope"]) == {"device"}
    assert built["comparison"].iloc[0]["scope"] == "device"


def test_an_imported_record_has_no_device_and_is_never_stale():
    cell = records.imported_cell()
    one = measurements.repeat(0, cpu_j=600.0, ram_j=1000.0, gpu_j=[2000.0], gpu_count=8, idle_w=None)
    record = records.record_of(cell, [one], sessions=[], repeats_wanted=2)
    built = Tables(evidence_of([(cell, record)]))
    run = built["runs"].iloc[0]
    assert run["energy_node_j"] == 3600.0 and run["gpu_count"] == 8
    assert math.isnan(run["energy_device_j"]) and math.isnan(run["net_energy_node_kwh_per_1000"])
    assert built["missing"].iloc[0]["kind"] == "incomplete"
    assert set(built["provenance"].query("aspect == 'machine'")["value"]) == {"not recorded"}


def test_invalid_and_extra_repeats_are_listed_but_do_not_count():
    cell = records.resolved_cell(repeats=2)
    bad = measurements.repeat(1, cpu_j=9e9, valid=False, reasons=["a window of 0.1 s"])
    late = measurements.repeat(3, cpu_j=9e9)
    record = records.record_of(
        cell, [measurements.repeat(0, cpu_j=3600.0), bad, measurements.repeat(2, cpu_j=7200.0)], extra_repeats=[late]
    )
    built = Tables(evidence_of([(cell, record)]))
    assert list(built["runs"]["counted"]) == [True, False, True, False]
    assert list(built["runs"]["extra"]) == [False, False, False, True]
    assert built["runs"]["reasons"][1] == "a window of 0.1 s"
    row = built["cells"].iloc[0]
    assert row[ENERGY] == pytest.approx(0.15)
    assert (row["n_repeats"], row["n_valid"]) == (3, 2)
    assert built["missing"].empty


def test_several_sessions_and_short_windows_are_flagged():
    cell = records.resolved_cell(repeats=2)
    record = records.record_of(cell, [measurements.repeat(0, short=True), measurements.repeat(1, session="s2")])
    built = Tables(evidence_of([(cell, record)]))
    assert built["cells"].iloc[0]["flags"] == "short; several_sessions"
    assert built["cells"].iloc[0]["n_sessions"] == 2
    aspects = built["provenance"].set_index("aspect")
    assert aspects.loc["sessions per cell", "value"] == "2"


def test_facts_come_from_the_study_and_not_from_the_record():
    cell = records.resolved_cell(family="bert", published_parameters=42)
    record = records.record_of(cell, repeats_of(3600.0, 3600.0, 3600.0))
    record = record.model_copy(update={"family": "old", "selected": False, "structure": "decoder"})
    row = Tables(evidence_of([(cell, record)]))["cells"].iloc[0]
    assert (row["family"], row["structure"], row["selected"]) == ("bert", "encoder", True)
    assert row["published_parameters"] == 42


# ---------------------------------------------------------------- tasks, models


def test_output_lengths_over_repeats():
    cell = records.resolved_cell()
    repeats = [measurements.repeat(index, n_output_units=units) for index, units in enumerate((10, 20, 30))]
    row = Tables(evidence_of([(cell, records.record_of(cell, repeats))]))["output_lengths"].iloc[0]
    assert row["n_output_units_per_inference"] == 2.0
    assert row["sd_n_output_units_per_inference"] == 1.0
    assert (row["output_unit"], row["lengths"]) == ("token", "set")
