"""Chaos: a study of 20 cells with 5 repeats each (fewer in the suite), while processes are killed and the disk fills up, at random.

    python -m support.chaos --rounds 100 --seed 0

One round is one blow to a running study: kill -9 of the worker, of its parent, of Snakemake or of all of them, SIGTERM
to Snakemake or to a parent, Ctrl-C, or a full disk. What stopped is then started again as a person would. Whenever the
study is whole, everything that it left is checked, and the next study begins. Only processes of this test's own
sessions are ever signalled. The disk fills only where a small tmpfs can be mounted (root); elsewhere that blow is left
out and the summary says so.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from support.workflow import Project, make_project
from wattlab.records.record import read_record
from wattlab.records.store import read_events, read_store

TESTS = Path(__file__).parent
DISK_MIB = 48
REPEATS = 5
CHAOS: dict[str, Any] = {
    "study": "chaos",
    "tasks": [
        {
            "task": "image-classification",
            "datasets": ["cifar10", "cifar100", "imagenet-1k", "cifar10@native", "cifar100@native"],
            "models": [
                "microsoft--resnet-18",
                "microsoft--resnet-50",
                "google--mobilenet_v1_0.75_192",
                "google--vit-base-patch16-224",
            ],
        }
    ],
    "multi_purpose": [],
    "overrides": [
        {
            "where": {},
            "set": {
                "repeats": REPEATS,
                "n_inferences": 1,
                "min_window_s": 0,
                "invalid_below_s": 0,
                "warmup_inferences": 1,
                "idle_window_s": 0.01,
            },
        }
    ],
}
#: Side by side on one machine: only the store's own lock keeps two writers apart.
SIDE_BY_SIDE: dict[str, Any] = {"parallel_cells": 2, "exclusive": False, "headline_scope": "device"}
ONE_BY_ONE: dict[str, Any] = {"parallel_cells": 1, "exclusive": True, "headline_scope": "node"}
KILLS = {"worker": "wattlab.runs.worker", "parent": "measure_cell", "snakemake": "-m snakemake", "all": ""}
BLOWS = (
    "kill worker",
    "kill parent",
    "kill snakemake",
    "kill all",
    "terminate snakemake",
    "terminate parent",
    "ctrl-c",
    "full disk",
)


def fake_project(root: Path, study: dict[str, Any]) -> Project:
    """A copy of the project with that study, whose worker is the fake one."""
    project = make_project(root).with_fake_worker()
    project.configure(**study)
    return project


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A folder on a small disk of its own; yields whether that was possible."""
    folder.mkdir(parents=True)
    options = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    mounted = shutil.which("mount") is not None and subprocess.run(options, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as handle:
        try:
            while True:
                handle.write(bytes(4096))
        except OSError:
            return ballast


def at_random(chaos: "Chaos") -> None:
    """Half of the time while a worker measures, else anywhere."""
    if chaos.rng.random() < 0.5:
        deadline = time.monotonic() + 20
        while not chaos.ours(KILLS["worker"]) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(chaos.rng.uniform(0.0, 0.8))
    else:
        time.sleep(chaos.rng.uniform(0.5, 6.0))


def within_a_cell(chaos: "Chaos") -> None:
    """As soon as a worker reports a repeat that is not its cell's last one."""
    seen = len(chaos.reported())
    deadline = time.monotonic() + 120
    while not any(line["index"] < REPEATS - 1 for line in chaos.reported()[seen:]):
        assert time.monotonic() < deadline, "no repeat was reported"
        time.sleep(0.02)


@dataclass
class Chaos:
    """A project under attack."""

    project: Project
    disk: Path | None
    rng: random.Random
    environment: dict[str, str]
    kinds: tuple[str, ...] = BLOWS
    wait: "Callable[[Chaos], None]" = at_random
    process: "subprocess.Popen[bytes] | None" = None
    sessions: list[int] = field(default_factory=list)
    #: Kinds that are still to come before any comes again.
    left: list[str] = field(default_factory=list)
    blows: Counter[str] = field(default_factory=Counter)
    studies: int = 0
    repeats: int = 0

    @property
    def journal(self) -> Path:
        """What workers reported finished; not on the small disk."""
        return Path(self.environment["WATTLAB_JOURNAL"])

    @property
    def results(self) -> Path:
        """Results of the study."""
        return self.project.results / "chaos"

    def call(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a program of the project in a session of its own."""
        output = (self.journal.parent / "output.txt").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.project.root,
            env=self.environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        self.sessions.append(process.pid)
        return process

    def ours(self, words: str) -> list[psutil.Process]:
        """Living processes that this test started, whose command holds these words."""
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) in self.sessions and process.status() != psutil.STATUS_ZOMBIE:
                    command = " ".join(process.cmdline())
                    if not words or (words in command and not command.startswith("/bin/bash")):
                        found.append(process)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
        return found

    def ensure_running(self) -> None:
        """As a person would: call again what stopped, unlock what a kill left locked, retry what failed."""
        if self.process is not None and self.process.poll() is None:
            return
        retry = self.process is not None and self.has_failed_cells()
        locks = self.project.root / ".snakemake/locks"
        if locks.exists() and any(locks.iterdir()):
            assert self.call("snakemake", "--unlock").wait() == 0, "unlocking failed"
        if retry:
            self.process = self.call("retry_cells", "--cores", "2", "tables")
        else:
            self.process = self.call("snakemake", "--cores", "2", "--quiet", "all", "--", "tables")

    def strike(self) -> None:
        """One round."""
        if not self.left:
            self.left = [kind for kind in self.kinds if self.disk is not None or kind != "full disk"]
            self.rng.shuffle(self.left)
        blow = self.left.pop()
        self.blows[blow] += 1
        if blow == "full disk":
            assert self.disk is not None
            ballast = fill(self.disk)
            time.sleep(self.rng.uniform(0.5, 2.5))
            ballast.unlink()
        elif blow == "ctrl-c":
            for process in self.ours(""):
                self.signal(process, signal.SIGINT)
        else:
            verb, _, whom = blow.partition(" ")
            for process in self.ours(KILLS[whom]):
                self.signal(process, signal.SIGKILL if verb == "kill" else signal.SIGTERM)

    def signal(self, process: psutil.Process, number: int) -> None:
        """Signal a process that may be gone already."""
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return

    def has_failed_cells(self) -> bool:
        """Whether a record says that its cell failed: another call does not measure it."""
        records = self.results.glob("runs/*/*/*.json")
        return any(read_record(record).status == "failed" for record in records)

    def is_whole(self) -> bool:
        """Whether every record is complete (read as another program would, while things run)."""
        if not self.project.study_files("chaos"):
            return False
        study = self.project.study("chaos")
        records = [self.results / "runs" / f"{cell.cell.id}.json" for cell in study.cells]
        return all(record.exists() and read_record(record).status == "complete" for record in records)

    def reported(self) -> list[dict[str, Any]]:
        """The repeats that workers reported finished: `store`, `index`, `energy_cpu_j`."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()] if self.journal.exists() else []

    def check_reported(self) -> int:
        """Every repeat that was reported finished is in its store, with the same numbers. Returns how many."""
        lines = self.reported()
        stores: dict[str, set[tuple[int, float]]] = {}
        for line in lines:
            if line["store"] not in stores:
                events = read_events(self.project.root / line["store"])
                stores[line["store"]] = {
                    (event["index"], event["energy_cpu_j"]) for event in events if event["event"] == "repeat"
                }
            assert (line["index"], line["energy_cpu_j"]) in stores[line["store"]], f"lost: {line}"
        return len(lines)

    def check_whole(self) -> None:
        """A finished study: exactly its repeats, none twice, no half-written file, records as the store says."""
        study = self.project.study("chaos")
        for resolved in study.cells:
            record = read_record(self.results / "runs" / f"{resolved.cell.id}.json")
            stores = list((self.project.results / "repeats" / resolved.cell.id).glob("*.jsonl"))
            assert len(stores) == 1, stores
            stored = read_store(stores[0])
            assert [repeat.index for repeat in stored.observed] == list(range(REPEATS)), f"other repeats: {stores[0]}"
            assert [repeat.index for repeat in record.repeats] == list(range(REPEATS)), record.cell_id
            assert not record.extra_repeats
            energies = [repeat.energy_cpu_j for repeat in record.repeats]
            assert energies == [repeat.energy_cpu_j for repeat in stored.observed]
            assert len(set(energies)) == REPEATS
            assert {repeat.session for repeat in record.repeats} <= {session.session for session in record.sessions}
        for path in self.project.results.rglob("*.json*"):
            if path.suffix == ".jsonl":
                assert path.read_bytes().endswith(b"\n"), f"half-written: {path}"
            elif path.suffix == ".json":
                json.loads(path.read_text())

    def finish_study(self) -> None:
        """Check a whole study, then begin the next one with nothing kept."""
        if self.process is not None:
            self.process.wait(timeout=120)
        deadline = time.monotonic() + 60
        while self.ours("") and time.monotonic() < deadline:
            time.sleep(0.1)
        self.repeats += self.check_reported()
        self.check_whole()
        self.studies += 1
        for name in ("repeats", "chaos/runs", "chaos/tables", "chaos/outputs"):
            shutil.rmtree(self.project.results / name, ignore_errors=True)
        self.journal.unlink(missing_ok=True)
        self.process = None
        self.project.configure(**(SIDE_BY_SIDE if self.studies % 2 else ONE_BY_ONE))

    def round(self) -> None:
        """Let the study run until the moment of the blow, strike, and look what is left."""
        self.ensure_running()
        self.wait(self)
        self.strike()
        time.sleep(0.2)
        self.check_reported()
        if self.is_whole():
            self.finish_study()

    def end(self) -> None:
        """Without further blows to a whole study."""
        for _ in range(20):
            if self.is_whole():
                self.finish_study()
                return
            self.ensure_running()
            assert self.process is not None
            self.process.wait(timeout=300)
        raise AssertionError("the study did not become whole after 20 calls")


def run_chaos(
    folder: Path,
    rounds: int,
    seed: int,
    study: dict[str, Any] = CHAOS,
    damage: Callable[[Path], None] = lambda scripts: None,
    kinds: tuple[str, ...] = BLOWS,
    wait: Callable[[Chaos], None] = at_random,
) -> Chaos:
    """So many rounds, then the last study to its end; `AssertionError` where anything was lost or counted twice.

    `damage` breaks the copied `scripts` beforehand, so that a test sees chaos fail; `kinds` are the blows; `wait` returns at the moment of a blow.
    """
    with small_disk(folder / "disk") as mounted:
        project = fake_project(folder / "disk" / "project", study)
        damage(project.root / "scripts")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(project.root / "scripts"),
            "WATTLAB_LOCKS": str(folder / "locks"),
            "WATTLAB_JOURNAL": str(folder / "journal.jsonl"),
        }
        chaos = Chaos(project, folder / "disk" if mounted else None, random.Random(seed), environment, kinds, wait)
        try:
            inputs = chaos.call("snakemake", "--cores", "2", "--until", "sample_dataset")
            assert inputs.wait() == 0, (folder / "output.txt").read_text()
            for _ in range(rounds):
                chaos.round()
            chaos.end()
        finally:
            for process in chaos.ours(""):
                chaos.signal(process, signal.SIGKILL)
        return chaos


def main() -> int:
    """Print what was done and that it held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wattlab-chaos-") as folder:
        chaos = run_chaos(Path(folder), arguments.rounds, arguments.seed)
    print(
        f"{arguments.rounds} rounds with seed {arguments.seed} in {time.monotonic() - begun:.0f} s: {dict(chaos.blows)}"
    )
    if chaos.disk is None:
        print("no tmpfs could be mounted here: the disk was never full")
    print(f"{chaos.studies} studies of 20 cells became whole, {chaos.repeats} repeats reported and found, none twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
