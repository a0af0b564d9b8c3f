"""NVIDIA GPUs behind the contract: what NVML does not answer is not known, and none of its exceptions gets out."""

import sys
from typing import Any

import pynvml
import pytest

from support.meters_fake import FakeNvml, fake_nvml, forget_hardware
from wattlab.foundation.errors import NoDevice
from wattlab.machine.describe import describe_machine
from wattlab.meters.accelerators import computing, on_machine
from wattlab.meters.accelerators.nvidia import Nvidia
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.record import Window

ERRORS = ("NOT_SUPPORTED", "UNKNOWN", "FUNCTION_NOT_FOUND", "NO_PERMISSION", "TIMEOUT", "GPU_IS_LOST")
#: Questions about a board that is listed already, and those without whose answer it can not be listed.
ABOUT_A_BOARD = (
    "MemoryInfo",
    "MigMode",
    "ComputeRunningProcesses",
    "TotalEnergyConsumption",
    "PowerUsage",
    "EnforcedPowerLimit",
    "ClockInfo",
    "ApplicationsClock",
    "MaxClockInfo",
    "CurrentClocksEventReasons",
    "ViolationStatus",
)
ASKED_BY_CODECARBON = ("UtilizationRates", "Temperature", "ComputeMode", "GraphicsRunningProcesses", "Name")
TO_LIST = ("nvmlSystemGetDriverVersion", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUUID")


@pytest.fixture(autouse=True)
def _no_cached_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_hardware()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMaxClockInfo", lambda handle, kind: 1980)
    return fake_nvml(monkeypatch, 2)


def fail(monkeypatch: pytest.MonkeyPatch, question: str, error: str, board: int | None = None) -> None:
    """Let a question raise, of one board or of all."""
    real = getattr(pynvml, question)

    def failing(*arguments: Any) -> Any:
        if board is None or arguments[0] == board:
            raise pynvml.NVMLError(getattr(pynvml, f"NVML_ERROR_{error}"))
        return real(*arguments)

    monkeypatch.setattr(pynvml, question, failing)


def window(meter: CodeCarbonMeter, nvml: FakeNvml) -> Window:
    meter.begin()
    nvml.energy_mj = [energy_mj + 100_000 for energy_mj in nvml.energy_mj]
    return meter.end(duration_s=0.0)


@pytest.mark.parametrize("code", ["LIBRARY_NOT_FOUND", "DRIVER_NOT_LOADED", "GPU_NOT_FOUND"])
def test_without_a_driver_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, code: str) -> None:
    fail(monkeypatch, "nvmlInit", code)
    assert computing("cuda").gpus == []
    assert on_machine().gpus == [] and on_machine().torch_device == "cpu"


def test_an_environment_without_nvml_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(NoDevice, match="whether this machine has an NVIDIA GPU is not known"):
        on_machine()


@pytest.mark.parametrize("error", ["LIB_RM_VERSION_MISMATCH", *ERRORS])
@pytest.mark.parametrize("question", ["nvmlInit", "nvmlDeviceGetName", *TO_LIST])
def test_a_driver_that_does_not_answer_is_not_taken_for_no_gpu(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, question: str, error: str
) -> None:
    fail(monkeypatch, question, error)
    with pytest.raises(NoDevice, match=r"NVML: .*missing from every number.*nvidia-smi"):
        describe_machine("auto")


def test_a_board_that_can_not_be_listed_is_named(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    fail(monkeypatch, "nvmlDeviceGetUUID", "GPU_IS_LOST", board=1)
    with pytest.raises(NoDevice, match="NVML: GPU 1: GPU is lost"):
        on_machine()


def test_a_name_that_is_no_text_is_no_traceback(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    def odd(_: int) -> str:
        return b"\xf8".decode()

    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", odd)
    assert [gpu.name for gpu in on_machine().gpus] == ["NVIDIA GPU of an unreadable name"] * 2


@pytest.mark.parametrize("question", ["nvmlDeviceGetUUID", "nvmlSystemGetDriverVersion"])
def test_an_answer_that_is_no_text_is_one_message(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, question: str
) -> None:
    monkeypatch.setattr(pynvml, question, lambda *_: b"\xf8".decode())
    with pytest.raises(NoDevice, match=r"NVML: .*invalid start byte.*nvidia-smi"):
        on_machine()


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("question", ABOUT_A_BOARD)
def test_a_question_without_an_answer_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, question: str, error: str
) -> None:
    fail(monkeypatch, f"nvmlDeviceGet{question}", error)
    nvidia = on_machine()
    gpu = nvidia.gpus[0]
    known = {
        "MemoryInfo": gpu.memory_bytes == 80 << 30,
        "ComputeRunningProcesses": nvidia.processes(gpu) == set(),
        "TotalEnergyConsumption": nvidia.energy_j(gpu) == 1e6,
        "PowerUsage": nvidia.reading(gpu).power_w == 55.5,
        "EnforcedPowerLimit": nvidia.reading(gpu).power_limit_w == 400.0,
        "ClockInfo": nvidia.reading(gpu).sm_clock_mhz == 1410,
    }
    assert [name for name, answered in known.items() if not answered] == [name for name in known if name == question]
    assert not gpu.sliced
    check(window(CodeCarbonMeter(0, nvidia), nvml), question)


def check(made: Window, question: str) -> None:
    """The joules, by the counter; without one no counter is claimed."""
    assert made.problems == [] and made.energy_gpu_j is not None
    if question == "TotalEnergyConsumption":
        assert made.energy_gpu_method == "sampled" and made.reference_energy_gpu_j is None
    else:
        assert made.energy_gpu_method == "counter" and made.energy_gpu_j == pytest.approx([100.0, 100.0])


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    "question", [*(f"nvmlDeviceGet{one}" for one in (*ABOUT_A_BOARD, *ASKED_BY_CODECARBON)), *TO_LIST]
)
def test_an_answer_that_is_lost_later_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, question: str, error: str
) -> None:
    meter = CodeCarbonMeter(0)
    check(window(meter, nvml), "")
    fail(monkeypatch, question, error)
    for _ in range(2):
        check(window(meter, nvml), question.removeprefix("nvmlDeviceGet"))


def test_a_process_list_that_is_lost_is_not_known(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    meter = CodeCarbonMeter(0)
    window(meter, nvml)
    assert meter.foreign_processes() == []
    fail(monkeypatch, "nvmlDeviceGetComputeRunningProcesses", "UNKNOWN")
    assert window(meter, nvml).energy_gpu_j == pytest.approx([100.0, 100.0])
    assert meter.foreign_processes() is None


@pytest.mark.parametrize("later", [False, True])
def test_a_board_that_shows_no_energy_is_missing_and_never_zero(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, later: bool
) -> None:
    meter = CodeCarbonMeter(0) if later else None
    for question in ("TotalEnergyConsumption", "PowerUsage"):
        fail(monkeypatch, f"nvmlDeviceGet{question}", "NOT_SUPPORTED", board=1)
    made = window(meter or CodeCarbonMeter(0), nvml)
    assert made.energy_gpu_j is None and made.reference_energy_gpu_j is None
    assert made.problems == ["GPU 1 shows neither an energy counter nor its power"]


def test_a_board_without_a_counter_has_a_power_reading(monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml) -> None:
    fail(monkeypatch, "nvmlDeviceGetTotalEnergyConsumption", "NOT_SUPPORTED", board=1)
    made = window(CodeCarbonMeter(0), nvml)
    assert made.energy_gpu_method == "sampled"
    assert made.energy_gpu_j is not None and len(made.energy_gpu_j) == 2
    assert made.problems == []


@pytest.mark.parametrize(
    ("named", "left"),
    [
        (None, [0, 1]),
        ("1", [1]),
        ("1,0", [0, 1]),
        ("GPU-00000000-0000-4000-8000-000000000001", [1]),
        ("-1", []),
        ("", []),
        ("7", []),
        ("0,-1,1", [0]),
        ("MIG-4711", []),
    ],
)
def test_the_visible_gpus_are_those_that_cuda_would_show(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, named: str | None, left: list[int]
) -> None:
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert [gpu.index for gpu in on_machine().visible()] == left


@pytest.mark.parametrize(
    ("named", "built", "device"),
    [(None, "12.8", "cuda"), ("1", "12.8", "cuda"), ("-1", "12.8", "cpu"), ("", "12.8", "cpu"), (None, None, "cpu")],
)
def test_auto_is_the_cpu_where_torch_sees_no_gpu(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml, named: str | None, built: str | None, device: str
) -> None:
    monkeypatch.setattr(Nvidia, "torch_version", lambda _: built)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    machine = describe_machine("auto")
    assert machine.device == device
    assert (machine.gpu_names, machine.gpu_driver) == (["NVIDIA A100-SXM4-80GB"] * 2, "550.54")
    assert describe_machine("cpu").device == "cpu"
    if device == "cpu":
        reason = "torch is built without CUDA" if built is None else f"CUDA_VISIBLE_DEVICES = '{named}' leaves none of"
        with pytest.raises(NoDevice, match=f"device = 'cuda': {reason}.*set device: auto or cpu"):
            describe_machine("cuda")


def test_a_slice_that_is_named_is_refused_and_not_taken_for_no_gpu(
    monkeypatch: pytest.MonkeyPatch, nvml: FakeNvml
) -> None:
    monkeypatch.setattr(Nvidia, "torch_version", lambda _: "12.8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-4711")
    nvml.mig = [True, True]
    assert describe_machine("auto").device == "cuda"
    with pytest.raises(NoDevice, match="GPU 0, 1: MIG is on"):
        computing("cuda").whole()


def test_what_the_worker_is_told_is_cudas(nvml: FakeNvml) -> None:
    nvidia = on_machine()
    assert nvidia.environment(nvidia.gpus[1]) == {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "1"}
    assert (nvidia.device, nvidia.torch_device) == ("cuda", "cuda")
