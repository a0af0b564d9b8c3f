"""A run that is disturbed from outside: another configuration beside it, a lock left behind, a full disk, a scheduler's
SIGTERM. What is stopped goes on with the next call."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from support.chaos import fake_project, small_disk
from support.fragile import FINISHED, FULL, OVERRIDES, Fragile, first_part

pytestmark = pytest.mark.slow

ONE = "image-classification/cifar10/microsoft--resnet-18"
OTHER = "image-classification/cifar100/microsoft--resnet-18"
RECORD = f"results/deaths/runs/{ONE}.json"
ONE_CELL: dict[str, Any] = {
    "study": "deaths",
    "tasks": [{"task": "image-classification", "datasets": ["cifar10"], "models": ["microsoft--resnet-18"]}],
    "multi_purpose": [],
    "overrides": OVERRIDES,
}


TWO_CELLS = {
    **ONE_CELL,
    "tasks": [
        {"task": "image-classification", "datasets": ["cifar10", "cifar100"], "models": ["microsoft--resnet-18"]}
    ],
}


def wait_for(what: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.02)


def at_work(study: Fragile, cell: str) -> tuple[str, str]:
    """When the first process of a cell that measures began, and when the last one ended (ISO 8601)."""
    log = (study.project.results / f"deaths/logs/measure_cell/{cell}.log").read_text()
    begun = next(line.split()[1] for line in log.splitlines() if line.startswith("# "))
    return begun, str(study.record(cell).sessions[-1].ended_at_utc)


def test_a_dry_run_with_another_configuration_changes_nothing_for_a_study_that_runs(tmp_path: Path) -> None:
    study = Fragile(fake_project(tmp_path / "project", TWO_CELLS), tmp_path)
    project = study.project
    project.plan()
    before = {path: path.read_bytes() for path in project.results.rglob("*.json")}
    study.fail({ONE: ("pause", FINISHED)})
    running = study.start("snakemake", "--cores", "2", "--quiet", "rules", "progress", "--", "tables")
    wait_for(lambda: (tmp_path / "journal.jsonl").exists() and len(study.reported(ONE)) == FINISHED)
    others = [["--config", "require_counters=True"], ["--config", "grid=1"], ["--configfile", "studies/strict.yaml"]]
    for other in others:
        assert project.plan("tables", *other)["build_tables"] == 1
    configured = (project.root / "config.yaml").read_text()
    project.configure(time_limit_s=7, known_missing=[{"where": {"dataset": "cifar10"}, "reason": "no licence"}])
    assert project.plan("tables")["build_tables"] == 1
    (project.root / "config.yaml").write_text(configured)
    study.resume()
    said, _ = running.communicate(timeout=300)
    assert running.returncode == 0, said
    assert "[2/2]" in said
    for path, content in before.items():
        assert path.read_bytes() == content, path
    (own,) = [path for path in before if path.name.startswith("study-")]
    assert [path.name for path in (project.results / "deaths/tables").glob("study-*.json")] == [own.name]
    assert [session.ended for session in study.record(ONE).sessions] == ["done"]
    # With two cores to run on, nothing of one cell ran between the first and the last window of the other.
    (_, earlier_ended), (later_began, _) = sorted(at_work(study, cell) for cell in (ONE, OTHER))
    assert earlier_ended < later_began
    assert len(project.study_files("deaths")) == 4, "the other configurations of this study stand beside it"


def test_a_lock_left_behind_names_the_way_out(tmp_path: Path) -> None:
    study = Fragile(fake_project(tmp_path / "project", ONE_CELL), tmp_path)
    study.fail({ONE: ("hang", FINISHED)})
    running = study.start("snakemake", "--cores", "2", "--quiet", "all", "--", RECORD)
    wait_for(lambda: (tmp_path / "journal.jsonl").exists() and len(study.reported(ONE)) == FINISHED)
    for command in (["--unlock"], ["--cores", "2", "--", RECORD]):
        beside = study.call("snakemake", *command)
        assert beside.returncode == 1
        assert beside.stdout.splitlines()[-1] == (
            "error: a study is running in this folder: wait for it to end, or stop it by Ctrl-C in its terminal"
        )
    assert list(study.project.root.glob(".snakemake/locks/*")), "the lock of the call that runs is still there"
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    study.fail({})
    refused = study.call("snakemake", "--cores", "2", "--quiet", "host", "rules", "progress", "--", RECORD)
    assert refused.returncode == 1
    assert "Directory cannot be locked" in refused.stdout
    assert "--unlock" in refused.stdout
    unlocked = study.call("snakemake", "--unlock")
    assert unlocked.returncode == 0
    whole = study.snakemake(RECORD)
    assert whole.returncode == 0, whole.stdout
    study.check_resumed(ONE, "killed")


def test_a_full_disk_is_one_message_and_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as mounted:
        if not mounted:
            pytest.skip("no tmpfs can be mounted here")
        study = Fragile(fake_project(tmp_path / "disk/project", ONE_CELL), tmp_path)
        study.fail({ONE: ("full disk for all", FINISHED)})
        full = study.snakemake(RECORD)
        assert full.returncode == 1
        assert "error: no space left on the disk" in full.stdout
        assert "free some and call again: what was finished is kept" in full.stdout
        assert not (study.project.root / RECORD).exists()
        (study.project.results / "repeats/ballast").unlink()
        study.fail({})
        whole = study.snakemake(RECORD)
        assert whole.returncode == 0, whole.stdout
        finished = first_part(study.record(ONE))
        assert finished in FULL
        ended = study.record(ONE).sessions[0].ended
        assert ended in ("killed", "failed"), "whether the disk still took that line"
        study.check_resumed(ONE, ended, finished)


def test_a_worker_told_to_stop_leaves_no_record(tmp_path: Path) -> None:
    """A scheduler signals every process of a job: the worker's end by SIGTERM is a stop, and no failure of the cell."""
    study = Fragile(fake_project(tmp_path / "project", ONE_CELL), tmp_path)
    study.fail({ONE: ("terminated", FINISHED)})
    stopped = study.snakemake(RECORD)
    assert stopped.returncode == 1
    assert f"{ONE}: stopped; what it finished is kept, the next call goes on" in stopped.stdout
    assert not (study.project.root / RECORD).exists()
    study.fail({})
    assert study.snakemake(RECORD).returncode == 0
    study.check_resumed(ONE, "killed")
