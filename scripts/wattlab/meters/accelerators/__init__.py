"""The accelerators that wattlab can measure on, by the word for each in the configuration (`device`) and in records.

A vendor is one class (`contract.Accelerator`) and one line here. A class of another package is added with

    from wattlab.meters.accelerators import ACCELERATORS
    ACCELERATORS["npu"] = "their_package.npu:Npu"

before anything asks: cells are measured in processes of their own, so put the two lines into `sitecustomize.py` in a
folder on PYTHONPATH, which Python runs at the start of each. Every member is looked at when a study is read.
"""

from wattlab.foundation.errors import InputError
from wattlab.foundation.members import load_member
from wattlab.meters.contract import Accelerator

CPU = "cpu"

ACCELERATORS = {
    "cuda": "wattlab.meters.accelerators.nvidia:Nvidia",
    CPU: "wattlab.meters.accelerators.none:NoAccelerator",
}


def computing(device: str) -> Accelerator:
    """What computes on a resolved device; on the CPU an accelerator without devices. Nothing is asked of it yet.

    Raises `InputError` where nothing has that name, or where its target is no accelerator.
    """
    if device not in ACCELERATORS:
        raise InputError(f"device = {device!r}: give one of {', '.join(ACCELERATORS)}")
    target = ACCELERATORS[device]
    try:
        made = load_member(target)(device)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise InputError(f"accelerator {device!r} = {target!r}: {error}; a target is 'module:Class'") from error
    if not isinstance(made, Accelerator):
        raise InputError(f"accelerator {device!r} = {target!r}: it is no subclass of Accelerator")
    return made


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
