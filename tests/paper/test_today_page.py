"""docs/today: what its page says is what its tables hold."""

import pandas as pd

from support import published_logs
from wattlab.tables.reading import read_table

DOCS = published_logs.ROOT / "docs" / "today"


def line(row: "pd.Series[float]") -> str:
    medians = [
        f"{row[name] * 1000:.3g}" for name in ("median_energy_kwh_per_1000", "median_beside_energy_kwh_per_1000")
    ]
    by = "prompt" if row["purpose"] == "multi-purpose" else "own model"
    counts = f"{row['n_models']:.0f}, {row['n_models_beside']:.0f}"
    note = "" if pd.isna(row["note"]) else row["note"]
    return f"| {row['task']} | {by} | {counts} | {' | '.join(medians)} | {row['energy_ratio']:.2f} | {note} |"


def test_the_page_has_the_numbers_of_its_tables() -> None:
    page, table = " ".join((DOCS / "README.md").read_text().split()), read_table(DOCS / "then_and_now.csv")
    tasks = table[table["level"] == "task"]
    assert all(" ".join(line(row).split()) in page for _, row in tasks.iterrows())
    assert tasks[["ci95_low_energy_ratio", "ci95_high_energy_ratio"]].isna().all(axis=None)
    assert f"in {int((tasks['energy_ratio'] > 1).sum())} of {len(tasks)} rows" in page
    models = table[table["level"] == "model"].set_index(["study", "model", "task"])["energy_kwh_per_1000"]
    detectors = models.xs("object-detection", level="task").droplevel("study")
    assert detectors["ustc-community--dfine-nano-coco"] < detectors["hustvl--yolos-tiny"]
    labels = models.xs("text-classification", level="task").droplevel("study")
    guard, distilbert = (
        labels["meta-llama--Llama-Prompt-Guard-2-22M"],
        labels["distilbert--distilbert-base-uncased-finetuned-sst-2-english"],
    )
    assert round(guard / distilbert) == 2


def test_the_verdicts_are_those_of_both_studies() -> None:
    page, claims = " ".join((DOCS / "README.md").read_text().split()), read_table(DOCS / "then_and_now_claims.csv")
    assert set(claims["verdict"]) == {"not decidable here"}
    assert f"none of {claims['claim'].nunique()} can be decided in either" in page
    spread = claims[claims["claim"] == "spread-of-models"].set_index("study")["claim_effect"]
    assert (
        f"takes {spread['today-laptop']:.0f} times the energy of the cheapest here and {spread['laptop']:.0f} times there"
        in page
    )
