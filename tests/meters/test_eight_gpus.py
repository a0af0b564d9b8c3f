"""A node of eight GPUs with MIG, one that dies and one that can not be read: no shared GPU, no number of a slice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pynvml
import pytest

from measure_cell import _hardware
from support.meter_windows import verdict, window
from support.meters_fake import FakeNvml, fake_nvml, forget_hardware
from wattlab.foundation.errors import NoDevice
from wattlab.meters.accelerators import computing, on_machine
from wattlab.meters.accelerators.nvidia import Nvidia
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.study.config import StudyConfig
from wattlab.workflow.doctor.components import components
from wattlab.workflow.loading import study_of

SLICED, DYING, UNREADABLE = (2, 5), 6, 7


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeNvml:
    forget_hardware()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMaxClockInfo", lambda handle, kind: 1980)
    monkeypatch.setattr(Nvidia, "torch_version", lambda _: "12.8")
    fake = fake_nvml(monkeypatch, 8)
    fake.mig = [index in SLICED for index in range(8)]
    return fake


def lose(monkeypatch: pytest.MonkeyPatch, gpu: int, error: str, *questions: str) -> None:
    for question in questions:
        real = getattr(pynvml, f"nvmlDeviceGet{question}")

        def failing(*arguments: Any, real: Any = real) -> Any:
            if arguments[0] == gpu:
                raise pynvml.NVMLError(getattr(pynvml, f"NVML_ERROR_{error}"))
            return real(*arguments)

        monkeypatch.setattr(pynvml, f"nvmlDeviceGet{question}", failing)


def test_cells_side_by_side_never_share_a_gpu_and_never_get_a_slice(nvml: FakeNvml) -> None:
    """Six whole GPUs, six cells at once, three rounds."""
    together = Barrier(6)

    def cell(_: int) -> str:
        with _hardware(False, "cuda") as variables:
            together.wait(timeout=30)
            return variables["CUDA_VISIBLE_DEVICES"]

    for _ in range(3):
        with ThreadPoolExecutor(6) as pool:
            leased = sorted(map(int, pool.map(cell, range(6))))
        assert leased == [index for index in range(8) if index not in SLICED]


def test_a_named_slice_gives_no_number(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    with pytest.raises(NoDevice, match="GPU 2, 5: MIG is on.*can not be separated.*nvidia-smi.*device: cpu"):
        computing("cuda").whole()


@pytest.mark.parametrize("computes", [0, DYING, UNREADABLE])
def test_a_gpu_that_dies_or_can_not_be_read_is_named_in_every_window(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, computes: int
) -> None:
    """Whichever GPU computes: the node's sum would lack one, so the repeat is invalid and says which."""
    lose(monkeypatch, UNREADABLE, "NO_PERMISSION", "TotalEnergyConsumption", "PowerUsage")
    made = window(CodeCarbonMeter(computes), lambda: None)
    assert made.energy_gpu_j is None
    assert made.problems == [f"GPU {UNREADABLE} shows neither an energy counter nor its power"]
    meter = CodeCarbonMeter(computes)
    lost = ("TotalEnergyConsumption", "PowerUsage", "EnforcedPowerLimit", "ClockInfo", "ComputeRunningProcesses")
    later = window(meter, lambda: lose(monkeypatch, DYING, "GPU_IS_LOST", *lost))
    assert later.energy_gpu_j is None
    named = [f"GPU {gpu} shows neither an energy counter nor its power" for gpu in (DYING, UNREADABLE)]
    assert later.problems[:2] == named
    assert set(named) <= set(verdict(later))


def test_the_doctor_names_the_slices(nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter()
    found = {one.name: one for one in components(window(meter), meter.describe(), on_machine())}
    assert "MIG is on for 2, 5: not used" in found["GPU"].meaning


@pytest.mark.parametrize(("name", "cells"), [("gpu", 133), ("gpu-quick", 12)])
def test_the_gpu_studies_are_planned_on_a_gpu(nvml: FakeNvml, name: str, cells: int) -> None:
    """What fits into 24 GB at float32, in windows of 10 s; bfloat16 for what generates."""
    study = study_of(Path("config.yaml"), Path(f"studies/{name}.yaml"))
    assert isinstance(study.config, StudyConfig) and study.config.device == "cuda"
    assert len(study.cells) == cells
    for cell in study.measured:
        parameters = cell.facts.published_parameters
        assert parameters is None or parameters * 4 < 20e9
        assert cell.spec.protocol.min_window_s == (10 if name == "gpu" else 3)
    assert {cell.spec.protocol.dtype for cell in study.measured} == {"float32", "bfloat16"}
