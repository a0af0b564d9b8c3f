"""The methods paragraph follows the configuration and the record, and its citations have their BibTeX."""

import re
from pathlib import Path

import pandas as pd
import pytest

from support import hand_tables
from support.pages import page_of, visible
from support.records import resolved_cell, resolved_study
from wattlab.report.methods import bibtex, latex, methods_paragraph, plain


def test_numbers_come_from_the_protocols_and_the_tables() -> None:
    cells = [
        resolved_cell(
            "fill-mask", "c4", "albert--albert-base-v2", protocol_values={"n_inferences": 8, "idle_window_s": 0.5}
        ),
        resolved_cell(
            "summarization", "xsum", "ainize--bart-base-cnn", protocol_values={"n_inferences": 2, "idle_window_s": 0.5}
        ),
        # In the plan and without a value: it is none of what is described.
        resolved_cell(
            "summarization", "xsum", "another--model", protocol_values={"n_inferences": 50, "idle_window_s": 9.0}
        ),
    ]
    tables = hand_tables.tables()
    text = methods_paragraph(resolved_study(cells), tables)
    assert "52 cells (10 tasks, 27 datasets, 13 models), 156 valid repeats" in text
    assert "over 2 to 8 samples at batch size 1 in float32" in text and "has 3 valid repeats" in text
    assert "idle windows of 0.5 s" in text and "on CPU (Example Silicon 9000) with 16 GB of memory" in text
    assert "using torch 2.13.0, codecarbon 3.3.2" in text and "random weights, surrogate data" in text
    assert "Energy modelled (CPU load model, constant RAM power)" in text and "times 138.75 g CO₂eq/kWh" in text
    tables["cells"] = tables["cells"].assign(grid="stated", intensity_g_per_kwh=10.0)
    assert "times 10 g CO₂eq/kWh (stated)" in methods_paragraph(resolved_study(cells), tables)


def test_every_citation_has_its_entry_and_none_is_idle() -> None:
    study, tables = hand_tables.study(), hand_tables.tables()
    cited = {key for key in re.findall(r"\\cite\{([^}]*)\}", methods_paragraph(study, tables))}
    entries = bibtex(study, tables)
    assert set(re.findall(r"@\w+\{([^,]*),", entries)) == cited and "luccioni2024power" in cited
    assert entries.count("{") == entries.count("}") and "version = {3.3.2}" in entries


@pytest.mark.slow
def test_text_of_a_machine_cites_nothing_and_is_no_command() -> None:
    tables = hand_tables.tables() | {"provenance": hand_tables.provenance(cpu_model="\\cite{x\\input{file}} at 100%")}
    paragraph, study = methods_paragraph(hand_tables.study(), tables), hand_tables.study()
    assert bibtex(study, tables) == bibtex(study, hand_tables.tables())
    written = r"\textbackslash{}cite\{x\textbackslash{}input\{file\}\} at 100\%"
    assert written in latex(paragraph) and "\\cite{luccioni2024power}" in latex(paragraph)
    assert "\\cite{x\\input{file}} at 100%" in plain(paragraph) and "luccioni2024power" not in plain(paragraph)


def test_imported_logs_describe_no_measurement() -> None:
    study = hand_tables.study(source="codecarbon-logs", logs={"path": None, "mapping": "m"})
    text = methods_paragraph(study, hand_tables.tables())
    assert "rows of the CodeCarbon logs" in text
    assert "process of its own" not in text and "warm-up" not in text


def test_nothing_measured_has_no_method(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    tables["cells"]["energy_kwh_per_1000"] = pd.NA
    assert methods_paragraph(hand_tables.study(), tables).startswith("Nothing is measured yet")
    assert bibtex(hand_tables.study(), tables) == ""


@pytest.mark.slow
def test_it_stands_in_the_page(tmp_path: Path) -> None:
    page = visible(page_of(hand_tables.tables(), tmp_path))
    assert "Following \\cite{luccioni2024power}" in page and "@inproceedings{luccioni2024power," in page
