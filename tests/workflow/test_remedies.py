"""Every remedy that is written into a record, an input or missing.csv names a command, and the command changes something."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from support.imports import ROOT, SCRIPTS
from support.workflow import Project
from wattlab.records.store import read_store

BERT = "distilbert--distilbert-base-uncased"
C4, BOOKCORPUS, CIFAR10 = (
    f"fill-mask/c4/{BERT}",
    f"fill-mask/bookcorpus/{BERT}",
    "image-classification/cifar10/microsoft--resnet-18",
)

#: Command -> the test that runs it and sees the change.
TRIED = {
    "make retry": "tests/workflow/test_remedies.py",
    "make again": "tests/workflow/test_again.py",
    "make history": "tests/workflow/test_again.py",
    "make pin": "tests/hub/test_pins.py",
    "make unlock": "tests/workflow/test_interruptions.py",
    "make install": "tests/workflow/test_makefile.py",
    "make doctor": "tests/workflow/test_doctor.py",
    "make reproduce": "tests/workflow/test_workflow.py",
    "make published": "tests/paper/test_published_import.py",
    "make env-": "tests/models/test_environments.py",
    "make bundle": "tests/workflow/test_verify.py",
    "make check": "tests/workflow/test_packaging.py",
    "make schema": "tests/catalog/test_schemas.py",
    "snakemake": "tests/workflow/test_due.py",
    "snakemake -n": "tests/workflow/test_workflow.py",
    "snakemake tables": "tests/workflow/test_due.py",
}


def texts(path: Path) -> Iterator[str]:
    """Texts of a module that a person may read: its strings without docstrings."""
    tree = ast.parse(path.read_text())
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value


def test_every_command_that_a_text_names_is_tried_and_there() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named: dict[str, set[str]] = {}
    for path in SCRIPTS.rglob("*.py"):
        for text in texts(path):
            for command in re.findall(r"`((?:make|snakemake)\b[^`{<]*)", text):
                named.setdefault(" ".join(command.split()[:2]), set()).add(path.name)
    named.pop("snakemake /", None)
    unknown = {command: files for command, files in named.items() if not command.startswith(tuple(TRIED))}
    assert unknown == {}
    for command, test in TRIED.items():
        assert (ROOT / test).exists(), test
        verb, _, target = command.partition(" ")
        assert verb != "make" or any(known.startswith(target) for known in targets), command


@pytest.fixture
def project(project: Project) -> Project:
    """A copy of the finished study, with a worker of milliseconds."""
    return project.with_fake_worker()


@pytest.mark.slow
def test_one_retry_makes_whole_what_is_damaged_failed_or_spent(project: Project) -> None:
    """The rows of one cell are cut short, another's record is, and the third has spent its redos."""
    (rows,) = project.results.glob("samples/cifar10/*.parquet")
    whole = rows.read_bytes()
    rows.write_bytes(whole[: len(whole) // 2])
    record = project.results / "small/runs/image-classification/cifar10/microsoft--resnet-18.json"
    failure = {"reason": "no readable Parquet file", "remedy": "`make retry`", "attempts": 1, "log_tail": []}
    record.write_text(json.dumps(json.loads(record.read_text()) | {"status": "failed", "failure": failure}))
    (project.results / f"small/runs/{BOOKCORPUS}.json").write_text("{")
    (store,) = project.results.glob(f"repeats/{C4}/*.jsonl")
    lines = [json.loads(line) for line in store.read_text().splitlines()]
    spoilt = [
        line | {"problems": ["the machine was suspended for 5.0 s"]} if line.get("index") == 0 else line
        for line in lines
    ]
    store.write_text("".join(json.dumps(line) + "\n" for line in spoilt))
    (project.results / f"small/runs/{C4}.json").unlink()
    assert project.snakemake("tables").returncode == 1
    missing = pd.read_csv(project.results / "small/tables/missing.csv").set_index("cell")
    assert missing["kind"].to_dict() == {CIFAR10: "failed", C4: "incomplete"}
    assert (
        "2 of 3 repeats are valid, and the redos are spent; 1 x the machine was suspended" in missing.loc[C4, "reason"]
    )
    assert missing["remedy"].str.contains("make retry").all()
    retry = project.run("-m", "retry_cells", "tables", PYTHONPATH="scripts")
    assert retry.returncode == 0, retry.stdout
    assert pd.read_csv(project.results / "small/tables/missing.csv").empty
    assert rows.read_bytes() == whole
    assert [repeat.index for repeat in read_store(store).observed] == [0, 1, 2, 3], "one more repeat, and no more"
