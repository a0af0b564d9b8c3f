"""Bad input of a study: one message that names file, key, value and remedy, exit 1, before any job."""

from pathlib import Path

import pytest

from support.workflow import Project, make_project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"protocoll": "laptop"}, ["config.yaml: protocoll", "did you mean 'protocol'"]),
        ({"protocol": "laptpo"}, ["config.yaml: protocol = 'laptpo'", "did you mean 'laptop'"]),
        ({"study": "one", "beside": ["one"]}, ["beside = ['one']", "name other studies than 'one'"]),
        (
            {"parallel_cells": "two"},
            ["config.yaml: parallel_cells = 'two'", "give a whole number (cells measured side by side)"],
        ),
        ({"parallel_cells": 2}, ["parallel_cells", "exclusive: false"]),
        ({"grid": "us-orgeon-2023-codecarbon"}, ["config.yaml: grid", "did you mean 'us-oregon-2023-codecarbon'"]),
        (
            {"overrides": [{"where": {}, "set": {"repeats": 1}}]},
            ["repeats = 1", "give 2 or more (valid repeats of a cell: one alone has no spread)"],
        ),
        (
            {"ram_model": "codecarbon-2"},
            ["config.yaml: ram_model = 'codecarbon-2': this key is gone", "energy_node_codecarbon_2_kwh_per_1000"],
        ),
        ({"weights": "hubb"}, ["config.yaml: weights = 'hubb'", "did you mean 'hub'"]),
    ],
)
def test_bad_input_is_one_message_before_any_job(project: Project, change: dict[str, object], words: list[str]) -> None:
    project.configure(**change)
    run = project.snakemake()
    assert run.returncode == 1
    assert "Traceback" not in run.stdout
    for word in words:
        assert word in run.stdout, run.stdout
    assert not project.results.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("grid=abc", "error: --config: grid = 'abc' is no number and no entry of catalog/grids.yaml"),
        ("protocl=laptop", "error: --config: protocl = 'laptop': unknown key; did you mean 'protocol'"),
        ("overrides=[{where: {}, set: {repeats: 1}}]", "set.repeats = 1: give 2 or more (valid repeats of a cell: one"),
    ],
)
def test_the_command_line_is_named_when_the_mistake_is_in_it(project: Project, given: str, words: str) -> None:
    run = project.snakemake("--dry-run", "--config", given)
    assert run.returncode == 1
    assert words in run.stdout
    assert "WorkflowError" not in run.stdout and "common.smk" not in run.stdout


def test_numbers_inside_a_value_of_the_command_line_are_numbers(project: Project) -> None:
    assert project.plan("--config", "overrides=[{where: {dataset: c4}, set: {repeats: 4}}]")["measure_cell"] == 3
    repeats = {cell.cell.dataset: cell.spec.protocol.repeats for cell in project.study("small").measured}
    assert repeats == {"bookcorpus": 3, "c4": 4, "cifar10": 3}


def test_an_id_of_the_hub_needs_the_hub(project: Project) -> None:
    project.configure(tasks=[{"task": "fill-mask", "datasets": ["c4"], "models": ["some-org/some-model"]}])
    run = project.snakemake("--dry-run")
    assert run.returncode == 1
    assert "tasks.0.models: 'some-org/some-model' is no file" in run.stdout
    assert "set weights: hub to measure an id of the hub without a file" in run.stdout


def test_another_ending_is_named(project: Project) -> None:
    entry = project.root / "catalog/models/albert--albert-base-v2.yaml"
    entry.rename(entry.with_suffix(".yml"))
    run = project.snakemake("--dry-run")
    assert run.returncode == 1
    assert "error: catalog/models/albert--albert-base-v2.yml: name it albert--albert-base-v2.yaml" in run.stdout


def test_a_study_file_is_named_when_the_mistake_is_in_it(project: Project) -> None:
    (project.root / "studies/mine.yaml").write_text("study: mine\nprotokol: strict\n")
    run = project.snakemake("--dry-run", "--configfile", "studies/mine.yaml")
    assert run.returncode == 1
    assert "studies/mine.yaml: protokol" in run.stdout
    assert "did you mean 'protocol'?" in run.stdout
