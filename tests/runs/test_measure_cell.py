"""The measuring parent: a failure is a result, a signal is not, and nothing is measured twice."""

import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import measure_cell
from measure_cell import Job, Stopped, main, run_worker
from support import measurements, records
from wattlab.foundation.errors import InputError
from wattlab.runs.assembly import write_record
from wattlab.runs.job import job_verb
from wattlab.workflow.call import begin_call
from wattlab.workflow.progress import progress_line

CELL = records.resolved_cell()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return records.job_of(tmp_path / "results/laptop", records.resolved_study([CELL]), CELL)


def read(arguments: list[str]) -> Job:
    found: list[Job] = []
    job_verb(found.append)(arguments)
    return found[0]


def test_a_job_is_what_its_command_line_says(job: Job) -> None:
    limited = replace(job, cell=CELL.model_copy(update={"time_limit_s": 600.0}))
    for one in (job, limited):
        assert read(one.arguments) == one
    assert (job.results, job.folder.name) == (job.spec.parents[1], "laptop")


def test_a_job_reads_the_specs_file_alone(job: Job) -> None:
    job.study.unlink()
    assert read(job.arguments).cell == CELL
    assert job.spec.stat().st_size < 5000


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
def test_why_a_worker_died(monkeypatch: pytest.MonkeyPatch, job: Job, code: str, reason: str | None) -> None:
    worker_that(monkeypatch, code)
    died = run_worker(job, job.folder / "logs/cell.log", {})
    assert (died and died.reason) == reason


def test_a_time_limit_ends_the_worker(monkeypatch: pytest.MonkeyPatch, job: Job) -> None:
    worker_that(monkeypatch, "import time; time.sleep(60)")
    limited = replace(job, cell=CELL.model_copy(update={"time_limit_s": 0.2}))
    begun = time.monotonic()
    died = run_worker(limited, job.folder / "logs/cell.log", {})
    assert died is not None
    assert died.reason == "it met its time limit of 0.2 s (time_limit_s)"
    assert time.monotonic() - begun < 30


@pytest.mark.slow
def test_the_parent_sleeps_while_its_worker_measures(monkeypatch: pytest.MonkeyPatch, job: Job) -> None:
    worker_that(monkeypatch, "import time; time.sleep(1.5)")
    limited = replace(job, cell=CELL.model_copy(update={"time_limit_s": 60.0}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    assert run_worker(limited, job.folder / "logs/cell.log", {}) is None
    # Polling would make it wake 20 times a second; a few times it waits for the disk and for the start.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before < 15
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_reason_is_of_this_attempt(monkeypatch: pytest.MonkeyPatch, job: Job) -> None:
    log = job.folder / "logs/cell.log"
    log.parent.mkdir()
    log.write_text("Traceback (most recent call last):\nRuntimeError: of the last attempt\n")
    worker_that(monkeypatch, "import sys; sys.exit(7)")
    died = run_worker(job, log, {})
    assert died is not None
    assert died.reason == "the worker ended with exit code 7 and said nothing"


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_worker_told_to_stop_did_not_fail(monkeypatch: pytest.MonkeyPatch, job: Job, number: str) -> None:
    # What a shell starts in the background ignores SIGINT, and so do its children.
    told = f"signal.signal(signal.{number}, signal.SIG_DFL); os.kill(os.getpid(), signal.{number})"
    worker_that(monkeypatch, f"import os, signal; {told}")
    with pytest.raises(Stopped):
        run_worker(job, job.folder / "logs/cell.log", {})


PARENT = """
import sys, measure_cell
real = measure_cell.subprocess.Popen
measure_cell.subprocess.Popen = lambda command, **rest: real([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"], **rest)
measure_cell.record_of = lambda job: measure_cell.run_worker(job, job.path("logs", ".log"), {})
sys.exit(measure_cell.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_the_worker_and_leaves_no_record(job: Job, number: int, code: int) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *job.arguments], env=environment, stderr=subprocess.PIPE, text=True
    )
    log = job.folder / "logs" / f"{CELL.cell.id}.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "up" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.send_signal(number)
    _, said = parent.communicate(timeout=60)
    assert parent.returncode == code, said
    assert "the next call goes on" in said
    assert not (job.folder / "runs").exists()


def test_bad_arguments_are_one_line(job: Job) -> None:
    with pytest.raises(InputError, match="none.json: no such file"):
        main([*job.arguments, "--spec", "none.json"])
    with pytest.raises(InputError, match="--facts: famly = .bert.: unknown key; did you mean 'family'"):
        main([*job.arguments, "--facts", CELL.facts.model_dump_json().replace("family", "famly")])


def test_progress_never_fails_a_job(job: Job) -> None:
    """A record that some other program damaged, and a study that is gone, after everything was measured."""
    record = records.record_of(CELL, [measurements.repeat(index, ram_j=20.0) for index in range(3)])
    write_record(job.path("runs", ".json"), record)
    assert progress_line(job.study, record).startswith(f"{CELL.cell.id}: 3 repeats, 0.101 kWh (node, model+constant)")
    begin_call(job.folder, [CELL.cell.id, "a/b/c"])
    assert progress_line(job.study, record).startswith(f"[0/2] {'.' * 12} {CELL.cell.id}: 3 repeats"), (
        "the record is an older call's"
    )
    for damage in ('{"spec": ', "[]", '{"cells": []}'):
        (job.folder / "call.json").write_text(damage)
        assert progress_line(job.study, record).startswith(f"{CELL.cell.id}: 3 repeats")
    job.study.unlink()
    assert progress_line(job.study, record).startswith(f"{CELL.cell.id}: 3 repeats")


def test_progress_shows_no_energy_that_is_not_known_and_no_node_of_shared_ones(job: Job) -> None:
    repeats = [measurements.repeat(index, ram_j=None) for index in range(3)]
    assert "kWh" not in progress_line(job.study, records.record_of(CELL, repeats))
    beside = records.resolved_cell(exclusive=False)
    assert "3 repeats, 0.100 kWh (device, model)" in progress_line(
        job.study, records.record_of(beside, [measurements.repeat(index) for index in range(3)])
    )
