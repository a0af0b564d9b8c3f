"""Tables computed from hand-written records equal hand-computed numbers."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import build_tables
from support import records
from support.records import evidence_of
from wattlab.foundation.errors import InputError
from wattlab.foundation.members import load_member
from wattlab.foundation.units import UNITS
from wattlab.paper import listing as of_logs
from wattlab.quality import listing as of_answers
from wattlab.records.record import Failure
from wattlab.report.summary import closing_paragraph
from wattlab.tables import provenance
from wattlab.tables.building import build
from wattlab.tables.evidence import gather
from wattlab.tables.listing import TABLES
from wattlab.tables.reading import read_table
from wattlab.tables.writing import as_csv, as_markdown, shown_value, write_tables

ENERGY = "energy_kwh_per_1000"
ROOT = Path(__file__).resolve().parents[2]

#: Columns without a unit: names, flags, texts. Counts begin with `n_`.
PLAIN = set(
    """
    cell task dataset variant model hub_id family purpose structure modality weights data dtype device selected
    unselected_because status index session study counted valid extra short flags reasons started_at_utc output_unit
    lengths gpu_count gpu_index headline_scope scope grid study_grid phase reused kind reason remedy aspect value mixed
    ram_model protocol protocol_values measured today interval_kind
    intended source note training_source paper_name
    parameters parameters_as_published published_parameters
    energy_cpu_method energy_ram_method energy_gpu_method energy_method energy_node_method energy_device_method
    """.split()
)


def repeats_of(*joules, **extra):
    return [records.repeat(index, cpu_j=energy, **extra) for index, energy in enumerate(joules)]


def one_cell(*joules, cell=None, **extra):
    cell = cell or records.resolved_cell()
    return build(evidence_of([(cell, records.record_of(cell, repeats_of(*joules, **extra)))]))


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
    idle = (records.window(window_s=1.0, cpu_j=20.0, ram_j=0.0), records.window(window_s=3.0, cpu_j=100.0, ram_j=0.0))
    cell = records.resolved_cell()
    one = records.repeat(0, cpu_j=3600.0, window_s=10.0, idle_before=idle[0], idle_after=idle[1])
    run = build(evidence_of([(cell, records.record_of(cell, [one]))]))["runs"].iloc[0]
    assert run["idle_power_node_w"] == 30.0  # (20 + 100) J / (1 + 3) s
    assert run["net_energy_node_kwh_per_1000"] == pytest.approx((3600 - 300) / 3.6e6 * 100)


@pytest.mark.parametrize("lacking", ["idle_before", "idle_after"])
def test_without_both_idle_windows_there_is_no_net(lacking):
    cell = records.resolved_cell()
    one = records.repeat(0, **{lacking: None}) if lacking else None
    run = build(evidence_of([(cell, records.record_of(cell, [one]))]))["runs"].iloc[0]
    assert math.isnan(run["net_energy_node_kwh_per_1000"])
    assert run["energy_node_kwh_per_1000"] == pytest.approx(0.1)


def test_node_and_device_of_a_gpu_machine():
    cell = records.resolved_cell()
    one = records.repeat(0, cpu_j=1000.0, ram_j=600.0, gpu_j=[500.0, 1500.0], idle_gpu_w=[50.0, 60.0], idle_w=10.0)
    record = records.record_of(cell, [one], sessions=[records.session("s1", gpu_index=1)], device="cuda")
    run = build(evidence_of([(cell, record)]))["runs"].iloc[0]
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
    repeats = [records.repeat(0), records.repeat(1, ram_j=None), records.repeat(2)]
    row = build(evidence_of([(cell, records.record_of(cell, repeats))]))["cells"].iloc[0]
    assert math.isnan(row[ENERGY])
    assert row["energy_cpu_kwh_per_1000"] == pytest.approx(0.1)


def test_without_exclusive_there_is_no_node_and_a_cpu_is_shared():
    cell = records.resolved_cell(exclusive=False)
    shared = [repeat.model_copy(update={"flags": ["shared_device"]}) for repeat in repeats_of(3600.0, 7200.0)]
    record = records.record_of(cell, shared)
    built = build(evidence_of([(cell, record)], exclusive=False, headline_scope="device", parallel_cells=2))
    row = built["cells"].iloc[0]
    assert math.isnan(row["energy_node_kwh_per_1000"])
    assert row[ENERGY] == row["energy_device_kwh_per_1000"] == pytest.approx(0.15)
    assert row["flags"] == "shared_device"
    assert row["modelled_share"] == 1.0
    assert set(built["totals"]["scope"]) == {"device"}
    assert built["comparison"].iloc[0]["scope"] == "device"


def test_an_imported_record_has_no_device_and_is_never_stale():
    cell = records.imported_cell()
    one = records.repeat(0, cpu_j=600.0, ram_j=1000.0, gpu_j=[2000.0], gpu_count=8, idle_w=None)
    record = records.record_of(cell, [one], sessions=[], repeats_wanted=2)
    built = build(evidence_of([(cell, record)]))
    run = built["runs"].iloc[0]
    assert run["energy_node_j"] == 3600.0 and run["gpu_count"] == 8
    assert math.isnan(run["energy_device_j"]) and math.isnan(run["net_energy_node_kwh_per_1000"])
    assert built["missing"].iloc[0]["kind"] == "incomplete"
    assert set(built["provenance"].query("aspect == 'machine'")["value"]) == {"not recorded"}


def test_invalid_and_extra_repeats_are_listed_but_do_not_count():
    cell = records.resolved_cell(repeats=2)
    bad = records.repeat(1, cpu_j=9e9, valid=False, reasons=["a window of 0.1 s"])
    late = records.repeat(3, cpu_j=9e9)
    record = records.record_of(
        cell, [records.repeat(0, cpu_j=3600.0), bad, records.repeat(2, cpu_j=7200.0)], extra_repeats=[late]
    )
    built = build(evidence_of([(cell, record)]))
    assert list(built["runs"]["counted"]) == [True, False, True, False]
    assert list(built["runs"]["extra"]) == [False, False, False, True]
    assert built["runs"]["reasons"][1] == "a window of 0.1 s"
    row = built["cells"].iloc[0]
    assert row[ENERGY] == pytest.approx(0.15)
    assert (row["n_repeats"], row["n_valid"]) == (3, 2)
    assert built["missing"].empty


def test_several_sessions_and_short_windows_are_flagged():
    cell = records.resolved_cell(repeats=2)
    record = records.record_of(cell, [records.repeat(0, short=True), records.repeat(1, session="s2")])
    built = build(evidence_of([(cell, record)]))
    assert built["cells"].iloc[0]["flags"] == "short; several_sessions"
    assert built["cells"].iloc[0]["n_sessions"] == 2
    aspects = built["provenance"].set_index("aspect")
    assert aspects.loc["sessions per cell", "value"] == "2"


def test_facts_come_from_the_study_and_not_from_the_record():
    cell = records.resolved_cell(family="bert", published_parameters=42)
    record = records.record_of(cell, repeats_of(3600.0, 3600.0, 3600.0))
    record = record.model_copy(update={"family": "old", "selected": False, "structure": "decoder"})
    row = build(evidence_of([(cell, record)]))["cells"].iloc[0]
    assert (row["family"], row["structure"], row["selected"]) == ("bert", "encoder", True)
    assert row["published_parameters"] == 42


# ---------------------------------------------------------------- tasks, models


def two_models():
    """Model a with two cells (0.2 and 0.4 kWh), b with one (0.9); beside them cells that must not count."""
    made = [
        (records.resolved_cell(dataset="c4", model="a"), (3600.0, 7200.0, 10800.0)),
        (records.resolved_cell(dataset="oscar", model="a"), (14400.0, 14400.0, 14400.0)),
        (records.resolved_cell(dataset="c4", model="b"), (32400.0, 32400.0, 32400.0)),
        (records.resolved_cell(dataset="c4", model="m", purpose="multi-purpose"), (9e9, 9e9, 9e9)),
        (records.resolved_cell(dataset="c4", model="x", selected=False, unselected_because="test"), (9e9, 9e9, 9e9)),
    ]
    pairs = [(cell, records.record_of(cell, repeats_of(*joules))) for cell, joules in made]
    lost = records.resolved_cell(dataset="c4", model="c")
    few = [records.repeat(0, cpu_j=9e9), records.repeat(1, valid=False, reasons=["no"])]
    return [*pairs, (lost, records.record_of(lost, few, status="failed", failure=Failure(reason="too few")))]


def test_a_task_over_its_models_by_hand():
    table = build(evidence_of(two_models()))["tasks"]
    assert list(table["task"]) == ["fill-mask"]
    row = table.iloc[0]
    assert (row["n_models"], row["n_cells"], row["n_cells_planned"], row["n_repeats"]) == (2, 3, 4, 9)
    assert row[ENERGY] == pytest.approx(0.5)
    # 95 % of two models would be their range: it is called that.
    assert row["interval_kind"] == "range" and math.isnan(row[f"ci95_low_{ENERGY}"])
    assert (row[f"min_models_{ENERGY}"], row[f"max_models_{ENERGY}"]) == pytest.approx((0.3, 0.9))
    assert row[f"sd_models_{ENERGY}"] == pytest.approx(0.6 / math.sqrt(2))
    # Repeats 0.1 0.2 0.3, 0.4 x 3, 0.9 x 3: mean 0.5, squares 0.16 + 0.09 + 0.04 + 3 x 0.01 + 3 x 0.16 = 0.80.
    assert row[f"sd_repeats_{ENERGY}"] == pytest.approx(math.sqrt(0.80 / 8))
    spreads = {name: row[f"{name}_{ENERGY}"] for name in ("median_cells", "min_cells", "max_cells")}
    assert spreads == pytest.approx({"median_cells": 0.4, "min_cells": 0.2, "max_cells": 0.9})
    spreads = {name: row[f"{name}_{ENERGY}"] for name in ("median_repeats", "min_repeats", "max_repeats")}
    assert spreads == pytest.approx({"median_repeats": 0.4, "min_repeats": 0.1, "max_repeats": 0.9})
    assert row["emissions_g_per_1000"] == pytest.approx(0.5 * 138.75)


def test_a_task_with_one_model_has_no_interval_over_models():
    row = one_cell(3600.0, 7200.0, 10800.0)["tasks"].iloc[0]
    assert math.isnan(row[f"ci95_low_{ENERGY}"]) and math.isnan(row[f"sd_models_{ENERGY}"])
    assert (row["n_models"], row["interval_kind"]) == (1, "none")
    assert row[f"sd_repeats_{ENERGY}"] == pytest.approx(0.1)


def test_a_task_with_five_models_has_coxs_interval_of_its_mean():
    pairs = [(cell := records.resolved_cell(model=f"a--{at}"), records.record_of(cell, repeats_of(*[joules] * 3)))
             for at, joules in enumerate((3600.0, 7200.0, 10800.0, 14400.0, 36000.0))]  # fmt: skip
    row = build(evidence_of(pairs))["tasks"].iloc[0]
    logs = np.log([0.1, 0.2, 0.3, 0.4, 1.0])
    half = 2.7764451051977934 * math.sqrt(logs.var(ddof=1) / 5 + logs.var(ddof=1) ** 2 / 8)
    middle = logs.mean() + logs.var(ddof=1) / 2
    assert row["interval_kind"] == "95 % interval" and row[ENERGY] == pytest.approx(0.4)
    assert row[f"ci95_low_{ENERGY}"] == pytest.approx(math.exp(middle - half))
    assert row[f"ci95_high_{ENERGY}"] == pytest.approx(math.exp(middle + half))
    assert row["ci95_high_emissions_g_per_1000"] == pytest.approx(138.75 * math.exp(middle + half))


def test_ten_rows_when_all_tasks_are_there():
    pairs = [(cell := records.resolved_cell(task=task), records.record_of(cell, repeats_of(3600.0, 3700.0, 3800.0)))
             for task in records.TASKS]  # fmt: skip
    built = build(evidence_of(pairs))
    assert list(built["tasks"]["task"]) == list(records.TASKS)
    assert (built["tasks"][f"sd_repeats_{ENERGY}"] > 0).all()
    assert len(built["comparison"]) == 10


def test_a_multi_purpose_model_over_its_cells():
    cells = records.multi_purpose_cells()
    pairs = [
        (cell, records.record_of(cell, repeats_of(3600.0 * (place + 1), 3600.0 * (place + 1))))
        for place, cell in enumerate(cells)
    ]
    built = build(evidence_of(pairs))
    row = built["multipurpose"].iloc[0]
    assert (row["n_cells"], row["structure"]) == (9, "decoder")
    assert row[ENERGY] == pytest.approx(0.5)
    assert row[f"ci95_low_{ENERGY}"] == row[f"ci95_high_{ENERGY}"] == pytest.approx(0.5)
    assert built["tasks"].empty
    by_task = built["models"].set_index("task")
    assert by_task.loc["question-answering", ENERGY] == pytest.approx(0.5)
    assert by_task.loc["summarization", ENERGY] == pytest.approx(0.8)
    assert list(by_task["n_cells"]) == [3, 3, 3]


def test_a_model_without_a_measured_cell_stays_in_the_table_without_values():
    measured, waiting = records.resolved_cell(), records.resolved_cell(model="example--other")
    built = build(evidence_of([(measured, records.record_of(measured, repeats_of(3600.0, 3700.0))), (waiting, None)]))
    table = built["models"].set_index("model")
    assert table.loc["example--other", ["n_cells", "n_cells_planned"]].tolist() == [0, 1]
    assert table.loc["example--other", [ENERGY, "energy_method", "modelled_share"]].isna().all()
    assert table.loc["example--other", "hub_id"] == "example/other"
    assert table.loc[measured.cell.model, "n_cells"] == 1
    assert len(built["tasks"]) == 1 and built["tasks"].iloc[0]["n_models"] == 1


def test_output_lengths_over_repeats():
    cell = records.resolved_cell()
    repeats = [records.repeat(index, n_output_units=units) for index, units in enumerate((10, 20, 30))]
    row = build(evidence_of([(cell, records.record_of(cell, repeats))]))["output_lengths"].iloc[0]
    assert row["n_output_units_per_inference"] == 2.0
    assert row["sd_n_output_units_per_inference"] == 1.0
    assert (row["output_unit"], row["lengths"]) == ("token", "set")


# ---------------------------------------------------------------- comparison, emissions


def test_comparison_with_the_paper():
    joules = {"text-classification": 3600.0, "fill-mask": 1800.0, "text-generation": 36000.0, "text-to-image": 7200.0}
    pairs = [
        (cell := records.resolved_cell(task=task), records.record_of(cell, repeats_of(energy, energy, energy)))
        for task, energy in joules.items()
    ]
    table = build(evidence_of(pairs))["comparison"].set_index("task")
    assert table.loc["text-generation", "energy_ratio"] == pytest.approx(1.0 / 0.047)
    assert list(table["energy_rank"]) == [2.0, 1.0, 4.0, 3.0]
    assert list(table["paper_energy_rank"]) == [1.0, 2.0, 3.0, 4.0]
    assert table["spearman_rho"].tolist() == pytest.approx([0.6] * 4)  # 1 - 6 (1 + 1 + 1 + 1) / (4 x 15)
    half = 1.959963984540054 * math.sqrt(1 + 0.36 / 2)
    assert table["ci95_low_spearman_rho"].iloc[0] == pytest.approx(math.tanh(math.atanh(0.6) - half))


def test_a_device_has_no_ratio_to_the_papers_node():
    cell = records.resolved_cell(exclusive=False)
    pairs = [(cell, records.record_of(cell, repeats_of(3600.0, 3600.0, 3600.0)))]
    row = build(evidence_of(pairs, exclusive=False, headline_scope="device"))["comparison"].iloc[0]
    assert (row["scope"], row[ENERGY]) == ("device", pytest.approx(0.1)) and math.isnan(row["energy_ratio"])


def test_emissions_under_every_grid():
    table = one_cell(3600.0, 7200.0, 10800.0)["emissions"].set_index("grid")
    assert table.loc["clean", "emissions_g_per_1000"] == pytest.approx(2.0)
    assert table.loc["clean", "sd_emissions_g_per_1000"] == pytest.approx(1.0)
    assert table.loc["us-oregon-2023-codecarbon", "emissions_g_per_1000"] == pytest.approx(27.75)
    assert list(table["study_grid"]) == [True, False]


def test_a_bare_intensity_is_a_grid_of_its_own():
    cell = records.resolved_cell()
    built = build(evidence_of([(cell, records.record_of(cell, repeats_of(3600.0, 3600.0)))], grid=100.0))
    assert built["cells"].iloc[0]["emissions_g_per_1000"] == pytest.approx(10.0)
    assert built["emissions"].set_index("grid").loc["stated", "emissions_g_per_1000"] == pytest.approx(10.0)


# ---------------------------------------------------------------- totals


def test_totals_count_every_window_once_by_phase():
    cell, lost = records.resolved_cell(repeats=2), records.resolved_cell(dataset="oscar")
    bad = records.repeat(1, cpu_j=720.0, valid=False, reasons=["no"])
    record = records.record_of(
        cell, [records.repeat(0), bad, records.repeat(2)], extra_repeats=[records.repeat(3, cpu_j=360.0)]
    )
    few = records.record_of(lost, [records.repeat(0, cpu_j=1800.0)], status="failed", failure=Failure(reason="no"))
    totals = build(evidence_of([(cell, record), (lost, few)]))["totals"].set_index("phase")
    assert list(totals.index) == ["load", "transfer", "warm-up", "idle", "query", "invalid", "failed", "unassigned"]
    assert totals["n_windows"].to_dict() == {
        "load": 2, "transfer": 2, "warm-up": 2, "idle": 5 + 2, "query": 2, "invalid": 1, "failed": 1, "unassigned": 1
    }  # fmt: skip
    assert totals.loc["query", "energy_kwh"] == pytest.approx(7200 / 3.6e6)
    assert totals.loc["invalid", "energy_kwh"] == pytest.approx(720 / 3.6e6)
    assert totals.loc["failed", "energy_kwh"] == pytest.approx(1800 / 3.6e6)
    assert totals.loc["unassigned", "energy_kwh"] == pytest.approx(360 / 3.6e6)
    assert totals.loc["idle", "energy_kwh"] == pytest.approx(7 * 28 / 3.6e6)
    assert totals.loc["load", "energy_kwh"] == pytest.approx(2 * 28 / 3.6e6)
    assert totals.loc["query", "emissions_kg"] == pytest.approx(7200 / 3.6e6 * 0.13875)
    assert totals.loc["query", "duration_s"] == 20.0


def test_what_another_study_paid_is_reused():
    cell = records.resolved_cell(repeats=2)
    record = records.record_of(
        cell,
        [records.repeat(0, cpu_j=3600.0), records.repeat(1, cpu_j=7200.0, session="s2")],
        sessions=[records.session("s1", study="wide"), records.session("s2", study="laptop")],
    )
    totals = build(evidence_of([(cell, record)]))["totals"].set_index(["phase", "reused"])
    assert totals.loc[("query", True), "energy_kwh"] == pytest.approx(3600 / 3.6e6)
    assert totals.loc[("query", False), "energy_kwh"] == pytest.approx(7200 / 3.6e6)
    assert totals.loc[("load", True), "n_windows"] == 1


def test_unknown_energy_is_counted_apart():
    cell = records.resolved_cell(repeats=2)
    record = records.record_of(cell, [records.repeat(0), records.repeat(1, ram_j=None)])
    query = build(evidence_of([(cell, record)]))["totals"].set_index("phase").loc["query"]
    assert (query["n_windows"], query["n_windows_with_energy"]) == (2, 1)
    assert query["energy_kwh"] == pytest.approx(3600 / 3.6e6)


def test_cells_that_share_a_device_are_not_summed():
    cells = [records.resolved_cell(dataset=name, exclusive=False) for name in ("c4", "oscar", "bookcorpus")]
    together = [records.repeat(at, cpu_j=3600.0, session="a") for at in range(3)]
    beside = [one.model_copy(update={"session": "b"}) for one in together]
    later = [
        one.model_copy(update={"session": "c", "started_at_utc": records.utc(5000.0 + 100 * one.index)})
        for one in together
    ]
    pairs = [(cell, records.record_of(cell, repeats, sessions=[records.session(repeats[0].session, phases=False)]))
             for cell, repeats in zip(cells, (together, beside, later), strict=True)]  # fmt: skip
    built = build(evidence_of(pairs, exclusive=False, headline_scope="device"))
    query = built["totals"].set_index("phase").loc["query"]
    # Two cells at once on one CPU: the counter ran once. What is known is the third cell's alone.
    assert (query["n_windows"], query["n_windows_with_energy"], query["n_windows_shared"]) == (9, 3, 6)
    assert query["energy_kwh"] == pytest.approx(3 * 3600 / 3.6e6) and query["duration_s"] == 90.0
    text = closing_paragraph(records.resolved_study(cells, exclusive=False, headline_scope="device"), built)
    assert "it took at least (" in text and "of them since other cells ran on the same device)" in text
    on_gpus = [(cell, records.record_of(cell, [one.model_copy(update={"energy_gpu_j": [500.0, 700.0], "energy_gpu_method": "counter"})
                                               for one in repeats], sessions=[records.session("a" if place == 0 else "b", gpu_index=place, phases=False)], device="cuda"))
               for place, (cell, repeats) in enumerate(zip(cells[:2], (together, beside), strict=True))]  # fmt: skip
    query = (
        build(evidence_of(on_gpus, exclusive=False, headline_scope="device"))["totals"].set_index("phase").loc["query"]
    )
    assert query["n_windows_shared"] == 0  # each has a GPU of its own
    assert query["energy_kwh"] == pytest.approx(3 * (500 + 700) / 3.6e6)


def test_unassigned_windows_of_imported_logs(tmp_path):
    cell = records.resolved_cell()
    path = records.write_study(tmp_path, records.resolved_study([cell]))
    line = (
        '{"session": "r1", "name": null, "phase": "query", "reason": "no such model", "started_at_utc": "2023-09-08", \
"window_s": 5, "duration_s": 5, "energy_cpu_j": 100, "energy_ram_j": 60, "energy_gpu_j": [200], "gpu_count": 8, \
"energy_cpu_method": "constant", "energy_ram_method": "constant", "energy_gpu_method": "counter"}'
    )
    lost = tmp_path / "runs" / "unassigned.jsonl"
    lost.parent.mkdir(parents=True)
    lost.write_text(line + "\n\n" + line.replace("r1", "r2") + "\n")
    totals = build(gather(records.resolved_study([cell]), records.catalog(), path.parent / "runs"))["totals"]
    assert totals.loc[0, ["phase", "n_windows", "duration_s"]].tolist() == ["unassigned", 2, 10.0]
    assert totals.loc[0, "energy_kwh"] == pytest.approx(720 / 3.6e6)
    lost.write_text(line.replace('"window_s": 5', '"window_s": "five"'))
    with pytest.raises(InputError, match="line 1: window_s"):
        gather(records.resolved_study([cell]), records.catalog(), path.parent / "runs")


# ---------------------------------------------------------------- missing, stale, unreadable


def gathered(tmp_path, cells, written):
    study = records.resolved_study(cells)
    records.write_study(tmp_path, study, written)
    return gather(study, records.catalog(), tmp_path / "runs")


def test_every_kind_of_missing(tmp_path):
    absent, broken, waiting, gone, old, spent, expected, whole = (
        records.resolved_cell(dataset=f"d{place}", known_missing="needs 80 GB" if place == 6 else None)
        for place in range(8)
    )
    before = records.resolved_cell(dataset="d4", protocol_values={"seed": 7})
    no = [records.repeat(2, valid=False, reasons=["a window of 0.1 s"])]
    written = [
        records.failed(broken, "out of memory"),
        records.record_of(waiting, status="waiting", failure=Failure(reason="transformers4", remedy="install it")),
        records.record_of(gone, status="unavailable", failure=Failure(reason="gated")),
        records.record_of(before, repeats_of(9e9, 9e9, 9e9)),
        records.record_of(spent, repeats_of(3600.0, 3600.0) + no),
        records.record_of(whole, repeats_of(3600.0, 3600.0, 3600.0)),
    ]
    built = build(gathered(tmp_path, [absent, broken, waiting, gone, old, spent, expected, whole], written))
    table = built["missing"].set_index("dataset")
    kinds = ["incomplete", "failed", "waiting", "unavailable", "stale", "incomplete", "known"]
    assert table["kind"].to_dict() == {f"d{place}": kind for place, kind in enumerate(kinds)}
    assert table["n_valid"].to_dict() == {"d0": 0, "d1": 0, "d2": 0, "d3": 0, "d4": 0, "d5": 2, "d6": 0}
    assert set(table["n_wanted"]) == {3}
    assert table.loc["d1", "reason"] == "out of memory" and "make retry" in table.loc["d1", "remedy"]
    assert table.loc["d2", "remedy"] == "install it"
    assert "1 x a window of 0.1 s" in table.loc["d5", "reason"]
    assert table.loc["d6", "reason"] == "needs 80 GB"
    assert table["remedy"].notna().all()
    assert list(built["cells"]["status"]) == [
        "incomplete", "failed", "waiting", "unavailable", "stale", "complete", "known", "complete"
    ]  # fmt: skip
    # The stale record enters no mean and no run, but what it cost is in the totals.
    assert built["tasks"].iloc[0][ENERGY] == pytest.approx(0.1)
    assert "d4" not in set(built["runs"]["dataset"])
    totals = built["totals"].set_index("phase")
    assert totals.loc["unassigned", "energy_kwh"] == pytest.approx(3 * 9e9 / 3.6e6)


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema_version": 1}', b"\xff\xfe\x00binary"])
def test_an_unreadable_record_is_listed_and_the_rest_goes_on(tmp_path, content):
    bad, good = records.resolved_cell(dataset="bad"), records.resolved_cell(dataset="good")
    path = tmp_path / "runs" / f"{bad.cell.id}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    built = build(gathered(tmp_path, [bad, good], [records.record_of(good, repeats_of(3600.0, 3600.0, 3600.0))]))
    assert built["missing"]["dataset"].tolist() == ["bad"]
    row = built["missing"].iloc[0]
    assert row["kind"] == "failed" and f"runs/{bad.cell.id}.json can not be read" in row["reason"]
    assert str(tmp_path) not in row["reason"]
    assert built["tasks"].iloc[0][ENERGY] == pytest.approx(0.1)


def test_a_record_in_the_wrong_place_is_not_taken_for_another_cell(tmp_path):
    here, there = records.resolved_cell(dataset="here"), records.resolved_cell(dataset="there")
    records.write_study(tmp_path, records.resolved_study([here]), [records.record_of(there, repeats_of(3600.0))])
    (tmp_path / "runs" / f"{there.cell.id}.json").rename(tmp_path / "runs" / "x.json")
    target = tmp_path / "runs" / f"{here.cell.id}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "runs" / "x.json").rename(target)
    built = build(gather(records.resolved_study([here]), records.catalog(), tmp_path / "runs"))
    assert f"it is the record of {there.cell.id}" in built["missing"].iloc[0]["reason"]


# ---------------------------------------------------------------- provenance


def test_provenance_flags_what_is_mixed():
    first, second = records.resolved_cell(dataset="a"), records.resolved_cell(dataset="b")
    other = records.session("s1", code_sha256="d" * 64, software={"torch": "2.12.0"})
    built = build(
        evidence_of(
            [
                (first, records.record_of(first, repeats_of(3600.0, 3600.0))),
                (second, records.record_of(second, repeats_of(3600.0, 3600.0), sessions=[other])),
            ]
        )
    )
    table = built["provenance"]
    assert table.loc[table["aspect"] == "code_sha256", "mixed"].tolist() == [True, True]
    torch = table[table["aspect"] == "software.torch"]
    assert torch["value"].tolist() == ["2.12.0", "2.13.0"] and torch["n_cells"].tolist() == [1, 1]
    assert not table.loc[table["aspect"] == "machine.cpu_model", "mixed"].any()
    assert table.loc[table["aspect"] == "protocol.seed", "intended"].all()


# ---------------------------------------------------------------- files


def full_study(tmp_path, changed_j=0.0):
    pairs = two_models()
    cells = [cell for cell, _ in pairs] + records.multi_purpose_cells()
    written = [record for _, record in pairs]
    written += [records.record_of(cell, repeats_of(3600.0, 3700.0, 3800.0)) for cell in records.multi_purpose_cells()]
    first = written[0].repeats[0]
    changed = first.model_copy(update={"energy_cpu_j": first.energy_cpu_j + changed_j})
    written[0] = written[0].model_copy(update={"repeats": [changed, *written[0].repeats[1:]]})
    return records.write_study(tmp_path, records.resolved_study(cells), written)


def built_files(tmp_path, **changes):
    study = full_study(tmp_path, **changes)
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    return {path.name: path.read_text() for path in (tmp_path / "tables").iterdir() if path.suffix != ".json"}


def test_every_table_as_csv_markdown_and_latex(tmp_path):
    files = built_files(tmp_path)
    assert set(files) == {f"{name}.{kind}" for name in TABLES for kind in ("csv", "md", "tex")}
    for name in TABLES:
        caption = files[f"{name}.md"].splitlines()[0]
        assert "seeded random weights" in caption and "Data: surrogate rows" in caption, name
        # A table without energies says nothing of how energies were obtained; without a cell, nothing was.
        energies = name not in ("missing", "provenance", "drift", "output_lengths", "protocols", "ram_models")
        assert (
            "Energy modelled (CPU load model, constant RAM power), node (CPU and RAM), gross." in caption
        ) == energies


def test_one_joule_changes_cells_and_tasks(tmp_path):
    before, after = built_files(tmp_path / "a"), built_files(tmp_path / "b", changed_j=1.0)
    changed = {name for name in before if before[name] != after[name]}
    assert {"runs.csv", "cells.csv", "tasks.csv", "models.csv", "comparison.csv", "emissions.csv"} <= changed
    assert not changed & {"multipurpose.csv", "parity.csv", "missing.csv", "provenance.csv", "output_lengths.csv"}
    assert built_files(tmp_path / "c") == before


@pytest.mark.parametrize("target", [*TABLES.values(), *of_answers.TABLES.values(), *of_logs.TABLES.values()])
def test_what_people_are_shown_are_columns_of_the_table(target):
    table = load_member(target)
    assert len(set(table.columns)) == len(table.columns)
    for chosen in (table.shown, table.latex, table.page):
        assert set(chosen or ()) <= set(table.columns)


def test_csv_reads_back_to_the_same_bits(tmp_path):
    table = pd.DataFrame({"a_s": [0.1 + 0.2, 1 / 3, float("nan"), 1e-300]})
    path = tmp_path / "t.csv"
    path.write_text(as_csv(table))
    assert read_table(path)["a_s"].tolist()[:2] == [0.1 + 0.2, 1 / 3]
    assert path.read_text().splitlines()[3] == '""'


def test_every_column_ends_in_its_unit(tmp_path):
    built_files(tmp_path)
    for path in sorted((tmp_path / "tables").glob("*.csv")):
        for column in read_table(path).columns:
            known = column in PLAIN or column.startswith("n_") or column.endswith(tuple(UNITS))
            assert known, f"{path.name}: {column} has no unit"


def test_an_empty_study_gives_headers(tmp_path):
    study = records.write_study(tmp_path, records.resolved_study([records.resolved_cell()]))
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    full = build(evidence_of(two_models()))
    for name in TABLES:
        table = read_table(tmp_path / "tables" / f"{name}.csv")
        assert list(table.columns) == list(full[name].columns), name
        assert len(table) == {"cells": 1, "models": 1, "missing": 1, "parity": 4}.get(name, 0), name


def test_nothing_is_written_when_one_table_fails(tmp_path, monkeypatch):
    def broken(evidence, built):
        raise ValueError("broken")

    monkeypatch.setattr("wattlab.tables.provenance.TABLE", replace(provenance.TABLE, build=broken))
    study = full_study(tmp_path)
    with pytest.raises(ValueError, match="broken"):
        build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")])
    assert not (tmp_path / "tables").exists()


def test_markdown_rounds_and_escapes():
    assert shown_value(0.0023456789) == "0.002346"
    assert shown_value(592_570_000.4) == "592,600,000" and shown_value(51_686.0) == "51,686"
    assert [shown_value(value) for value in (9999.7, 1354.2, 999.96, 13.0001, 8.67e-5, 5.43e-8)] == [
        "10,000", "1,354", "1,000", "13.00", "0.00008670", "5.430e-08",
    ]  # fmt: skip
    assert (
        shown_value(0.002, "paper_energy_kwh_per_1000") == "0.002"
        and shown_value(138.75, "intensity_g_per_kwh") == "138.75"
    )
    assert shown_value(float("nan")) == "" and shown_value(None) == ""
    assert shown_value("a|b <script>\n") == "a\\|b &lt;script&gt; "
    table = pd.DataFrame({"model": ["m|n"], "energy_kwh": [1 / 3]})
    assert as_markdown(table, None, "Caption.").splitlines()[-1] == "| m\\|n | 0.3333 |"


def test_a_reason_with_markup_is_escaped_in_the_markdown(tmp_path):
    cell = records.resolved_cell()
    evidence = evidence_of([(cell, records.failed(cell, "<img src=x> | [a](b)"))])
    write_tables(evidence, build(evidence), tmp_path)
    text = (tmp_path / "missing.md").read_text()
    assert "<img" not in text and "[a](b)" not in text
    assert read_table(tmp_path / "missing.csv").loc[0, "reason"] == "<img src=x> | [a](b)"


def test_tables_import_neither_torch_nor_transformers():
    code = "import sys, build_tables; print(sorted({'torch', 'transformers', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
