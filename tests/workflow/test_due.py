"""What a call measures, and how it ends: by what the records say, whatever Snakemake remembers and whatever is asked for."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from support.workflow import Project

pytestmark = pytest.mark.slow

C4 = "fill-mask/c4/distilbert--distilbert-base-uncased"
CIFAR10 = "image-classification/cifar10/microsoft--resnet-18"
REPEATS = [{"where": {"dataset": "c4"}, "set": {"repeats": 4}}]


def record_of(project: Project, cell: str) -> Path:
    return project.results / f"small/runs/{cell}.json"


def spoil(project: Project, cell: str, **values: object) -> None:
    """Let a cell's record say something else."""
    path = record_of(project, cell)
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


FAILED = {
    "status": "failed",
    "failure": {"reason": "out of memory", "remedy": "add some", "attempts": 1, "log_tail": []},
}


def forgotten(project: Project) -> None:
    shutil.rmtree(project.root / ".snakemake")


def copied(project: Project) -> None:
    """As by `cp -r`: no memory, and files as old as the copying is long."""
    forgotten(project)
    shutil.copytree(project.results, project.root / "again", copy_function=shutil.copyfile)
    shutil.rmtree(project.results)
    (project.root / "again").rename(project.results)


@pytest.mark.parametrize("lose", [forgotten, copied], ids=["metadata gone", "copied"])
def test_a_changed_protocol_is_measured_without_snakemakes_memory_and_nothing_else_is(
    project: Project, lose: Callable[[Project], None]
) -> None:
    lose(project)
    assert "measure_cell" not in project.plan()
    project.configure(overrides=REPEATS)
    assert project.plan()["measure_cell"] == 1
    assert project.plan(f"results/small/runs/{C4}.json") == {"measure_cell": 1}
    assert project.plan("task_image-classification") == {}, "what was not asked for is not measured"


def test_a_damaged_record_is_made_again_from_the_store(project: Project) -> None:
    record = record_of(project, C4)
    whole = record.read_bytes()
    record.write_bytes(whole[:100])
    stores = {path: path.read_bytes() for path in project.results.glob("repeats/*/*/*/*.jsonl")}
    run = project.snakemake("tables")
    assert run.returncode == 0, run.stdout
    assert record.read_bytes() == whole
    assert {path: path.read_bytes() for path in stores} == stores


def test_exit_status_is_that_of_what_was_asked_for(project: Project) -> None:
    spoil(project, C4, **FAILED)
    record = f"results/small/runs/{C4}.json"
    # With nothing to do after those before them.
    idle = ("task_fill-mask", "results/small/figures/tasks.pdf", record)
    for target in ("task_fill-mask", "tables", "figures", "report", "results/small/figures/tasks.pdf", record, "all"):
        run = project.snakemake(target)
        assert run.returncode == 1, (target, run.stdout)
        assert f"{C4}: out of memory; add some" in run.stdout, target
        assert ("Nothing to be done" in run.stdout) is (target in idle), "also where nothing is to be done"
    for target in ("task_image-classification", "model_microsoft--resnet-18", f"results/small/runs/{CIFAR10}.json"):
        run = project.snakemake(target)
        assert run.returncode == 0, (target, run.stdout)
    missing = pd.read_csv(project.results / "small/tables/missing.csv")
    assert missing[["cell", "kind"]].to_numpy().tolist() == [[C4, "failed"]]


def test_what_is_known_to_be_missing_is_forgiven_and_spent_redos_are_not(project: Project) -> None:
    spoil(project, C4, **FAILED)
    project.configure(known_missing=[{"where": {"dataset": "c4"}, "reason": "too large"}])
    assert project.snakemake("task_fill-mask").returncode == 0
    repeats = json.loads(record_of(project, CIFAR10).read_text())["repeats"]
    repeats[0] |= {"valid": False, "reasons": ["the machine was suspended"]}
    spoil(project, CIFAR10, repeats=repeats)
    run = project.snakemake("task_image-classification")
    assert run.returncode == 1 and "2 of 3 repeats are valid" in run.stdout


def test_inputs_by_themselves_are_held_to_the_same(project: Project) -> None:
    manifest = next(project.results.glob("samples/c4/*.json"))
    content = json.loads(manifest.read_text())
    gone = {
        "status": "unavailable",
        "reason": "it is gone",
        "remedy": "look for it",
        "n_rows": 0,
        "row_ids": [],
        "sha256": None,
    }
    manifest.write_text(json.dumps(content | gone))
    run = project.snakemake("inputs")
    assert run.returncode == 1 and "it is gone; look for it" in run.stdout
    assert project.snakemake("task_fill-mask").returncode == 0, "the record was measured before"
