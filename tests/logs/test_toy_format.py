"""A log format from outside the package: one file and its name in a mapping, from the dry run to the page."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from support.imports import ROOT
from support.small_logs import MODEL, snakemake, study_of
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError
from wattlab.logs.archive import LogFiles, read_logs
from wattlab.logs.assemble import Import, import_study
from wattlab.logs.mapping import load_mapping
from wattlab.records.record import Record
from wattlab.tables.reading import read_table

TESTS = str(Path(__file__).parents[1])

MAPPING = {
    "format": "support.toy_format:JsonLines",
    "windows": ["*.jsonl"],
    "n_inferences": 500,
    "groups": [{"file": "*.jsonl", "task": "text-classification", "dataset": "imdb", "models": ["my-net"]}],
    "models": {"my-net": MODEL},
}
STUDY = {
    "study": "my-logs",
    "source": "logs",
    "logs": {"path": "logs", "mapping": "my-mapping.yaml"},
    "grid": 300,
    "weights": "hub",
    "data": "hub",
    "tasks": [{"task": "text-classification", "datasets": ["imdb"], "models": ["my-net"]}],
    "multi_purpose": [],
}


def line(run: int, phase: str, seconds: float, gpu_j: float) -> str:
    """10 W of the CPU, 2 W of the RAM and the GPU's energy."""
    return json.dumps(
        {
            "run": f"r{run}",
            "net": "my-net",
            "phase": phase,
            "begin": f"2026-05-01T12:0{run}:{'00' if phase == 'load' else '30'}+02:00",
            "seconds": seconds,
            "joules": {"cpu": 10 * seconds, "ram": 2 * seconds, "gpu": gpu_j},
            "gpus": 1,
            "host": "Toy 1",
        }
    )


#: Two runs whose queries take 20 s: 240 J of CPU and RAM, 1,000 and 1,100 J of the GPU. Then a torn line.
LOG = "\n".join(
    [line(run, phase, s, j) for run in (1, 2) for phase, s, j in (("load", 5, 50), ("query", 20, 900 + 100 * run))]
    + ['{"run": "r3", "net"']
)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "my-mapping.yaml"
    path.write_text(yaml.safe_dump(MAPPING))
    return path


def run_import(mapping: Path, files: dict[str, bytes]) -> Import:
    study = study_of(str(mapping))
    return import_study(study, load_mapping(str(mapping)), load_catalog(CATALOG_ROOT), LogFiles("logs", files))


def only(result: Import) -> Record:
    (record,) = result.records
    return record


def test_its_rows_become_records_and_its_damage_a_problem(mapping: Path) -> None:
    result = run_import(mapping, {"a.jsonl": LOG.encode()})
    record = only(result)
    assert record.status == "complete" and [repeat.valid for repeat in record.repeats] == [True, True]
    first, session = record.repeats[0], record.sessions[0]
    assert first.energy_gpu_j == pytest.approx([1000.0]) and first.energy_cpu_j == pytest.approx(200.0)
    assert (first.energy_cpu_method, first.energy_gpu_method, first.gpu_count) == ("counter", "sampled", 1)
    assert first.started_at_utc == "2026-05-01T10:01:30.000Z" and first.duration_s == 20.0 and first.flags == []
    assert session.load is not None and session.load.energy_gpu_j == pytest.approx([50.0])
    assert session.meter is not None and session.meter["tracker"] == "JsonLines"
    assert session.meter["gpu_model"] == "Toy 1" and session.software == {"toy": "1.0"}
    (problem,) = result.problems
    assert (problem.line, problem.n_rows) == (5, 1) and "no whole line" in problem.problem
    assert result.account["rows"] == {"found": 5, "of_cells": 4, "of_no_cell": 0, "left_out": 1}
    assert result.account["logged"]["all"]["energy_gpu_kwh"] == pytest.approx(2200 / 3.6e6)


def test_what_the_package_checks_holds_for_its_rows(mapping: Path) -> None:
    result = run_import(mapping, {"a.jsonl": LOG.replace('"gpu": 1000', '"gpu": -1000').encode()})
    assert only(result).repeats[0].reasons == [
        "the energy of the GPU is negative",
        "the energy of the node is not above 0",
    ]
    assert only(result).repeats[1].valid


def test_the_mapping_overrules_its_methods(mapping: Path) -> None:
    mapping.write_text(yaml.safe_dump({**MAPPING, "methods": {"cpu": "model", "gpu": "absent"}}))
    first = only(run_import(mapping, {"a.jsonl": LOG.encode()})).repeats[0]
    assert (first.energy_cpu_method, first.energy_ram_method, first.energy_gpu_method) == ("model", "counter", "absent")
    assert first.energy_gpu_j is None and first.gpu_count == 0 and first.valid


def test_a_log_that_no_pattern_names_is_told(mapping: Path) -> None:
    result = run_import(mapping, {"a.jsonl": LOG.encode(), "b.log": LOG.encode(), "c.csv": b"a,b\n"})
    assert [problem.file for problem in result.problems if "no group" in problem.problem] == ["b.log"]


def test_one_file_is_a_log_by_itself(mapping: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LOG)
    assert read_logs(tmp_path / "a.jsonl", load_mapping(str(mapping))).files == {"a.jsonl": LOG.encode()}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("codecarbn", "no such format; did you mean 'codecarbon'"),
        ("no_such_module:Format", "there is no module 'no_such_module'.*on PYTHONPATH"),
        ("support.toy_format:Jsonlines", "defines no 'Jsonlines'; did you mean 'JsonLines'"),
    ],
)
def test_a_name_that_means_no_format_is_told_at_the_dry_run(mapping: Path, written: str, told: str) -> None:
    mapping.write_text(yaml.safe_dump({**MAPPING, "format": written}))
    with pytest.raises(InputError, match=f"my-mapping.yaml: format = '{written}': .*{told}") as error:
        load_mapping(str(mapping))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("written", ["Problem", "LogFormat"])
def test_a_class_that_is_no_whole_format_is_one_message(mapping: Path, written: str) -> None:
    target = f"wattlab.logs.formats.contract:{written}"
    mapping.write_text(yaml.safe_dump({**MAPPING, "format": target}))
    with pytest.raises(InputError, match=f"format: {target} has not all of .*:LogFormat; derive it"):
        load_mapping(str(mapping)).reader()


@pytest.mark.slow
def test_it_is_planned_imported_and_shown(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "run.jsonl").write_text(LOG)
    (tmp_path / "my-mapping.yaml").write_text(yaml.safe_dump(MAPPING))
    (tmp_path / "my-logs.yaml").write_text(yaml.safe_dump(STUDY))
    assert "import_logs" in snakemake(tmp_path, "my-logs.yaml", "--dry-run", PYTHONPATH=TESTS)
    snakemake(tmp_path, "my-logs.yaml", "report", PYTHONPATH=TESTS)
    results = tmp_path / "results" / "my-logs"
    (cell,) = read_table(results / "tables" / "cells.csv").to_dict("records")
    assert cell["energy_kwh_per_1000"] == pytest.approx((240 + 1050) / 500 * 1000 / 3.6e6)
    assert cell["n_valid"] == 2 and cell["energy_method"] == "counter+sampled"
    assert read_table(results / "tables" / "import_problems.csv")["line"].tolist() == [5]
    assert "What the logged energy is made of" in (results / "report.html").read_text()
