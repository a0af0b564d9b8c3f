"""What is said of numbers: scope, methods, intervals and counts are those of the rows that are shown."""

import pandas as pd
import pytest

from support import hand_tables, measurements, records
from support.tables import Tables
from wattlab.figures import notes
from wattlab.foundation.members import load_member
from wattlab.foundation.quantities import INTERVALS
from wattlab.records.record import Failure
from wattlab.report.explorer import task_rows
from wattlab.report.methods import methods_paragraph
from wattlab.report.summary import closing_paragraph
from wattlab.tables import words
from wattlab.tables.captions import captions
from wattlab.tables.evidence import CellEvidence, Evidence
from wattlab.tables.listing import TABLES
from wattlab.workflow.progress import outcome

GPU = {"gpu_j": [500.0], "idle_gpu_w": [50.0], "cpu_j": 3600.0, "ram_j": 10.0}


def built_of(study, found):
    by_cell = {record.cell_id: record for record in found}
    evidence = [CellEvidence(cell, record=by_cell.get(cell.cell.id)) for cell in study.cells]
    return Tables(Evidence(study, records.catalog(), evidence))


def measured(cells, n=3, study=None, sessions=None, device="cpu", **repeat):
    """A study of these cells with `n` equal repeats each, and its tables."""
    study = study or records.resolved_study(cells)
    repeats = [measurements.repeat(index, **repeat) for index in range(n)]
    return study, built_of(study, [records.record_of(c, repeats, sessions=sessions, device=device) for c in cells])


def captioned(name, study, built, rows=None):
    title = load_member(TABLES[name]).title
    return captions(name, title, built[name] if rows is None else rows, study, built)["md"]


def on_a_gpu(**config):
    cells = [records.resolved_cell("fill-mask", dataset) for dataset in ("c4", "oscar")]
    study = records.resolved_study(cells, **config)
    return measured(cells, study=study, sessions=[measurements.session(gpu_index=0)], device="cuda", **GPU)


@pytest.mark.slow
def test_the_scope_of_the_device_names_the_device_alone() -> None:
    study, built = on_a_gpu(headline_scope="device")
    text = captioned("cells", study, built)
    assert "Energy measured (GPU counter), device (one GPU), gross." in text
    assert "modelled" not in text and "node" not in text
    assert built["cells"]["modelled_share"].tolist() == [0.0, 0.0]  # of the GPU's counter, and not of the node's model
    assert built["tasks"]["modelled_share"].tolist() == [0.0]
    study, built = on_a_gpu()
    text = captioned("cells", study, built)
    assert (
        "Energy partly modelled (GPU counter, CPU load model, constant RAM power; modelled share 88 %), node (all GPUs, CPU "
        "and RAM), gross." in text
    )


def test_the_cpu_is_the_device_of_a_cell_that_ran_on_it_whatever_the_machine_has() -> None:
    cells = [records.resolved_cell("fill-mask", "c4", device="cpu")]
    study = records.resolved_study(cells, device="cpu", headline_scope="device")
    study, built = measured(cells, study=study, **GPU)
    assert built["cells"]["energy_method"].tolist() == ["model"]
    said = "Energy modelled (CPU load model), device (CPU), gross"
    assert said in captioned("cells", study, built) and said in notes.note(built, built["cells"], study)
    assert said in closing_paragraph(study, built) and said in methods_paragraph(study, built)


def test_rows_of_unlike_methods_name_them_all_and_fewer_rows_fewer() -> None:
    cells = [records.resolved_cell("fill-mask", dataset) for dataset in ("c4", "oscar")]
    study = records.resolved_study(cells)
    repeats = [measurements.repeat(index, ram_j=400.0) for index in range(3)]
    counted = [measurements.repeat(index, ram_j=400.0, energy_cpu_method="counter") for index in range(2)]
    built = built_of(study, [records.record_of(cells[0], repeats), records.record_of(cells[1], counted)])
    text = captioned("cells", study, built)
    assert "2 cells (1 task, 2 datasets, 1 model), 5 valid repeats." in text
    assert "by Student's t over the repeats (3 valid repeats); 1 row without." in text
    assert "energy partly modelled (CPU counter, CPU load model, constant RAM power; modelled share 10 % to 100 %)" in (
        text.replace("Energy", "energy")
    )
    text = captioned("cells", study, built, built["cells"][1:])
    assert "1 cell (1 task, 1 dataset, 1 model), 2 valid repeats." in text
    assert "No 95 % intervals: over the repeats they need at least 3 valid repeats." in text
    assert "(CPU counter, constant RAM power; modelled share 10 %)" in text and "load model" not in text
    assert "2 tasks" not in captioned("tasks", study, built)
    other = built["emissions"][built["emissions"]["cell"] == cells[1].cell.id]
    assert "CPU load model" not in captioned("emissions", study, built, other)


def test_one_repeat_and_one_model_have_no_interval() -> None:
    study, built = measured([records.resolved_cell("fill-mask", "c4")], n=1)
    assert "No 95 % intervals: over the repeats they need at least 3 valid repeats." in captioned("cells", study, built)
    text = captioned("tasks", study, built)
    said = "o 95 % intervals: over the models they need at least 5 models; 1 task of one model alone, which stands for no other."
    assert f"N{said}" in text and "Cox" not in text
    text = methods_paragraph(study, built)
    assert "each cell has 1 valid repeat," in text and f"Tasks: n{said}" in text and "Student" not in text
    (row,) = task_rows(built["cells"])
    assert (row["spread"], row["energies"]["node"][1:]) == ("one model", [None, None])


def test_two_models_have_a_range_that_is_named_so() -> None:
    study, built = measured([records.resolved_cell(model=name) for name in ("a--x", "b--y")])
    text = captioned("tasks", study, built)
    assert "1 task of 2 models: the range from the least to the greatest mean of a model." in text
    assert INTERVALS["tasks"].spread(2) == "range of 2 models" and INTERVALS["tasks"].spread(5) == "95 % interval"
    (row,) = task_rows(built["cells"])
    assert row["spread"] == "range of 2 models"
    assert row["energies"]["node"] == pytest.approx([0.1, 0.1, 0.1])


def test_an_interval_says_what_it_rests_on_and_how_many_rows_have_none() -> None:
    tables = hand_tables.tables()
    tasks = hand_tables.with_interval(tables["tasks"], "fill-mask")
    said = "95 % interval of the mean by Cox's method with Student's t over the models (8 models)"
    others = "1 task of 2 models: the range from the least to the greatest mean of a model; 8 tasks of one model alone"
    assert words.interval("tasks", tasks) == f"{said}; {others}, which stands for no other"
    assert words.interval("tasks", tasks[tasks["task"] == "fill-mask"]) == said
    assert words.interval("missing", tables["missing"]) == ""


def test_logs_without_an_energy_of_the_scope_claim_no_method() -> None:
    cell = records.imported_cell("fill-mask", "c4")
    logs = {"path": None, "mapping": "m"}
    study = records.resolved_study(
        [cell], source="codecarbon-logs", logs=logs, exclusive=False, headline_scope="device"
    )
    repeats = [measurements.repeat(index, gpu_j=[50.0], idle_w=None) for index in range(3)]
    built = built_of(study, [records.record_of(cell, repeats, sessions=[], device="cuda")])
    assert built["cells"]["energy_kwh_per_1000"].isna().all()
    text = captioned("cells", study, built)
    assert "No energy is known." in text and "counter" not in text and "measured" not in text
    assert "none of its 1 cell has a value" in closing_paragraph(study, built)


def test_the_methods_paragraph_counts_what_was_measured() -> None:
    cells = [records.resolved_cell("fill-mask", dataset, repeats=10) for dataset in ("c4", "oscar")]
    cells.append(records.resolved_cell("summarization", "xsum", protocol_values={"n_inferences": 2}))
    study, built = measured(cells[:2], n=2, study=records.resolved_study(cells))
    text = methods_paragraph(study, built)
    assert "each cell has 2 valid repeats" in text and "over 10 samples" in text


def test_the_cost_names_its_own_scope_and_methods() -> None:
    study, built = on_a_gpu(headline_scope="device")
    text = closing_paragraph(study, built)
    assert "Energy measured (GPU counter), device (one GPU), gross." in text
    cost = text.partition("In all,")[2].partition(". ")[0]
    assert "energy partly modelled (GPU counter, CPU load model, constant RAM power" in cost and "node" in cost


def test_a_failed_cell_stays_out_of_its_task() -> None:
    cells = [records.resolved_cell("fill-mask", d, m) for d in ("c4", "oscar") for m in ("a--x", "b--y")]
    found = [records.record_of(cell, [measurements.repeat(index) for index in range(3)]) for cell in cells[:3]]
    failure = Failure(reason="time limit", attempts=1)
    found.append(records.record_of(cells[3], [measurements.repeat(0)], status="failed", failure=failure))
    built = built_of(records.resolved_study(cells), found)
    (row,) = task_rows(built["cells"])
    assert (row["n_cells"], row["n_repeats"]) == (3, 9)
    assert row["energies"]["node"][0] == pytest.approx(0.1)


def test_the_line_of_a_cell_has_the_energy_of_the_tables() -> None:
    cell = records.resolved_cell("fill-mask", "c4", exclusive=False)
    repeats = [measurements.repeat(index, cpu_j=2000.0, ram_j=1000.0, gpu_j=[3000.0] * 8) for index in range(3)]
    record = records.record_of(cell, repeats, sessions=[measurements.session(gpu_index=0)], device="cuda")
    study = records.resolved_study([cell], exclusive=False, headline_scope="device")
    shown = built_of(study, [record])["cells"].iloc[0]
    assert shown["energy_kwh_per_1000"] == pytest.approx(3000 / 3.6e6 * 100)
    assert outcome(record, "device") == "3 repeats, 0.0833 kWh (device, counter) and 1,000 s per 1,000 inferences"
    # A component that was not read is not zero.
    unread = records.record_of(records.resolved_cell("fill-mask", "c4"), [measurements.repeat(0, ram_j=None)])
    assert outcome(unread, "node") == "1 repeats, 1,000 s per 1,000 inferences"


def test_scopes_of_several_studies_are_said() -> None:
    rows = pd.DataFrame({"cell": ["a", "a"], "headline_scope": ["node", "device"]})
    study, built = measured([records.resolved_cell()])
    assert "The rows' energies are of device or node; no ratio is of both." in captioned(
        "protocols", study, built, rows
    )


@pytest.mark.slow
def test_a_guessed_power_is_named_a_guess_wherever_the_energy_is() -> None:
    study, built = measured([records.resolved_cell("fill-mask", "c4")])
    recorded = built["provenance"]

    def said(source: str | None) -> list[str]:
        aspects = {"meter.cpu_tdp_w": "8.0", "meter.ram_power_w": "20.0", "meter.cpu_power_source": source}
        more = pd.DataFrame([{"aspect": name, "value": value} for name, value in aspects.items() if value])
        built["provenance"] = pd.concat([recorded, more])
        where = [
            methods_paragraph(study, built),
            closing_paragraph(study, built),
            notes.note(built, built["cells"], study),
        ]
        return [*where, captions("cells", "Title", built["cells"], study, built)["md"]]

    for source, words_of_it in (
        ("default", "CPU 8 W (a guess: CodeCarbon does not know it), memory 20 W (CodeCarbon's guess of its modules)"),
        ("nameplate", "CPU 8 W, memory 20 W (CodeCarbon's guess of its modules)"),
        (None, "CPU 8 W (its nameplate or a guess: not recorded), memory 20 W (CodeCarbon's guess of its modules)"),
    ):
        assert all(f"ssumed power: {words_of_it}" in text for text in said(source)), source
    counted = [measurements.repeat(index, energy_cpu_method="counter") for index in range(3)]
    cell = records.resolved_cell("fill-mask", "c4")
    built = built_of(records.resolved_study([cell]), [records.record_of(cell, counted)])
    assert all("ssumed power: memory 20 W (CodeCarbon's guess of its modules)" in text for text in said("nameplate"))
