"""CodeCarbon logs in general: versions, damage, and a user's own emissions.csv."""

import gzip
import io
import random
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from import_logs import account_line, main
from support.imports import ROOT
from support.small_logs import MODEL, RUNS, V2_TASKS, V3_TASKS, V3_TOTALS, files_of, mapping_of, study_of
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError
from wattlab.logs.archive import LogFiles, read_logs
from wattlab.logs.assemble import Import, import_study
from wattlab.logs.formats.codecarbon import CodeCarbon
from wattlab.logs.mapping import Quality, load_mapping
from wattlab.logs.scores import read_scores
from wattlab.records.record import Record
from wattlab.tables.building import build
from wattlab.tables.evidence import gather
from wattlab.tables.reading import read_table

CELL = "text-classification/imdb/distilbert--distilbert-base-uncased-finetuned-sst-2-english"


@pytest.fixture
def task_mapping(tmp_path: Path) -> str:
    return mapping_of(tmp_path)


def run_import(files: dict[str, bytes], written: str) -> Import:
    study, mapping = study_of(written), load_mapping(written)
    result = import_study(study, mapping, load_catalog(CATALOG_ROOT), LogFiles("logs", files))
    account_line(result)  # raises when the rows do not add up
    return result


def cell_of(result: Import, cell: str = CELL) -> Record:
    return next(record for record in result.records if record.cell_id == cell)


def told(result: Import, text: str) -> list:
    return [problem for problem in result.problems if text in problem.problem]


def base(number: int) -> str:
    return f"base/emissions_base_{RUNS[number]}.csv"


def test_rows_become_joules_and_seconds(task_mapping):
    record = cell_of(run_import(files_of(), task_mapping))
    assert record.status == "complete" and len(record.repeats) == 3
    first = record.repeats[0]
    assert first.energy_cpu_j == pytest.approx(360.0) and first.energy_ram_j == pytest.approx(3600.0)
    assert first.energy_gpu_j == pytest.approx([7200.0]) and first.gpu_count == 8
    assert first.duration_s == first.window_s == 10.0 and first.n_inferences == 1000
    assert first.started_at_utc == "2023-10-02T20:20:21.000Z"
    assert record.sessions[0].load.energy_cpu_j == pytest.approx(72.0)
    assert record.sessions[0].meter["logged_emissions_kg"] == {"load": 0.00002, "query": 0.0004}
    assert first.short is False and first.valid


@pytest.mark.parametrize("rows", [V2_TASKS, V3_TASKS])
def test_every_version_gives_the_same_energies(rows, task_mapping):
    record = cell_of(run_import(files_of(rows), task_mapping))
    assert [repeat.energy_gpu_j[0] for repeat in record.repeats] == pytest.approx([7200.0, 7236.0, 7272.0])


def test_mixed_timestamps_are_one_time_line(task_mapping):
    files = files_of()
    files[base(1)] = files[base(1)].replace(b"2023-10-02T20:21:31", b"2023-10-02 20:21:31")
    files[base(2)] = files[base(2)].replace(b"2023-10-02T20:22:31", b"2023-10-02T22:22:31.250+02:00")
    starts = [repeat.started_at_utc for repeat in cell_of(run_import(files, task_mapping)).repeats]
    assert starts == ["2023-10-02T20:20:21.000Z", "2023-10-02T20:21:21.000Z", "2023-10-02T20:22:21.250Z"]


def test_extra_and_missing_optional_columns(task_mapping):
    files = files_of()
    header, *rows = files[base(0)].decode().splitlines()
    files[base(0)] = "\n".join([f"{header},new_column", *(f"{row},x" for row in rows)]).encode()
    names = files[base(1)].decode().splitlines()[0].split(",")
    lines = [line.split(",") for line in files[base(1)].decode().splitlines()]
    dropped = [place for place, name in enumerate(names) if name in ("gpu_model", "longitude", "emissions", "region")]
    files[base(1)] = "\n".join(",".join(v for p, v in enumerate(line) if p not in dropped) for line in lines).encode()
    record = cell_of(run_import(files, task_mapping))
    assert len(record.valid_repeats) == 3
    assert record.sessions[1].meter["logged_emissions_kg"] == {"load": None, "query": None}


def test_repeated_task_names_get_an_id_appended(task_mapping):
    files = files_of()
    files[base(0)] = files[base(0)].replace(b"query model", b"query model_0a1b2c")
    assert len(cell_of(run_import(files, task_mapping)).valid_repeats) == 3


def truncated_row(content: bytes) -> bytes:
    return content[: len(content) - 120]


def cut_to_nothing(content: bytes) -> bytes:
    return b""


def noise(content: bytes) -> bytes:
    return random.Random(0).randbytes(2000)


def packed(content: bytes) -> bytes:
    return gzip.compress(content)


def utf16(content: bytes) -> bytes:
    return content.decode().encode("utf-16")


def without_duration(content: bytes) -> bytes:
    return content.replace(b"duration", b"span")


def swapped(name: str, value: str):
    def damage(content: bytes) -> bytes:
        header, load, query = content.decode().splitlines()
        values = query.split(",")
        values[header.split(",").index(name)] = value
        return "\n".join([header, load, ",".join(values)]).encode()

    return damage


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
    missing = build(gather(study_of(task_mapping), load_catalog(CATALOG_ROOT), tmp_path / "runs"))["missing"]
    row = missing[missing["cell"] == CELL].iloc[0]
    assert row["n_valid"] == 2 and "the energy of the GPU is negative" in row["reason"]


def test_codecarbon_3_3_totals_with_a_mapping_of_five_lines(tmp_path, capsys):
    """The README's own lines, on an emissions.csv as CodeCarbon 3.3.2 writes it."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "emissions.csv").write_text(V3_TOTALS)
    own = (ROOT / "README.md").read_text().split("\n## Your own CodeCarbon logs\n")[1]
    lines = own.split("```yaml\n")[1].split("```")[0]
    written = tmp_path / "mapping.yaml"
    written.write_text(lines)
    assert lines.count("\n") == 5
    study = tmp_path / "study-0.json"
    study.write_text(study_of(str(written)).model_dump_json())
    assert main(["--study", str(study), "--logs", str(tmp_path / "logs")]) == 0
    assert "2 rows in 1 file: 2 are windows of 1 cell, 0 of no cell, 0 left out" in capsys.readouterr().out
    record = Record.model_validate_json((tmp_path / "runs" / f"{CELL}.json").read_text())
    assert record.status == "complete" and len(record.valid_repeats) == 2
    first = record.repeats[0]
    assert first.energy_gpu_j is None and first.energy_gpu_method == "absent" and first.gpu_count == 0
    assert first.energy_ram_j == pytest.approx(6.6700778777784665e-06 * 3.6e6, rel=1e-12)
    assert first.energy_cpu_method == "unrecorded" and first.n_inferences == 500
    assert first.flags == ["whole run: load and transfer are inside"] and first.short
    assert read_table(tmp_path / "tables" / "import_problems.csv").empty


def test_a_pue_inside_the_energies_is_flagged(tmp_path):
    written = mapping_of(tmp_path)
    files = files_of()
    header, *rows = files[base(0)].decode().splitlines()
    files[base(0)] = "\n".join([f"{header},pue", *(f"{row},1.58" for row in rows)]).encode()
    record = cell_of(run_import(files, written))
    assert record.repeats[0].flags == ["a PUE of 1.58 is inside the energies"] and record.repeats[1].flags == []


def with_values(files: dict[str, bytes], **changes: str) -> dict[str, bytes]:
    """Every query row with other values."""
    changed = dict(files)
    for number in range(3):
        for name, value in changes.items():
            changed[base(number)] = swapped(name, value)(changed[base(number)])
    return changed


@pytest.mark.parametrize("count", ["", "0"])
def test_gpu_energy_without_a_number_of_gpus_counts_and_is_flagged(count, task_mapping):
    first = cell_of(run_import(with_values(files_of(), gpu_count=count), task_mapping)).repeats[0]
    assert first.energy_gpu_j == pytest.approx([7200.0]) and first.energy_gpu_method == "counter" and first.valid
    assert first.gpu_count == 1 and first.flags == ["GPU energy is logged and no number of GPUs: taken for one"]


def test_a_gpu_that_is_not_read_is_absent_where_the_mapping_says_so(task_mapping):
    node_kwh = repr((36 + 360) * 10.0 / 3.6e6)
    files = with_values(files_of(), gpu_energy="0.0", gpu_power="0.0", energy_consumed=node_kwh)
    unread = cell_of(run_import(files, task_mapping)).repeats[0]
    assert unread.flags == ["8 GPUs, but no run of the cell has their energy: they are not in it"] and unread.valid
    written = Path(task_mapping)
    written.write_text(yaml.safe_dump({**yaml.safe_load(written.read_text()), "methods": {"gpu": "absent"}}))
    record = cell_of(run_import(files, task_mapping))
    assert record.status == "complete" and record.repeats[0].energy_gpu_method == "absent"


@pytest.mark.parametrize(("stated_w", "valid"), [("100.0", True), ("4.0", False)])
def test_stated_powers_are_the_last_sample(stated_w, valid, task_mapping):
    """1,116 W on average: 10 times what the last sample says is a tail at idle, 250 times another unit."""
    files = with_values(files_of(), gpu_power=stated_w, cpu_power="0.0", ram_power="0.0")
    first = cell_of(run_import(files, task_mapping)).repeats[0]
    assert first.valid is valid
    (told,) = first.flags or first.reasons
    assert ("a mean power of 1116 W beside 100 W stated: that is the last sample" in told) is valid
    assert ("about 100 times off the stated: another unit than kWh?" in told) is not valid


def test_values_that_an_editor_padded_are_read(task_mapping):
    files = with_values(files_of(), run_id=f" {RUNS[0]} ", project_name=f"{MODEL} ")
    record = cell_of(run_import({**files_of(), base(0): files[base(0)]}, task_mapping))
    assert len(record.valid_repeats) == 3 and record.repeats[0].flags == []


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


@pytest.mark.parametrize("kind", ["folder", "nested folder", "tar", "zip"])
def test_folders_and_archives_read_alike(kind, tmp_path, task_mapping):
    files = files_of()
    top = tmp_path / "logs"
    if kind in ("folder", "nested folder"):
        root = top if kind == "folder" else top / "co2-main"
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
    elif kind == "tar":
        with tarfile.open(top, "w:gz") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(f"./{name}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    else:
        with zipfile.ZipFile(top, "w") as opened:
            for name, content in files.items():
                opened.writestr(f"co2-main/{name}", content)
    assert read_logs(top, load_mapping(task_mapping)).files == files


def test_an_archive_that_is_none_is_one_error(tmp_path, task_mapping):
    (tmp_path / "logs.tar.gz").write_bytes(noise(b""))
    with pytest.raises(InputError, match="can not be read as a folder, .tar.gz or .zip") as error:
        read_logs(tmp_path / "logs.tar.gz", load_mapping(task_mapping))
    assert "\n" not in str(error.value)


def test_blank_lines_and_a_byte_order_mark_are_no_damage():
    content = b"\xef\xbb\xbf" + files_of()[base(0)] + b"\n\n"
    assert [window.part for window in CodeCarbon().windows("x.csv", content)] == ["load model", "query model"]


def test_mistakes_in_a_mapping_are_named(tmp_path):
    written = tmp_path / "mapping.yaml"
    content = yaml.safe_load(Path(mapping_of(tmp_path)).read_text())
    content["groups"][0]["task"] = "text-clasification"
    written.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=r"groups\.0\.task"):
        load_mapping(str(written))
    content["groups"][0]["task"] = "text-classification"
    content["windoes"] = content.pop("windows")
    written.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match="windoes.*did you mean 'windows'"):
        load_mapping(str(written))


def test_an_archive_torn_in_the_middle_is_one_error(tmp_path, task_mapping):
    path = tmp_path / "logs.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files_of().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + noise(b"")[:50] + whole[len(whole) // 2 + 50 :])
    with pytest.raises(InputError, match="can not be read as a folder, .tar.gz or .zip"):
        read_logs(path, load_mapping(task_mapping))


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
