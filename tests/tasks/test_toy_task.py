"""A task from outside the package: one module and one entry, from the dry run to the table of cells and the page."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from support.toy_task import toy_task
from support.workflow import Project, make_project
from wattlab.catalog.reading import read_tasks
from wattlab.quality.answered import Answered
from wattlab.quality.scoring import metric_of
from wattlab.study.cells import Cell

pytestmark = pytest.mark.slow

TOY = Path(toy_task.__file__).parent
TASK, DATASET, MODEL = "word-counting", "bookcorpus", "distilbert--distilbert-base-uncased"
ENTRY = {
    "title": "Counting of words",
    "modality": "text-to-category",
    "adapter": "toy_task:WordCounting",
    "metric": "toy_task:share_right",
    "auto_class": "AutoModel",
    "source": "none",
}
QUICK = {"repeats": 2, "n_inferences": 4, "min_window_s": 0.0, "idle_window_s": 0.0, "warmup_inferences": 1}
QUICK |= {"warmup_s": 0.0, "invalid_below_s": 0.0, "max_other_load_cores": None}


def edit(path: Path, **changes: object) -> None:
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}, sort_keys=False))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the toy's module beside its programs, its entry in the catalog, and a study of one cell of it."""
    project = make_project(tmp_path_factory.mktemp("toy") / "project")
    project.with_modules_of(TOY)
    edit(project.root / "catalog/tasks.yaml", **{TASK: ENTRY})
    edit(project.root / f"catalog/datasets/{DATASET}.yaml", tasks=[TASK])
    edit(project.root / f"catalog/models/{MODEL}.yaml", tasks=[TASK])
    project.configure(
        study="toy",
        tasks=[{"task": TASK, "datasets": [DATASET], "models": [MODEL]}],
        overrides=[{"where": {"task": TASK}, "set": QUICK}],
        time_limit_s={TASK: 300.0},
    )
    return project


def test_a_toy_task_goes_from_the_dry_run_to_the_page(project: Project) -> None:
    toy = project.with_modules_of(TOY)
    planned = project.snakemake("--dry-run", **toy)
    assert f"Measuring {TASK} on {DATASET} with {MODEL}" in planned.stdout, planned.stdout
    run = project.snakemake("tables", "report", **toy)
    assert run.returncode == 0, run.stdout
    results = project.results / "toy"
    record = json.loads((results / f"runs/{TASK}/{DATASET}/{MODEL}.json").read_text())
    # Four texts of three words or more, in each of two repeats of one pass or more.
    assert record["status"] == "complete" and len(record["repeats"]) == 2
    for repeat in record["repeats"]:
        assert (repeat["output_unit"], repeat["n_output_units"]) == ("word", 3 * repeat["n_inferences"])
    (cell,) = pd.read_csv(results / "tables/cells.csv").to_dict("records")
    assert (cell["task"], cell["n_valid"], cell["output_unit"]) == (TASK, 2, "word")
    assert cell["n_output_units_per_inference"] == 3.0 and cell["energy_kwh_per_1000"] > 0
    assert "word counting" in (results / "report.html").read_text()


def test_a_name_that_is_no_task_has_the_toy_near(project: Project) -> None:
    group = {"task": "word-countin", "datasets": [DATASET], "models": [MODEL]}
    (project.root / "studies/typo.yaml").write_text(yaml.safe_dump({"study": "typo", "tasks": [group]}))
    run = project.snakemake("--dry-run", "--configfile", "studies/typo.yaml", **project.with_modules_of(TOY))
    assert run.returncode == 1 and "Traceback" not in run.stdout
    assert f"studies/typo.yaml: tasks.0.task = 'word-countin': did you mean '{TASK}'?" in run.stdout


def test_the_toy_brings_its_metric(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOY))
    cell = Cell(task=TASK, dataset=DATASET, model=MODEL, purpose="task-specific")
    rows = [{"text": "one two"}, {"text": "one"}]
    answered = Answered(cell=cell, fields={"text": "text"}, rows=rows, answers=[2, 3], label_names={})
    (score,) = metric_of(read_tasks(project.root / "catalog")[TASK])(answered)
    assert (score.metric, score.value, score.n_scored) == ("share right", 0.5, 2)
