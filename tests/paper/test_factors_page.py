"""docs/factors: what its page says is what its tables hold."""

import pandas as pd

from support import published_logs
from wattlab.tables.reading import read_table

DOCS = published_logs.ROOT / "docs" / "factors"
SETTINGS = ("batch_size=4", "batch_size=16", "dtype=bfloat16")


def words(row: "pd.Series[float]") -> str:
    return f"{row['energy_ratio']:.2f} ({row['ci95_low_energy_ratio']:.2f} to {row['ci95_high_energy_ratio']:.2f})"


def test_the_page_has_the_numbers_of_its_tables() -> None:
    page, factors = (DOCS / "README.md").read_text(), read_table(DOCS / "factors.csv")
    of_tasks = factors[factors["level"] == "task"]
    for task, group in of_tasks.groupby("task"):
        by = group.set_index("setting")
        line = " | ".join([str(task), str(by["n_models"].iloc[0]), *(words(by.loc[one]) for one in SETTINGS)])
        assert f"| {line} |" in page
    tau = of_tasks.groupby("task")["kendall_tau"].agg(["min", "max"]).dropna()
    assert tau.loc["image-classification"].round(6).tolist() == [1, 1]
    assert tau.loc["text-classification"].round(6).tolist() == [0.4, 0.6]
    changed = of_tasks.loc[of_tasks["n_pairs_changed"] > 0, ["setting", "n_pairs_changed"]].to_numpy().tolist()
    assert changed == [["dtype=bfloat16", 2]]


def test_what_it_says_of_latency_and_of_flags_is_in_its_cells() -> None:
    page, cells = (DOCS / "README.md").read_text(), read_table(DOCS / "cells.csv")
    generation = cells[cells["task"] == "text-generation"].fillna({"setting": ""}).set_index("setting")["latency_p50_s"]
    assert f"takes {generation['']:.2g} s alone and {generation['batch_size=16']:.2g} s as a batch of 16" in page
    flags = cells["flags"].str.split("; ").explode().value_counts()
    assert (
        f"{flags['throttled_cores']} of {len(cells)} cells are flagged `throttled_cores`, {flags['short']} `short`"
        in page
    )
