"""Models of two studies side by side: medians, their ratio, and the claims' verdicts."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import build_tables
from support import measurements, records
from wattlab.figures import then_and_now as figure
from wattlab.figures.listing import figures_of
from wattlab.figures.style import TWO_COLUMNS
from wattlab.report.then_and_now import section
from wattlab.study.specs import read_study
from wattlab.tables.intervals import ratio_of_medians
from wattlab.tables.reading import read_table, read_tables

pytestmark = pytest.mark.slow

#: Models of the catalog, by the study that has them.
THEN = ["albert--albert-base-v2", "distilbert--distilbert-base-uncased", "google-bert--bert-base-cased"]
THEN += ["google-bert--bert-base-uncased", "FacebookAI--roberta-base"]
NOW = ["answerdotai--ModernBERT-base", "answerdotai--ModernBERT-large", "jhu-clsp--ettin-encoder-17m"]


def write(
    results: Path,
    name: str,
    joules: dict[tuple[str, str], float],
    record: dict[str, Any] | None = None,
    repeat: dict[str, Any] | None = None,
    **config: object,
) -> Path:
    """A study of fill-mask cells, by model and dataset, each of three repeats of ten inferences of this energy (J)."""
    made = []
    for (model, dataset), energy in joules.items():
        cell = records.resolved_cell(task="fill-mask", dataset=dataset, model=model)
        made.append(
            records.record_of(
                cell, [measurements.repeat(i, cpu_j=energy, **repeat or {}) for i in range(3)], **record or {}
            )
        )
    cells = [records.resolved_cell(task="fill-mask", dataset=dataset, model=model) for model, dataset in joules]
    study = records.write_study(results / name, records.resolved_study(cells, name, **config), made)
    assert build_tables.main(["--study", str(study), "--tables", str(study.parent / "tables")]) == 0
    return study


def test_models_of_both_studies_meet_on_the_datasets_that_both_have(tmp_path: Path) -> None:
    write(tmp_path, "then", {(THEN[0], "c4"): 100.0, (THEN[1], "c4"): 300.0, (THEN[0], "oscar"): 9000.0})
    now = {(NOW[0], "c4"): 100.0, (NOW[1], "c4"): 400.0, (NOW[2], "c4"): 20.0, (NOW[0], "bookcorpus"): 9000.0}
    study = write(tmp_path, "now", now, beside=["then"])
    table = read_table(study.parent / "tables/then_and_now.csv")
    models = table[table["level"] == "model"]
    assert models["study"].tolist() == ["now"] * 3 + ["then"] * 2
    assert models["energy_kwh_per_1000"].tolist() == pytest.approx([e / 36000 for e in (100, 400, 20, 100, 300)])
    (task,) = table[table["level"] == "task"].to_dict("records")
    assert (task["study"], task["beside"], task["datasets"]) == ("now", "then", "c4")
    assert (task["n_models"], task["n_models_beside"]) == (3, 2)
    assert task["median_energy_kwh_per_1000"] == pytest.approx(100 / 36000)
    assert task["median_beside_energy_kwh_per_1000"] == pytest.approx(200 / 36000)
    assert task["energy_ratio"] == pytest.approx(0.5)
    assert pd.isna(task["ci95_low_energy_ratio"]) and pd.isna(task["note"])
    claims = read_table(study.parent / "tables/then_and_now_claims.csv")
    assert claims["study"].tolist()[:2] == ["now", "then"] and len(claims) == 2 * claims["claim"].nunique()
    assert set(claims["verdict"]) == {"not decidable here"} and claims["reason"].notna().all()
    text = (study.parent / "tables/then_and_now.md").read_text()
    assert "No 95 % intervals: over the models of each study they need at least 5 models" in text
    assert "3 cells (1 task, 1 dataset, 3 models), 9 valid repeats" in text
    page = section(read_tables(study.parent / "tables", ("then_and_now", "then_and_now_claims")))
    about = "(medians of 3 models and of 2 models, on c4); too few models for an interval"
    assert page["then_and_now"] == [f"Fill mask: 0.50 times then’s energy, 1.0 times its time {about}."]
    verdicts = page["beside_verdicts"]
    assert verdicts["once"] == "now: not decidable here; then: not decidable here"
    assert verdicts["heads"] == ["claim of the paper"] and len(verdicts["rows"]) == claims["claim"].nunique()
    tables = read_tables(study.parent / "tables", figure.FIGURE.tables)
    drawn = figure.draw(tables, read_study(study), TWO_COLUMNS).picture
    points = [c for axes in drawn.get_axes() for c in axes.collections if c.get_gid() == "models"]
    assert [len(one.get_offsets()) for one in points] == [3, 2]


def test_five_models_on_each_side_carry_an_interval(tmp_path: Path) -> None:
    write(tmp_path, "then", {(model, "c4"): 100.0 * 2**i for i, model in enumerate(THEN)})
    others = [*NOW, "microsoft--deberta-base", "FacebookAI--xlm-roberta-base"]
    study = write(tmp_path, "now", {(model, "c4"): 100.0 * 3**i for i, model in enumerate(others)}, beside=["then"])
    table = read_table(study.parent / "tables/then_and_now.csv")
    (task,) = table[table["level"] == "task"].to_dict("records")
    # By hand: c = 1 of n = 5, z = 1.8627; ln 3 * 4 / (2 z) and ln 2 * 4 / (2 z) are the standard errors.
    error = np.hypot(np.log(3), np.log(2)) * 4 / (2 * 1.862732)
    assert task["energy_ratio"] == pytest.approx(900 / 400)
    assert np.log(task["ci95_high_energy_ratio"] / 2.25) == pytest.approx(1.959964 * error, rel=1e-6)
    assert np.log(task["ci95_low_energy_ratio"] / 2.25) == pytest.approx(-1.959964 * error, rel=1e-6)


def test_a_model_of_both_studies_is_in_neither_median(tmp_path: Path) -> None:
    write(tmp_path, "then", {(THEN[0], "c4"): 100.0, (THEN[1], "c4"): 7000.0})
    study = write(tmp_path, "now", {(NOW[0], "c4"): 50.0, (THEN[1], "c4"): 9000.0}, beside=["then"])
    table = read_table(study.parent / "tables/then_and_now.csv")
    task = table[table["level"] == "task"].iloc[0]
    assert task["energy_ratio"] == pytest.approx(0.5) and (task["n_models"], task["n_models_beside"]) == (1, 1)
    assert task["note"] == f"in both studies, and left out: {THEN[1]}"
    assert table[table["level"] == "model"]["model"].tolist() == [NOW[0], THEN[0]]


def test_a_ratio_says_in_what_else_the_studies_differ(tmp_path: Path) -> None:
    protocol = records.resolved_cell().spec.protocol
    machine = measurements.session().machine
    assert machine is not None
    bigger = measurements.session("s1", machine=machine.model_copy(update={"cpu_model": "Other CPU"}))
    # A number of steps is nothing that a model that fills masks takes.
    other = protocol.model_copy(update={"batch_size": 8, "steps": 4})
    write(tmp_path, "then", {(THEN[0], "c4"): 100.0}, {"protocol": other, "dtype": "bfloat16", "sessions": [bigger]})
    study = write(tmp_path, "now", {(NOW[0], "c4"): 50.0}, beside=["then"])
    note = read_table(study.parent / "tables/then_and_now.csv")["note"].dropna().item()
    assert note == (
        "dtype: float32 here, bfloat16 there; machine: Example CPU here, Other CPU there; "
        f"batch_size: {protocol.batch_size} here, 8 there"
    )
    write(tmp_path, "then", {(THEN[0], "c4"): 100.0}, {"protocol": None, "device": None, "dtype": None})
    study = write(tmp_path, "now", {(NOW[0], "c4"): 50.0}, beside=["then"])
    note = read_table(study.parent / "tables/then_and_now.csv")["note"].dropna().item()
    assert note == "not recorded there: device, dtype, batch_size, cpu_threads, max_input_words"


def test_other_programs_are_told_where_they_took_more_on_one_side(tmp_path: Path) -> None:
    """A modelled energy holds what else ran; the ratio of the times stands beside."""
    write(tmp_path, "then", {(THEN[0], "c4"): 100.0}, repeat={"other_load_cores": 0.29, "window_s": 20.0})
    study = write(tmp_path, "now", {(NOW[0], "c4"): 50.0}, repeat={"other_load_cores": 0.87}, beside=["then"])
    task = read_table(study.parent / "tables/then_and_now.csv").iloc[-1]
    assert (task["energy_ratio"], task["duration_ratio"]) == pytest.approx((0.5, 0.5))
    assert task["note"] == "other programs took 0.87 cores here, 0.29 there"
    write(tmp_path, "then", {(THEN[0], "c4"): 100.0}, repeat={"other_load_cores": 0.8, "window_s": 5.0})
    assert build_tables.main(["--study", str(study), "--tables", str(study.parent / "tables")]) == 0
    task = read_table(study.parent / "tables/then_and_now.csv").iloc[-1]
    assert task["duration_ratio"] == pytest.approx(2.0) and pd.isna(task["note"])


def test_what_can_not_be_compared_says_why(tmp_path: Path) -> None:
    write(tmp_path, "then", {(THEN[0], "oscar"): 100.0})
    study = write(tmp_path, "now", {(NOW[0], "c4"): 100.0}, beside=["then"])
    (row,) = read_table(study.parent / "tables/then_and_now.csv").to_dict("records")
    assert row["note"] == "no dataset in common" and pd.isna(row["energy_ratio"])
    same = write(tmp_path, "again", {(THEN[0], "oscar"): 100.0}, beside=["then"])
    assert read_table(same.parent / "tables/then_and_now.csv").empty


def test_the_figure_belongs_to_studies_beside_which_others_are_set(tmp_path: Path) -> None:
    tables = {"then_and_now", "cells", "provenance"}
    study = write(tmp_path, "now", {(NOW[0], "c4"): 100.0}, beside=["then"])
    config = read_study(study).config
    assert "then_and_now" in figures_of(tables, config)
    assert "then_and_now" not in figures_of(tables, config.model_copy(update={"beside": []}))


def test_the_interval_of_a_ratio_of_medians_holds_it_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        one, other = np.exp(generator.normal(0.7, 1.0, 8)), np.exp(generator.normal(0.0, 0.5, 6))
        estimate = ratio_of_medians(one, other)
        held += estimate.low <= np.exp(0.7) <= estimate.high
    assert 0.94 < held / 2000 < 1.0
