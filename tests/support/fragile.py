"""A project whose fake workers die as a test says: after so many repeats, in so many ways."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.workflow import Project, warm_environment
from wattlab.records.record import Record, read_record

FINISHED, REPEATS = 7, 10
#: The last page of a file on a full disk still takes a line or two.
FULL = {FINISHED, FINISHED + 1, FINISHED + 2}
PROTOCOL = {"repeats": REPEATS, "n_inferences": 1, "min_window_s": 0, "invalid_below_s": 0, "warmup_inferences": 1}
OVERRIDES: list[dict[str, Any]] = [{"where": {}, "set": {**PROTOCOL, "idle_window_s": 0.01}}]


@dataclass
class Fragile:
    """A project whose workers die as `faults.json` says."""

    project: Project
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(self.project.root / "scripts"),
            "WATTLAB_DISK": str(self.project.results / "repeats"),
            "WATTLAB_FAULTS": str(self.folder / "faults.json"),
            "WATTLAB_INFERENCE_S": "0.005",
            "WATTLAB_JOURNAL": str(self.folder / "journal.jsonl"),
            "WATTLAB_LOCKS": str(self.folder / "locks"),
        }

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """In a session of its own and with the real Python, to be killed with all that it started."""
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.project.root,
            env=warm_environment() | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def call(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return self.project.run("-m", *command, **self.variables)

    def snakemake(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.call("snakemake", "--cores", "2", "--quiet", "all", "--", *arguments)

    def fail(self, faults: dict[str, tuple[str, int]]) -> None:
        (self.folder / "faults.json").write_text(json.dumps(faults))

    def resume(self) -> None:
        """Let a worker that paused go on."""
        (self.folder / "go").touch()

    def record(self, cell: str) -> Record:
        return read_record(self.project.results / "deaths/runs" / f"{cell}.json")

    def stores(self, cell: str) -> list[Path]:
        folder = self.project.results / "repeats" / cell
        return sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)

    def reported(self, cell: str) -> list[float]:
        """Energies of the repeats that the cell's workers reported finished, in order."""
        lines = [json.loads(line) for line in (self.folder / "journal.jsonl").read_text().splitlines()]
        return [line["energy_cpu_j"] for line in lines if f"/{cell}/" in line["store"]]

    def check_resumed(self, cell: str, first_end: str, finished: int = FINISHED) -> None:
        """Two sessions with ten repeats in all: none lost, doubled or measured again."""
        record = self.record(cell)
        assert record.status == "complete"
        assert [session.ended for session in record.sessions] == [first_end, "done"]
        assert [session.attempt for session in record.sessions] == [1, 2]
        first, second = (session.session for session in record.sessions)
        assert [repeat.session for repeat in record.repeats] == [first] * finished + [second] * (REPEATS - finished)
        assert [repeat.index for repeat in record.repeats] == list(range(REPEATS))
        assert [repeat.energy_cpu_j for repeat in record.repeats] == self.reported(cell)


def first_part(record: Record) -> int:
    """How many of the repeats are of the first session."""
    return sum(repeat.session == record.sessions[0].session for repeat in record.repeats)
