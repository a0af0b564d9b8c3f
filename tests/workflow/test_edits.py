"""Each kind of edit of a finished study, and the exact jobs that it plans: a measurement only where its spec changed."""

import os
import shutil
from collections.abc import Callable

import pytest
import yaml

from support.workflow import Project

pytestmark = pytest.mark.slow

BERT, RESNET = "distilbert--distilbert-base-uncased", "microsoft--resnet-18"
BOOKCORPUS, C4 = f"Measuring fill-mask on bookcorpus with {BERT}", f"Measuring fill-mask on c4 with {BERT}"
CIFAR10 = f"Measuring image-classification on cifar10 with {RESNET}"
CELLS = {BOOKCORPUS, C4, CIFAR10}
ALL = "The study small: records, tables, figures, report"
END = {"Writing the report", "Is the study whole?", ALL}
AFTER = {"Building the tables", "Drawing the figures", *END}

Edit = Callable[[Project], None]


def configure(**changes: object) -> Edit:
    return lambda project: project.configure(**changes)


def override(where: dict[str, str], **values: object) -> Edit:
    return configure(overrides=[{"where": where, "set": values}])


def comment(*names: str) -> Edit:
    """Touch files so that they mean the same."""

    def edit(project: Project) -> None:
        for name in names:
            path = project.root / name
            path.write_text(path.read_text() + "\n# another comment\n")

    return edit


def replace(name: str, old: str, new: str) -> Edit:
    def edit(project: Project) -> None:
        path = project.root / name
        text = path.read_text()
        assert old in text, f"{name} does not say {old!r}"
        path.write_text(text.replace(old, new, 1))

    return edit


def remove(name: str) -> Edit:
    return lambda project: (project.root / name).unlink()


def fresh_clone(project: Project) -> None:
    """The results, but no memory of Snakemake's; every source and every sample is newer than every other result."""
    shutil.rmtree(project.root / ".snakemake")
    for folder in ("rules", "scripts", "catalog", "envs", "studies", "results/samples"):
        for path in (project.root / folder).rglob("*"):
            os.utime(path)


def new_model(project: Project) -> None:
    source = project.root / "catalog/models/google-bert--bert-base-uncased.yaml"
    entry = yaml.safe_load(source.read_text()) | {"hub_id": "example/new", "aliases": []}
    (project.root / "catalog/models/example--new.yaml").write_text(yaml.safe_dump(entry))


def new_model_in_the_study(project: Project) -> None:
    new_model(project)
    tasks = yaml.safe_load((project.root / "config.yaml").read_text())["tasks"]
    tasks[0]["models"].append("example/new")
    project.configure(tasks=tasks)


def one_task_less(project: Project) -> None:
    project.configure(tasks=yaml.safe_load((project.root / "config.yaml").read_text())["tasks"][:1])


BERT_ENTRY, RESNET_ENTRY = f"catalog/models/{BERT}.yaml", f"catalog/models/{RESNET}.yaml"
C4_ENTRY, PROTOCOLS = "catalog/datasets/c4.yaml", "catalog/protocols.yaml"
TOKENIZER = "Training the tokenizer wordpiece-"
C4_RECORD = f"results/small/runs/fill-mask/c4/{BERT}.json"

#: What means the same, or belongs to others, plans nothing.
NOTHING: tuple[Edit, ...] = (
    comment(
        "scripts/measure_cell.py",
        "scripts/wattlab/runs/worker.py",
        "scripts/wattlab/tasks/fill_mask.py",
        "scripts/wattlab/meters/codecarbon.py",
        "scripts/wattlab/samples/surrogate/generate.py",
    ),
    comment("rules/runs.smk", "envs/inference.yaml", "Snakefile"),
    comment("config.yaml", PROTOCOLS, BERT_ENTRY, C4_ENTRY),
    replace(BERT_ENTRY, "sources: from", "sources: from another"),
    replace(C4_ENTRY, "licence: ODC-BY", "licence: ODC-By"),
    replace("catalog/models/albert--albert-base-v2.yaml", "vocab_size: 30000", "vocab_size: 9000"),
    new_model,
    replace(PROTOCOLS, "repeats: 10", "repeats: 11"),
    replace("studies/wide.yaml", "study: wide", "study: wider"),
)

#: Edit -> the jobs that it plans. `Sampling x` and `Training …` stand for any key: these words begin a job's message.
EDITS: dict[str, tuple[Edit, set[str]]] = {
    # What is shown, not measured, plans no measurement.
    "a figure": (comment("scripts/wattlab/figures/tasks.py"), {"Drawing the figures", *END}),
    "the style of figures": (comment("scripts/wattlab/figures/style.py"), {"Drawing the figures", *END}),
    "the page": (comment("scripts/wattlab/report/page.py"), END),
    "what an energy amounts to": (comment("catalog/equivalents.yaml"), END),
    "an asset of the page": (comment("scripts/wattlab/report/assets/page.css"), END),
    "a table": (comment("scripts/wattlab/tables/cells.py"), AFTER),
    "a conversion": (comment("scripts/wattlab/foundation/units.py"), AFTER),
    "what a record is": (comment("scripts/wattlab/records/record.py"), AFTER),
    "grid": (configure(grid=297.6), AFTER),
    "headline scope": (configure(headline_scope="device"), AFTER),
    "time limit": (configure(time_limit_s=600), AFTER),
    "known missing": (configure(known_missing=[{"where": {"dataset": "c4"}, "reason": "no licence"}]), AFTER),
    "published count of a model": (
        replace(BERT_ENTRY, "published_parameters: 66362880", "published_parameters: 1"),
        AFTER,
    ),
    "training energies": (replace("catalog/training.yaml", "\n", "\n# a comment\n"), AFTER),
    "one task less": (one_task_less, AFTER),
    "an override that changes nothing": (override({}, repeats=3), AFTER),
    "fresh clone": (fresh_clone, AFTER),
    # What is measured.
    "repeats": (override({}, repeats=4), CELLS | AFTER),
    "idle window of the protocol": (replace(PROTOCOLS, "idle_window_s: 0.5", "idle_window_s: 1"), CELLS | AFTER),
    "one dataset's input words": (override({"dataset": "c4"}, max_input_words=10), {C4} | AFTER),
    "counters required": (configure(require_counters=True), CELLS | AFTER),
    "side by side": (configure(exclusive=False, headline_scope="device", parallel_cells=2), CELLS | AFTER),
    "version of the method": (
        replace("scripts/wattlab/__init__.py", "METHOD_VERSION = 1", "METHOD_VERSION = 2"),
        CELLS | AFTER,
    ),
    "architecture of a model": (
        replace(RESNET_ENTRY, "layer_type: basic", "layer_type: bottleneck"),
        {CIFAR10} | AFTER,
    ),
    "new model": (
        new_model_in_the_study,
        {f"Measuring fill-mask on {name} with example--new" for name in ("bookcorpus", "c4")} | AFTER,
    ),
    "a setting": (
        configure(settings=[{"name": "pairs", "set": {"batch_size": 2}, "where": {"dataset": "c4"}}]),
        {f"{C4}@batch_size=2"} | AFTER,
    ),
    "a deleted record": (remove(C4_RECORD), {C4} | AFTER),
    # What is sampled or trained, and measured for it.
    "seed": (override({}, seed=1), {"Sampling bookcorpus", "Sampling c4", "Sampling cifar10"} | CELLS | AFTER),
    "selection": (
        configure(selection="first"),
        {"Sampling bookcorpus", "Sampling c4", "Sampling cifar10"} | CELLS | AFTER,
    ),
    "number of samples of a task": (
        override({"task": "image-classification"}, n_inferences=9),
        {"Sampling cifar10", CIFAR10} | AFTER,
    ),
    "lengths of a dataset": (replace(C4_ENTRY, "sigma: 1.0", "sigma: 1.1"), {"Sampling c4", C4} | AFTER),
    "version of the samples": (
        replace("scripts/wattlab/__init__.py", "SAMPLES_VERSION = 1", "SAMPLES_VERSION = 2"),
        {"Sampling bookcorpus", "Sampling c4", "Sampling cifar10"} | CELLS | AFTER,
    ),
    "tokenizer of a model": (
        replace(BERT_ENTRY, "do_lower_case: true", "do_lower_case: false"),
        {TOKENIZER, BOOKCORPUS, C4} | AFTER,
    ),
    "version of the tokenizers": (
        replace("scripts/wattlab/__init__.py", "TOKENIZERS_VERSION = 1", "TOKENIZERS_VERSION = 2"),
        {TOKENIZER, BOOKCORPUS, C4} | AFTER,
    ),
}


def without_keys(jobs: set[str]) -> set[str]:
    """Messages without the key of samples and tokenizers."""
    named = {job.partition(" (")[0] if job.startswith("Sampling") else job for job in jobs}
    return {TOKENIZER if job.startswith(TOKENIZER) else job for job in named}


def test_edits_that_mean_the_same_plan_nothing(project: Project) -> None:
    """All of them at once: a job that one of them plans is named."""
    for edit in NOTHING:
        edit(project)
    assert project.jobs() == set()


@pytest.mark.parametrize(("edit", "planned"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_plans_just_what_rests_on_it(project: Project, edit: Edit, planned: set[str]) -> None:
    edit(project)
    assert without_keys(project.jobs()) == planned
