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
from statistics import median

from ratios import Ratio

ROOT = Path(__file__).resolve().parents[1]

#: What a run needs of the project.
PARTS = ("Snakefile", "config.yaml", "catalog", "envs", "profiles", "rules", "scripts", "studies")

LOGS_VARIABLE = "WATTLAB_PUBLISHED_LOGS"


#: What one process of the analysis imports before it works: the study's CPU time is told in such imports.
IMPORTS = [sys.executable, "-c", "import pandas, matplotlib.pyplot"]


def cpu_s() -> float:
    """CPU time of all processes that this one started, ended and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratios() -> list[Ratio]:
    """The study's CPU time over that of importing pandas and matplotlib."""
    if LOGS_VARIABLE not in os.environ:
        print(f"left out: {LOGS_VARIABLE} names no logs of the paper's authors")
        return []
    begun_s = cpu_s()
    if run("2"):
        raise SystemExit(1)
    study_s, imports_s = cpu_s() - begun_s, []
    for _ in range(5):
        begun_s = cpu_s()
        subprocess.run(IMPORTS, check=True)
        imports_s.append(cpu_s() - begun_s)
    return [Ratio("CPU time over that of one import", study_s / median(imports_s), 0.1)]


def run(cores: str) -> int:
    """Run the study once, print seconds and the largest resident set; the exit code is Snakemake's."""
    environment = dict(os.environ)
    if LOGS_VARIABLE in environment:
        environment[LOGS_VARIABLE] = str(Path(environment[LOGS_VARIABLE]).resolve())
    with tempfile.TemporaryDirectory() as scratch:
        for name in PARTS:
            source, copy = ROOT / name, Path(scratch) / name
            shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        command = [sys.executable, "-m", "snakemake", "--cores", cores]
        command += ["--configfile", "studies/published.yaml"]
        started = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=scratch, env=environment)
        wall_s = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
    print(
        f"{wall_s:.1f} s on {cores} cores, {used.ru_utime + used.ru_stime:.1f} s of CPU, "
        f"largest process {used.ru_maxrss / 1e6:.2f} GB, exit code {done.returncode}"
    )
    return done.returncode


def main() -> int:
    """Run it as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", default="2")
    return run(parser.parse_args().cores)


if __name__ == "__main__":
    sys.exit(main())
