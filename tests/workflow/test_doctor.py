"""What the doctor says of a machine and a study: methods with remedies, costs as numbers, obstacles, nothing disturbed."""

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import Any

import codecarbon.core.cpu
import pytest

import doctor
from support import measurements, records
from support.meters_fake import fake_nvml, fake_rapl, forget_hardware
from support.workflow import make_project
from wattlab.machine import cgroups
from wattlab.machine.locks import machine_lock
from wattlab.meters.accelerators import on_machine
from wattlab.meters.accelerators.nvidia import Nvidia
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.samples.places import manifest_of
from wattlab.workflow.doctor import costs, report
from wattlab.workflow.doctor.components import Component, components
from wattlab.workflow.doctor.costs import disk_gb, largest, least_time_s, least_window_s
from wattlab.workflow.doctor.report import lines_of, node_w, obstacles_of

CELL = records.resolved_cell(protocol_values={"min_window_s": 1.0, "idle_window_s": 0.5, "warmup_s": 2.0})


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_hardware()
    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / "locks"))


def found(powercap: Path, work: Any = lambda: None) -> dict[str, Component]:
    meter = CodeCarbonMeter()
    meter.begin()
    work()
    window = meter.end(duration_s=0.0)
    assert window is not None
    return {one.name: one for one in components(window, meter.describe(), on_machine(), powercap)}


def test_counters_are_named_as_counters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvml, rapl = fake_nvml(monkeypatch, 2), fake_rapl(monkeypatch, tmp_path)
    nvml.energy_mj[0] += 1

    def work() -> None:
        rapl.add_j(0, 5.0)
        time.sleep(0.05)

    by = found(rapl.root, work)
    assert (by["CPU"].method, by["GPU"].method, by["RAM"].method) == ("counter", "counter", "model")
    assert by["CPU"].remedy is None and "2 package(s)" in by["CPU"].meaning
    assert "W by the model codecarbon-3" in by["RAM"].meaning


def test_unreadable_rapl_has_a_remedy_and_absent_rapl_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rapl = fake_rapl(monkeypatch, tmp_path)
    rapl.deny(monkeypatch, 0, 1)
    cpu = found(rapl.root)["CPU"]
    assert cpu.method == "model" and cpu.remedy is not None
    assert "chmod -R a+r" in cpu.remedy
    nothing = found(tmp_path / "none")["CPU"]
    assert nothing.remedy == "take the durations as the result"


@pytest.mark.parametrize(("content", "why"), [(None, "is not there"), ("0", "is 0")])
def test_a_range_that_is_not_known_is_said_before_a_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, why: str
) -> None:
    rapl = fake_rapl(monkeypatch, tmp_path)
    path = rapl.root / "intel-rapl:1" / "max_energy_range_uj"
    path.unlink() if content is None else path.write_text(content)
    cpu = found(rapl.root)["CPU"]
    assert cpu.method == "model" and f"max_energy_range_uj of intel-rapl:1 {why}" in cpu.meaning
    assert cpu.remedy == "take the durations as the result"


@pytest.mark.parametrize(("known", "words"), [(None, "W, a guess (4 W per thread"), (65.0, "a nameplate power of")])
def test_a_guessed_power_is_called_a_guess(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, known: float | None, words: str
) -> None:
    monkeypatch.setattr(codecarbon.core.cpu.TDP, "_get_cpu_power_from_registry", lambda *_: known)
    meter = CodeCarbonMeter()
    described = meter.describe()
    if described["cpu_mode"] == "cpu_load":
        assert described["cpu_power_source"] == ("default" if known is None else "nameplate")
        assert words in found(tmp_path)["CPU"].meaning


def test_a_quota_below_the_threads_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (report, cgroups):
        monkeypatch.setattr(module, "cpu_limit_cores", lambda: 0.25)
    line = report._cores_line(records.resolved_study([CELL]))
    assert line.startswith("  cores  0.25 may be used (a quota of CPU time), a cell uses 1: fewer than its threads")
    assert "lower cpu_threads" in line


def test_locks_that_lock_nothing_are_said_and_those_that_are_not_there_stand_in_the_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine, study = measurements.session().machine, records.resolved_study([CELL])
    assert machine is not None
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    words, obstacles = report.locks(tmp_path)
    assert f"{tmp_path}/repeats: they lock nothing" in words and "-o flock" in words and obstacles == []

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    found = obstacles_of(study, machine, [], tmp_path / "laptop")
    assert len(found) == 2 and f"{tmp_path} has no locks (No locks available)" in found[0]


def test_a_gpu_without_nvml_is_told_from_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Nvidia, "leaves_traces", lambda _: True)
    gpu = found(tmp_path)["GPU"]
    assert gpu.method == "absent" and "NVML does not answer" in gpu.meaning and gpu.remedy is not None
    monkeypatch.setattr(Nvidia, "leaves_traces", lambda _: False)
    assert found(tmp_path)["GPU"].remedy is None


def test_a_sliced_gpu_and_one_without_counter_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvml = fake_nvml(monkeypatch, 1)
    monkeypatch.setattr(Nvidia, "torch_version", lambda _: "12.8")
    nvml.has_counter = False
    assert "no energy counter" in found(tmp_path)["GPU"].meaning
    nvml.mig = [True]
    assert "-mig 0" in str(found(tmp_path)["GPU"].remedy)


def test_least_time_is_windows_times_repeats_times_cells() -> None:
    assert least_window_s(CELL) == 3 * 1.0 + 4 * 0.5 + 2.0
    cells = [CELL, records.resolved_cell("summarization", "samsum", protocol_values={"min_window_s": 10.0})]
    study = records.resolved_study(cells)
    assert least_time_s(study, ()) == 7.0 + 30.0 + 4.0
    assert least_time_s(study, {CELL.cell.id}) == 34.0


def test_cells_side_by_side_take_less_time() -> None:
    study = records.resolved_study([CELL], exclusive=False, headline_scope="device", parallel_cells=4)
    assert least_time_s(study, ()) == 7.0 / 4


def test_memory_and_disk_follow_the_cells_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (
        records.resolved_cell(model="small", published_parameters=1000),
        records.resolved_cell(published_parameters=2**30),
    )
    size = largest(records.resolved_study([small, large]), ())
    assert size is not None
    assert (size.model, size.memory_gb) == ("google-bert--bert-base-uncased", 4 + 1.5)
    assert largest(records.resolved_study([large]), {large.cell.id}) is None
    assert largest(records.resolved_study([records.resolved_cell(published_parameters=None)]), ()) is None
    assert disk_gb(records.resolved_study([small, small]), tmp_path) == {tmp_path: pytest.approx(10 * 4e-6)}
    images = records.resolved_cell("image-classification", "cifar10")
    study = records.resolved_study([images])
    assert disk_gb(study, tmp_path) == {tmp_path: pytest.approx(10 * 5e-4)}
    manifest = manifest_of(tmp_path, images.spec.samples)
    manifest.parent.mkdir(parents=True)
    manifest.touch()
    assert disk_gb(study, tmp_path) == {}  # they are drawn already
    half = records.resolved_cell(weights="hub", published_parameters=2**30, protocol_values={"dtype": "float16"})
    half = half.model_copy(
        update={"spec": half.spec.model_copy(update={"model": half.spec.model.model_copy(update={"hub_id": "a/b"})})}
    )
    monkeypatch.setattr(costs.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    assert disk_gb(records.resolved_study([half]), tmp_path)[tmp_path / "cache"] == 2.0


def test_a_limit_of_memory_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "memory_limit_bytes", lambda: 2**29)
    assert costs.available_memory_gb() == 0.5


def test_power_now_is_the_sum_of_what_is_known() -> None:
    assert node_w(measurements.window(window_s=2.0, cpu_j=10.0, ram_j=40.0, gpu_j=[50.0, 60.0])) == 80.0
    assert node_w(measurements.window(cpu_j=None, ram_j=None)) is None


def test_obstacles_name_themselves_and_their_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = measurements.session().machine
    assert machine is not None
    folder = tmp_path / "laptop"
    modelled = [Component("CPU", "model", "", "open it"), Component("RAM", "model", "")]
    plain = records.resolved_study([CELL])
    strict = records.resolved_study([CELL], require_counters=True)
    assert obstacles_of(plain, machine, modelled, folder) == []
    assert "the CPU's energy is by model" in obstacles_of(strict, machine, modelled, folder)[0]
    huge = records.resolved_study([records.resolved_cell(published_parameters=10**13)])
    assert "GB of memory" in obstacles_of(huge, machine, modelled, folder)[0]
    monkeypatch.setattr(report, "free_bytes", lambda _: 0)
    assert f"needed in {tmp_path} and 0.0 GB are free; make room" in obstacles_of(plain, machine, modelled, folder)[0]


@pytest.mark.slow
def test_the_command_says_all_of_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main([]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Study laptop: 48 cells, protocol laptop, on ")
    for word in ("CPU", "GPU", "RAM", "quiet", "cores", "locks", "time", "energy", "disk", "memory"):
        assert f"\n  {word}" in said
    assert "at least 4 min for 48 cells" in said or "cells to measure" in said
    assert cgroups.available_cores() > 0


def test_queries_of_unknown_length_are_said_to_be_left_out() -> None:
    one_pass = records.resolved_cell(dataset="oscar", protocol_values={"min_window_s": 0.0})
    found = [Component("CPU", "model", "")]
    for cells, said in (
        ([CELL], "1 cell to measure: windows, idle, warm-up"),
        (
            [CELL, one_pass],
            "2 cells to measure: windows, idle, warm-up; without the queries of 1 of them, one pass each, as long as it takes",
        ),
    ):
        study = records.resolved_study(cells)
        lines = lines_of(study, measurements.session().machine, found, measurements.window(), Path("none"))
        (line,) = [line for line in lines if line.startswith("  time")]
        assert said in line and ("without the queries" in line) is (len(cells) == 2)


@pytest.mark.slow
def test_strict_is_refused_where_the_cpu_is_modelled(capsys: pytest.CaptureFixture[str]) -> None:
    code = doctor.main(["--configfile", "studies/strict.yaml"])
    said = capsys.readouterr().out
    assert "Study strict: 48 cells, protocol strict" in said
    assert (code == 1) is ("In the way: " in said)
    assert ("CPU    model" in said) <= (code == 1)


def test_a_measurement_is_not_disturbed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda *_: pytest.fail("it worked beside a measurement"))
    with machine_lock():
        assert doctor.main([]) == 0
    assert "a measurement is running" in capsys.readouterr().out


def test_an_environment_without_meters_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "NEEDED", ("no_such_module",))
    assert doctor.main([]) == 0
    assert "this environment has no no_such_module" in capsys.readouterr().out


@pytest.mark.slow
def test_a_study_begins_with_it_once_and_no_job_is_due_for_it(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    specs = [one.spec for one in doctor.read_study(_resolved(project)).cells if one.spec is not None]
    samples = [str(Path("results/samples") / spec.samples.dataset / f"{spec.samples.key}.json") for spec in specs]
    tokenizers = [f"results/tokenizers/{spec.tokenizer.name}.json" for spec in specs if spec.tokenizer is not None]
    first = _run(project, *dict.fromkeys([*samples, *tokenizers]))
    assert "Study small" not in first  # nothing is measured
    project.fill_stores()
    second = _run(project)
    assert second.count("Study small: 3 cells") == 1
    assert second.index("Study small: 3 cells") < second.index("[1/3]")
    assert project.plan() == {}
    assert "Study small" not in _run(project)


def _resolved(project: Any) -> Path:
    project.snakemake("--dry-run")
    path: Path = project.study_files("small")[-1]
    return path


def _run(project: Any, *targets: str) -> str:
    said: str = project.snakemake(*targets, WATTLAB_DOCTOR="").stdout
    return said


@pytest.mark.parametrize(("parallel", "expected_s"), [({}, 40.0), ({"exclusive": False, "parallel_cells": 2}, 20.0)])
def test_likely_time_is_the_mean_of_the_task_shared_by_cells_side_by_side(
    parallel: dict[str, Any], expected_s: float
) -> None:
    exclusive = {"exclusive": parallel.get("exclusive", True)}
    cells = [records.resolved_cell("fill-mask", name, **exclusive) for name in ("c4", "oscar", "bookcorpus")]
    scope = {"headline_scope": "device"} if parallel else {}
    study = records.resolved_study(cells, **parallel, **scope)
    ids = [resolved.cell.id for resolved in cells]
    assert costs.likely_time_s(study, {ids[0]: 40.0, ids[1]: None}) == expected_s
    assert costs.likely_time_s(study, {}) is None
