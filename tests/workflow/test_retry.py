"""What `make retry` measures again: what is missing, and nothing else."""

import subprocess
from pathlib import Path

import pytest

import retry_cells
from retry_cells import inputs_to_make_again, records_to_make_again
from support import records
from wattlab.foundation.files import write_json
from wattlab.samples.manifest import Manifest
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell

GOOD, FAILED, STALE, UNSAMPLED, NEVER, TORN = (
    records.resolved_cell(dataset=dataset) for dataset in ("c4", "oscar", "bookcorpus", "imdb", "sst2", "xsum")
)


def manifest_path(results: Path, cell: MeasuredCell) -> Path:
    return manifest_of(results, cell.spec.samples)


def write_manifest(results: Path, cell: MeasuredCell, status: str) -> None:
    gone = {"reason": "gone", "remedy": "none"} if status == "unavailable" else {}
    rows = (
        {"n_rows": 0, "row_ids": [], "sha256": None}
        if gone
        else {"n_rows": 10, "row_ids": list(range(10)), "sha256": "a"}
    )
    manifest = Manifest.model_validate(
        {
            "status": status,
            **gone,
            "dataset": cell.cell.dataset,
            "data": "surrogate",
            "selection": "seeded",
            "seed": 0,
            "n_wanted": 10,
            "cycled": False,
            **rows,
            "generator_version": 1,
            "key": cell.spec.samples.key,
        }
    )
    write_json(manifest_path(results, cell), manifest.model_dump(mode="json"))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    cells = [GOOD, FAILED, STALE, UNSAMPLED, NEVER, TORN]
    repeats = [records.repeat(index) for index in range(3)]
    old = records.resolved_cell(dataset="bookcorpus", repeats=5).spec
    written = [
        records.record_of(GOOD, repeats),
        records.failed(FAILED, "out of memory"),
        records.record_of(STALE, repeats, spec=old),
        records.record_of(UNSAMPLED, status="unavailable"),
    ]
    records.write_study(tmp_path / "results/laptop", records.resolved_study(cells), written)
    torn = tmp_path / f"results/laptop/runs/{TORN.cell.id}.json"
    torn.parent.mkdir()
    torn.write_text('{"status": "comp')
    for cell in cells:
        write_manifest(tmp_path / "results", cell, "unavailable" if cell is UNSAMPLED else "complete")
    return tmp_path / "results"


def test_missing_records_and_their_bad_inputs_are_named_and_nothing_else(results: Path) -> None:
    study = records.resolved_study([GOOD, FAILED, STALE, UNSAMPLED, NEVER, TORN])
    record = {
        cell.cell.dataset: results / f"laptop/runs/{cell.cell.id}.json" for cell in (FAILED, STALE, UNSAMPLED, TORN)
    }
    assert records_to_make_again(study, results) == list(record.values())
    assert inputs_to_make_again(study, results) == [manifest_path(results, UNSAMPLED)]


def test_a_whole_study_starts_nothing(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    monkeypatch.setattr(retry_cells, "study_of", lambda *_: records.resolved_study([GOOD, NEVER]))
    monkeypatch.setattr(retry_cells.subprocess, "run", lambda *_, **__: pytest.fail("Snakemake was started"))
    assert retry_cells.main([]) == 0
    assert "nothing to retry" in capsys.readouterr().out


def test_inputs_are_removed_and_records_forced(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below an input that is due by force, Snakemake runs no record that reads it as `ancient`."""
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    monkeypatch.setattr(retry_cells, "study_of", lambda *_: records.resolved_study([UNSAMPLED]))
    commands: list[list[str]] = []

    def run(command: list[str], check: bool) -> "subprocess.CompletedProcess[str]":
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(retry_cells.subprocess, "run", run)
    manifest, record = manifest_path(results, UNSAMPLED), f"results/laptop/runs/{UNSAMPLED.cell.id}.json"
    assert retry_cells.main(["--dry-run"]) == 0
    assert manifest.exists()
    assert retry_cells.main([]) == 0
    assert not manifest.exists()
    assert retry_cells.main(["--configfile", "studies/paper.yaml", "studies/rehearsal.yaml"]) == 0
    laid_over = commands.pop()
    place = laid_over.index("--configfile")
    assert laid_over[place : place + 4] == [
        "--configfile",
        "studies/paper.yaml",
        "studies/rehearsal.yaml",
        "--forcerun",
    ]
    assert [command[command.index("--forcerun") :] for command in commands] == [["--forcerun", record, "--"]] * 2
