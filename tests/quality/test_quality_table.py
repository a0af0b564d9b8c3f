"""The table of quality: from records, answers and frozen rows to scores, or to the reason why there is none."""

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from score_answers import main as score_answers
from support import measurements, records
from support.imports import SCRIPTS
from wattlab.catalog.facts import DatasetFacts, ModelFacts
from wattlab.foundation.files import write_bytes
from wattlab.quality.table import TABLE
from wattlab.records.record import Record
from wattlab.samples.manifest import Manifest, write_samples
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.tables.building import build
from wattlab.tables.evidence import gather
from wattlab.tables.writing import write_tables

CLASSES = ["neg", "pos"]
FIELDS = {"text": "text", "label": "label"}


def hub_cell(task: str, dataset: str, fields: dict[str, str], **more: Any) -> MeasuredCell:
    cell = records.resolved_cell(task, dataset, "a--model", weights="hub", data="hub", **more)
    spec = cell.spec.model_copy(
        update={"dataset": DatasetFacts(fields=fields, mask=None), "model": ModelFacts(library="transformers")}
    )
    return cell.model_copy(update={"spec": spec})


def answered_cell(
    results: Path, cell: MeasuredCell, rows: list[dict[str, Any]], answers: list[Any], names: dict[str, list[str]]
) -> Record:
    """The record of a cell after writing its frozen rows and its answers."""
    manifest = write_samples(
        manifest_of(results, cell.spec.samples),
        Manifest(
            status="complete", dataset=cell.cell.dataset, data="hub", selection="seeded", seed=0, n_wanted=10,
            n_rows=len(rows), cycled=len(rows) < 10, row_ids=list(range(len(rows))), generator_version=1,
            key=cell.spec.samples.key, label_names=names,
        ),
        rows,
    )  # fmt: skip
    lines = [json.dumps({"row": row, "answer": answer, "n_output_units": 1}) for row, answer in enumerate(answers)]
    content = gzip.compress("\n".join(lines).encode())
    write_bytes(results / "quality" / "outputs" / f"{cell.cell.id}.jsonl.gz", content)
    repeats = [measurements.repeat(index) for index in range(3)]
    sha256 = hashlib.sha256(content).hexdigest()
    return records.record_of(cell, repeats, samples_sha256=manifest.sha256, outputs_sha256=sha256)


def sentiment(results: Path, *labels: str, **more: Any) -> tuple[MeasuredCell, Record]:
    """A cell of four reviews, neg, pos, neg, pos; its answers began anew after them, as a list of ten does."""
    cell = hub_cell("text-classification", "imdb", FIELDS, **more)
    rows = [{"text": f"review {place}", "label": place % 2} for place in range(4)]
    answers = [{"label": label, "score": 0.9} for label in labels] + [{"label": "neutral", "score": 0.9}] * 6
    return cell, answered_cell(results, cell, rows, answers, {"label": CLASSES})


def scored(results: Path, study: ResolvedStudy, found: list[Record]) -> pd.DataFrame:
    """The table of a study as its rule writes it, after its other tables."""
    path = records.write_study(results / "quality", study, found)
    evidence = gather(study, records.catalog(), path.parent / "runs")
    write_tables(evidence, build(evidence), path.parent / "tables")
    score_answers(["--study", str(path), "--tables", str(path.parent / "tables")])
    table = pd.read_csv(path.parent / "tables/quality.csv")
    assert tuple(table.columns) == TABLE.columns
    return table


def study_of(*cells: MeasuredCell, **config: Any) -> ResolvedStudy:
    return records.resolved_study(cells, "quality", **{"weights": "hub", "data": "hub", **config})


@pytest.mark.slow
def test_a_score_stands_beside_the_energy_and_each_row_counts_once(tmp_path: Path) -> None:
    cell, record = sentiment(tmp_path, "NEGATIVE", "POSITIVE", "NEGATIVE", "NEGATIVE")
    table = scored(tmp_path, study_of(cell), [record])
    row = table.iloc[0].to_dict()
    assert (len(table), row["metric"], row["quality_score"], row["n_scored"]) == (1, "accuracy", 0.75, 4)
    # 3,600 J for 10 inferences are 0.1 kWh per 1,000.
    assert row["energy_kwh_per_1000"] == pytest.approx(0.1) and row["n_repeats"] == 3
    assert row["headline"] and row["weights"] == row["data"] == "hub" and pd.isna(row["reason"])
    twins = [(tmp_path / f"quality/tables/quality.{form}").read_text() for form in ("md", "tex")]
    assert "accuracy | 0.7500 | 4 |" in twins[0] and "accuracy & 0.750 & 4 &" in twins[1]


@pytest.mark.slow
def test_an_answer_that_was_cut_inside_a_thought_is_none(tmp_path: Path) -> None:
    cell = hub_cell("text-classification", "imdb", FIELDS, purpose="multi-purpose")
    rows = [{"text": f"review {place}", "label": place % 2} for place in range(4)]
    names = {"label": CLASSES}
    record = answered_cell(tmp_path, cell, rows, ["negative", None, "positive", None], names)
    row = scored(tmp_path, study_of(cell), [record]).iloc[0]
    assert (row["quality_score"], row["n_scored"], row["n_unscored"]) == (0.5, 2, 2)
    record = answered_cell(tmp_path, cell, rows, [None] * 4, names)
    reason = reason_of(scored(tmp_path, study_of(cell), [record]))
    assert reason.startswith("all 4 answers were cut inside the model's thought; raise max_new_tokens in `overrides`")


@pytest.mark.slow
def test_what_the_models_own_length_cut_is_not_asked_for(tmp_path: Path) -> None:
    """The answers' file says how many words of a row the model could read."""
    fields = {"question": "question", "context": "context", "answers": "answers"}
    cell = hub_cell("question-answering", "squad", fields)
    context = "The fox sat on the wall. It saw a crow."
    rows = [
        {"question": "?", "context": context, "answers": {"text": [text], "answer_start": [0]}}
        for text in ("fox", "crow")
    ]
    record = answered_cell(tmp_path, cell, rows, [{"text": "fox"}] * 2, {})
    path = tmp_path / "quality/outputs" / f"{cell.cell.id}.jsonl.gz"
    for read, expected in ((None, (0.5, 2, 0)), (6, (1.0, 1, 1))):
        cut = {} if read is None else {"words_read": read}
        lines = [{"row": row, "answer": {"text": "fox"}, "n_output_units": 1, **cut} for row in range(2)]
        content = gzip.compress("\n".join(map(json.dumps, lines)).encode())
        write_bytes(path, content)
        found = record.model_copy(update={"outputs_sha256": hashlib.sha256(content).hexdigest()})
        row = scored(tmp_path, study_of(cell), [found]).iloc[0]
        assert (row["quality_score"], row["n_scored"], row["n_unscored"]) == expected


@pytest.mark.slow
def test_the_head_is_that_of_the_model_that_ran(tmp_path: Path) -> None:
    """An entry that states two classes says nothing of a checkpoint with three."""
    for labels, value in ((["LABEL_0", "LABEL_1"], 0.75), (["LABEL_0", "LABEL_1", "LABEL_2"], None)):
        cell, record = sentiment(tmp_path, "LABEL_0", "LABEL_1", "LABEL_0", "LABEL_0")
        (session,) = record.sessions
        load = session.load.model_copy(update={"labels": labels})
        record = record.model_copy(update={"sessions": [session.model_copy(update={"load": load})]})
        table = scored(tmp_path, study_of(cell), [record])
        if value is None:
            assert reason_of(table).startswith("label scheme: the model answers 'LABEL_0', 'LABEL_1'")
        else:
            assert table["quality_score"].iloc[0] == value


def reason_of(table: pd.DataFrame) -> str:
    assert len(table) == 1 and pd.isna(table["quality_score"].iloc[0]) and pd.isna(table["metric"].iloc[0])
    return str(table["reason"].iloc[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weights", "data", "reason"),
    [("architecture", "hub", "random weights"), ("hub", "surrogate", "surrogate rows")],
)
def test_nothing_else_has_a_quality(tmp_path: Path, weights: str, data: str, reason: str) -> None:
    cell = records.resolved_cell("text-classification", "imdb", weights=weights, data=data)
    table = scored(
        tmp_path, study_of(cell, weights=weights, data=data), [records.record_of(cell, [measurements.repeat(0)])]
    )
    assert reason_of(table).startswith(reason)


@pytest.mark.slow
def test_a_stand_in_is_scored_and_no_number_shown(tmp_path: Path) -> None:
    cell, record = sentiment(tmp_path, "NEGATIVE", "POSITIVE", "NEGATIVE", "NEGATIVE")
    row = scored(tmp_path, study_of(cell, stand_in="rehearsal"), [record]).iloc[0]
    assert pd.isna(row["quality_score"]) and row["n_scored"] == 4
    assert row["reason"] == "rehearsal: no number here is a result"


@pytest.mark.slow
def test_answers_and_rows_must_be_those_of_the_record(tmp_path: Path) -> None:
    cell, record = sentiment(tmp_path, "NEGATIVE", "POSITIVE", "NEGATIVE", "NEGATIVE")
    study, outputs = study_of(cell), tmp_path / "quality/outputs" / f"{cell.cell.id}.jsonl.gz"
    other_rows = record.model_copy(update={"samples_sha256": "0" * 64})
    assert "sampled again" in reason_of(scored(tmp_path, study, [other_rows]))
    outputs.write_bytes(gzip.compress(b"[]"))
    assert "was changed" in reason_of(scored(tmp_path, study, [record]))
    outputs.unlink()
    assert "are gone" in reason_of(scored(tmp_path, study, [record]))
    assert "missing.csv says why" in reason_of(scored(tmp_path, study, [records.failed(cell, "no memory")]))


@pytest.mark.slow
def test_hidden_labels_give_the_reason_of_the_catalog(tmp_path: Path) -> None:
    cell = hub_cell("text-classification", "sst2", FIELDS)
    rows = [{"text": "fine", "label": -1}]
    record = answered_cell(tmp_path, cell, rows, [{"label": "POSITIVE", "score": 1.0}], {"label": CLASSES})
    table = scored(tmp_path, study_of(cell), [record])
    assert "validation (872 rows" in reason_of(table)


@pytest.mark.slow
def test_boxes_are_scaled_to_the_sizes_of_the_frozen_images(tmp_path: Path) -> None:
    cell = hub_cell("object-detection", "cppe-5", {"image": "image", "objects": "objects"})
    image = Image.new("RGB", (64, 48))
    rows = [{"image": image, "objects": {"bbox": [[6.4, 4.8, 32.0, 24.0]], "category": [0]}}]
    answers = [[{"label": "Mask", "score": 0.9, "box": [64, 48, 384, 288]}]]
    record = answered_cell(tmp_path, cell, rows, answers, {"objects.category": ["Mask"]})
    table = scored(tmp_path, study_of(cell), [record])
    assert dict(zip(table["metric"], table["quality_score"], strict=True)) == {"mAP": 1.0, "mAP at IoU 0.5": 1.0}
    assert list(table["headline"]) == [True, False]


def test_scoring_needs_no_torch() -> None:
    program = "import sys, wattlab.quality.scoring, faster_coco_eval; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(SCRIPTS)}, capture_output=True)
    assert done.returncode == 0, done.stderr
