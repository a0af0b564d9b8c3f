"""NVIDIA GPUs through NVML: which there are, their energy counters, state and processes.

Nothing runs during a window: NVML counts the time of every slowdown itself, and the rest is read at the window's ends.
Libraries are imported by name where they are asked: what only lists the accelerators needs none of them.
"""

import shutil
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from wattlab.foundation.errors import NoDevice
from wattlab.meters.contract import Accelerator, Gpu, GpuReading, torch_built_for

#: What NVML answers where there is nothing to measure. While the GPUs are listed, every other error is a `NoDevice`;
#: afterwards every error is an answer that is not known.
NO_GPU = ("LIBRARY_NOT_FOUND", "DRIVER_NOT_LOADED", "GPU_NOT_FOUND")

#: Slowdowns whose time NVML counts. `power`: the board held its power limit; the others are faults of a measurement.
POLICIES = {"power": "POWER", "thermal": "THERMAL", "board limit": "BOARD_LIMIT", "reliability": "RELIABILITY"}

#: Reasons of a lower clock that are faults of a measurement, as bits of one word.
SLOWDOWNS = {
    "hardware slowdown": "HwSlowdown",
    "thermal slowdown by software": "SwThermalSlowdown",
    "thermal slowdown by hardware": "HwThermalSlowdown",
    "power brake": "HwPowerBrakeSlowdown",
}

S_PER_NS = 1e-9


class Nvidia(Accelerator):
    """The NVIDIA GPUs of this machine."""

    vendor, interface, platform = "NVIDIA", "NVML", "CUDA"
    torch_device = "cuda"
    visible_variable = "CUDA_VISIBLE_DEVICES"
    sliced_words = "MIG is on"
    sliced_remedy = "an administrator switches it off with `nvidia-smi -i <index> -mig 0`"
    out_of_memory = "CUDA out of memory|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED"
    codecarbon_reads = True

    def find(self) -> list[Gpu]:
        """Every GPU; none where there is no driver, or no GPU behind it. `NoDevice` where a driver does not answer."""
        self._handles: list[Any] = []
        board = ""
        try:
            self._nvml.nvmlInit()
            driver = _text(self._nvml.nvmlSystemGetDriverVersion())
            gpus = []
            for index in range(self._nvml.nvmlDeviceGetCount()):
                board = f"GPU {index}: "
                self._handles.append(self._nvml.nvmlDeviceGetHandleByIndex(index))
                gpus.append(self._gpu(index, driver))
        except (self._nvml.NVMLError, UnicodeDecodeError) as error:
            if getattr(error, "value", None) in [getattr(self._nvml, f"NVML_ERROR_{name}") for name in NO_GPU]:
                return []
            raise NoDevice(
                f"NVML: {board}{error}: this machine has an NVIDIA driver, which does not answer, and the energy of its "
                "GPUs would be missing from every number; see what `nvidia-smi` says, then reload the driver or restart "
                "the machine"
            ) from error
        return gpus

    def torch_version(self) -> str | None:
        """CUDA version that torch was built with."""
        return torch_built_for("cuda")

    def synchronise(self) -> None:
        """Wait for the current CUDA device."""
        import_module("torch").cuda.synchronize()

    def energy_j(self, gpu: Gpu) -> float | None:
        """Energy since the driver was loaded (J)."""
        energy_mj = self._asked(gpu, "TotalEnergyConsumption")
        return None if energy_mj is None else energy_mj / 1000

    def reading(self, gpu: Gpu) -> GpuReading:
        """The state of a GPU now."""
        reasons = self._asked(gpu, "CurrentClocksEventReasons") or 0
        power_mw, limit_mw = self._asked(gpu, "PowerUsage"), self._asked(gpu, "EnforcedPowerLimit")
        violations = {
            cause: self._asked(gpu, "ViolationStatus", getattr(self._nvml, f"NVML_PERF_POLICY_{policy}"))
            for cause, policy in POLICIES.items()
        }
        bits = {cause: getattr(self._nvml, f"nvmlClocksEventReason{name}") for cause, name in SLOWDOWNS.items()}
        clock = self._nvml.NVML_CLOCK_SM
        return GpuReading(
            power_w=None if power_mw is None else power_mw / 1000,
            power_limit_w=None if limit_mw is None else limit_mw / 1000,
            sm_clock_mhz=self._asked(gpu, "ClockInfo", clock),
            # The clock that an administrator has set for applications, else the highest that the GPU has.
            sm_clock_limit_mhz=self._asked(gpu, "ApplicationsClock", clock) or self._asked(gpu, "MaxClockInfo", clock),
            slowdowns=[cause for cause, bit in bits.items() if reasons & bit],
            slowed_s={
                cause: status.violationTime * S_PER_NS for cause, status in violations.items() if status is not None
            },
        )

    def processes(self, gpu: Gpu) -> set[int] | None:
        """Ids of the processes that compute on a GPU; drivers for virtual GPUs and for WSL do not list them."""
        listed = self._asked(gpu, "ComputeRunningProcesses")
        return None if listed is None else {process.pid for process in listed}

    def leaves_traces(self) -> bool:
        """Whether the driver's program, or a file of the driver, is here."""
        files = (Path("/proc/driver/nvidia"), Path("/dev/nvidia0"))
        return shutil.which("nvidia-smi") is not None or any(path.exists() for path in files)

    def environment(self, gpu: Gpu) -> dict[str, str]:
        """By index in NVML's order: CodeCarbon mistakes UUIDs for MIG slices."""
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **super().environment(gpu)}

    def is_named(self, gpu: Gpu, name: str) -> bool:
        """Also by the UUID of a slice, which does not tell its GPU."""
        return super().is_named(gpu, name) or (gpu.sliced and name.startswith("MIG-"))

    @cached_property
    def _nvml(self) -> Any:
        try:
            return import_module("pynvml")
        except ModuleNotFoundError as error:
            raise NoDevice(
                f"NVML: {error}: whether this machine has an NVIDIA GPU is not known; call it in the environment that measures"
            ) from error

    def _gpu(self, index: int, driver: str) -> Gpu:
        handle = self._handles[index]
        try:
            name = _text(self._nvml.nvmlDeviceGetName(handle))
        except UnicodeDecodeError:
            name = "NVIDIA GPU of an unreadable name"
        uuid, memory, mode = _text(self._nvml.nvmlDeviceGetUUID(handle)), *self._memory_and_mode(handle)
        return Gpu(index, name, uuid, driver, mode == self._nvml.NVML_DEVICE_MIG_ENABLE, memory)

    def _memory_and_mode(self, handle: Any) -> tuple[int | None, int | None]:
        """Memory in bytes (a GPU that shares the host's has none of its own), and the MIG mode now."""
        memory, modes = self._answer(handle, "MemoryInfo"), self._answer(handle, "MigMode")
        return None if memory is None else int(memory.total) or None, None if modes is None else modes[0]

    def _asked(self, gpu: Gpu, question: str, *arguments: int) -> Any:
        return self._answer(self._handles[gpu.index], question, *arguments)

    def _answer(self, handle: Any, question: str, *arguments: int) -> Any:
        """The answer of `nvmlDeviceGet{question}`; null where NVML raises."""
        try:
            return getattr(self._nvml, f"nvmlDeviceGet{question}")(handle, *arguments)
        except self._nvml.NVMLError:
            return None


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
