"""The same study on one machine and through a real Slurm of one node: the same tables, and no repeat lost or doubled."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from alike import differences, read
from cluster import KILL_WAIT_S, NoSlurm, one_node_slurm, why_not

from support.chaos import CHAOS, fake_project
from support.workflow import Project
from wattlab.records.record import read_record
from wattlab.records.store import read_store

#: `make test-slurm` wants it; elsewhere a machine without Slurm is no failure.
REQUIRED = os.environ.get("WATTLAB_SLURM") == "required"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_not() is not None and not REQUIRED, reason=f"no Slurm: {why_not()}"),
]

SIX_CELLS: dict[str, Any] = {
    **CHAOS,
    "study": "six",
    "time_limit_s": 600,
    "tasks": [{**CHAOS["tasks"][0], "datasets": ["cifar10", "cifar100"], "models": CHAOS["tasks"][0]["models"][:3]}],
}
THREE_CELLS: dict[str, Any] = {**SIX_CELLS, "tasks": [{**SIX_CELLS["tasks"][0], "datasets": ["cifar10"]}]}
#: A cluster without accounts and with little patience, over the profile that ships.
ON_SLURM = [
    "--workflow-profile", "profiles/slurm", "--slurm-no-account", "--latency-wait", "10", "--seconds-between-status-checks", "1",
    "--slurm-init-seconds-before-status-checks", "1",
    # Both, since the option replaces what the profile sets: the node is the measurement's own, as there.
    "--set-resources", "measure_cell:mem_mb=500", "measure_cell:slurm_extra='--exclusive'",
]  # fmt: skip


@pytest.fixture(scope="module")
def slurm() -> Iterator[None]:
    # A socket's name may have 107 letters: pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="wattlab-slurm-") as folder, ExitStack() as up:
        try:
            up.enter_context(one_node_slurm(Path(folder) / "home"))
        except NoSlurm as error:
            if REQUIRED:
                raise
            pytest.skip(f"no Slurm: {error}")
        yield


def environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH" and not key.startswith("SLURM")}
    plugins = [path for path in sys.path if (Path(path) / "snakemake_executor_plugin_slurm").is_dir()]
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(plugins),
        "WATTLAB_LOCKS": str(folder / "locks"),
        "WATTLAB_JOURNAL": str(folder / "journal.jsonl"),
    }


def start(project: Project, folder: Path, *arguments: str, **extra: str) -> "subprocess.Popen[str]":
    """Snakemake in the project, its words in a file beside it."""
    with (folder / "output.txt").open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=project.root,
            env=environment(folder) | extra,
            stdout=output,
            stderr=output,
            text=True,
        )


def finish(process: "subprocess.Popen[str]", folder: Path) -> None:
    assert process.wait(timeout=500) == 0, (folder / "output.txt").read_text()[-5000:]


def reported(folder: Path) -> list[dict[str, Any]]:
    journal = folder / "journal.jsonl"
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


def check_repeats(project: Project, folder: Path, n_cells: int = 6) -> None:
    """Each cell has its five repeats, and every one that was reported is among them."""
    found = set()
    for resolved in project.study("six").measured:
        record = read_record(project.results / "six/runs" / f"{resolved.cell.id}.json")
        assert [repeat.index for repeat in record.repeats] == [0, 1, 2, 3, 4]
        (store,) = (project.results / "repeats" / resolved.cell.id).glob("*.jsonl")
        found |= {(repeat.index, repeat.energy_cpu_j) for repeat in read_store(store).observed}
    lines = {(line["index"], line["energy_cpu_j"]) for line in reported(folder)}
    assert found == lines
    assert len(reported(folder)) == 5 * n_cells, "none was measured twice"


def test_slurm_gives_the_same_tables_as_one_machine(slurm: None, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    local, remote = fake_project(here / "project", SIX_CELLS), fake_project(there / "project", SIX_CELLS)
    on_cluster = start(remote, there, *ON_SLURM, "--", "tables")
    finish(start(local, here, "--cores", "1", "--", "tables"), here)
    finish(on_cluster, there)
    words = (there / "output.txt").read_text()
    assert words.count("has been submitted with SLURM jobid") == 6, "the measurements, and they alone, were jobs"
    check_repeats(remote, there)
    assert differences(read(local.results / "six/tables"), read(remote.results / "six/tables")) == []
    assert len(read(remote.results / "six/tables")["cells"]) == 6


def test_a_missing_cell_and_a_missing_column_are_told() -> None:
    whole = {"models": pd.DataFrame({"model": ["a", "b"], "task": "t", "n_cells": 1, "x": 2.0})}
    less = {"models": whole["models"].iloc[:1]}
    assert differences(whole, whole) == []
    assert differences(less, whole) == ["models: no row ('b', 't', '1')"]
    assert differences(whole, {"models": whole["models"].drop(columns="x")}) == [
        "models: columns ['x'] differ, or their order"
    ]
    assert differences({}, whole) == ["models: one has it, one has not"]


def running_job() -> str:
    listed = subprocess.run(["squeue", "-h", "-t", "running", "-o", "%i"], capture_output=True, text=True, check=True)
    (job,) = listed.stdout.split()
    return job


def wait_for_repeats(folder: Path, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 200
    while len(reported(folder)) < number and time.monotonic() < deadline:
        time.sleep(0.05)
    return reported(folder)


def log_of(project: Project, job: str) -> str:
    """What a job said; Snakemake keeps it where the job did not succeed."""
    (log,) = (project.root / ".snakemake/slurm_logs").rglob(f"{job}.log")
    return log.read_text()


def test_a_cancelled_and_a_killed_job_are_submitted_again_and_go_on(slurm: None, tmp_path: Path) -> None:
    project = fake_project(tmp_path / "project", THREE_CELLS)
    run = start(project, tmp_path, *ON_SLURM, "--", "tables", WATTLAB_INFERENCE_S="1.5")
    (cancelled,) = {line["store"] for line in wait_for_repeats(tmp_path, 2)}
    cell = Path(cancelled).parent.relative_to("results/repeats").as_posix()
    job = running_job()
    subprocess.run(["scancel", job], check=True)
    begun = time.monotonic()
    words = f"{cell}: stopped; what it finished is kept, the next call goes on"
    while words not in log_of(project, job) and time.monotonic() - begun < KILL_WAIT_S:
        time.sleep(0.1)
    assert words in log_of(project, job), "SIGTERM reached the measuring process, long before Slurm kills"
    assert time.monotonic() - begun < KILL_WAIT_S / 2
    # The next one without a warning, as where a node fails: SIGKILL for every process of the job.
    killed = wait_for_repeats(tmp_path, len(reported(tmp_path)) + 2)[-1]["store"]
    assert killed != cancelled
    subprocess.run(["scancel", "--signal=KILL", "--full", running_job()], check=True)
    finish(run, tmp_path)
    check_repeats(project, tmp_path, n_cells=3)
    for path in (cancelled, killed):
        stored = read_store(project.root / path)
        assert [session.ended for session in stored.sessions] == ["killed", "done"]
        assert [session.attempt for session in stored.sessions] == [1, 2]
        assert {repeat.session for repeat in stored.observed} == {session.session for session in stored.sessions}
