"""Files named by their content: written once, read back, of an older version too; a newer one is refused."""

import json
import os
from pathlib import Path

import pytest

from support import measurements, records
from wattlab import STUDY_VERSION
from wattlab.foundation.errors import InputError
from wattlab.foundation.hashing import sha256_of
from wattlab.records.record import read_record
from wattlab.study.cells import ImportedCell, MeasuredCell
from wattlab.study.specs import read_spec, read_study, spec_path, study_of_tables, write_specs, write_study

CELL, IMPORTED = records.resolved_cell(), records.imported_cell(dataset="oscar")
STUDY = records.resolved_study([CELL, IMPORTED])


def test_a_spec_lies_under_the_hash_of_its_content(tmp_path: Path) -> None:
    keys = write_specs(tmp_path, STUDY)
    assert keys == {CELL.cell.id: CELL.spec.key}, "an imported cell has no spec"
    path = spec_path(tmp_path, CELL.spec.key)
    assert sha256_of(json.loads(path.read_text()))[:12] == path.stem == CELL.spec.sha256[:12]
    assert read_spec(path) == CELL.spec


def test_what_is_there_is_not_written_again_unless_it_is_cut(tmp_path: Path) -> None:
    write_specs(tmp_path, STUDY)
    path, study = spec_path(tmp_path, CELL.spec.key), write_study(tmp_path / "laptop", STUDY)
    for one in (path, study):
        os.utime(one, ns=(1, 1))
    write_specs(tmp_path, STUDY)
    assert write_study(tmp_path / "laptop", STUDY) == study
    assert {one.stat().st_mtime_ns for one in (path, study)} == {1}
    whole = path.read_bytes()
    path.write_bytes(whole[:100])  # a power cut
    write_specs(tmp_path, STUDY)
    assert path.read_bytes() == whole


def test_another_study_is_another_file(tmp_path: Path) -> None:
    paths = {write_study(tmp_path, records.resolved_study([CELL], grid=grid)) for grid in (1.0, 2.0)}
    assert len(paths) == 2
    assert {read_study(path).config.grid for path in paths} == {1.0, 2.0}
    read = read_study(write_study(tmp_path, STUDY))
    assert [type(cell) for cell in read.cells] == [MeasuredCell, ImportedCell]
    assert read.measured == [CELL]


def test_a_study_file_of_version_1_is_read(tmp_path: Path) -> None:
    content = STUDY.model_dump(mode="json") | {"schema_version": 1}
    content["config"]["a_key_that_went"] = "some value"
    for cell in content["cells"]:
        del cell["source"]
        cell |= {"spec": cell.get("spec"), "time_limit_s": None}
    path = tmp_path / "study.json"
    path.write_text(json.dumps(content))
    assert study_of_tables(tmp_path) == path
    assert read_study(path) == STUDY


def test_the_study_of_the_tables_comes_before_one_of_version_1(tmp_path: Path) -> None:
    assert study_of_tables(tmp_path) is None
    (tmp_path / "study.json").write_text("{}")
    path = write_study(tmp_path / "tables", STUDY)
    assert study_of_tables(tmp_path) == path


def test_a_study_cut_short_is_written_anew_and_a_whole_one_is_not(tmp_path: Path) -> None:
    path = write_study(tmp_path, STUDY)
    written_ns = path.stat().st_mtime_ns
    assert write_study(tmp_path, STUDY) == path and path.stat().st_mtime_ns == written_ns
    path.write_text(path.read_text()[:100])
    assert read_study(write_study(tmp_path, STUDY)) == STUDY


def test_a_newer_file_is_refused_in_one_line(tmp_path: Path) -> None:
    study = tmp_path / "study-0.json"
    for more in ({}, {"a_new_key": 1}):
        study.write_text(json.dumps(STUDY.model_dump(mode="json") | {"schema_version": STUDY_VERSION + 1, **more}))
        with pytest.raises(
            InputError, match=r"study-0.json: schema_version = \d+: a newer wattlab .* update"
        ) as caught:
            read_study(study)
        assert "\n" not in str(caught.value)
    record = records.record_of(CELL, [measurements.repeat(0)]).model_dump(mode="json")
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record | {"a_new_key": 1}))
    with pytest.raises(InputError, match="record.json: a_new_key = 1: unknown key"):
        read_record(path)
    path.write_text(json.dumps(record | {"a_new_key": 1, "schema_version": 99}))
    with pytest.raises(InputError, match="record.json: schema_version = 99: a newer wattlab"):
        read_record(path)
