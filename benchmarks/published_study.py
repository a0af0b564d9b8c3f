"""How long the published study takes from the unpacked logs to the page, and the memory of its largest process.

    WATTLAB_PUBLISHED_LOGS=path python benchmarks/published_study.py [--cores 2]

Runs in a copy of the project, so that nothing is there already. Aim: at most 60 s on two cores, below 2 GB.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: What a run needs of the project.
PARTS = ("Snakefile", "config.yaml", "catalog", "envs", "profiles", "rules", "scripts", "studies")

LOGS_VARIABLE = "WATTLAB_PUBLISHED_LOGS"


def main() -> int:
    """Run the study once, print seconds and the largest resident set; the exit code is Snakemake's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", default="2")
    arguments = parser.parse_args()
    environment = dict(os.environ)
    if LOGS_VARIABLE in environment:
        environment[LOGS_VARIABLE] = str(Path(environment[LOGS_VARIABLE]).resolve())
    with tempfile.TemporaryDirectory() as scratch:
        for name in PARTS:
            source, copy = ROOT / name, Path(scratch) / name
            shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        command = [sys.executable, "-m", "snakemake", "--cores", arguments.cores]
        command += ["--configfile", "studies/published.yaml"]
        started = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=scratch, env=environment)
        wall_s = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
    print(
        f"{wall_s:.1f} s on {arguments.cores} cores, {used.ru_utime + used.ru_stime:.1f} s of CPU, "
        f"largest process {used.ru_maxrss / 1e6:.2f} GB, exit code {done.returncode}"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
