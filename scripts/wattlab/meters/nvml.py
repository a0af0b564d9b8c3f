"""NVIDIA GPUs through NVML: which there are, their energy counters, the processes on them."""

from dataclasses import dataclass
from typing import Any

import pynvml

from wattlab.foundation.errors import NoDevice
from wattlab.meters.gpu_state import GpuReading, read_gpu

#: What NVML answers where there is nothing to measure.
NO_GPU = {pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED, pynvml.NVML_ERROR_GPU_NOT_FOUND}


@dataclass(frozen=True)
class Gpu:
    """A GPU that NVML shows."""

    index: int
    name: str
    uuid: str
    driver: str
    mig: bool = False


def list_gpus() -> list[Gpu]:
    """Every GPU of the machine, in NVML's order; none where there is no NVIDIA driver, or no GPU behind it.

    Raises `NoDevice` where there is a driver that does not answer: its GPUs draw power that nothing would count.
    """
    try:
        pynvml.nvmlInit()
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        return [_gpu(index, driver) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError as error:
        if error.value in NO_GPU:
            return []
        raise NoDevice(
            f"NVML: {error}: this machine has an NVIDIA driver, which does not answer, and the energy of its GPUs would be "
            "missing from every number; see what `nvidia-smi` says, then reload the driver or restart the machine"
        ) from error


def _gpu(index: int, driver: str) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    name, uuid = _text(pynvml.nvmlDeviceGetName(handle)), _text(pynvml.nvmlDeviceGetUUID(handle))
    return Gpu(index, name, uuid, driver, _is_mig(handle))


def memory_bytes(gpu: Gpu) -> int:
    """All of a GPU's memory."""
    return int(pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(gpu.index)).total)


def _is_mig(handle: Any) -> bool:
    """Whether a GPU is cut into MIG slices: its counter then holds the energy of all of them."""
    try:
        current, _ = pynvml.nvmlDeviceGetMigMode(handle)
    except pynvml.NVMLError:
        return False
    return bool(current == pynvml.NVML_DEVICE_MIG_ENABLE)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class NvmlCounters:
    """The raw energy counters of all GPUs: the independent reading beside CodeCarbon's."""

    def __init__(self, gpus: list[Gpu]) -> None:
        self._handles = [pynvml.nvmlDeviceGetHandleByIndex(gpu.index) for gpu in gpus]

    def read_j(self) -> list[float] | None:
        """Energy since the driver was loaded (J), one per GPU; null where a GPU has no counter, or there is no GPU."""
        if not self._handles:
            return None
        try:
            return [pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000 for handle in self._handles]
        except pynvml.NVMLError:
            return None

    def state(self, index: int) -> GpuReading:
        """The state of a GPU now."""
        return read_gpu(self._handles[index])

    def processes(self, index: int) -> set[int]:
        """Process ids that compute on a GPU."""
        return {process.pid for process in pynvml.nvmlDeviceGetComputeRunningProcesses(self._handles[index])}
