"""The measuring parent: a failure is a result, a signal is not, and nothing is measured twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import measure_cell
from measure_cell import Job, Stopped, find_job, main, run_worker
from support import records
from wattlab.foundation.errors import InputError
from wattlab.study.cells import ResolvedStudy

CELL = records.resolved_cell()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return records.write_study(tmp_path / "results/laptop", records.resolved_study([CELL]))


def job(study: Path, cell: object = CELL) -> Job:
    return Job(study, ResolvedStudy.model_validate_json(study.read_text()), cell)  # type: ignore[arg-type]


def test_a_changed_study_is_refused_in_one_line(study: Path) -> None:
    with pytest.raises(InputError, match="the study changed meanwhile"):
        find_job(study, CELL.cell.id, "0" * 64)
    assert CELL.spec is not None
    assert find_job(study, CELL.cell.id, CELL.spec.sha256).resolved == CELL


def test_an_unknown_cell_names_the_near_ones(study: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'fill-mask/c4/google-bert--bert-base-uncased'"):
        find_job(study, "fill-mask/c4/google-bert--bert-base-cased", "0" * 64)


def worker_that(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the worker be this Python code."""
    real = subprocess.Popen
    monkeypatch.setattr(
        measure_cell.subprocess, "Popen", lambda command, **rest: real([sys.executable, "-c", code], **rest)
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", None),
        ("raise RuntimeError('no such layer')", "RuntimeError: no such layer"),
        ("import os; os.kill(os.getpid(), 9)", "the worker was ended by SIGKILL (out of memory?)"),
    ],
)
def test_why_a_worker_died(monkeypatch: pytest.MonkeyPatch, study: Path, code: str, reason: str | None) -> None:
    worker_that(monkeypatch, code)
    died = run_worker(job(study), study.parent / "logs/cell.log", {})
    assert (died and died.reason) == reason


def test_a_time_limit_ends_the_worker(monkeypatch: pytest.MonkeyPatch, study: Path) -> None:
    worker_that(monkeypatch, "import time; time.sleep(60)")
    limited = CELL.model_copy(update={"time_limit_s": 0.2})
    begun = time.monotonic()
    died = run_worker(job(study, limited), study.parent / "logs/cell.log", {})
    assert died is not None
    assert died.reason == "it met its time limit of 0.2 s (time_limit_s)"
    assert time.monotonic() - begun < 30


def test_the_reason_is_of_this_attempt(monkeypatch: pytest.MonkeyPatch, study: Path) -> None:
    log = study.parent / "logs/cell.log"
    log.parent.mkdir()
    log.write_text("Traceback (most recent call last):\nRuntimeError: of the last attempt\n")
    worker_that(monkeypatch, "import sys; sys.exit(7)")
    died = run_worker(job(study), log, {})
    assert died is not None
    assert died.reason == "the worker ended with exit code 7 and said nothing"


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_worker_told_to_stop_did_not_fail(monkeypatch: pytest.MonkeyPatch, study: Path, number: str) -> None:
    # What a shell starts in the background ignores SIGINT, and so do its children.
    told = f"signal.signal(signal.{number}, signal.SIG_DFL); os.kill(os.getpid(), signal.{number})"
    worker_that(monkeypatch, f"import os, signal; {told}")
    with pytest.raises(Stopped):
        run_worker(job(study), study.parent / "logs/cell.log", {})


PARENT = """
import sys, measure_cell
real = measure_cell.subprocess.Popen
measure_cell.subprocess.Popen = lambda command, **rest: real([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"], **rest)
measure_cell.measure = lambda job: measure_cell.run_worker(job, job.path("logs", ".log"), {})
sys.exit(measure_cell.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_the_worker_and_leaves_no_record(study: Path, number: int, code: int) -> None:
    assert CELL.spec is not None
    arguments = ["--study", str(study), "--cell", CELL.cell.id, "--spec-sha256", CELL.spec.sha256]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments], env=environment, stderr=subprocess.PIPE, text=True
    )
    log = study.parent / "logs" / f"{CELL.cell.id}.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "up" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.send_signal(number)
    _, said = parent.communicate(timeout=60)
    assert parent.returncode == code, said
    assert "the next call goes on" in said
    assert not (study.parent / "runs").exists()


def test_bad_arguments_are_one_line(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError):
        main(["--study", str(study.parent / "none.json"), "--cell", "a/b/c", "--spec-sha256", "0"])
