"""Where a dataset's copy holds other rows than the paper read, every place that names the data says so."""

from pathlib import Path

import pytest

import build_tables
from support import hand_tables, measurements, records
from support.imports import ROOT
from support.pages import page_of
from wattlab.figures import notes
from wattlab.report.lead import labels
from wattlab.report.methods import methods_paragraph
from wattlab.report.summary import closing_paragraph
from wattlab.study.cells import ResolvedStudy
from wattlab.study.other_rows import other_rows
from wattlab.workflow.loading import study_of

FINEWEB = "oscar: FineWeb, another web corpus"


def told(study: ResolvedStudy) -> ResolvedStudy:
    """The study with the fact at its cells on OSCAR."""
    cells = [
        cell.model_copy(update={"facts": cell.facts.model_copy(update={"other_rows": FINEWEB.partition(": ")[2]})})
        if cell.cell.dataset == "oscar"
        else cell
        for cell in study.cells
    ]
    return study.model_copy(update={"cells": cells})


@pytest.mark.parametrize(("study", "named"), [("studies/paper.yaml", f" ({FINEWEB})"), ("studies/wide.yaml", "")])
def test_the_catalogs_fact_holds_for_the_hubs_copy_alone(study: str, named: str) -> None:
    resolved = study_of(ROOT / "config.yaml", ROOT / study)
    assert other_rows(resolved, {"oscar", "c4"}) == named
    assert other_rows(resolved, {"c4"}) == ""


@pytest.mark.slow
def test_figures_page_and_paragraphs_say_so(tmp_path: Path) -> None:
    study, tables = told(hand_tables.study()), hand_tables.tables()
    cells = tables["cells"]
    assert FINEWEB in notes.note(tables, cells, study)
    assert FINEWEB not in notes.note(tables, cells[cells["dataset"] != "oscar"], study)
    assert f"({FINEWEB})." in closing_paragraph(study, tables)
    assert FINEWEB in methods_paragraph(study, tables)
    assert FINEWEB in dict(labels(study, cells))["surrogate data"]
    assert page_of(tables, tmp_path, study).count("FineWeb") >= 5
    assert "FineWeb" not in page_of(tables, tmp_path, hand_tables.study())


@pytest.mark.slow
def test_every_table_says_so(tmp_path: Path) -> None:
    cell = records.resolved_cell("fill-mask", "oscar", other_rows="FineWeb, another web corpus")
    record = records.record_of(cell, [measurements.repeat(index) for index in range(3)])
    study = records.write_study(tmp_path, records.resolved_study([cell]), [record])
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    captions = [path.read_text().splitlines()[0] for path in (tmp_path / "tables").glob("*.md")]
    assert len(captions) > 10
    assert all(f"({FINEWEB})." in caption for caption in captions)
