"""A table from outside the package is one file and its name: from the dry run to its CSV and the page."""

from pathlib import Path

import pandas as pd
import pytest

import build_tables
from support import measurements, records
from support.toy_table import toy_table
from support.workflow import Project, project_with, run_with
from wattlab.foundation.errors import InputError
from wattlab.foundation.members import declared
from wattlab.tables.listing import TABLES

TOY = "support.toy_table.toy_table:TABLE"
NEEDED = ("title", "row", "columns", "build")


@pytest.mark.slow
def test_it_is_built_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLES, "toy", TOY)
    cell = records.resolved_cell()
    record = records.record_of(cell, [measurements.repeat(0, cpu_j=3600.0), measurements.repeat(1, cpu_j=7200.0)])
    study = records.write_study(tmp_path, records.resolved_study([cell]), [record])
    assert build_tables.main(["--study", str(study), "--tables", str(tmp_path / "tables")]) == 0
    lines = (tmp_path / "tables/toy.csv").read_text().splitlines()
    assert lines == ["cell,n_summed,energy_node_j", f"{cell.cell.id},2,10800.0"]
    caption, _, head, *_ = (tmp_path / "tables/toy.md").read_text().splitlines()
    assert caption.startswith(f"{toy_table.TABLE.title}. ") and head == "| cell | energy_node_j |"
    assert f"{cell.cell.id} & 10,800" in (tmp_path / "tables/toy.tex").read_text()


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("support.no_such_module:TABLE", "there is no module .support.no_such_module"),
        ("no_such_folder.toy:TABLE", "there is no module .no_such_folder.toy"),
        ("support.toy_table.toy_table:TABEL", "defines no .TABEL."),
        ("support.toy_figure.toy_figure:FIGURE", "it lacks build, columns, row"),
    ],
)
def test_a_member_that_is_none_is_told_without_an_import(target: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        declared(target, NEEDED)


@pytest.mark.slow
def test_from_the_dry_run_to_the_page(finished: Project, tmp_path: Path) -> None:
    project = run_with(finished, tmp_path / "project", toy_table, due="Building the tables", not_due="Measuring")
    tables = project.results / "small/tables"
    cells, toy = pd.read_csv(tables / "cells.csv"), pd.read_csv(tables / "toy.csv")
    assert list(toy["cell"]) == list(cells["cell"]) and (toy["n_summed"] == cells["n_valid"]).all()
    assert toy_table.TABLE.title in (project.results / "small/report.html").read_text()


@pytest.mark.slow
def test_a_name_without_a_file_stops_the_dry_run(finished: Project, tmp_path: Path) -> None:
    project, with_toy = project_with(finished, tmp_path / "project", toy_table)
    (project.root / "scripts/toy_table.py").unlink()
    run = project.snakemake("--dry-run", **with_toy)
    assert run.returncode == 1 and "toy_table:TABLE: there is no module 'toy_table'" in run.stdout
