"""The accelerators that wattlab can measure on, by the word for each in the configuration (`device`) and in records.

A vendor is one class (`contract.Accelerator`) and one line here. A class of another package is added with

    from wattlab.meters.accelerators import ACCELERATORS
    ACCELERATORS.register("npu", "their_package.npu:Npu")

before anything asks: cells are measured in processes of their own, so put the two lines into `sitecustomize.py` in a
folder on PYTHONPATH, which Python runs at the start of each.
"""

from wattlab.foundation.kinds import Registry
from wattlab.meters.contract import Accelerator

CPU = "cpu"

ACCELERATORS: Registry[Accelerator] = Registry(
    "accelerator",
    Accelerator,  # type: ignore[type-abstract]
    {
        "cuda": "wattlab.meters.accelerators.nvidia:Nvidia",
        CPU: "wattlab.meters.accelerators.none:NoAccelerator",
    },
)


def computing(device: str) -> Accelerator:
    """What computes on a resolved device; on the CPU an accelerator without devices."""
    return ACCELERATORS.get(device)(device)


def on_machine(device: str = "auto") -> Accelerator:
    """Whose devices this machine has and a meter counts: those of `device` where it names an accelerator.

    For `auto` and `cpu` of the first that shows one, else of the one without devices. Raises `NoDevice`.
    """
    if device not in ("auto", CPU):
        return computing(device)
    found = (accelerator for accelerator in map(computing, ACCELERATORS) if accelerator.gpus)
    return next(found, computing(CPU))


def torch_versions() -> dict[str, str]:
    """Version of every platform that torch was built for, by device."""
    versions = {device: computing(device).torch_version() for device in ACCELERATORS}
    return {device: version for device, version in versions.items() if version is not None}
