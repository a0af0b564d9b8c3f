"""What a run prints: a line for each stage and each cell, the verdict, and nothing that speaks of Snakemake alone."""

import re
from pathlib import Path
from typing import Any

import pytest

from support.chaos import fake_project
from support.fragile import OVERRIDES, Fragile
from support.workflow import Project

pytestmark = pytest.mark.slow

PROFILE = "Using workflow specific profile profiles/default for setting default command line arguments."
RESNET = "microsoft--resnet-18"
TWO_CELLS: dict[str, Any] = {
    "study": "two",
    "tasks": [{"task": "image-classification", "datasets": ["cifar10", "cifar100"], "models": [RESNET]}],
    "multi_purpose": [],
    "overrides": OVERRIDES,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return fake_project(tmp_path_factory.mktemp("terminal") / "project", TWO_CELLS)


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """The finished project, to be broken."""
    return project.copy(tmp_path / "project")


def test_a_run_is_a_line_for_each_stage_and_cell(project: Project) -> None:
    run = project.snakemake()
    assert run.returncode == 0, run.stdout
    stages = [
        "Sampling 2 datasets",
        "Measuring 2 cells",
        "Building the tables",
        "Drawing the figures",
        "Writing the report",
        "Is the study whole?",
    ]
    lines = run.stdout.splitlines()
    cells = [line for line in lines if re.match(r"\[[12]/2\]", line)]
    assert len(cells) == 2
    (verdict,) = [line for line in lines if line.startswith("The study two ran all 2 cells")]
    page = "The page: results/two/report.html; tables and figures lie beside it."
    assert sorted(lines) == sorted([PROFILE, *stages, *cells, verdict, page])
    again = project.snakemake()
    assert again.stdout.splitlines() == [
        PROFILE,
        "Nothing to be done (all requested files are present and up to date).",
    ]
    log = min((project.root / ".snakemake/log").iterdir()).read_text()  # of the first call
    assert "Select jobs to execute..." in log, "Snakemake's own log has all of it"


def test_verbose_and_questions_show_all(copy: Project) -> None:
    (copy.results / "two/verdict.txt").unlink()
    planned = copy.snakemake("--dry-run")
    assert "Job stats:" in planned.stdout and "This was a dry-run" in planned.stdout
    assert "Congratulations" in copy.snakemake("--lint").stdout
    assert "Unlocked working directory." in copy.snakemake("--unlock").stdout
    shown = copy.snakemake("--quiet", "host", VERBOSE="1")
    assert shown.returncode == 0
    assert {"Select jobs to execute...", "Building DAG of jobs..."} <= set(shown.stdout.splitlines())


def test_a_failed_rule_says_why_and_where_its_log_is(copy: Project) -> None:
    module = copy.root / "scripts/wattlab/figures/tasks.py"
    module.write_text(module.read_text().replace("def draw(", "def drow("))
    run = copy.snakemake("figures")
    assert run.returncode == 1
    log = "results/two/logs/draw_figures.log"
    assert run.stdout.splitlines() == [
        PROFILE,
        "Drawing the figures",
        "Drawing the figures: failed: NameError: name 'draw' is not defined. Did you mean: 'drow'?",
        f"  the whole log: {log}",
        "Failed, as said above: Drawing the figures. What is done is kept for the next call.",
    ]
    assert (copy.root / log).read_text().startswith("Traceback")


def test_a_study_with_a_failed_cell_ends_with_what_to_do(tmp_path: Path) -> None:
    study = Fragile(fake_project(tmp_path / "project", TWO_CELLS), tmp_path)
    cell = f"image-classification/cifar10/{RESNET}"
    study.fail({cell: ("kill", 3)})
    run = study.call("snakemake", "--cores", "2")
    assert run.returncode == 1
    assert not re.search("RuleException|WorkflowError|CalledProcessError|Select jobs|Look above", run.stdout), (
        run.stdout
    )
    assert run.stdout.splitlines()[-3:] == [
        "The page: results/two/report.html; tables and figures lie beside it.",
        "Is the study whole? no: mend what the list names, then `make retry` for this study",
        "  the whole log: results/two/logs/give_verdict.log",
    ]
    study.fail({})
    retried = study.call("retry_cells", f"results/two/runs/{cell}.json")
    assert retried.returncode == 0, retried.stdout
    assert "Measuring" in retried.stdout and "[1/1]" in retried.stdout
    assert "Select jobs" not in retried.stdout


def test_a_mistyped_path_of_a_record_is_one_message(copy: Project) -> None:
    run = copy.snakemake("results/two/runs/image-classification/cifar10/microsoft--resnet-81.json")
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        PROFILE,
        "error: image-classification/cifar10/microsoft--resnet-81: the study two has no such cell; did you mean "
        "'image-classification/cifar10/microsoft--resnet-18' or 'image-classification/cifar100/microsoft--resnet-18'?",
    ]
