"""Studies of published logs in the workflow: what is planned for the paper's logs, and for a user's own."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from support.imports import ROOT
from support.small_logs import V3_TOTALS, snakemake
from wattlab.tables.reading import read_table

pytestmark = pytest.mark.slow

MAPPING = {
    "windows": ["emissions.csv"],
    "n_inferences": 500,
    "groups": [{"file": "emissions.csv", "task": "text-classification", "dataset": "imdb", "models": ["my-run"]}],
    "models": {"my-run": "distilbert/distilbert-base-uncased-finetuned-sst-2-english"},
}
STUDY = {
    "study": "my-logs",
    "source": "codecarbon-logs",
    "logs": {"path": "logs", "mapping": "my-mapping.yaml"},
    "weights": "hub",
    "data": "hub",
    "tasks": [{"task": "text-classification", "datasets": ["imdb"], "models": ["my-run"]}],
    "multi_purpose": [],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person works: the default study, and an emissions.csv with its mapping and study."""
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "emissions.csv").write_text(V3_TOTALS)
    (tmp_path / "my-mapping.yaml").write_text(yaml.safe_dump(MAPPING))
    (tmp_path / "my-logs.yaml").write_text(yaml.safe_dump(STUDY))
    return tmp_path


def planned(text: str) -> dict[str, int]:
    """Rule -> number of jobs, from the last table of jobs of a dry run."""
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", text, re.MULTILINE)}


def test_the_papers_logs_plan_its_audit_and_two_more_figures(folder: Path) -> None:
    jobs = planned(snakemake(folder, str(ROOT / "studies" / "published.yaml"), "--dry-run"))
    assert "measure_cell" not in jobs and jobs["import_logs"] == 1
    assert jobs["examine_logs"] == 1 and jobs["draw_figures"] == 1


def test_logs_of_ones_own_have_no_print_to_audit_and_no_quality(folder: Path) -> None:
    jobs = planned(snakemake(folder, "my-logs.yaml", "--dry-run"))
    assert jobs["examine_logs"] == 1 and jobs["draw_figures"] == 1


def test_logs_of_ones_own_without_a_gpu_reach_the_page(folder: Path) -> None:
    snakemake(folder, "my-logs.yaml", "report")
    results = folder / "results" / "my-logs"
    task = read_table(results / "tables" / "tasks.csv").set_index("task").loc["text-classification"]
    energies_kwh = [float(line.split(",")[13]) for line in V3_TOTALS.splitlines()[1:]]
    assert task["energy_kwh_per_1000"] == pytest.approx(sum(energies_kwh) / 2 / 500 * 1000, rel=1e-9)
    page = (results / "report.html").read_text()
    assert "What the logged energy is made of" in page and "Quality, size and energy" not in page
    assert (results / "figures" / "decomposition.pdf").read_bytes().startswith(b"%PDF")


def test_a_run_that_is_appended_to_the_log_is_imported_also_without_snakemakes_memory(folder: Path) -> None:
    log = folder / "logs" / "emissions.csv"
    log.write_text("".join(V3_TOTALS.splitlines(keepends=True)[:2]))
    snakemake(folder, "my-logs.yaml", "tables")
    assert planned(snakemake(folder, "my-logs.yaml", "tables", "--dry-run")) == {}
    shutil.rmtree(folder / ".snakemake")
    log.write_text(V3_TOTALS)
    jobs = planned(snakemake(folder, "my-logs.yaml", "tables", "--dry-run"))
    assert (jobs["import_logs"], jobs["build_tables"]) == (1, 1)
    snakemake(folder, "my-logs.yaml", "tables")
    (cell,) = read_table(folder / "results" / "my-logs" / "tables" / "cells.csv").to_dict("records")
    assert cell["n_valid"] == cell["n_wanted"] == 2 and cell["grid"] == "as-logged"


def test_logs_without_a_valid_repeat_reach_empty_tables_and_not_a_traceback(folder: Path) -> None:
    """Every project_name is another one: no cell has a run."""
    (folder / "logs" / "emissions.csv").write_text(V3_TOTALS.replace("my-run", "our-run"))
    tables = folder / "results" / "my-logs" / "tables"
    wanted = [f"results/my-logs/tables/{name}.csv" for name in ("ranks", "missing")]
    with pytest.raises(AssertionError, match=r"error: what was asked for is not whole:\s+failed \(1\)"):
        snakemake(folder, "my-logs.yaml", *wanted)
    for name in ("decomposition", "ranks", "rank_stability"):
        assert read_table(tables / f"{name}.csv").empty
    assert len(read_table(tables / "missing.csv")) == 1
