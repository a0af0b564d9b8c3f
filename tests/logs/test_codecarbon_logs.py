"""CodeCarbon logs of every version, and a user's own emissions.csv, become joules and seconds."""

from pathlib import Path

import pytest
import yaml

from import_logs import main
from support.imports import ROOT
from support.small_logs import (
    CELL,
    MODEL,
    RUNS,
    V2_TASKS,
    V3_TASKS,
    V3_TOTALS,
    base,
    cell_of,
    files_of,
    mapping_of,
    run_import,
    study_of,
    swapped,
)
from wattlab.foundation.errors import InputError
from wattlab.logs.formats.codecarbon import CodeCarbon
from wattlab.logs.mapping import load_mapping
from wattlab.records.record import Record
from wattlab.tables.reading import read_table


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
