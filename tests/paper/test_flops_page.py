"""docs/flops: what its page says is what its tables hold."""

import pandas as pd

from support import published_logs
from wattlab.tables.reading import read_table

DOCS = published_logs.ROOT / "docs" / "flops"
BY = ("flops_per_inference", "parameters", "duration_s_per_1000")


def correlation(row: "pd.Series[float]") -> str:
    if pd.isna(row["spearman_rho"]):
        return "too few models"
    rho = f"{row['spearman_rho']:.2f}"
    return (
        rho
        if pd.isna(row["ci95_low_spearman_rho"])
        else f"{rho} ({row['ci95_low_spearman_rho']:.2f} to {row['ci95_high_spearman_rho']:.2f})"
    )


def rows_of(ranks: pd.DataFrame) -> list[str]:
    """The page's table: a line per task and purpose."""
    of_energy = ranks[ranks["ranked"] == "energy_kwh_per_1000"]
    lines = []
    for (task, purpose), group in of_energy.groupby(["task", "purpose"], sort=False):
        by = group.set_index("ranked_by")
        first = by.loc["flops_per_inference"]
        spread = [f"{first[f'{name}_models_energy_j_per_tflop']:.3g}" for name in ("median", "min", "max")]
        cells = [task, purpose, str(int(first["n_models"])), *(correlation(by.loc[name]) for name in BY)]
        lines.append("| " + " | ".join([*cells, f"{spread[0]} ({spread[1]} to {spread[2]})"]) + " |")
    return lines


def test_the_page_has_the_numbers_of_its_tables() -> None:
    page = (DOCS / "README.md").read_text()
    for line in rows_of(read_table(DOCS / "flop_ranks.csv")):
        assert line in page


def test_every_cell_of_the_logs_has_a_count_or_a_reason() -> None:
    flops = read_table(DOCS / "flops.csv")
    uncounted = flops[flops["flops_per_inference"].isna()]
    not_in_catalog = uncounted["reason"].str.startswith("the catalog has no entry")
    assert set(uncounted.loc[~not_in_catalog, "model"]) == {"jozhang97--deta-swin-large"}
    assert (len(flops), len(uncounted), int(not_in_catalog.sum())) == (417, 32, 26)


def test_the_pages_sentences_follow_from_its_tables() -> None:
    """Which ranks better, how many intervals lie above zero, how far an operation's energy differs: counted again here."""
    ranks = read_table(DOCS / "flop_ranks.csv")
    ranks = ranks[ranks["ranked"] == "energy_kwh_per_1000"]
    whole = ranks[(ranks["task"] == "all tasks") & (ranks["purpose"] == "task-specific")]
    rho = whole.set_index("ranked_by")["spearman_rho"]
    page = " ".join((DOCS / "README.md").read_text().split())
    said = f"with rho {rho[BY[0]]:.2f}, parameters with {rho[BY[1]]:.2f}, duration with {rho[BY[2]]:.2f}"
    assert said in page

    within = ranks[ranks["task"] != "all tasks"].set_index(["task", "purpose", "ranked_by"])
    flops, parameters, duration = (within.xs(name, level="ranked_by") for name in BY)
    of_flops, difference = flops["spearman_rho"], (flops["spearman_rho"] - parameters["spearman_rho"]).round(9)
    above = int((flops["ci95_low_spearman_rho"] > 0).sum())
    assert (
        f"rho is {of_flops.min():.2f} to {of_flops.max():.2f}, and {above} of {len(flops)} intervals lie above 0"
        in page
    )
    better, worse = int((difference > 0).sum()), int((difference < 0).sum())
    assert f"FLOPs rank better than parameters in {better} of the {len(flops)}, worse in {worse}" in page
    assert f"({duration['spearman_rho'].min():.2f} to {duration['spearman_rho'].max():.2f})" in page

    per_flop = flops.loc[flops.index.get_level_values("purpose") == "task-specific", "median_models_energy_j_per_tflop"]
    assert f"differs {per_flop.max() / per_flop.min():.0f}-fold between the tasks' medians" in page
