"""The tables as files: CSV, Markdown and LaTeX, their columns and units, and nothing half written."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import build_tables
from support import records
from support.joules import repeats_of, two_models
from support.records import evidence_of
from wattlab.foundation.members import load_member
from wattlab.foundation.units import UNITS
from wattlab.paper import listing as of_logs
from wattlab.quality import listing as of_answers
from wattlab.tables import provenance
from wattlab.tables.building import build
from wattlab.tables.listing import OF_FLOPS, TABLES
from wattlab.tables.reading import read_table
from wattlab.tables.writing import as_csv, as_markdown, shown_value, write_tables

ROOT = Path(__file__).resolve().parents[2]

#: Columns without a unit: names, flags, texts. Counts begin with `n_`.
PLAIN = set(
    """
    cell task dataset variant model setting hub_id family purpose structure modality weights data dtype device selected
    unselected_because status index session study counted valid extra short flags reasons started_at_utc output_unit
    lengths gpu_count gpu_index headline_scope scope grid study_grid phase reused kind reason remedy aspect value mixed
    batch_size cpu_threads image_size max_input_words max_new_tokens steps
    ram_model protocol protocol_values measured today interval_kind
    unit sci_for_ai level protocol_cell pairs_changed
    intended source note training_source paper_name
    claim text test section effect_unit direction verdict sentence quote
    parameters parameters_as_published published_parameters
    energy_cpu_method energy_ram_method energy_gpu_method energy_method energy_node_method energy_device_method
    energy_wall_method wall_reason beside datasets exceptions
    """.split()
)


def full_study(tmp_path, changed_j=0.0):
    pairs = two_models()
    cells = [cell for cell, _ in pairs] + records.multi_purpose_cells()
    written = [record for _, record in pairs]
    written += [records.record_of(cell, repeats_of(3600.0, 3700.0, 3800.0)) for cell in records.multi_purpose_cells()]
    first = written[0].repeats[0]
    changed = first.model_copy(update={"energy_cpu_j": first.energy_cpu_j + changed_j})
    written[0] = written[0].model_copy(update={"repeats": [changed, *written[0].repeats[1:]]})
    return records.write_study(tmp_path, records.resolved_study(cells), written)


def built_files(tmp_path, **changes):
    study = full_study(tmp_path, **changes)
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    return {path.name: path.read_text() for path in (tmp_path / "tables").iterdir() if path.suffix != ".json"}


@pytest.mark.slow
def test_every_table_as_csv_markdown_and_latex(tmp_path):
    files = built_files(tmp_path)
    assert set(files) == {f"{name}.{kind}" for name in TABLES for kind in ("csv", "md", "tex")}
    for name in TABLES:
        caption = files[f"{name}.md"].splitlines()[0]
        assert "seeded random weights" in caption and "Data: surrogate rows" in caption, name
        # A table without energies says nothing of how energies were obtained; without a cell, nothing was.
        energies = name not in (
            "missing",
            "provenance",
            "drift",
            "output_lengths",
            "protocols",
            "ram_models",
            "power",
            "then_and_now",
            "then_and_now_claims",
            "factors",
        )
        assert (
            "Energy modelled (CPU load model, constant RAM power), node (CPU and RAM), gross." in caption
        ) == energies


@pytest.mark.slow
def test_one_joule_changes_cells_and_tasks(tmp_path):
    before, after = built_files(tmp_path / "a"), built_files(tmp_path / "b", changed_j=1.0)
    changed = {name for name in before if before[name] != after[name]}
    assert {"runs.csv", "cells.csv", "tasks.csv", "models.csv", "comparison.csv", "emissions.csv"} <= changed
    assert not changed & {"multipurpose.csv", "parity.csv", "missing.csv", "provenance.csv", "output_lengths.csv"}
    assert built_files(tmp_path / "c") == before


@pytest.mark.parametrize(
    "target", [*TABLES.values(), *OF_FLOPS.values(), *of_answers.TABLES.values(), *of_logs.TABLES.values()]
)
def test_what_people_are_shown_are_columns_of_the_table(target):
    table = load_member(target)
    assert len(set(table.columns)) == len(table.columns)
    for chosen in (table.shown, table.latex, table.page):
        assert set(chosen or ()) <= set(table.columns)


def test_csv_reads_back_to_the_same_bits(tmp_path):
    table = pd.DataFrame({"a_s": [0.1 + 0.2, 1 / 3, float("nan"), 1e-300]})
    path = tmp_path / "t.csv"
    path.write_text(as_csv(table))
    assert read_table(path)["a_s"].tolist()[:2] == [0.1 + 0.2, 1 / 3]
    assert path.read_text().splitlines()[3] == '""'


@pytest.mark.slow
def test_every_column_ends_in_its_unit(tmp_path):
    built_files(tmp_path)
    for path in sorted((tmp_path / "tables").glob("*.csv")):
        for column in read_table(path).columns:
            known = column in PLAIN or column.startswith("n_") or column.endswith(tuple(UNITS))
            assert known, f"{path.name}: {column} has no unit"


@pytest.mark.slow
def test_an_empty_study_gives_headers(tmp_path):
    study = records.write_study(tmp_path, records.resolved_study([records.resolved_cell()]))
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    full = build(evidence_of(two_models()))
    for name in TABLES:
        table = read_table(tmp_path / "tables" / f"{name}.csv")
        assert list(table.columns) == list(full[name].columns), name
        assert len(table) == {
            "cells": 1,
            "models": 1,
            "missing": 1,
            "parity": 4,
            "claims": len(records.catalog().claims),
        }.get(name, 0), name


def test_nothing_is_written_when_one_table_fails(tmp_path, monkeypatch):
    def broken(evidence, built):
        raise ValueError("broken")

    monkeypatch.setattr("wattlab.tables.provenance.TABLE", replace(provenance.TABLE, build=broken))
    study = full_study(tmp_path)
    with pytest.raises(ValueError, match="broken"):
        build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")])
    assert not (tmp_path / "tables").exists()


def test_markdown_rounds_and_escapes():
    assert shown_value(0.0023456789) == "0.002346"
    assert shown_value(592_570_000.4) == "592,600,000" and shown_value(51_686.0) == "51,686"
    assert [shown_value(value) for value in (9999.7, 1354.2, 999.96, 13.0001, 8.67e-5, 5.43e-8)] == [
        "10,000", "1,354", "1,000", "13.00", "0.00008670", "5.430e-08",
    ]  # fmt: skip
    assert (
        shown_value(0.002, "paper_energy_kwh_per_1000") == "0.002"
        and shown_value(138.75, "intensity_g_per_kwh") == "138.75"
    )
    assert shown_value(float("nan")) == "" and shown_value(None) == ""
    assert shown_value("a|b <script>\n") == "a\\|b &lt;script&gt; "
    table = pd.DataFrame({"model": ["m|n"], "energy_kwh": [1 / 3]})
    assert as_markdown(table, None, "Caption.").splitlines()[-1] == "| m\\|n | 0.3333 |"


@pytest.mark.slow
def test_a_reason_with_markup_is_escaped_in_the_markdown(tmp_path):
    cell = records.resolved_cell()
    evidence = evidence_of([(cell, records.failed(cell, "<img src=x> | [a](b)"))])
    write_tables(evidence, build(evidence), tmp_path)
    text = (tmp_path / "missing.md").read_text()
    assert "<img" not in text and "[a](b)" not in text
    assert read_table(tmp_path / "missing.csv").loc[0, "reason"] == "<img src=x> | [a](b)"


@pytest.mark.slow
def test_tables_import_neither_torch_nor_transformers():
    code = "import sys, build_tables; print(sorted({'torch', 'transformers', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
