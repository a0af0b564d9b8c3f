"""What goes wrong with CodeCarbon 3.3.2 when it is used in the plain way; our numbers stay unharmed.

Each test is one trap that was found by taking it apart with fake counters; those of RAPL are in test_rapl.py.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from codecarbon import OfflineEmissionsTracker

from support.meter_windows import verdict, window
from support.meters_fake import FakeNvml, FakeRapl, fake_nvml
from support.meters_trace import Clock, traced_nvml
from wattlab.foundation.errors import InputError
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.record import Window


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    return fake_nvml(monkeypatch, 8)


def use(nvml: FakeNvml, gpu: int, energy_j: float) -> None:
    nvml.energy_mj[gpu] += round(energy_j * 1000)


# ------------------------------------------------------------------- start() and stop()


def test_the_tracker_is_never_started_and_never_stopped(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    for name in ("start", "stop", "flush"):
        monkeypatch.setattr(OfflineEmissionsTracker, name, lambda *_: pytest.fail("a racy call"))
    meter = CodeCarbonMeter()
    made = window(meter, lambda: use(nvml, 0, 10.0))
    assert made.energy_gpu_j is not None and made.energy_gpu_j[0] == pytest.approx(10.0)
    meter.begin()
    assert meter._tracker._scheduler._stopped  # nobody measures beside us
    meter.end(duration_s=0.0)


@pytest.mark.parametrize("seconds", [0.03, 1.0, 15.0, 30.0])
def test_no_window_loses_its_end_or_counts_a_component_twice(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    clock = Clock(monkeypatch)  # 15 s is the tracker's own interval, 0.03 s below its least
    traced = traced_nvml(monkeypatch, clock)
    meter = CodeCarbonMeter()
    made = window(meter, lambda: clock.sleep(seconds))
    assert made.energy_gpu_j is not None
    ram_w = meter.describe()["ram_power_w"]
    assert made.window_s >= seconds
    assert sum(made.energy_gpu_j) == pytest.approx(8 * 55.5 * made.window_s, abs=8 * 55.5 * 0.02)
    assert made.energy_ram_j == pytest.approx(ram_w * made.window_s, rel=0.005, abs=ram_w * 0.02)
    assert traced.traces[0].powers == [55.5]


def test_slow_readings_lose_no_time_of_the_modelled_components(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    traced_nvml(monkeypatch, clock, latency_s=0.015)  # 8 x 15 ms, above a sampler's interval of 0.1 s
    meter = CodeCarbonMeter()
    made = window(meter, lambda: clock.sleep(5.0))
    assert made.energy_ram_j == pytest.approx(meter.describe()["ram_power_w"] * 5.0, rel=0.03)


@pytest.mark.alone
def test_the_first_task_of_a_process_measures_nothing(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    calls: list[str] = []
    for name in ("start_task", "stop_task"):
        real = getattr(OfflineEmissionsTracker, name)
        monkeypatch.setattr(
            OfflineEmissionsTracker, name, lambda self, _real=real, _name=name: (calls.append(_name), _real(self))[1]
        )
    meter = CodeCarbonMeter()
    assert calls == ["start_task", "stop_task"]  # its tables are loaded now
    begun = time.perf_counter()
    window(meter)
    assert time.perf_counter() - begun < 0.5


# ------------------------------------------------------------------- counters


def test_a_gpu_without_counter_is_sampled_flagged_and_refused_where_counters_are_required(nvml: FakeNvml) -> None:
    nvml.has_counter = False
    made = window(CodeCarbonMeter(), lambda: time.sleep(0.05))
    assert made.energy_gpu_method == "sampled"
    assert verdict(made) == []
    assert "energy_gpu_j is by sampled" in "; ".join(verdict(made, require_counters=True))


def test_a_counter_that_fails_within_a_cell_makes_the_repeat_invalid(nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter()
    first = window(meter, lambda: use(nvml, 0, 5.0))

    def fail() -> None:
        nvml.has_counter = False

    broken = window(meter, fail)
    assert broken.energy_gpu_method == "sampled"
    assert "energy_gpu_j is by sampled, and by counter in the repeats that count" in verdict(broken, first)
    nvml.has_counter = True
    again = window(meter, lambda: use(nvml, 0, 5.0))
    assert again.energy_gpu_j is not None and again.energy_gpu_j[0] == pytest.approx(5.0)
    assert verdict(again, first) == []


def test_energies_of_the_window_before_do_not_come_again(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter()
    window(meter, lambda: use(nvml, 0, 50.0))
    devices = meter._tracker._hardware[-1].devices if hasattr(meter._tracker._hardware[-1], "devices") else None
    for part in meter._tracker._hardware:
        devices = getattr(part, "devices", devices)
    assert devices is not None
    monkeypatch.setattr(devices, "get_delta", lambda duration: [])  # what it returns after an exception
    stale = window(meter)
    assert "a GPU could not be read" in "; ".join(verdict(stale))


# ------------------------------------------------------------------- offline, configuration, silence


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda *_: pytest.fail("a look-up"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a look-up"))
    made = window(CodeCarbonMeter(), lambda: use(nvml, 0, 1.0))
    assert made.energy_gpu_j is not None and made.energy_gpu_j[0] == pytest.approx(1.0)


def test_no_intensity_of_codecarbon_enters_a_record() -> None:
    assert not [name for name in Window.model_fields if "emission" in name or "intensity" in name]


@pytest.mark.parametrize("place", ["home", "folder", "environment"])
def test_a_configuration_of_any_kind_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    for name in ("home", "folder"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "folder")
    if place == "environment":
        monkeypatch.setenv("CODECARBON_FORCE_RAM_POWER", "100")
    else:
        (tmp_path / place / ".codecarbon.config").write_text("[codecarbon]\nforce_ram_power = 100\n")
    with pytest.raises(InputError, match="force_ram_power"):
        CodeCarbonMeter()


def test_every_argument_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect

    from codecarbon.emissions_tracker import BaseEmissionsTracker

    given: dict[str, Any] = {}
    real = OfflineEmissionsTracker.__init__

    def spy(self: Any, *rest: Any, **named: Any) -> None:
        given.update(named)
        real(self, *rest, **named)

    monkeypatch.setattr(OfflineEmissionsTracker, "__init__", spy)
    CodeCarbonMeter()
    configurable = {
        name
        for name in inspect.signature(BaseEmissionsTracker.__init__).parameters
        if any(
            word in name
            for word in ("force_", "pue", "wue", "tracking_mode", "gpu_ids", "rapl", "allow_multiple", "output_methods")
        )
    }
    assert configurable and configurable <= set(given)
    assert (given["pue"], given["tracking_mode"], given["force_cpu_power"]) == (1.0, "machine", None)


def test_a_lock_left_by_a_killed_tracker_stops_nothing(nvml: FakeNvml) -> None:
    one, other = CodeCarbonMeter(), CodeCarbonMeter()
    assert not hasattr(one._tracker, "_lock") or one._tracker._allow_multiple_runs
    for meter in (one, other):
        made = window(meter, lambda: use(nvml, 2, 9.0))
        assert made.energy_gpu_j is not None and made.energy_gpu_j[2] == pytest.approx(9.0)


@pytest.mark.slow
def test_it_writes_no_file_and_says_nothing(tmp_path: Path) -> None:
    code = "from wattlab.meters.codecarbon import CodeCarbonMeter\nm = CodeCarbonMeter(); m.begin(); m.end(0.0)\n"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------- defects of the task API


def test_windows_of_different_power_do_not_average(nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter()
    energies = []
    for energy_j in (10.0, 400.0, 20.0):
        made = window(meter, lambda energy_j=energy_j: use(nvml, 0, energy_j))
        assert made.energy_gpu_j is not None
        energies.append(made.energy_gpu_j[0])
    assert energies == pytest.approx([10.0, 400.0, 20.0])


def test_energy_between_windows_belongs_to_none(nvml: FakeNvml, rapl: FakeRapl) -> None:
    meter = CodeCarbonMeter()
    window(meter, lambda: use(nvml, 0, 10.0))
    use(nvml, 0, 1000.0)
    rapl.add_j(0, 1000.0)
    made = window(meter, lambda: [use(nvml, 0, 3.0), rapl.add_j(1, 4.0)])
    assert made.energy_gpu_j is not None
    assert made.energy_gpu_j[0] == pytest.approx(3.0)
    assert made.energy_cpu_j == pytest.approx(4.0)


def test_fifty_windows_of_one_tracker_keep_their_own_energies(nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter()
    for energy_j in range(1, 51):
        made = window(meter, lambda energy_j=energy_j: use(nvml, 1, energy_j))
        assert made.energy_gpu_j is not None and made.energy_gpu_j[1] == pytest.approx(energy_j)


def test_a_window_ends_once(nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter()
    made = window(meter, lambda: use(nvml, 0, 10.0))
    with pytest.raises(ValueError, match="no window is open"):
        meter.end(duration_s=0.0)
    assert made.energy_gpu_j is not None and made.energy_gpu_j[0] == pytest.approx(10.0)


@pytest.mark.parametrize("visible", ["0", "", "GPU-00000000-0000-4000-8000-000000000002", "3,1"])
def test_the_scope_does_not_change_with_the_shell(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, visible: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    for _ in range(2):  # a second tracker of a process saw other GPUs
        made = window(CodeCarbonMeter(), lambda: [use(nvml, gpu, 1.0 + gpu) for gpu in range(8)])
        assert made.energy_gpu_j == pytest.approx([1.0 + gpu for gpu in range(8)])
        assert made.gpu_count == 8
