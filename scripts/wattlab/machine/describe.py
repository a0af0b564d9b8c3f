"""Facts about the machine, without torch: what a fingerprint's device kind and a session's `machine` say."""

import platform

import psutil

from wattlab.foundation.errors import NoDevice
from wattlab.foundation.processes import stated_cpu
from wattlab.machine.checked import host_sha256
from wattlab.meters.accelerators import CPU, on_machine
from wattlab.meters.contract import Accelerator
from wattlab.records.record import Machine

BYTES_PER_GB = 1024**3


def cpu_model() -> str:
    """Model name of the CPU, as the system states it."""
    return stated_cpu() or platform.processor() or platform.machine()


def resolve_device(configured: str, accelerator: Accelerator) -> str:
    """The accelerator's device, or `cpu`, for what the study configures; `NoDevice` where that is not there."""
    if configured == CPU:
        return CPU
    reason = accelerator.unusable()
    if reason and configured != "auto":
        raise NoDevice(f"device = {configured!r}: {reason}; set device: auto or cpu, or run it where there is one")
    return CPU if reason else accelerator.device


def describe_machine(configured_device: str) -> Machine:
    """The machine of this process, its device resolved (`resolve_device`)."""
    accelerator = on_machine(configured_device)
    gpus = accelerator.gpus
    return Machine(
        cpu_model=cpu_model(),
        cpu_cores=psutil.cpu_count() or 1,
        ram_gb=round(psutil.virtual_memory().total / BYTES_PER_GB, 1),
        gpu_names=[gpu.name for gpu in gpus],
        gpu_uuids=[gpu.uuid for gpu in gpus],
        gpu_driver=gpus[0].driver if gpus else None,
        host_sha256=host_sha256(),
        device=resolve_device(configured_device, accelerator),
    )
