"""The rehearsal: the paper's study from the first fetch to the page, on shrunken twins from a mock hub on this machine.

Everything lies in a work directory of its own, so that no receipt or file of a twin is ever taken for a published one.
Arguments are Snakemake's: targets and options.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from support.mock_hub import MockHub
from support.mock_hub.datasets import add_datasets
from support.mock_hub.models import make_twins, twins

REPOSITORY = Path(__file__).resolve().parents[3]
WORK = REPOSITORY / "rehearsal"
STUDIES = ("studies/paper.yaml", "studies/rehearsal.yaml")

#: What a gated twin asks for; any will do.
TOKEN = "rehearsal"


def rehearse(work: Path, arguments: list[str]) -> int:
    """Run the study in `work`, which is emptied first; gives Snakemake's exit status."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(REPOSITORY / "config.yaml", work)
    make_twins(work / "twins")
    with MockHub(twins(work / "twins")) as hub:
        add_datasets(hub)
        return run_snakemake(work, arguments, hub.environment(work / "hf-home") | {"HF_TOKEN": TOKEN})


def run_snakemake(work: Path, arguments: list[str], environment: dict[str, str]) -> int:
    """Snakemake to its end, on two cores; it gets the signals that this process gets."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(work), *arguments]
    command += ["--configfile", *STUDIES]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | environment)
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return _ended(process)
    finally:
        signal.signal(signal.SIGTERM, before)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the terminal told Snakemake too, which ends its jobs


def outcome(work: Path) -> str:
    """How many of the study's records are complete, and what the others are."""
    results = work / "results/rehearsal"
    studies = sorted(results.glob("study-*.json"))
    if not studies:
        return "no study was resolved"
    planned = len(json.loads(studies[0].read_text())["cells"])
    found = Counter(json.loads(path.read_text())["status"] for path in (results / "runs").glob("*/*/*.json"))
    found["absent"] = planned - found.total()
    others = ", ".join(f"{count} {status}" for status, count in sorted(found.items()) if count and status != "complete")
    return f"{found['complete']} of {planned} records are complete{f', {others}' if others else ''}"


def main() -> int:
    """Rehearse, say how it went, and where the tables lie."""
    begun_s = time.monotonic()
    code = rehearse(WORK, sys.argv[1:])
    minutes = (time.monotonic() - begun_s) / 60
    place = (WORK / "results/rehearsal").relative_to(REPOSITORY)
    print(f"rehearsal: {outcome(WORK)}; {minutes:.0f} min; tables, figures and page in {place}. No number is a result.")
    return code


if __name__ == "__main__":
    sys.exit(main())
