"""The rehearsal: its study, what says that no number of it is a result, and one cell from the first fetch to its record."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import build_tables
from support import hand_tables, measurements, records
from support.imports import ROOT
from support.mock_hub import rehearsal
from support.pages import page_of
from wattlab.figures import notes
from wattlab.report.lead import labels
from wattlab.report.methods import methods_paragraph
from wattlab.report.summary import closing_paragraph
from wattlab.workflow.loading import study_of

STAND_IN = "rehearsal on shrunken twins from a mock hub"
NO_RESULT = f"{STAND_IN}: no number here is a result"
CELL = "image-classification/cifar10/microsoft--resnet-18"


def test_it_is_the_papers_study_on_stand_ins() -> None:
    paper = study_of(ROOT / "config.yaml", ROOT / "studies/paper.yaml")
    rehearsed = study_of(ROOT / "config.yaml", *(ROOT / study for study in rehearsal.STUDIES))
    assert [cell.cell for cell in rehearsed.cells] == [cell.cell for cell in paper.cells]
    assert len(rehearsed.cells) == 312
    assert rehearsed.config.stand_in == STAND_IN
    assert paper.config.no_result is None


@pytest.mark.slow
def test_figures_page_and_paragraphs_say_that_nothing_is_a_result(tmp_path: Path) -> None:
    study, tables = hand_tables.study(stand_in=STAND_IN), hand_tables.tables()
    assert NO_RESULT in notes.note(tables, tables["cells"], study)
    assert f"{NO_RESULT[0].upper()}{NO_RESULT[1:]}." in closing_paragraph(study, tables)
    assert NO_RESULT in methods_paragraph(study, tables)
    assert labels(study, tables["cells"])[0] == ("no result", NO_RESULT)
    page = page_of(tables, tmp_path, study)
    assert page.count(NO_RESULT) > 5
    for words in ("random weights", "published weights", "surrogate data"):
        assert words not in page, words


@pytest.mark.slow
def test_every_table_says_that_nothing_is_a_result(tmp_path: Path) -> None:
    cell = records.resolved_cell()
    record = records.record_of(cell, [measurements.repeat(index) for index in range(3)])
    study = records.write_study(tmp_path, records.resolved_study([cell], stand_in=STAND_IN), [record])
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    captions = {path.name: path.read_text().splitlines()[0] for path in (tmp_path / "tables").glob("*.md")}
    assert len(captions) > 10
    for name, caption in captions.items():
        assert NO_RESULT[0].upper() + NO_RESULT[1:] + "." in caption, name
        assert "Weights:" not in caption, name
    assert NO_RESULT[1:] in (tmp_path / "tables/cells.tex").read_text()


def test_the_outcome_counts_records_by_status(tmp_path: Path) -> None:
    assert rehearsal.outcome(tmp_path) == "no study was resolved"
    results = tmp_path / "results/rehearsal"
    (results / "runs/t/d").mkdir(parents=True)
    (results / "study-0.json").write_text(json.dumps({"cells": [{}] * 4}))
    for model, status in (("a", "complete"), ("b", "complete"), ("c", "waiting")):
        (results / f"runs/t/d/{model}.json").write_text(json.dumps({"status": status}))
    assert rehearsal.outcome(tmp_path) == "2 of 4 records are complete, 1 absent, 1 waiting"
    (results / "runs/t/d/d.json").write_text(json.dumps({"status": "complete"}))
    (results / "runs/t/d/c.json").write_text(json.dumps({"status": "complete"}))
    assert rehearsal.outcome(tmp_path) == "4 of 4 records are complete"


@pytest.mark.slow
def test_a_cell_goes_from_the_first_fetch_to_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hubs: list[Any] = []
    monkeypatch.setattr(rehearsal, "add_datasets", lambda hub, add=rehearsal.add_datasets: (hubs.append(hub), add(hub)))
    work = tmp_path / "a rehearsal"
    assert rehearsal.rehearse(work, [f"results/rehearsal/runs/{CELL}.json"]) == 0
    assert rehearsal.outcome(work) == "1 of 312 records are complete, 311 absent"
    record = json.loads((work / f"results/rehearsal/runs/{CELL}.json").read_text())
    assert record["weights"] == record["data"] == "hub"
    assert len(record["repeats"]) == 2
    assert hubs[0].downloaded("microsoft/resnet-18") == {
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    }
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(hubs[0].endpoint, timeout=5)
