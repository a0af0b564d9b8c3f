"""One damaged file is one row of `missing`: the rest of the study is measured, and shown."""

import pandas as pd
import pytest

import list_history
import measure_cell
from support.workflow import Project
from wattlab.foundation.hashing import key_of
from wattlab.records.record import read_record
from wattlab.runs.job import job_arguments
from wattlab.runs.places import input_paths
from wattlab.study.specs import spec_path

pytestmark = pytest.mark.slow


def missing(project: Project) -> pd.DataFrame:
    return pd.read_csv(project.results / "small/tables/missing.csv").set_index("cell")


def test_damaged_files_are_one_row_each_and_stop_nothing_else(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = project.study("small").measured
    no_store, no_rows = cells[0], next(cell for cell in cells[1:] if cell.spec.samples != cells[0].spec.samples)
    (store,) = (project.results / "repeats" / no_store.cell.id).glob("*.jsonl")
    whole = store.read_text()
    store.write_text("garbage\n" + whole)
    manifest = input_paths(project.results, no_rows).manifest
    manifest.write_text(manifest.read_text()[:40])
    for cell in cells:
        (project.results / f"small/runs/{cell.cell.id}.json").unlink()
    run = project.snakemake("tables")
    assert run.returncode == 1 and "Traceback" not in run.stdout
    reasons = missing(project)["reason"]
    assert {no_store.cell.id, no_rows.cell.id} == set(reasons.index)
    assert f"{store.name}: line 1 is not JSON; restore the file from a copy" in reasons[no_store.cell.id]
    assert manifest.name in reasons[no_rows.cell.id]
    tables = pd.read_csv(project.results / "small/tables/cells.csv")
    assert len(tables.dropna(subset=["energy_kwh_per_1000"])) == len(cells) - 2
    monkeypatch.chdir(project.root)
    assert list_history.main([]) == 1
    said = capsys.readouterr()
    assert f"{len(cells) - 1} files for {len(cells) - 1} cells" in said.out and "line 1 is not JSON" in said.err


def test_a_lock_that_can_not_be_had_is_a_failed_cell_with_a_remedy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cell, *_), study = project.study("small").measured, project.study_files("small")[-1]
    (store,) = (project.results / "repeats" / cell.cell.id).glob("*.jsonl")
    store.unlink()
    monkeypatch.setenv("WATTLAB_LOCKS", "/proc/none")
    spec = spec_path(project.results, key_of(cell.spec.model_dump(mode="json")))
    assert measure_cell.main(job_arguments(study, spec, cell)) == 0
    failure = read_record(project.results / f"small/runs/{cell.cell.id}.json").failure
    assert failure is not None
    assert "/proc/none: the machine's locks can not lie there" in failure.reason
    assert "set WATTLAB_LOCKS to a folder" in failure.reason
