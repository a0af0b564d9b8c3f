"""The closing paragraph: its numbers stand in the tables, and what is not known is said to be so."""

from pathlib import Path

import pandas as pd
import pytest

from support import hand_tables, measurements, records
from support.pages import page_of
from wattlab.figures.listing import FIGURES, figures_of
from wattlab.figures.style import TWO_COLUMNS
from wattlab.foundation.members import load_member
from wattlab.report.summary import closing_paragraph
from wattlab.tables.building import build
from wattlab.tables.evidence import gather
from wattlab.tables.reading import Tables


def without_values(tables: Tables, rows: "pd.Series[bool]") -> Tables:
    """The tables with these cells not measured."""
    cells = tables["cells"].copy()
    cells.loc[rows, [column for column in cells if "per_1000" in column]] = float("nan")
    cells.loc[rows, "n_valid"] = 0
    by_task = hand_tables.tasks(cells)
    return tables | {"cells": cells, "tasks": by_task, "comparison": hand_tables.comparison(by_task)}


@pytest.mark.slow
def test_paragraph_of_a_plain_cpu_machine() -> None:
    text = closing_paragraph(hand_tables.study(), hand_tables.tables())
    assert "ran all 52 cells (10 tasks, 27 datasets, 13 models), 156 valid repeats, out of 321 windows" in text
    assert "of every kind, on CPU (Example Silicon 9000)." in text
    assert "Energy modelled (CPU load model, constant RAM power), node (CPU and RAM), gross." in text
    assert "What is modelled carries the running time and the load, and not what the hardware drew." in text
    assert "random weights" in text and "Data: surrogate rows" in text
    assert (
        "the order of the 10 tasks here and in the paper, Spearman's rho is 0.91 (95 % interval 0.65 to 0.98)" in text
    )
    assert "None of 52 cells is flagged." in text
    cells = hand_tables.cells()
    cells.loc[:2, "flags"] = ["short", "short; outlier", "trend"]
    flagged = closing_paragraph(hand_tables.study(), hand_tables.tables() | {"cells": cells})
    assert "3 of 52 cells are flagged: 1 outlier, 2 short, 1 trend." in flagged
    # 0.05 kWh at 138.75 g/kWh is 6.9375 g
    assert "it took 50.0 Wh (6.94 g CO₂eq at 138.75 g/kWh), 10.0 Wh of it paid by another study: energy" in text
    assert text.endswith("No cell is missing.")


@pytest.mark.slow
def test_paragraph_of_a_gpu_read_by_its_counter() -> None:
    tables = hand_tables.tables()
    cells = tables["cells"].assign(energy_gpu_method="counter", modelled_share=0.3, device="cuda", weights="hub")
    tables |= {"cells": cells, "provenance": hand_tables.provenance(gpu_names="NVIDIA A100")}
    text = closing_paragraph(hand_tables.study(), tables)
    assert "on GPU (NVIDIA A100)" in text
    assert "Energy partly modelled (GPU counter, CPU load model, constant RAM power; modelled share 30 %), node" in text
    assert "Weights: the published checkpoints" in text and "random weights" not in text
    tables["cells"] = cells.assign(headline_scope="device", energy_device_method="counter")
    text = closing_paragraph(hand_tables.study(), tables)
    assert "Energy measured (GPU counter), device (one GPU), gross." in text and "What is modelled" not in text
    # The cost is that of the node, by its own methods.
    assert "another study: energy partly modelled (GPU counter, CPU load model, constant RAM power" in text


def test_paragraph_of_imported_logs_claims_no_measurement() -> None:
    logs = {"path": None, "mapping": "m"}
    tables = hand_tables.tables() | {"provenance": hand_tables.provenance(cpu_model="not recorded")}
    text = closing_paragraph(hand_tables.study(source="codecarbon-logs", logs=logs), tables)
    assert "holds published logs, read again and not measured here: all 52 cells" in text
    assert "study laptop ran" not in text
    totals = tables["totals"]
    logged = closing_paragraph(
        hand_tables.study(), tables | {"totals": totals[totals["phase"].isin(["load", "query"])]}
    )
    assert "In all, loading included, it took" in logged and "warm-up" not in logged


@pytest.mark.slow
def test_paragraph_with_two_tasks_says_why_there_is_no_rho() -> None:
    tables = hand_tables.tables()
    few = without_values(tables, ~tables["cells"]["task"].isin(["fill-mask", "summarization"]))
    text = closing_paragraph(hand_tables.study(), few)
    assert "rho" not in text
    assert "2 tasks have a value here, and a rank correlation needs three" in text
    assert "ran 12 of 52 cells" in text  # 3 of fill-mask, 9 of summarization
    one = without_values(tables, tables["cells"]["task"] != "fill-mask")
    assert "1 task has a value here" in closing_paragraph(hand_tables.study(), one)


@pytest.mark.slow
def test_paragraph_without_an_interval_or_a_rho() -> None:
    tables = hand_tables.tables()
    bounds = tables["comparison"].assign(ci95_low_spearman_rho=None, ci95_high_spearman_rho=None)
    assert "rho is 0.91 (no interval)" in closing_paragraph(hand_tables.study(), tables | {"comparison": bounds})
    none = bounds.assign(spearman_rho=None)
    text = closing_paragraph(hand_tables.study(), tables | {"comparison": none})
    assert "the rank correlation is not defined" in text


def test_paragraph_before_the_first_measurement() -> None:
    tables = hand_tables.tables()
    nothing = without_values(tables, tables["cells"]["task"].notna()) | {"totals": hand_tables.totals()[:0]}
    nothing["comparison"] = tables["comparison"][:0]
    text = closing_paragraph(hand_tables.study(), nothing)
    assert text.startswith("The study laptop has no number yet: none of its 52 cells has a value.")
    assert "counter" not in text and "nan" not in text


@pytest.mark.slow
def test_paragraph_counts_windows_without_an_energy_and_missing_cells() -> None:
    totals = hand_tables.totals()
    totals.loc[0, ["n_windows_with_energy", "energy_kwh", "emissions_kg"]] = [11, 0.001, 0.00013875]
    rows = [("fill-mask", "c4", "m", "failed", "r", "d", 0), ("fill-mask", "oscar", "m", "known", "r", "d", 0)]
    tables = hand_tables.tables() | {"totals": totals, "missing": hand_tables.missing(*rows)}
    text = closing_paragraph(hand_tables.study(), tables)
    assert "it took at least (40 windows without an energy) 47.0 Wh" in text
    assert "2 cells lack valid repeats (1 failed, 1 known): see tables/missing.csv." in text


@pytest.mark.slow
def test_paragraph_and_page_of_tables_built_from_records(tmp_path: Path) -> None:
    cells = [
        records.resolved_cell("fill-mask", "c4"),
        records.resolved_cell("text-generation", "imdb", "distilbert--distilgpt2", structure="decoder"),
        records.resolved_cell("summarization", "xsum", "ainize--bart-base-cnn", structure="seq2seq"),
        records.resolved_cell(
            "summarization", "samsum", "google--flan-t5-base", structure="seq2seq", purpose="multi-purpose"
        ),
        records.resolved_cell("summarization", "samsum", "ainize--bart-base-cnn", structure="seq2seq"),
    ]
    runs = [
        records.record_of(cell, [measurements.repeat(i, cpu_j=3600.0 * scale) for i in range(3)])
        for cell, scale in zip(cells[:4], (1, 2, 3, 4), strict=True)
    ]
    study = records.resolved_study(cells)
    records.write_study(tmp_path, study, [*runs, records.failed(cells[4], "out of memory", "add memory")])
    tables = build(gather(study, records.catalog(), tmp_path / "runs"))
    text = closing_paragraph(study, tables)
    assert "ran 4 of 5 cells" in text and "12 valid repeats" in text
    assert "Spearman's rho is 1.00 (no interval)" in text  # the same order; no interval under four tasks
    assert "1 cell lacks valid repeats (1 failed)" in text
    drawn = {name: load_member(FIGURES[name]).draw(tables, study, TWO_COLUMNS) for name in figures_of(tables)}
    sentences = {name for name, figure in drawn.items() if figure.picture is None}
    assert sentences == {"multipurpose_by_task", "output_length"}  # one such model, and one length
    page = page_of(tables, tmp_path, study)
    assert "out of memory" in page and "add memory" in page
