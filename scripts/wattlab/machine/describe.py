"""Facts about the machine, without torch: what a fingerprint's device kind and a session's `machine` say."""

import hashlib
import os
import platform
from pathlib import Path

import psutil

from wattlab.foundation.errors import NoDevice
from wattlab.machine.software import torch_cuda_version
from wattlab.meters.nvml import Gpu, list_gpus
from wattlab.records.record import Machine

BYTES_PER_GB = 1024**3


def cpu_model() -> str:
    """Model name of the CPU, as the system states it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def resolve_device(configured: str, gpus: list[Gpu]) -> str:
    """`cuda` or `cpu` for what the study configures; `NoDevice` where it asks for what is not there."""
    usable = bool(gpus) and torch_cuda_version() is not None and os.environ.get("CUDA_VISIBLE_DEVICES") != ""
    if configured == "cuda" and not usable:
        raise NoDevice(
            f"device = 'cuda': {'torch is built without CUDA' if gpus else 'NVML shows no GPU'} on this machine; "
            "set device: auto or cpu, or run it where there is one"
        )
    return "cuda" if configured != "cpu" and usable else "cpu"


def describe_machine(configured_device: str) -> Machine:
    """The machine of this process, its device resolved (`resolve_device`)."""
    gpus = list_gpus()
    return Machine(
        cpu_model=cpu_model(),
        cpu_cores=psutil.cpu_count() or 1,
        ram_gb=round(psutil.virtual_memory().total / BYTES_PER_GB, 1),
        gpu_names=[gpu.name for gpu in gpus],
        gpu_uuids=[gpu.uuid for gpu in gpus],
        gpu_driver=gpus[0].driver if gpus else None,
        host_sha256=hashlib.sha256(platform.node().encode()).hexdigest(),
        device=resolve_device(configured_device, gpus),
    )


def device_kind(machine: Machine) -> dict[str, object]:
    """What of the machine enters the fingerprint: memory in whole GB, since a kernel update moves the rest."""
    return {
        "device": machine.device,
        "cpu_model": machine.cpu_model,
        "cpu_cores": machine.cpu_cores,
        "ram_gb": round(machine.ram_gb),
        "gpu_names": machine.gpu_names,
    }


def boot_id() -> str | None:
    """Identifies the machine's current boot; null where the system does not tell."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else None
