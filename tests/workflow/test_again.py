"""A cell measured again on purpose: new repeats count, the old ones stay in the history."""

import json

import pandas as pd
import pytest

from support.workflow import Project

pytestmark = pytest.mark.slow

C4 = "fill-mask/c4/distilbert--distilbert-base-uncased"


@pytest.fixture
def project(project: Project) -> Project:
    """A copy of the finished study, with a worker of milliseconds."""
    return project.with_fake_worker()


def again(project: Project, *arguments: str) -> str:
    run = project.run("-m", "measure_again", *arguments, PYTHONPATH="scripts")
    assert run.returncode == 0, run.stdout
    return run.stdout


def history(project: Project) -> pd.DataFrame:
    run = project.run("-m", "list_history", "--csv", "history.csv", PYTHONPATH="scripts")
    assert run.returncode == 0, run.stdout
    table = pd.read_csv(project.root / "history.csv")
    return table[table["cell"] == C4]


def test_new_repeats_count_and_the_old_ones_are_history(project: Project) -> None:
    records = {path: path.read_bytes() for path in project.results.glob("small/runs/*/*/*.json")}
    record = project.results / f"small/runs/{C4}.json"
    old = history(project)
    assert "Measuring fill-mask on c4" in again(project, "--cell", C4, "--dry-run")
    assert record.read_bytes() == records[record] and history(project).equals(old)
    said = again(project, "--cell", C4)
    assert f"{C4}: 3 repeats are set aside" in said
    assert "1 was measured before with what `make again` set aside" in said
    assert f"{C4}: 3 repeats" in said and "from the store" not in said
    energies_j = [repeat["energy_cpu_j"] for repeat in json.loads(record.read_bytes())["repeats"]]
    assert len(energies_j) == 3 and all(1 <= energy_j <= 2 for energy_j in energies_j), "3,600 J each before"
    assert {path for path, content in records.items() if path.read_bytes() != content} == {record}
    now = history(project)
    assert now["today"].tolist() == [False, True] and now["n_repeats"].tolist() == [3, 3]
    assert now["fingerprint"].nunique() == 1
    assert now["energy_kwh"].iloc[0] == old["energy_kwh"].iloc[0]
    cells = pd.read_csv(project.results / "small/tables/cells.csv").set_index("cell")
    assert cells.loc[C4, "energy_kwh_per_1000"] < 0.001
    assert project.plan() == {}


def test_a_setting_is_a_cell_of_its_own(project: Project) -> None:
    project.configure(settings=[{"name": "pairs", "set": {"batch_size": 2}, "where": {"dataset": "c4"}}])
    own = project.results / f"small/runs/{C4}.json"
    before = own.read_bytes()
    run = project.snakemake("tables")
    assert run.returncode == 0, run.stdout
    assert f"{C4}@batch_size=2: 3 repeats" in run.stdout and own.read_bytes() == before
    said = again(project, "tables", "--cell", f"{C4}@batch_size=2")
    assert f"{C4}@batch_size=2: 3 repeats are set aside" in said and own.read_bytes() == before
    cells = pd.read_csv(project.results / "small/tables/cells.csv").set_index("cell")
    at = cells.loc[f"{C4}@batch_size=2"]
    assert (at["setting"], at["batch_size"], at["n_valid"]) == ("batch_size=2", 2, 3) and not at["selected"]
    assert pd.isna(cells.loc[C4, "setting"]) and cells.loc[C4, "batch_size"] == 1
    assert project.plan("tables") == {}
    (project.results / f"small/runs/{C4}@batch_size=2.json").unlink()
    restored = project.snakemake("tables")
    assert restored.returncode == 0 and "from the store" in restored.stdout, restored.stdout


def test_a_cell_that_the_study_does_not_have_is_refused_before_anything_moves(project: Project) -> None:
    before = sorted(project.results.rglob("*"))
    run = project.run("-m", "measure_again", "--cell", C4, C4.replace("c4", "c5"), PYTHONPATH="scripts")
    assert run.returncode == 1 and "is no measured cell of small; did you mean" in run.stdout
    assert sorted(project.results.rglob("*")) == before


def test_what_fails_on_the_way_to_more_repeats_keeps_those_that_there_are(project: Project) -> None:
    project.configure(overrides=[{"where": {"dataset": "c4"}, "set": {"repeats": 4}}])
    run = project.snakemake("tables", WATTLAB_LOCKS="/proc/nope")
    assert run.returncode == 1 and "in judged" not in run.stdout, run.stdout
    tables = project.results / "small/tables"
    missing = pd.read_csv(tables / "missing.csv").set_index("dataset")
    assert missing.loc["c4", ["n_valid", "n_wanted", "kind"]].tolist() == [3, 4, "failed"]
    assert "set WATTLAB_LOCKS" in missing.loc["c4", "reason"]
    assert (pd.read_csv(tables / "runs.csv")["dataset"] == "c4").sum() == 3
    assert project.snakemake("tables").returncode == 1, "a failed record is tried again by `make retry` alone"
    retry = project.run("-m", "retry_cells", "tables", PYTHONPATH="scripts")
    assert retry.returncode == 0, retry.stdout
    assert pd.read_csv(tables / "cells.csv").set_index("cell").loc[C4, "n_valid"] == 4


def test_a_dry_run_says_what_the_store_restores(project: Project) -> None:
    (project.results / f"small/runs/{C4}.json").unlink()
    planned = project.snakemake("--dry-run")
    assert "1 of 1 planned cell is restored from the store" in planned.stdout
