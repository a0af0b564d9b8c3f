"""The default study through a real Slurm of one node, once: `make slurm-study`.

One job is cancelled while it measures, later Snakemake itself is stopped and started again. At the end every repeat that
was ever in the store is still there, and the tables have the cells and columns of a run on one machine: of RESULTS,
where that is given, else of the same study with records made up for each of its cells.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from alike import differences, read
from cluster import one_node_slurm, why_not

from support import measurements, records
from support.workflow import REPOSITORY, Project, make_project
from wattlab.catalog.reading import load_catalog
from wattlab.records.record import read_record
from wattlab.records.store import read_store
from wattlab.tables.building import build
from wattlab.tables.evidence import CellEvidence, Evidence

ON_SLURM = [
    "--workflow-profile", "profiles/slurm", "--slurm-no-account", "--latency-wait", "10", "--seconds-between-status-checks", "1",
    "--slurm-init-seconds-before-status-checks", "1",
]  # fmt: skip
LONGEST_S = 2400


@dataclass
class OnSlurm:
    """The default study, as it runs."""

    project: Project
    folder: Path
    seen: dict[tuple[str, int], float] = field(default_factory=dict)

    def start(self) -> "subprocess.Popen[str]":
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH" and not key.startswith("SLURM")}
        plugins = [path for path in sys.path if (Path(path) / "snakemake_executor_plugin_slurm").is_dir()]
        with (self.folder / "output.txt").open("a") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "snakemake", *ON_SLURM, "--", "tables"],
                cwd=self.project.root,
                env=kept
                | {
                    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                    "PYTHONPATH": os.pathsep.join(plugins),
                    "WATTLAB_LOCKS": str(self.folder / "locks"),
                },
                stdout=output,
                stderr=output,
                text=True,
                # A shell that starts this in the background has it ignored, and Snakemake would never hear it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )

    def look(self) -> int:
        """Every repeat that stands in the store now; one that stood there before has to be there. Returns how many."""
        now = {}
        for path in (self.project.results / "repeats").rglob("*.jsonl"):
            for repeat in read_store(path).observed:
                now[path.as_posix(), repeat.index] = repeat.window_s
        assert self.seen.items() <= now.items(), "a repeat that stood in the store is gone"
        self.seen = now
        return len(now)

    def wait(self, run: "subprocess.Popen[str]", n_cells: float) -> None:
        """Until so many records are there and the next cell has its first repeat, or the run ends."""
        begun = time.monotonic()
        runs, repeats = self.project.results / "laptop/runs", self.project.results / "repeats"
        while run.poll() is None:
            assert time.monotonic() - begun < LONGEST_S, "the study takes too long"
            self.look()
            begun_cells = {Path(path).parent.relative_to(repeats).as_posix() for path, _ in self.seen}
            whole = {path.relative_to(runs).with_suffix("").as_posix() for path in runs.rglob("*.json")}
            if len(whole) >= n_cells and begun_cells - whole:
                return
            time.sleep(0.3)


def made_up_tables(project: Project) -> dict[str, pd.DataFrame]:
    """The tables of the same study where each cell has its repeats, with numbers that mean nothing."""
    study = project.study("laptop")
    evidence = []
    for resolved in study.measured:
        repeats = [measurements.repeat(index, n_output_units=10) for index in range(resolved.spec.protocol.repeats)]
        evidence.append(CellEvidence(resolved, records.record_of(resolved, repeats)))
    built = build(Evidence(study, load_catalog(project.root / "catalog"), evidence))
    folder = project.root / "made-up"
    folder.mkdir()
    for name, table in built.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return read(folder)


def interrupt(study: OnSlurm) -> tuple[str, "subprocess.Popen[str]"]:
    """Cancel one job, later stop Snakemake; returns the cancelled cell and the last run."""
    run = study.start()
    study.wait(run, 8)
    listed = subprocess.run(["squeue", "-h", "-t", "running", "-o", "%i"], capture_output=True, text=True, check=True)
    job = listed.stdout.split()[0]
    subprocess.run(["scancel", job], check=True)
    time.sleep(5)
    (log,) = (study.project.root / ".snakemake/slurm_logs").rglob(f"{job}.log")
    (cancelled,) = [
        line.partition(": stopped;")[0] for line in log.read_text().splitlines() if ": stopped; what" in line
    ]
    study.wait(run, 20)
    run.send_signal(signal.SIGINT)
    run.wait(timeout=300)
    return cancelled, study.start()


def main() -> int:
    """Run it and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--like", type=Path, help="results/{study} of a run on one machine")
    arguments = parser.parse_args()
    if why_not():
        sys.exit(f"no Slurm: {why_not()}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wattlab-slurm-") as name, one_node_slurm(Path(name) / "home"):
        project = make_project(Path(name) / "project")
        (project.root / "config.yaml").write_bytes((REPOSITORY / "config.yaml").read_bytes())
        study = OnSlurm(project, Path(name))
        cancelled, run = interrupt(study)
        study.wait(run, float("inf"))
        study.look()
        if run.returncode != 0:
            sys.exit((study.folder / "output.txt").read_text()[-5000:])
        ours = read(project.results / "laptop/tables")
        theirs = read(arguments.like / "tables") if arguments.like else made_up_tables(project)
        found = differences(ours, theirs)
        resolved = project.study("laptop").cells
        measured = [read_record(project.results / "laptop/runs" / f"{one.cell.id}.json") for one in resolved]
    ended = {record.cell_id: [session.ended for session in record.sessions] for record in measured}
    print(f"{len(measured)} cells, {len(study.seen)} repeats in {time.monotonic() - begun:.0f} s")
    print(f"cancelled while it measured: {cancelled}: sessions {ended[cancelled]}")
    again = {cell: sessions for cell, sessions in ended.items() if len(sessions) > 1}
    print(f"cells with several sessions: {json.dumps(again)}")
    print(f"tables: {len(ours)}, differences: {found or 'none'}")
    return int(bool(found) or ended[cancelled] != ["killed", "done"])


if __name__ == "__main__":
    sys.exit(main())
