"""What the rules ask of Snakemake beyond its documented names still answers as they rest on it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.imports import ROOT, SCRIPTS
from support.workflow import make_project

INNER = """
import json
from wattlab.workflow import snakemake_internals as internals

configfile: "config.yaml"

resource_scopes:
    quiet="local",

internals.limit(workflow, "quiet", 100)
internals.limit(workflow, "given", 100)
said = {
    "module": internals.is_module(workflow),
    "files": [str(path) for path in internals.configuration_files(workflow, "config.yaml")],
    "placed": internals.placing(workflow)("results/x.json"),
}

rule all:
    input:
        expand("a/b/{model}", model=["one", "two@n=2", "there"]),

wildcard_constraints:
    model="[a-z]+",
    setting="(@n=[0-9])?",

rule measure_cell:
    output:
        "{task}/{dataset}/{model}{setting}",
    resources:
        quiet=100,
        given=1,
    shell:
        "mkdir alone && sleep 0.3 && rmdir alone && touch {output}"

onstart:
    said["planned"], said["here"] = internals.planned_cells(workflow), internals.runs_here(workflow)
    said["given"] = workflow.global_resources["given"].value
    json.dump(said, open("said.json", "w"))
"""

OUTER = """
module inner:
    snakefile: "Inner"
    config: {"a": 1}
    prefix: "below"

use rule * from inner as inner_*

json.dump(inner.said, open("said.json", "w"))
"""


def snakemake(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run it; what the Snakefile said."""
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-m", "snakemake", "--cores", "4", *arguments]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    said: dict[str, Any] = json.loads((folder / "said.json").read_text())
    return said


@pytest.mark.slow
def test_every_answer_of_a_workflow_by_itself(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(INNER)
    (tmp_path / "config.yaml").write_text("a: 1\n")
    (tmp_path / "more.yaml").write_text("b: 1\n")
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/there").touch()
    # Two jobs on four cores: without the limit both would make the folder `alone`.
    said = snakemake(tmp_path, "--resources", "given=7", "--configfile", "more.yaml")
    assert said == {
        "module": False,
        "files": ["config.yaml", str(tmp_path / "more.yaml")],
        "placed": "results/x.json",
        "planned": ["a/b/one", "a/b/two@n=2"],
        "here": True,
        "given": 7,
    }


@pytest.mark.slow
def test_every_answer_of_a_module(tmp_path: Path) -> None:
    (tmp_path / "Inner").write_text(INNER)
    (tmp_path / "Snakefile").write_text(f"import json\n{OUTER}")
    assert snakemake(tmp_path, "--dry-run") == {"module": True, "files": [], "placed": "below/results/x.json"}


def test_rules_and_programs_ask_nothing_else() -> None:
    known = {"current_basedir"}  # documented
    asked = {
        name
        for path in [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk"), *SCRIPTS.rglob("*.py")]
        if path.name != "snakemake_internals.py"
        for name in re.findall(
            r"(?<!/)\b(?:workflow|dag)\.(\w+)", re.sub(r"wattlab\.workflow\.\w+|#.*", "", path.read_text())
        )
    }
    assert asked - known == set()
    internals = (SCRIPTS / "wattlab/workflow/snakemake_internals.py").read_text()
    assert re.findall(r"\b(?:workflow|dag|job|rule|modifier)\._\w+", internals) == []


@pytest.mark.slow
def test_another_major_version_is_refused_in_one_message(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    program = (
        "import sys, snakemake, snakemake.utils, snakemake.cli\n"
        "snakemake.__version__ = '10.0.1'\n"
        "snakemake.cli.main(['--dry-run', '--cores', '1'])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=project.root, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "these rules are written for Snakemake 9, and this is 10.0.1: install `snakemake<10`" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
