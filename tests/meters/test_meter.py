"""Joules put into fake counters come out of a window, per component and with the right method."""

import subprocess
import time
from pathlib import Path

import cpuinfo.cpuinfo
import pytest
from codecarbon.core.util import detect_cpu_model

from support.meters_fake import fake_nvml, fake_rapl
from wattlab.foundation.errors import InputError
from wattlab.foundation.processes import stated_cpu
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.meters.rapl import RaplCounters


def test_gpu_and_rapl_joules_come_back_exactly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvml, rapl = fake_nvml(monkeypatch, 2), fake_rapl(monkeypatch, tmp_path)
    meter = CodeCarbonMeter()
    meter.begin()
    nvml.energy_mj[0] += 123_000
    nvml.energy_mj[1] += 7_000
    rapl.add_j(0, 50)
    rapl.add_j(1, 7)
    window = meter.end(duration_s=0.1)
    assert window is not None
    assert window.energy_gpu_j == pytest.approx([123.0, 7.0], rel=1e-9)
    assert window.energy_cpu_j == pytest.approx(57.0, rel=1e-9)
    assert (window.energy_gpu_method, window.energy_cpu_method) == ("counter", "counter")
    assert window.reference_energy_gpu_j == pytest.approx([123.0, 7.0])
    assert window.reference_energy_cpu_j == pytest.approx(57.0)
    assert window.gpu_count == 2
    assert window.duration_s == 0.1


def test_one_joule_more_is_one_joule_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvml = fake_nvml(monkeypatch, 1)
    fake_rapl(monkeypatch, tmp_path)
    meter = CodeCarbonMeter()
    energies = []
    for added_mj in (10_000, 11_000):
        meter.begin()
        nvml.energy_mj[0] += added_mj
        window = meter.end(duration_s=0.0)
        assert window is not None and window.energy_gpu_j is not None
        energies.append(window.energy_gpu_j[0])
    assert energies[1] - energies[0] == pytest.approx(1.0, rel=1e-6)


def test_a_gpu_without_counter_is_sampled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvml = fake_nvml(monkeypatch, 1)
    nvml.has_counter = False
    meter = CodeCarbonMeter()
    meter.begin()
    window = meter.end(duration_s=0.0)
    assert window is not None
    assert window.energy_gpu_method == "sampled"
    assert window.reference_energy_gpu_j is None


def test_a_cpu_without_rapl_is_modelled_and_a_machine_without_gpu_has_none() -> None:
    meter = CodeCarbonMeter()
    meter.begin()
    time.sleep(0.3)
    window = meter.end(duration_s=0.3)
    assert window is not None
    if window.energy_cpu_method == "model":
        assert meter.describe()["cpu_tdp_w"] > 0
    assert window.energy_ram_method == "model"
    assert window.energy_ram_j == pytest.approx(meter.describe()["ram_power_w"] * window.window_s, rel=0.05)


def test_windows_do_not_nest_and_do_not_end_twice() -> None:
    meter = CodeCarbonMeter()
    with pytest.raises(ValueError, match="no window is open"):
        meter.end(duration_s=0.0)
    meter.begin()
    with pytest.raises(ValueError, match="open already"):
        meter.begin()


def test_a_codecarbon_configuration_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECARBON_PUE", "1.58")
    with pytest.raises(InputError, match="pue"):
        CodeCarbonMeter()


def test_a_process_that_was_there_before_us_is_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = fake_nvml(monkeypatch, 1)
    meter = CodeCarbonMeter(0)
    nvml.processes[0] = [4711]
    assert meter.foreign_processes() == []  # the one that appeared is ours
    nvml.processes[0] = [4711, 4712]
    assert meter.foreign_processes() == [4711, 4712]
    nvml.processes[0] = [4711]
    later = CodeCarbonMeter(0)
    nvml.processes[0] = [4711, 4712]
    assert later.foreign_processes() == [4711]
    assert CodeCarbonMeter().foreign_processes() is None


def test_rapl_wraps_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rapl = fake_rapl(monkeypatch, tmp_path, packages=1, range_uj=1_500_000_000)
    counters = RaplCounters(rapl.root)
    before = counters.read_j()
    rapl.add_j(0, 700.0)  # from 1,000 J over the range of 1,500 J
    assert counters.between_j(before, counters.read_j()) == pytest.approx([700.0])


@pytest.mark.skipif(stated_cpu() is None, reason="the system states no name of its CPU")
def test_the_cpu_that_the_nameplate_is_looked_up_for_is_py_cpuinfos_without_its_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = cpuinfo.cpuinfo._get_cpu_info_from_proc_cpuinfo()["brand_raw"]
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("it starts a program"))
    assert detect_cpu_model.__wrapped__() == named == stated_cpu()
