"""Damaged logs: what can not be read, is unsound or belongs to no cell is named, and the rest counts."""

import gzip

import pytest
import yaml

from support.small_logs import (
    CELL,
    MODEL,
    RUNS,
    V3_TOTALS,
    base,
    cell_of,
    files_of,
    noise,
    run_import,
    study_of,
    swapped,
    told,
)
from support.tables import Tables
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError
from wattlab.logs.archive import LogFiles, read_logs
from wattlab.logs.mapping import Quality, load_mapping
from wattlab.logs.scores import read_scores
from wattlab.tables.evidence import gather


def truncated_row(content: bytes) -> bytes:
    return content[: len(content) - 120]


def cut_to_nothing(content: bytes) -> bytes:
    return b""


def packed(content: bytes) -> bytes:
    return gzip.compress(content)


def utf16(content: bytes) -> bytes:
    return content.decode().encode("utf-16")


def without_duration(content: bytes) -> bytes:
    return content.replace(b"duration", b"span")


UNREADABLE = [
    (truncated_row, "the row is truncated or torn", 1),
    (cut_to_nothing, "the file is empty", 0),
    (noise, "the file is not text in UTF-8, but UTF-16 or binary", 0),
    (packed, "the file is not text in UTF-8, but UTF-16 or binary", 0),
    (utf16, "the file is not text in UTF-8, but UTF-16 or binary", 0),
    (without_duration, "the column 'duration' is missing", 2),
    (swapped("duration", "-3.0"), "duration = '-3.0' is no time above 0", 1),
    (swapped("gpu_energy", "a lot"), "gpu_energy = 'a lot' is no number", 1),
    (swapped("gpu_energy", "nan"), "gpu_energy = 'nan' is no number", 1),
    (swapped("timestamp", "yesterday"), "timestamp = 'yesterday' is no ISO 8601 time", 1),
    (swapped("run_id", ""), "run_id is empty", 1),
]


@pytest.mark.parametrize(("damage", "problem", "n_rows"), UNREADABLE)
def test_a_row_that_can_not_be_read_is_named_and_its_cell_lacks_a_repeat(damage, problem, n_rows, task_mapping):
    files = files_of()
    files[base(1)] = damage(files[base(1)])
    result = run_import(files, task_mapping)
    (found,) = told(result, problem)
    assert found.file == base(1) and found.n_rows == n_rows
    (lost,) = told(result, "the cell lacks this repeat")
    assert lost.cell == CELL and lost.run_id == RUNS[1]
    assert len(cell_of(result).valid_repeats) == 2 and cell_of(result).status == "complete"
    assert result.account["rows"]["left_out"] == n_rows


UNSOUND = [
    (swapped("gpu_energy", "-0.002"), "the energy of the GPU is negative"),
    (swapped("gpu_energy", "0.0"), "8 GPUs, but no GPU energy"),
    (swapped("energy_consumed", "3.1e-9"), "another unit than kWh"),
    (swapped("energy_consumed", "12000.0"), "another unit than kWh"),
    (swapped("gpu_energy", "0.003"), "add up to"),
]


@pytest.mark.parametrize(("damage", "reason"), UNSOUND)
def test_an_unsound_energy_makes_an_invalid_repeat(damage, reason, task_mapping):
    files = files_of()
    files[base(1)] = damage(files[base(1)])
    result = run_import(files, task_mapping)
    record = cell_of(result)
    assert [repeat.valid for repeat in record.repeats] == [True, False, True]
    assert any(reason in why for why in record.repeats[1].reasons)
    assert told(result, reason)[0].cell == CELL
    assert result.account["rows"]["left_out"] == 0


def test_a_whole_log_in_another_unit_invalidates_every_repeat(task_mapping):
    files = files_of()
    for number in range(3):
        header, *rows = files[base(number)].decode().splitlines()
        names = header.split(",")
        lines = [header]
        for row in rows:
            values = row.split(",")
            for name in ("cpu_energy", "gpu_energy", "ram_energy", "energy_consumed"):
                values[names.index(name)] = repr(float(values[names.index(name)]) * 1000)  # Wh
            lines.append(",".join(values))
        files[base(number)] = "\n".join(lines).encode()
    result = run_import(files, task_mapping)
    assert cell_of(result).status == "failed" and cell_of(result).repeats_wanted == 3
    assert sum(problem.n_places for problem in told(result, "another unit than kWh")) == 6


def test_the_same_row_twice_counts_once(task_mapping):
    files = files_of()
    files["base/copy.csv"] = files[base(1)]
    result = run_import(files, task_mapping)
    assert len(cell_of(result).valid_repeats) == 3
    assert [(problem.n_places, problem.n_rows) for problem in told(result, "the same row is there twice")] == [(2, 2)]
    assert result.account["rows"] == {"found": 8, "of_cells": 6, "of_no_cell": 0, "left_out": 2}


def test_a_duplicated_run_id_with_other_numbers_is_used_by_no_cell(task_mapping):
    files = files_of()
    files[base(1)] = files[base(1)].replace(RUNS[1].encode(), RUNS[0].encode())
    result = run_import(files, task_mapping)
    assert [problem.n_places for problem in told(result, "rows of one phase that differ")] == [2, 2]
    assert len(cell_of(result).valid_repeats) == 1 and cell_of(result).repeats_wanted == 3
    assert result.account["rows"] == {"found": 6, "of_cells": 2, "of_no_cell": 0, "left_out": 4}


def test_a_run_of_no_cell_is_kept_and_counted(task_mapping):
    files = files_of()
    files["base/stranger.csv"] = files[base(1)].replace(RUNS[1].encode(), b"stranger")
    result = run_import(files, task_mapping)
    assert {window.session for window in result.unassigned} == {"stranger"}
    assert {window.phase for window in result.unassigned} == {"load", "query"}
    assert result.account["rows"]["of_no_cell"] == 2


def test_files_and_models_that_belong_to_no_cell_are_named(task_mapping):
    files = files_of()
    files["complete/other.csv"] = files["complete/imdb.csv"]
    files["complete/imdb.csv"] += f"2023-10-02T20:20:31,another/model,{RUNS[0]}x\n".encode()
    result = run_import(files, task_mapping)
    assert told(result, "no group of the mapping names this file")[0].file == "complete/other.csv"
    assert told(result, "'another/model' is in no group of this file")[0].line == 5


def test_a_missing_group_file_fails_its_cells_by_name(task_mapping):
    files = files_of()
    del files["complete/imdb.csv"]
    result = run_import(files, task_mapping)
    assert told(result, "no such file in the logs")[0].file == "complete/imdb.csv"
    assert cell_of(result).status == "failed"
    assert result.account["rows"]["of_no_cell"] == 6


def test_nothing_readable_is_one_error(task_mapping):
    files = {name: noise(b"") if name.startswith("base") else content for name, content in files_of().items()}
    with pytest.raises(InputError, match="no window can be read .* not text in UTF-8") as error:
        run_import(files, task_mapping)
    assert "\n" not in str(error.value)


def test_an_unknown_task_is_left_out_by_name(task_mapping):
    files = files_of()
    files[base(0)] = files[base(0)].replace(b"load model", b"warm up")
    result = run_import(files, task_mapping)
    assert told(result, "the task 'warm up' is in none of the mapping's phases")[0].n_rows == 1
    assert cell_of(result).sessions[0].load is None and len(cell_of(result).valid_repeats) == 3


def test_damage_reaches_the_missing_table(task_mapping, tmp_path):
    files = files_of()
    files[base(1)] = swapped("gpu_energy", "-0.002")(files[base(1)])
    result = run_import(files, task_mapping)
    for record in result.records:
        path = tmp_path / "runs" / f"{record.cell_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record.model_dump_json())
    missing = Tables(gather(study_of(task_mapping), load_catalog(CATALOG_ROOT), tmp_path / "runs"))["missing"]
    row = missing[missing["cell"] == CELL].iloc[0]
    assert row["n_valid"] == 2 and "the energy of the GPU is negative" in row["reason"]


def test_a_torn_row_of_a_file_that_names_its_own_runs_is_told_once(tmp_path):
    written = tmp_path / "mapping.yaml"
    written.write_text(
        yaml.safe_dump(
            {
                "windows": ["./emissions.csv"],
                "n_inferences": 500,
                "groups": [
                    {"file": "emissions.csv", "task": "text-classification", "dataset": "imdb", "models": ["my-run"]}
                ],
                "models": {"my-run": MODEL},
            }
        )
    )
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "emissions.csv").write_text(V3_TOTALS + "2026-02-23T08:28:26,my-run\n")
    files = read_logs(tmp_path / "logs", load_mapping(str(written))).files
    result = run_import(files, str(written))
    assert [(problem.line, problem.n_rows) for problem in result.problems] == [(4, 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "no table of quality"),
        (b"name;score\n", "no column 'model'"),
        (b"model,score\n" + MODEL.encode() + b",good\n", "score: .*fetch the logs again"),
        (b"model,score\nsomeone/else,0.9\n", "'someone/else' is no model of text-classification/imdb"),
    ],
)
def test_a_damaged_quality_table_is_one_error(content, message, task_mapping):
    quality = Quality.model_validate(
        {
            "file": "quality.csv",
            "model_column": "model",
            "columns": [{"column": "score", "task": "text-classification", "dataset": "imdb", "metric": "accuracy"}],
        }
    )
    result = run_import(files_of(), task_mapping)
    stems = {MODEL: "distilbert--distilbert-base-uncased-finetuned-sst-2-english"}
    with pytest.raises(InputError, match=message):
        read_scores(LogFiles("logs", {"quality.csv": content}), quality, stems, result.records)
    sound = LogFiles("logs", {"quality.csv": f"model,score\n{MODEL},0.9\n".encode()})
    (row,) = read_scores(sound, quality, stems, result.records)
    # (360 + 3600 + mean of 7200, 7236, 7272) J per 1,000 inferences
    assert row["energy_kwh_per_1000"] == pytest.approx(11196 / 3.6e6, rel=1e-12) and row["quality_score"] == 0.9
