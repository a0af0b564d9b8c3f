"""Logs that people have, as studies of their own: from the rows to the tables, the closing paragraph and the exit code."""

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import build_tables
import examine_logs
import give_verdict
import import_logs
from support.imports import ROOT
from wattlab.foundation.errors import InputError
from wattlab.report.methods import methods_paragraph
from wattlab.study.specs import read_study, write_study
from wattlab.tables.reading import read_table, read_tables
from wattlab.workflow.loading import study_of

MODEL = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
GROUP = {"file": "emissions.csv", "task": "text-classification", "dataset": "imdb", "models": ["my-run"]}
MAPPING = {"windows": ["emissions.csv"], "n_inferences": 500, "groups": [GROUP], "models": {"my-run": MODEL}}

#: A row of 20 s: 800 J of the CPU, 2,000 J of the GPU, 200 J of the RAM, and 300 g/kWh.
ROW = {
    "timestamp": "2025-01-01T10:01:00",
    "project_name": "my-run",
    "run_id": "a",
    "duration": 20.0,
    "emissions": 0.00025,
    "cpu_power": 40.0,
    "gpu_power": 100.0,
    "ram_power": 10.0,
    "cpu_energy": 800 / 3.6e6,
    "gpu_energy": 2000 / 3.6e6,
    "ram_energy": 200 / 3.6e6,
    "energy_consumed": 3000 / 3.6e6,
    "region": "x",
    "codecarbon_version": "2.7.1",
    "cpu_model": "CPU, 8 cores",
    "gpu_count": 1,
    "gpu_model": "1 x GPU",
    "tracking_mode": "machine",
}


def log_of(*changes: dict[str, Any], **of_all: Any) -> str:
    """A log with a row for each of these, a minute apart, in runs a, b, c … unless it says otherwise."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*ROW, *[name for name in changes[0] if name not in ROW]], lineterminator="\n")
    writer.writeheader()
    for place, change in enumerate(changes):
        own = {"run_id": "abcdefgh"[place], "timestamp": f"2025-01-01T10:0{place + 1}:00"}
        writer.writerow({**ROW, **own, **of_all, **change})
    return text.getvalue()


class Study:
    """A study of one's own logs, imported and taken to its tables by the programs that the rules call."""

    def __init__(self, folder: Path, log: str | bytes, mapping: dict[str, Any] | None = None, **study: Any) -> None:
        (folder / "logs").mkdir(exist_ok=True)
        written = log if isinstance(log, bytes) else log.encode()
        (folder / "logs" / study.pop("file", "emissions.csv")).write_bytes(written)
        (folder / "mapping.yaml").write_text(yaml.safe_dump({**MAPPING, **(mapping or {})}))
        content = {
            "study": "own",
            "source": "logs",
            "logs": {"path": str(folder / "logs"), "mapping": str(folder / "mapping.yaml")},
            "weights": "hub",
            "data": "hub",
            "tasks": [{"task": "text-classification", "datasets": ["imdb"], "models": ["my-run"]}],
            "multi_purpose": [],
            **study,
        }
        (folder / "own.yaml").write_text(yaml.safe_dump(content))
        self.file = write_study(folder / "results" / "own", study_of(ROOT / "config.yaml", folder / "own.yaml"))
        self.folder = self.file.parent / "tables"

    def built(self) -> "Study":
        for script in (import_logs, build_tables, examine_logs):
            assert script.main(["--study", str(self.file), *self._tables(script)]) == 0
        return self

    def _tables(self, script: Any) -> list[str]:
        return [] if script is import_logs else ["--tables", str(self.folder)]

    def table(self, name: str) -> pd.DataFrame:
        return read_table(self.folder / f"{name}.csv")

    @property
    def cell(self) -> dict[str, Any]:
        (row,) = self.table("cells").to_dict("records")
        return row

    @property
    def problems(self) -> list[tuple[str, int, int]]:
        """Problem, places, rows left out."""
        found = self.table("import_problems")
        return list(zip(found["problem"], found["n_places"], found["n_rows"], strict=True))

    def verdict(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
        capsys.readouterr()
        code = give_verdict.main(["--study", str(self.file), "--tables", str(self.folder)])
        return code, capsys.readouterr().out


@pytest.fixture
def study(tmp_path: Path) -> Any:
    return lambda *arguments, **more: Study(tmp_path, *arguments, **more).built()


def kwh_per_1000(joules: float) -> float:
    return joules / 500 * 1000 / 3.6e6


@pytest.mark.slow
def test_a_longer_log_is_another_study(tmp_path: Path) -> None:
    """Its checksum is in the study's file, which every job reads: nothing else makes it due."""
    first = Study(tmp_path, log_of({}, {}))
    assert Study(tmp_path, log_of({}, {})).file == first.file
    longer = Study(tmp_path, log_of({}, {}, {}))
    assert longer.file != first.file
    assert longer.built().cell["n_valid"] == 3


@pytest.mark.slow
def test_gpus_without_a_reading_are_left_out_and_said(study: Any) -> None:
    node = 1000 / 3.6e6
    own = study(log_of({}, {}, gpu_power=0.0, gpu_energy=0.0, energy_consumed=node, emissions=0.0001))
    cell = own.cell
    assert (cell["status"], cell["n_valid"]) == ("complete", 2)
    assert cell["energy_kwh_per_1000"] == pytest.approx(kwh_per_1000(1000)) and cell["energy_gpu_method"] == "absent"
    assert "1 GPUs, but no run of the cell has their energy: they are not in it" in cell["flags"]


@pytest.mark.slow
def test_one_run_without_its_gpu_is_no_repeat_of_the_others(study: Any) -> None:
    own = study(log_of({}, {}, {"gpu_power": 0.0, "gpu_energy": 0.0, "energy_consumed": 1000 / 3.6e6}))
    assert own.cell["n_valid"] == 2 and own.cell["energy_kwh_per_1000"] == pytest.approx(kwh_per_1000(3000))
    (row,) = own.table("missing").to_dict("records")
    assert (row["n_wanted"], row["kind"]) == (3, "incomplete") and "1 x 1 GPUs, but no GPU energy" in row["reason"]


def grown(factor: float) -> dict[str, Any]:
    names = ("duration", "emissions", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")
    return {"run_id": "a", **{name: factor * ROW[name] for name in names}}  # type: ignore[operator]


@pytest.mark.slow
def test_of_flushed_rows_the_last_counts_and_it_is_said_once(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    own = study(log_of(grown(0.5), grown(1.0), grown(1.5), {}, {}))
    assert own.cell["n_valid"] == own.cell["n_wanted"] == 3
    assert own.cell["energy_kwh_per_1000"] == pytest.approx(kwh_per_1000((4500 + 3000 + 3000) / 3))
    text = "rows of one run that grow, as a tracker that is flushed writes them; the last is used"
    assert own.problems == [(text, 2, 2)] and own.table("missing").empty
    assert "2 rows of the logs left out: see tables/import_problems.csv" in own.verdict(capsys)[1]


@pytest.mark.slow
def test_a_tail_at_idle_is_a_flag_with_its_causes_and_no_unit(study: Any) -> None:
    """3,260 W on average beside 540 W in the last sample, on eight GPUs."""
    parts = {"gpu_energy": 64000 / 3.6e6, "energy_consumed": 65000 / 3.6e6, "gpu_power": 480.0}
    own = study(log_of({}, {}, **parts))
    assert own.cell["n_valid"] == 2 and own.problems == []
    assert "a mean power of 3250 W beside 530 W stated: that is the last sample" in own.cell["flags"]
    assert "or the duration is the last task's (CodeCarbon 3.0)" in own.cell["flags"]


@pytest.mark.slow
def test_watt_hours_are_another_unit_and_said_once(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")
    own = study(log_of({}, {}, **{name: 1000 * ROW[name] for name in names}))  # type: ignore[operator]
    text = "the mean power is about 1,000 times off the stated: another unit than kWh?"
    assert own.problems == [(f"{text}: the repeat is invalid", 2, 0)]
    code, said = own.verdict(capsys)
    assert code == 1 and f"the logs hold 0 valid of 2 repeats; 2 x {text}" in said
    assert own.table("decomposition").empty and own.table("ranks").empty


@pytest.mark.slow
@pytest.mark.parametrize(("kg", "intensity"), [(2e-6, 2.4), (0.00025, 300.0)])
def test_emissions_are_as_logged_unless_a_grid_is_named(kg: float, intensity: float, tmp_path: Path) -> None:
    log = log_of({}, {}, emissions=kg)
    cell = Study(tmp_path, log).built().cell
    assert (cell["grid"], cell["intensity_g_per_kwh"]) == ("as-logged", pytest.approx(intensity))
    assert cell["emissions_g_per_1000"] == pytest.approx(1000 * kg * 2)
    named = Study(tmp_path, log, grid=50).built()
    assert named.cell["emissions_g_per_1000"] == pytest.approx(50 * kwh_per_1000(3000))
    logged = named.table("emissions").set_index("grid").loc["as-logged"]
    assert logged["emissions_g_per_1000"] == pytest.approx(1000 * kg * 2) and not logged["study_grid"]
    assert logged["intensity_g_per_kwh"] == pytest.approx(intensity)


@pytest.mark.slow
def test_logs_without_emissions_need_a_grid(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row has emissions, so that the study has to name a grid"):
        Study(tmp_path, log_of({}, {}, emissions=""))
    assert Study(tmp_path, log_of({}, {}, emissions=""), grid=50).built().cell["n_valid"] == 2


@pytest.mark.slow
def test_an_emission_that_is_no_number_costs_no_repeat(study: Any) -> None:
    own = study(log_of({}, {"emissions": "inf"}))
    assert own.cell["n_valid"] == 2 and "emissions = 'inf' is no number: not logged" in own.cell["flags"]
    assert own.cell["grid"] == "as-logged" and "as-logged" not in set(own.table("emissions")["grid"][:-1])


@pytest.mark.slow
def test_one_of_two_that_is_invalid_leaves_the_cell_and_is_said(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    own = study(log_of({}, {"cpu_energy": -800 / 3.6e6, "energy_consumed": 1400 / 3.6e6}))
    assert (own.cell["status"], own.cell["n_valid"], own.cell["n_wanted"]) == ("complete", 1, 2)
    assert "the logs hold 1 valid of 2 repeats; 1 x the energy of the CPU is negative" in own.verdict(capsys)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("repeats", "wanted"), [(None, 2), (2, 2), (20, 20)])
def test_as_many_repeats_are_wanted_as_the_mapping_says(repeats: int | None, wanted: int, study: Any) -> None:
    own = study(log_of({}, {}), {"repeats": repeats})
    assert (own.cell["n_valid"], own.cell["n_wanted"]) == (2, wanted)
    assert own.table("missing")["n_wanted"].tolist() == [wanted] * (wanted > 2)


@pytest.mark.slow
def test_two_machines_in_one_cell_are_no_cell(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    own = study(log_of({}, {"cpu_model": "Q", "gpu_model": "1 x B"}, {"tracking_mode": "process"}))
    assert pd.isna(own.cell["energy_kwh_per_1000"]) and own.cell["n_valid"] == 0
    (reason,) = own.table("missing")["reason"]
    assert "3 x 3 machines in one cell: CPU, 8 cores, 1 x GPU, machine and Q, 1 x B, machine and" in reason
    assert own.problems[0][0].startswith("3 machines in one cell")
    assert own.verdict(capsys)[0] == 1


@pytest.mark.slow
def test_a_process_is_no_node(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    own = study(log_of({}, {}, tracking_mode="process"))
    assert "tracked by process: CPU and RAM of the process alone" in own.cell["flags"]
    assert ", process (all GPUs, CPU and RAM), gross" in own.verdict(capsys)[1]


@pytest.mark.slow
def test_words_about_ones_own_logs(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that the rows do not say: who published them, what ran, how the CPU's energy came about."""
    own = study(log_of({}, {}))
    text = methods_paragraph(
        read_study(own.file), read_tables(own.folder, ("cells", "tasks", "comparison", "provenance"))
    )
    said = own.verdict(capsys)[1] + text + (own.folder / "cells.md").read_text()
    assert "published" not in said.replace("paper's", "") and "load model" not in said
    assert "CPU by an unrecorded method" in said and own.cell["energy_cpu_method"] == "unrecorded"
    assert "on a machine with GPU (1 x GPU) and CPU (CPU, 8 cores)" in said
    assert pd.isna(own.cell["modelled_share"])


@pytest.mark.slow
def test_an_mi250_is_flagged(study: Any) -> None:
    own = study(log_of({}, {}, gpu_model="2 x AMD Instinct MI250"))
    assert "an MI250 reads 0 W on its second die: half of its energy may be missing" in own.cell["flags"]


@pytest.mark.slow
def test_short_rows_of_codecarbon_3_are_one_problem(study: Any) -> None:
    header, first, *rows = log_of(*[{}] * 8, cpu_model="CPU").splitlines()
    short = [",".join(row.split(",")[:-4]) for row in rows]
    ((problem, n_places, n_rows),) = study("\n".join([header, first, *short])).problems
    assert (n_places, n_rows) == (7, 7) and "or CodeCarbon 3.0 to 3.2 left empty columns out" in problem


@pytest.mark.slow
def test_joined_logs_have_two_headers(study: Any) -> None:
    own = study(log_of({}, {}) + log_of({"run_id": "c"}, {"run_id": "d"}))
    assert own.cell["n_valid"] == 4 and own.problems == []


@pytest.mark.slow
def test_a_byte_of_another_encoding_refuses_no_file(study: Any) -> None:
    own = study(log_of({}, {}, region="Québec").encode("cp1252"))
    assert own.cell["n_valid"] == 2 and own.problems == []


@pytest.mark.slow
def test_a_name_of_no_group_is_one_problem(study: Any) -> None:
    own = study(log_of({}, {}, *[{"project_name": "other"}] * 3))
    text = "the model 'other' is in no group of this file, so the run belongs to no cell"
    assert own.problems == [(text, 3, 0)]


def test_no_run_of_the_cell_still_gives_tables_and_why(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    own = study(log_of({}, {}, project_name="other"))
    code, said = own.verdict(capsys)
    assert code == 1 and "the logs hold 0 valid of 1 repeats" in said
    assert own.problems[0][1] == 2


@pytest.mark.slow
def test_a_task_for_each_inference_is_left_out_by_name(study: Any) -> None:
    tasks = [{"run_id": "a", "task_name": f"Inference_{number}"} for number in range(3)]
    own = study(log_of(*tasks), {"phases": {"Inference": "query"}})
    assert own.problems == [("the run id has 3 rows of one phase that differ, so none of them is used", 3, 3)]
    assert own.cell["status"] == "failed"


@pytest.mark.slow
def test_sums_are_in_a_fitting_unit(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    study(log_of({}, {}))
    assert (
        "2 rows in 1 file: 2 are windows of 1 cell, 0 of no cell, 0 left out and named; in the windows 1.67 Wh, "
        "0.5 g CO₂eq as logged; 0 problems" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logs": {"path": "nowhere", "mapping": "mapping.yaml"}}, "nowhere: no such folder or archive; correct logs.path"),
        ({"logs": {"path": "logs", "mapping": "nowhere.yaml"}}, r"logs\.mapping: .*nowhere.yaml: no such file"),
        ({"logs": {"mapping": "mapping.yaml"}}, r"logs\.path is missing, and the mapping names no home"),
        ({"file": "Emissions.csv"}, "no file fits windows = .* did you mean 'Emissions.csv'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message_before_any_job(
    changes: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message) as error:
        Study(tmp_path, log_of({}, {}), **changes)
    assert "\n" not in str(error.value)


def test_semicolons_are_named(tmp_path: Path) -> None:
    log = log_of({}, {}, cpu_model="CPU").replace(",", ";")
    with pytest.raises(InputError, match="the columns are not separated by commas; save it as CodeCarbon writes it"):
        Study(tmp_path, log)


@pytest.mark.slow
@pytest.mark.parametrize("written", ["my-run", "local/my-model"])
def test_a_model_that_the_catalog_lacks_is_told_how_to_describe(written: str, tmp_path: Path) -> None:
    models = {} if written == "my-run" else {"my-run": written}
    with pytest.raises(
        InputError, match=r"is no model of catalog/models; describe .*models: \{my-run: \{hub_id:"
    ) as error:
        Study(tmp_path, log_of({}, {}), {"models": models})
    described = yaml.safe_load(str(error.value).partition("of your own: ")[2])
    assert Study(tmp_path, log_of({}, {}), described).built().cell["n_valid"] == 2
