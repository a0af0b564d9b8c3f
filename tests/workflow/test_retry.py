"""What `make retry` measures again: what is missing, and nothing else."""

import subprocess
from pathlib import Path

import pytest

import measure_again
import retry_cells
from retry_cells import bad_records, inputs_to_make_again
from support import measurements, records
from wattlab.foundation.errors import InputError
from wattlab.records.record import Observed
from wattlab.records.store import ask_again, open_store, read_store, store_path
from wattlab.runs.assembly import write_record
from wattlab.runs.fingerprint import comparable_spec
from wattlab.runs.validity import is_settled
from wattlab.samples.manifest import Manifest, write_samples
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell
from wattlab.tables.evidence import CellEvidence, problem_of
from wattlab.workflow import forcing


@pytest.mark.parametrize(
    ("option", "dry"),
    [
        ("-n", True),
        ("-np", True),
        ("--dryrun", True),
        ("--dry-run", True),
        ("-j", False),
        ("--cores", False),
        ("none", False),
    ],
)
def test_a_dry_run_has_several_spellings(option: str, dry: bool) -> None:
    assert forcing.is_dry(["--cores", "2", option]) == dry


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
    write_samples(manifest_path(results, cell), manifest, [{"text": str(row)} for row in range(manifest.n_rows)])


@pytest.fixture
def results(tmp_path: Path) -> Path:
    cells = [GOOD, FAILED, STALE, UNSAMPLED, NEVER, TORN]
    repeats = [measurements.repeat(index) for index in range(3)]
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
    assert [path for _, path in bad_records(study, results)] == list(record.values())
    assert inputs_to_make_again(study, results) == [manifest_path(results, UNSAMPLED)]


def test_a_whole_study_starts_nothing(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    monkeypatch.setattr(retry_cells, "study_of", lambda *_: records.resolved_study([GOOD, NEVER]))
    monkeypatch.setattr(forcing.subprocess, "run", lambda *_, **__: pytest.fail("Snakemake was started"))
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

    monkeypatch.setattr(forcing.subprocess, "run", run)
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
    assert [command[command.index("--forcerun") :] for command in commands] == [["--forcerun", record]] * 2


def test_options_and_targets_are_handed_on_as_they_are(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    monkeypatch.setattr(retry_cells, "study_of", lambda *_: records.resolved_study([FAILED]))
    commands: list[list[str]] = []
    monkeypatch.setattr(
        forcing.subprocess,
        "run",
        lambda command, check: commands.append(command) or subprocess.CompletedProcess(command, 3),
    )
    given = ["task_fill-mask", "--workflow-profile", "profiles/slurm", "--cores", "4", "--config", "grid=50"]
    assert retry_cells.main([*given, "--configfile", "studies/wide.yaml"]) == 3
    assert commands[0][3 : 3 + len(given)] == given
    monkeypatch.setattr(retry_cells, "study_of", lambda *_: records.resolved_study([GOOD]))
    assert retry_cells.main(["task_fill-maskk"]) == 3, "an unknown target is Snakemake's to refuse"


def test_nothing_is_touched_beside_another_call(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    Path(".snakemake/locks").mkdir(parents=True)
    Path(".snakemake/locks/0.input.lock").touch()
    for program in (retry_cells, measure_again):
        monkeypatch.setattr(program, "study_of", lambda *_: records.resolved_study([UNSAMPLED]))
    with open_store(store_path(results, UNSAMPLED.cell.id, "f" * 12), {"spec": comparable_spec(UNSAMPLED.spec)}):
        pass
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    for call in (lambda: retry_cells.main([]), lambda: measure_again.main(["--cell", UNSAMPLED.cell.id])):
        with pytest.raises(InputError, match="a call of Snakemake was killed here and left its lock: `make unlock`"):
            call()
        with forcing.alone(), pytest.raises(InputError, match="a study is running in this folder: wait for it"):
            call()
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_what_there_is_to_say_where_there_is_nothing_to_do(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    for cells, said in (
        ([GOOD], "all 1 records of laptop are whole"),
        ([GOOD, NEVER], "1 of 2 cells of laptop were never"),
    ):
        monkeypatch.setattr(retry_cells, "study_of", lambda *_, cells=cells: records.resolved_study(cells))
        assert retry_cells.main([]) == 0
        assert said in capsys.readouterr().out


def test_inputs_of_cells_that_were_never_measured_are_made_again_alone(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(results.parent)
    Path("config.yaml").write_text("")
    monkeypatch.setattr(retry_cells, "study_of", lambda *_: records.resolved_study([NEVER]))
    manifest_path(results, NEVER).write_text('{"status": "comp')
    commands: list[list[str]] = []
    monkeypatch.setattr(
        forcing.subprocess,
        "run",
        lambda command, check: commands.append(command) or subprocess.CompletedProcess(command, 0),
    )
    assert retry_cells.main(["--cores", "2"]) == 0
    assert commands[0][3:] == ["inputs", "--cores", "2"]
    assert not manifest_path(results, NEVER).exists()


def test_a_cell_whose_redos_are_spent_is_measured_again(results: Path) -> None:
    repeats = [measurements.repeat(index, valid=index > 2, reasons=["suspended"] * (index < 3)) for index in range(5)]
    record = records.record_of(GOOD, repeats)
    write_record(results / f"laptop/runs/{GOOD.cell.id}.json", record)
    problem = problem_of(CellEvidence(GOOD, record, None), 3)
    assert problem is not None and "make retry" in problem.remedy
    assert [path for _, path in bad_records(records.resolved_study([GOOD]), results)] == [
        results / f"laptop/runs/{GOOD.cell.id}.json"
    ]
    store = store_path(results, GOOD.cell.id, "f" * 12)
    with open_store(store, {"spec": comparable_spec(GOOD.spec)}) as writer:
        skip = {"load", "transfer", "warmup", "ended", "ended_at_utc", "reason"}
        writer.append("session", **measurements.session("s1").model_dump(mode="json", exclude=skip))
        for index in range(2):
            repeat = measurements.repeat(index, ram_j=20.0, session="s1")
            writer.append("repeat", **repeat.model_dump(mode="json", include=set(Observed.model_fields)))
        writer.end("s1", "done", repeats=3, max_redo=GOOD.spec.protocol.max_redo)
    assert is_settled(read_store(store), GOOD.spec)
    ask_again(store)
    assert not is_settled(read_store(store), GOOD.spec)
