"""What several test modules share. What only a measuring environment has is imported where it is used: the tests of
tables, figures and page run without it too."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.mock_hub import MockHub
    from support.workflow import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> "Project":
    """A small study that ran to its end; its repeats lay in the store before. Tests change copies of it."""
    from support.workflow import make_project

    project = make_project(tmp_path_factory.mktemp("workflow") / "a project")
    inputs = project.snakemake("--until", "sample_dataset", "train_tokenizer")
    assert inputs.returncode == 0, inputs.stdout
    project.fill_stores()
    run = project.snakemake()
    assert run.returncode == 0, run.stdout
    assert "[3/3]" in run.stdout and "(from the store, measured 20" in run.stdout
    return project


@pytest.fixture(scope="module")
def one_thread() -> None:
    """Two threads of torch may be many times slower than one on a shared machine."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Iterator[MockHub]":
    """A mock hub of nothing yet, and this process's client pointed at it."""
    from support.hub_clients import connect
    from support.mock_hub import MockHub

    with MockHub({}) as running:
        connect(monkeypatch, running, tmp_path / "home")
        yield running
