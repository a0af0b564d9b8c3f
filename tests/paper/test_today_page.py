"""docs/today: what its page says is what its tables hold."""

import pandas as pd

from support import published_logs
from wattlab.tables.reading import read_table

DOCS = published_logs.ROOT / "docs" / "today"


def page() -> str:
    return " ".join((DOCS / "README.md").read_text().split())


def tasks() -> pd.DataFrame:
    table = read_table(DOCS / "then_and_now.csv")
    return table[table["level"] == "task"]


def line(row: "pd.Series[float]") -> str:
    medians = [
        f"{row[name] * 1000:.3g}" for name in ("median_energy_kwh_per_1000", "median_beside_energy_kwh_per_1000")
    ]
    by = "prompt" if row["purpose"] == "multi-purpose" else "own model"
    counts = f"{row['n_models']:.0f}, {row['n_models_beside']:.0f}"
    ratios = f"{row['energy_ratio']:.2f} | {row['duration_ratio']:.2f}"
    return f"| {row['task']} | {by} | {counts} | {' | '.join(medians)} | {ratios} | {row['note']} |"


def test_the_page_has_the_numbers_of_its_tables() -> None:
    rows, text = tasks(), page()
    assert all(" ".join(line(row).split()) in text for _, row in rows.iterrows())
    assert rows[["ci95_low_energy_ratio", "ci95_high_energy_ratio"]].isna().all(axis=None)
    slower = rows["duration_ratio"]
    counts = f"in {(slower > 1).sum()} of {len(rows)} rows** (more energy in {(rows['energy_ratio'] > 1).sum()})"
    assert f"{counts}, in {slower.between(1.2, 2.8).sum()} of them 1.2 to 2.8 times" in text
    beyond = rows["energy_ratio"] / slower
    assert f"the ratios of energy {beyond.min():.2f} to {beyond.max():.2f} times those of time" in text
    of_task = rows[rows["purpose"] == "task-specific"].set_index("task")["duration_ratio"]
    for task, words in (
        ("image-classification", "image classification, {:.1f} times"),
        ("text-generation", "text generation, {:.1f} times"),
        ("image-to-text", "Florence-2, {:.1f} times"),
    ):
        assert words.format(of_task[task]) in text


def test_the_page_says_what_ran_beside() -> None:
    taken = tasks()["note"].str.extract(r"took ([\d.]+) cores here, ([\d.]+) there").astype(float)
    here, there = (f"{taken[side].min():.2f} to {taken[side].max():.2f}" for side in (0, 1))
    assert f"Other programs took {here} cores beside the models of today, {there} beside the default study's." in page()
    cells = read_table(DOCS / "cells.csv")
    assert cells["flags"].str.contains("throttled_cores").sum() == 4 and len(cells) == 47
    assert "Four of 47 cells are flagged `throttled_cores`" in page()


def test_the_page_compares_models_by_what_the_tables_hold() -> None:
    table, text = read_table(DOCS / "then_and_now.csv"), page()
    models = table[table["level"] == "model"].set_index(["task", "model"])
    times, parameters = (
        models["duration_s_per_1000"],
        models.groupby(["task", "purpose", "study"])["parameters"].median(),
    )
    detectors, labels = times["object-detection"], times["text-classification"]
    ratio = detectors["ustc-community--dfine-nano-coco"] / detectors["hustvl--yolos-tiny"]
    assert f"`dfine-nano` (3.8 M parameters) takes {ratio:.2f} times the time of `yolos-tiny`" in text
    distilbert = labels["distilbert--distilbert-base-uncased-finetuned-sst-2-english"]
    ratio = labels["meta-llama--Llama-Prompt-Guard-2-22M"] / distilbert
    assert f"`Llama-Prompt-Guard-2-22M` (70.8 M) {ratio:.1f} times that of `distilbert` (67 M)" in text
    sides = parameters.unstack("study")
    assert (sides["today-laptop"] > sides["laptop"]).all() and "by the median of their parameters in every row" in text


def test_the_verdicts_are_those_of_both_studies() -> None:
    claims = read_table(DOCS / "then_and_now_claims.csv")
    assert set(claims["verdict"]) == {"not decidable here"}
    assert f"none of {claims['claim'].nunique()} can be decided in either" in page()
    spread = claims[claims["claim"] == "spread-of-models"].set_index("study")["claim_effect"]
    assert (
        f"takes {spread['today-laptop']:.0f} times the energy of the cheapest here and {spread['laptop']:.0f} times there"
        in page()
    )
