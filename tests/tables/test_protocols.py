"""Two studies of the same cells under two protocols, side by side."""

from pathlib import Path

import pytest

import build_tables
from support import measurements, records
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import read_table

pytestmark = pytest.mark.slow

LAPTOP = records.resolved_cell()
STRICT = records.resolved_cell(protocol_values={"min_window_s": 10.0, "warmup_s": 5.0})
ALONE = records.resolved_cell(model="distilbert--distilbert-base-uncased")


def write(results: Path, name: str, cells: list[tuple[object, list[float], float]], **config: object) -> Path:
    made = [
        records.record_of(
            cell, [measurements.repeat(i, cpu_j=energy, window_s=window_s) for i, energy in enumerate(joules)]
        )
        for cell, joules, window_s in cells
    ]
    study: ResolvedStudy = records.resolved_study([cell for cell, _, _ in cells], name, **config)
    return records.write_study(results / name, study, made)


def table_of(study: Path) -> "object":
    tables = study.parent / "tables"
    assert build_tables.main(["--study", str(study), "--tables", str(tables)]) == 0
    return read_table(tables / "protocols.csv")


def test_the_same_cells_stand_side_by_side(tmp_path: Path) -> None:
    beside = write(tmp_path, "laptop", [(LAPTOP, [80.0, 100.0, 120.0], 1.0), (ALONE, [1.0, 1.0, 1.0], 1.0)])
    table_of(beside)
    study = write(tmp_path, "strict", [(STRICT, [200.0, 200.0, 200.0], 10.0)], beside=["laptop"], protocol="strict")
    table = table_of(study)
    assert table["study"].tolist() == ["strict", "laptop"]
    assert table["protocol"].tolist() == ["strict", "laptop"]
    assert set(table["cell"]) == {LAPTOP.cell.id}
    assert table["energy_kwh_per_1000"].tolist() == pytest.approx([200 / 36000, 100 / 36000])
    assert table["sd_energy_kwh_per_1000"].tolist() == pytest.approx([0.0, 20 / 36000])
    assert table["energy_ratio"].tolist() == pytest.approx([1.0, 0.5])
    assert table["duration_ratio"].tolist() == pytest.approx([1.0, 0.1])
    assert table["window_s"].tolist() == [10.0, 1.0]
    assert table["protocol_values"].tolist() == ["min_window_s 10.0; warmup_s 5.0", "min_window_s 1.0; warmup_s 0.0"]
    assert "study strict" in (study.parent / "tables/protocols.md").read_text().lower()


def test_studies_of_unlike_scope_have_no_ratio_of_their_energies(tmp_path: Path) -> None:
    table_of(write(tmp_path, "dev", [(LAPTOP, [80.0, 100.0, 120.0], 1.0)], headline_scope="device"))
    study = write(tmp_path, "node", [(LAPTOP, [80.0, 100.0, 120.0], 1.0)], beside=["dev"])
    table = table_of(study)
    assert table["headline_scope"].tolist() == ["node", "device"]
    assert table["energy_ratio"].isna().tolist() == [False, True] and table["duration_ratio"].tolist() == [1.0, 1.0]
    text = (study.parent / "tables/protocols.md").read_text()
    assert "The rows' energies are of device or node; no ratio is of both." in text and "| headline_scope |" in text


def test_a_study_beside_that_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    study = write(tmp_path, "strict", [(STRICT, [200.0, 200.0, 200.0], 10.0)], beside=["laptop"])
    assert table_of(study).empty


def test_a_cell_that_only_one_side_has_measured_has_no_ratio(tmp_path: Path) -> None:
    table_of(records.write_study(tmp_path / "laptop", records.resolved_study([LAPTOP], "laptop")))
    study = write(tmp_path, "strict", [(STRICT, [200.0, 200.0, 200.0], 10.0)], beside=["laptop"])
    table = table_of(study)
    assert table["n_valid"].tolist() == [3, 0]
    assert table["energy_ratio"].isna().tolist() == [False, True]
