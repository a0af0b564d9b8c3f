"""Planning and linting import nothing beyond Snakemake's own packages, pydantic and PyYAML."""

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from support.imports import canonical
from support.workflow import REPOSITORY, make_project
from workflow.test_packaging import needed

pytestmark = pytest.mark.slow

#: Refuses every module of the list given as its first argument, then is Snakemake.
PROGRAM = """
import json, sys

refused = set(json.loads(sys.argv.pop(1)))

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"refused: {name}", name=name)

sys.meta_path.insert(0, Refusing())
import snakemake.cli

snakemake.cli.main(sys.argv[1:])
"""


def others() -> list[str]:
    """Top-level modules of every installed distribution that planning may not need."""
    allowed = needed(["snakemake", "pydantic", "PyYAML"])
    return sorted(
        module
        for module, distributions in packages_distributions().items()
        if not {canonical(name) for name in distributions} & allowed
    )


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", PROGRAM, json.dumps(others()), *arguments]
    # Snakemake imports every plugin that it finds: what lies on PYTHONPATH (in CI its Slurm plugin, which needs pandas) stays out.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--dry-run",),
        ("--lint",),
        ("--dry-run", "--configfile", "studies/paper.yaml"),
        ("--dry-run", "--configfile", "studies/published.yaml"),
    ],
    ids=" ".join,
)
def test_planning_needs_few_packages(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert {"pyarrow", "PIL", "tokenizers", "pynvml", "huggingface_hub", "torch", "numpy", "pandas"} <= set(others())
    project = make_project(tmp_path / "project")
    (project.root / "config.yaml").write_bytes((REPOSITORY / "config.yaml").read_bytes())
    ran = run(project.root, "--cores", "1", *arguments)
    assert ran.returncode == 0, ran.stdout
    assert "Congratulations" in ran.stdout if "--lint" in arguments else "total" in ran.stdout
