"""Totals of a study: every window once, by its phase, and who paid for it."""

import pytest

from support import measurements, records
from support.records import evidence_of
from support.tables import Tables
from wattlab.foundation.errors import InputError
from wattlab.records.record import Failure
from wattlab.report.summary import closing_paragraph
from wattlab.tables.evidence import gather


def test_totals_count_every_window_once_by_phase():
    cell, lost = records.resolved_cell(repeats=2), records.resolved_cell(dataset="oscar")
    bad = measurements.repeat(1, cpu_j=720.0, valid=False, reasons=["no"])
    record = records.record_of(
        cell, [measurements.repeat(0), bad, measurements.repeat(2)], extra_repeats=[measurements.repeat(3, cpu_j=360.0)]
    )
    few = records.record_of(lost, [measurements.repeat(0, cpu_j=1800.0)], status="failed", failure=Failure(reason="no"))
    totals = Tables(evidence_of([(cell, record), (lost, few)]))["totals"].set_index("phase")
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
        [measurements.repeat(0, cpu_j=3600.0), measurements.repeat(1, cpu_j=7200.0, session="s2")],
        sessions=[measurements.session("s1", study="wide"), measurements.session("s2", study="laptop")],
    )
    totals = Tables(evidence_of([(cell, record)]))["totals"].set_index(["phase", "reused"])
    assert totals.loc[("query", True), "energy_kwh"] == pytest.approx(3600 / 3.6e6)
    assert totals.loc[("query", False), "energy_kwh"] == pytest.approx(7200 / 3.6e6)
    assert totals.loc[("load", True), "n_windows"] == 1


def test_unknown_energy_is_counted_apart():
    cell = records.resolved_cell(repeats=2)
    record = records.record_of(cell, [measurements.repeat(0), measurements.repeat(1, ram_j=None)])
    query = Tables(evidence_of([(cell, record)]))["totals"].set_index("phase").loc["query"]
    assert (query["n_windows"], query["n_windows_with_energy"]) == (2, 1)
    assert query["energy_kwh"] == pytest.approx(3600 / 3.6e6)


@pytest.mark.slow
def test_cells_that_share_a_device_are_not_summed():
    cells = [records.resolved_cell(dataset=name, exclusive=False) for name in ("c4", "oscar", "bookcorpus")]
    together = [measurements.repeat(at, cpu_j=3600.0, session="a") for at in range(3)]
    beside = [one.model_copy(update={"session": "b"}) for one in together]
    later = [
        one.model_copy(update={"session": "c", "started_at_utc": measurements.utc(5000.0 + 100 * one.index)})
        for one in together
    ]
    pairs = [(cell, records.record_of(cell, repeats, sessions=[measurements.session(repeats[0].session, phases=False)]))
             for cell, repeats in zip(cells, (together, beside, later), strict=True)]  # fmt: skip
    built = Tables(evidence_of(pairs, exclusive=False, headline_scope="device"))
    query = built["totals"].set_index("phase").loc["query"]
    # Two cells at once on one CPU: the counter ran once. What is known is the third cell's alone.
    assert (query["n_windows"], query["n_windows_with_energy"], query["n_windows_shared"]) == (9, 3, 6)
    assert query["energy_kwh"] == pytest.approx(3 * 3600 / 3.6e6) and query["duration_s"] == 90.0
    text = closing_paragraph(records.resolved_study(cells, exclusive=False, headline_scope="device"), built)
    assert "it took at least (" in text and "of them since other cells ran on the same device)" in text
    on_gpus = [(cell, records.record_of(cell, [one.model_copy(update={"energy_gpu_j": [500.0, 700.0], "energy_gpu_method": "counter"})
                                               for one in repeats], sessions=[measurements.session("a" if place == 0 else "b", gpu_index=place, phases=False)], device="cuda"))
               for place, (cell, repeats) in enumerate(zip(cells[:2], (together, beside), strict=True))]  # fmt: skip
    query = (
        Tables(evidence_of(on_gpus, exclusive=False, headline_scope="device"))["totals"].set_index("phase").loc["query"]
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
    totals = Tables(gather(records.resolved_study([cell]), records.catalog(), path.parent / "runs"))["totals"]
    assert totals.loc[0, ["phase", "n_windows", "duration_s"]].tolist() == ["unassigned", 2, 10.0]
    assert totals.loc[0, "energy_kwh"] == pytest.approx(720 / 3.6e6)
    lost.write_text(line.replace('"window_s": 5', '"window_s": "five"'))
    with pytest.raises(InputError, match="line 1: window_s"):
        gather(records.resolved_study([cell]), records.catalog(), path.parent / "runs")
