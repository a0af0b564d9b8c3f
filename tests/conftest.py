"""What several test modules share. What only a measuring environment has is imported where it is used: the tests of
tables, figures and page run without it too."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.mock_hub import MockHub
    from support.workflow import Project

# Two threads may be many times slower than one where others run beside them. Before torch and BLAS are loaded, and for
# every process that a test starts.
os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})


@pytest.fixture(scope="session", autouse=True)
def _locks(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Locks of these tests' own: another worker of pytest is no other measurement on this machine."""
    os.environ["WATTLAB_LOCKS"] = str(tmp_path_factory.mktemp("locks"))


def finish(root: Path) -> "Project":
    """A small study that ran to its end; its repeats lay in the store before. With the real Python, as people run it."""
    from support.workflow import make_project

    project = make_project(root)
    inputs = project.snakemake("--until", "sample_dataset", "train_tokenizer")
    assert inputs.returncode == 0, inputs.stdout
    project.fill_stores()
    run = project.snakemake(WATTLAB_WARM="")
    assert run.returncode == 0, run.stdout
    assert "[3/3]" in run.stdout and "(from the store, measured 20" in run.stdout
    return project


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """What `make` made in a folder of it, by the first of all workers of pytest that needs it."""
    from filelock import FileLock

    with FileLock(f"{folder}.lock"):
        if not (folder / "whole").exists():
            make(folder / "a project")
            (folder / "whole").touch()
    return folder / "a project"


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of pytest have."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def finished(of_all_workers: Path) -> "Project":
    """The finished small study. Tests change copies of it."""
    from support.workflow import Project

    return Project(made_once(of_all_workers / "workflow", finish))


@pytest.fixture(scope="session")
def published(of_all_workers: Path) -> Path:
    """The folder of the study of the authors' logs, with every table that `make published` makes. No test changes it."""
    from support.published_logs import make_tables

    return made_once(of_all_workers / "published", make_tables)


@pytest.fixture
def project(finished: "Project", tmp_path: Path) -> "Project":
    """A copy of the finished study, .snakemake and modification times included."""
    return finished.copy(tmp_path / "copy")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Iterator[MockHub]":
    """A mock hub of nothing yet, and this process's client pointed at it."""
    from support.hub_clients import connect
    from support.mock_hub import MockHub

    with MockHub({}) as running:
        connect(monkeypatch, running, tmp_path / "home")
        yield running
