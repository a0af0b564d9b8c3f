"""Ten times the paper's study: how long planning it takes, and its tables from finished records.

    PYTHONPATH=scripts:tests python benchmarks/large_study.py [--cells 3120]

80 models for each of ten tasks on three datasets, and 80 multi-purpose models on nine: 3,120 cells with 10 repeats. The
models are copies of catalog entries under other names, the joules are invented. Prints wall time, CPU time and the
largest resident set of a dry run of everything, and of `build_tables` for a quarter, a half and all of the cells, where
growth faster than linear would show. Aims: the plan in 30 s (better: 6 s) and 2 GB; the tables in 60 s on two cores.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from ratios import Ratio
from support.measurements import repeat
from support.records import record_of
from support.workflow import REPOSITORY, Project, make_project
from timed import timed
from wattlab.study.cells import ResolvedStudy
from wattlab.study.specs import read_study

REPEATS = 10
#: Five runs on a shared machine gave 0.54 to 0.77 for the plan and 0.50 to 0.93 for the tables; squared growth would give 4.
TOLERANCE = 0.3


def copies_of(project: Project, model: str, n: int) -> list[str]:
    """`n` entries like that of `model`, under names of their own."""
    folder = project.root / "catalog/models"
    entry = yaml.safe_load((folder / f"{model}.yaml").read_text())
    names = []
    for number in range(n):
        hub_id = f"{entry['hub_id']}-copy{number}"
        content = entry | {"hub_id": hub_id, "aliases": []}
        names.append(hub_id.replace("/", "--"))
        (folder / f"{names[-1]}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return names


def large_study(folder: Path, n_cells: int) -> Project:
    """A copy of the project whose study has so many cells, in the paper's proportions."""
    project = make_project(folder)
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    per_task = max(1, n_cells * 80 // 3120)
    copies: dict[str, list[str]] = {}
    for section in ("tasks", "multi_purpose"):
        for group in config[section]:
            model = group["models"][0]
            if model not in copies:
                copies[model] = copies_of(project, model, per_task)
            group["models"] = copies[model]
    overrides = [{"where": {}, "set": {"repeats": REPEATS}}]
    project.configure(study="large", tasks=config["tasks"], multi_purpose=config["multi_purpose"], overrides=overrides)
    return project


def write_records(study: ResolvedStudy, folder: Path) -> None:
    """A complete record for every cell."""
    rng = random.Random(0)
    for cell in study.cells:
        level_j = rng.lognormvariate(5, 1)
        repeats = [repeat(index, cpu_j=level_j * rng.uniform(0.95, 1.05)) for index in range(REPEATS)]
        path = folder / "runs" / f"{cell.cell.id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record_of(cell, repeats).model_dump_json())


def show(what: str, used: dict[str, Any]) -> None:
    """One line."""
    print(f"{what}: {used['wall_s']:.1f} s, {used['cpu_s']:.1f} s of CPU, {used['rss_mb']:.0f} MB", flush=True)


def measured(folder: Path, n_cells: int) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """How many cells there are, and what their plan and their tables took."""
    plan = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "rules", "host", "progress", "reason"]
    project = large_study(folder, n_cells)
    planned = timed(plan, folder)
    results = project.results / "large"
    (study_file,) = results.glob("study-*.json")
    study = read_study(study_file)
    show(f"{len(study.cells)} cells: plan", planned)
    write_records(study, results)
    tables = [sys.executable, "-m", "build_tables", "--study", str(study_file), "--tables", str(results / "tables")]
    built = timed(tables, folder, PYTHONPATH=str(folder / "scripts"))
    show(f"{len(study.cells)} cells, {len(study.cells) * REPEATS} repeats: tables", built)
    return len(study.cells), planned, built


def ratios(n_cells: int = 3120) -> list[Ratio]:
    """CPU time of a cell in the whole study over that in a quarter of it: below 1 where growth is linear, since the imports
    are shared by more."""
    with tempfile.TemporaryDirectory() as scratch:
        sizes = [measured(Path(scratch) / str(share), n_cells // share) for share in (4, 2, 1)]
    (few, *small), _, (many, *large) = sizes
    return [
        Ratio(f"{what} of a cell, all over a quarter", (all_["cpu_s"] / many) / (quarter["cpu_s"] / few), TOLERANCE)
        for what, all_, quarter in zip(("plan", "tables"), large, small, strict=True)
    ]


def main() -> int:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=3120)
    for ratio in ratios(parser.parse_args().cells):
        print(ratio)
    return 0


if __name__ == "__main__":
    sys.exit(main())
