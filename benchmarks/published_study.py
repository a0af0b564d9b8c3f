"""How long the published study takes from the unpacked logs to the page, and the memory of its largest process.

    WATTLAB_PUBLISHED_LOGS=path python benchmarks/published_study.py [--cores 2]

Runs in a copy of the project, so that nothing is there already. Aim: at most 60 s on two cores, below 2 GB.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from ratios import Ratio
from timed import timed

ROOT = Path(__file__).resolve().parents[1]

#: What a run needs of the project.
PARTS = ("Snakefile", "config.yaml", "catalog", "envs", "profiles", "rules", "scripts", "studies")

LOGS_VARIABLE = "WATTLAB_PUBLISHED_LOGS"


#: What one process of the analysis imports before it works: the study's CPU time is told in such imports.
IMPORTS = [sys.executable, "-c", "import pandas, matplotlib.pyplot"]


#: Three runs within ten minutes on a shared machine gave 28.8, 35.4 and 45.1, with two cores and the imports behind alone.
TOLERANCE = 0.5


def ratios() -> list[Ratio]:
    """The study's CPU time over that of importing pandas and matplotlib."""
    if LOGS_VARIABLE not in os.environ:
        print(f"left out: {LOGS_VARIABLE} names no logs of the paper's authors")
        return []
    imports_s = [timed(IMPORTS, ROOT)["cpu_s"] for _ in range(5)]
    study = run("1")
    imports_s += [timed(IMPORTS, ROOT)["cpu_s"] for _ in range(5)]
    return [Ratio("CPU time over that of one import", study["cpu_s"] / median(imports_s), TOLERANCE)]


def run(cores: str) -> dict[str, Any]:
    """Run the study once, print what `timed` says of it, and return that."""
    logs = os.environ.get(LOGS_VARIABLE)
    environment = {} if logs is None else {LOGS_VARIABLE: str(Path(logs).resolve())}
    with tempfile.TemporaryDirectory() as scratch:
        for name in PARTS:
            source, copy = ROOT / name, Path(scratch) / name
            shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        command = [sys.executable, "-m", "snakemake", "--cores", cores]
        command += ["--configfile", "studies/published.yaml"]
        used = timed(command, Path(scratch), **environment)
    print(
        f"{used['wall_s']:.1f} s on {cores} cores, {used['cpu_s']:.1f} s of CPU, "
        f"largest process {used['rss_mb'] / 1e3:.2f} GB"
    )
    return used


def main() -> int:
    """Run it as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", default="2")
    run(parser.parse_args().cores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
