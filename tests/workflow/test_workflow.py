"""The DAG of a finished study: what a change plans again, and what a failure leaves. Snakemake is called as people do."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from support.workflow import Project, make_project
from wattlab.machine.cgroups import available_cores

pytestmark = pytest.mark.slow

WHOLE = {
    "sample_dataset": 3,
    "train_tokenizer": 1,
    "measure_cell": 3,
    "build_tables": 1,
    "draw_figures": 1,
    "write_report": 1,
    "give_verdict": 1,
}
AFTER_RECORDS = {"build_tables": 1, "draw_figures": 1, "write_report": 1, "give_verdict": 1}


def test_a_new_study_plans_every_job(tmp_path: Path) -> None:
    assert make_project(tmp_path / "new").plan() == WHOLE


def test_a_finished_study_plans_nothing(finished: Project) -> None:
    assert finished.plan() == {}
    assert "nothing" in finished.snakemake("--dry-run").stdout.lower()


def test_the_numbers_in_the_store_reach_the_tables(finished: Project) -> None:
    tasks = pd.read_csv(finished.results / "small/tables/tasks.csv").set_index("task")
    # 3,600 J CPU and 20 J RAM for 10 inferences are 0.1 kWh (and 0.000556) per 1,000.
    assert tasks.loc["fill-mask", "energy_kwh_per_1000"] == pytest.approx(3620.0 / 3.6e6 * 100)
    assert pd.read_csv(finished.results / "small/tables/missing.csv").empty


def test_more_threads_than_cores_are_told_by_the_dry_run_and_are_no_measurement(project: Project) -> None:
    project.configure(factors={"cpu_threads": [1, 999]})
    cores = f"this machine has {available_cores():g} cores for them"
    said = project.snakemake("--dry-run").stdout
    assert f"config.yaml: factors.cpu_threads = 999: {cores}; 3 planned cells of 3 will be `unavailable`" in said
    record = "results/small/runs/fill-mask/c4/distilbert--distilbert-base-uncased@cpu_threads=999.json"
    assert project.snakemake(record).returncode == 1
    failure = json.loads((project.root / record).read_text())
    assert (failure["status"], failure["failure"]["reason"]) == ("unavailable", f"cpu_threads = 999: {cores}")
    # Each cell's own override, and each setting, by the key that a person finds in the file.
    threads = [
        {"where": {"dataset": name}, "set": {"cpu_threads": n}} for name, n in (("c4", 999), ("bookcorpus", 998))
    ]
    project.configure(factors={}, overrides=threads, settings=[{"name": "many", "set": {"cpu_threads": 997}}])
    said = project.snakemake("--dry-run").stdout
    for place in ("overrides.0.set.cpu_threads = 999", "overrides.1.set.cpu_threads = 998"):
        assert f"config.yaml: {place}: {cores}; 1 planned cell of 5 will be" in said, said
    assert f"config.yaml: settings.0.set.cpu_threads = 997: {cores}; 3 planned cells of 5 will be" in said


def test_every_target_can_be_named(finished: Project) -> None:
    named = (
        "tables",
        "figures",
        "report",
        "task_fill-mask",
        "model_microsoft--resnet-18",
        "results/small/figures/tasks.pdf",
    )
    assert finished.plan(*named) == {}
    assert "task_fill-maskk" in finished.snakemake("--dry-run", "task_fill-maskk").stdout


def test_a_dry_run_hides_no_change_from_the_next_one(project: Project) -> None:
    project.configure(overrides=[{"where": {}, "set": {"seed": 1}}])
    for _ in range(2):
        assert project.plan() == {"sample_dataset": 3, "measure_cell": 3, **AFTER_RECORDS}


def test_a_study_that_was_another_in_between_is_due_without_snakemakes_memory(project: Project) -> None:
    """Configuration A, then B, then A: every file of A's is older than the tables of B."""
    tables = project.results / "small/tables"
    (first,) = tables.glob("study-*.json")
    grid = yaml.safe_load((project.root / "config.yaml").read_text())["grid"]
    project.configure(grid=297.6)
    assert project.snakemake("tables").returncode == 0
    (second,) = tables.glob("study-*.json")
    assert second.name != first.name
    assert set(pd.read_csv(tables / "cells.csv")["intensity_g_per_kwh"]) == {297.6}
    shutil.rmtree(project.root / ".snakemake")
    assert project.plan("tables") == {}
    project.configure(grid=grid)
    assert project.plan("tables") == {"build_tables": 1, "tables": 1}
    assert project.snakemake("tables").returncode == 0
    assert [path.name for path in tables.glob("study-*.json")] == [first.name]
    assert set(pd.read_csv(tables / "cells.csv")["intensity_g_per_kwh"]) == {138.75}


def test_a_run_says_beforehand_what_it_measures_again(project: Project) -> None:
    project.with_fake_worker().configure(
        overrides=[
            {
                "where": {"dataset": "cifar10"},
                "set": {"image_size": [320, 240], "min_window_s": 0, "invalid_below_s": 0},
            }
        ]
    )
    assert "1 was measured before with another protocol: " in project.snakemake("--dry-run").stdout
    run = project.snakemake("task_image-classification")
    assert run.returncode == 0, run.stdout
    # Three repeats of 3,620 J and four idle seconds of 28 W.
    assert "Of 1 cell to measure, 1 was measured before with another protocol: " in run.stdout
    assert "last time they cost 0.00305 kWh" in run.stdout
    assert len(list((project.results / "repeats/image-classification/cifar10").rglob("*.jsonl"))) == 2
    assert "measured before" not in project.snakemake("--force", "task_image-classification").stdout


def test_a_forced_measurement_measures_nothing_again(project: Project) -> None:
    store = next((project.results / "repeats/fill-mask/c4").rglob("*.jsonl"))
    before = store.read_bytes()
    run = project.snakemake("--force", "results/small/runs/fill-mask/c4/distilbert--distilbert-base-uncased.json")
    assert run.returncode == 0, run.stdout
    assert store.read_bytes() == before


def test_a_deleted_record_is_made_again_from_the_store(project: Project) -> None:
    record = project.results / "small/runs/fill-mask/c4/distilbert--distilbert-base-uncased.json"
    content = record.read_bytes()
    record.unlink()
    assert project.plan()["measure_cell"] == 1
    assert project.snakemake("task_fill-mask").returncode == 0
    assert record.read_bytes() == content


def test_the_study_is_written_only_when_it_says_something_else(finished: Project) -> None:
    (path,) = finished.study_files("small")
    before = path.stat().st_mtime_ns
    finished.plan()
    assert finished.study_files("small") == [path]
    assert path.stat().st_mtime_ns == before
    assert len(finished.study("small").cells) == 3


def test_a_model_that_can_not_be_built_fails_alone_and_is_retried_alone(project: Project) -> None:
    entry_path = project.root / "catalog/models/google-bert--bert-base-uncased.yaml"
    whole = entry_path.read_text()
    entry_path.write_text(whole.replace("config: {}", "config: {hidden_size: 770}"))  # no multiple of 12 heads
    config = yaml.safe_load((project.root / "config.yaml").read_text())
    config["tasks"][0] |= {
        "datasets": ["bookcorpus", "c4"],
        "models": [*config["tasks"][0]["models"], "google-bert--bert-base-uncased"],
    }
    project.configure(tasks=config["tasks"])
    run = project.snakemake()
    assert run.returncode == 1
    missing = pd.read_csv(project.results / "small/tables/missing.csv")
    assert set(missing["kind"]) == {"failed"}
    assert set(missing["model"]) == {"google-bert--bert-base-uncased"}
    assert missing["reason"].str.contains("770").all()
    assert (project.results / "small/report.html").exists()
    again = project.snakemake("tables")
    assert again.returncode == 1, "each further call says it again"
    assert "770" in again.stdout
    entry_path.write_text(whole)
    assert project.plan()["measure_cell"] == 2
