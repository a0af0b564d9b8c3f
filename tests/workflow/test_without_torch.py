"""Tables, figures, page and verdict come out of an environment that has the packages of envs/analysis.yaml alone."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pytest
import yaml

from support.whole_studies import few_cells, measured_study
from support.workflow import REPOSITORY, Project

pytestmark = pytest.mark.slow

ABSENT = ("torch", "transformers", "diffusers", "tokenizers", "codecarbon", "datasets")


def pins() -> dict[str, str]:
    """Version by distribution."""
    content = yaml.safe_load((REPOSITORY / "envs/analysis.yaml").read_text())
    listed = next(entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict))
    return dict(pin.split("==") for pin in listed)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the pinned distributions, file by file and compiled from this one, and nothing else."""
    root = tmp_path_factory.mktemp("analysis") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    (packages,) = root.glob("lib/python*/site-packages")
    for name, version in pins().items():
        found = distribution(name)
        assert found.version == version, f"{name} is {found.version} here: bring .venv up to requirements.lock"
        for file in found.files or []:
            if ".." not in file.parts:
                place = packages / file
                place.parent.mkdir(parents=True, exist_ok=True)
                if not place.exists():
                    place.symlink_to(Path(str(file.locate())))
    return root


def test_the_environment_has_no_package_that_measures(analysis: Path) -> None:
    for name in ABSENT:
        ran = subprocess.run([analysis / "bin/python", "-c", f"import {name}"], capture_output=True, text=True)
        assert re.search(f"ModuleNotFoundError: No module named '{name}'", ran.stderr), ran.stderr


def test_the_analysis_rules_run_in_it(analysis: Path, finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "copy")
    made = project.results / "small"
    for name in ("tables", "figures"):
        shutil.rmtree(made / name)
    for name in ("report.html", "verdict.txt"):
        (made / name).unlink()
    # Snakemake is this one; `python` of its rules is the other.
    ran = project.snakemake(PATH=f"{analysis / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert ran.returncode == 0, ran.stdout + "".join(path.read_text() for path in made.rglob("logs/*.log"))
    assert "Measuring" not in ran.stdout
    before = finished.results / "small"
    # `drift` compares versions with those that are installed beside it: here torch has none.
    for table in sorted(set((before / "tables").glob("*.csv")) - {before / "tables/drift.csv"}):
        pd.testing.assert_frame_equal(pd.read_csv(made / "tables" / table.name), pd.read_csv(table))
    assert {path.name for path in (made / "figures").iterdir()} == {
        path.name for path in (before / "figures").iterdir()
    }
    assert (made / "report.html").stat().st_size > 100_000


def test_a_bundle_is_packed_verified_and_compared_in_it(analysis: Path, tmp_path: Path) -> None:
    for seed, side in enumerate(("a", "b")):
        measured_study(tmp_path / side, few_cells(repeats=5), seed=seed)
        (tmp_path / side / "config.yaml").write_text((REPOSITORY / "config.yaml").read_text())
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts")}
    calls = [["bundle_study"], ["verify_bundle", "results/laptop/bundle.zip"]]
    for call in [*calls, ["compare_studies", "results/laptop/bundle.zip", "../b/results"]]:
        command = [analysis / "bin/python", "-m", *call]
        ran = subprocess.run(command, cwd=tmp_path / "a", env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 of 10 tested ratios differ from 1" in ran.stdout
