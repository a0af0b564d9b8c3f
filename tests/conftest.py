"""What several test modules share."""

import pytest

from workflow import Project, make_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small study that ran to its end; its repeats lay in the store before. Tests change copies of it."""
    project = make_project(tmp_path_factory.mktemp("workflow") / "a project")
    inputs = project.snakemake("--until", "sample_dataset", "train_tokenizer")
    assert inputs.returncode == 0, inputs.stdout
    project.fill_stores()
    run = project.snakemake()
    assert run.returncode == 0, run.stdout
    assert "[3/3]" in run.stdout
    return project
