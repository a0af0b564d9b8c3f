"""What wattlab asks of an accelerator, and of a meter.

Every question about a device may be answered with null: not known. No exception of a vendor's library leaves an
accelerator: it becomes null, or one `NoDevice` where a device is there and can not be listed.
"""

import importlib.util
import os
import runpy
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from wattlab.foundation.errors import NoDevice
from wattlab.records.record import GpuState, Window


@dataclass(frozen=True)
class Gpu:
    """A device of an accelerator; `index` is its place in the vendor's order and in `energy_gpu_j`.

    `sliced`: it is cut into shares (as by MIG), and its counter holds the energy of all of them.
    """

    index: int
    name: str
    uuid: str
    driver: str
    sliced: bool = False
    memory_bytes: int | None = None


@dataclass(frozen=True)
class GpuReading:
    """A device at one moment; `slowed_s` is the time with a lower clock since the driver was loaded, by cause."""

    power_w: float | None = None
    power_limit_w: float | None = None
    sm_clock_mhz: int | None = None
    sm_clock_limit_mhz: int | None = None
    slowdowns: list[str] = field(default_factory=list)
    slowed_s: dict[str, float] = field(default_factory=dict)

    def since(self, before: "GpuReading") -> GpuState:
        """The state of the window between two readings."""
        slowed_s = {
            cause: time_s - before.slowed_s[cause]
            for cause, time_s in self.slowed_s.items()
            if cause in before.slowed_s
        }
        return GpuState(**{**vars(self), "slowed_s": slowed_s})


class Accelerator(ABC):
    """The devices of one vendor on this machine.

    A vendor's class states the class variables and answers `find`, `torch_version` and `synchronise`; what else it
    can tell (energy, reading, processes) it overrides.

    Attributes:
        device: the name under which the class is registered: the word for it in the configuration and in records.
    """

    #: Vendor, interface that lists the devices, and platform that torch is built for, as people name them.
    vendor: ClassVar[str]
    interface: ClassVar[str]
    platform: ClassVar[str]
    #: Torch's word for the device.
    torch_device: ClassVar[str]
    #: Environment variable that says which of the devices a process may use, by index or UUID.
    visible_variable: ClassVar[str]
    #: How the vendor calls a device that is cut into shares, and what makes it whole.
    sliced_words: ClassVar[str] = "it is shared"
    sliced_remedy: ClassVar[str] = "make it whole"
    #: What torch says when a device's memory is used up, as a regular expression.
    out_of_memory: ClassVar[str] = "OutOfMemoryError"  # torch's own class, for every device
    #: Whether CodeCarbon reads these devices by itself. If not, `energy_j` is their energy in a record.
    codecarbon_reads: ClassVar[bool] = False

    def __init__(self, device: str) -> None:
        self.device = device

    @abstractmethod
    def find(self) -> list[Gpu]:
        """Every device of the machine, in the vendor's order.

        Raises `NoDevice` where a driver is there and does not answer: its devices draw power that nothing would count.
        """

    @abstractmethod
    def torch_version(self) -> str | None:
        """Version of the platform that torch was built for; null where it was built without it."""

    @abstractmethod
    def synchronise(self) -> None:
        """Wait until the device has done all work that this process gave it."""

    def energy_j(self, gpu: Gpu) -> float | None:
        """Reading of its energy counter (J); only differences mean anything."""
        return None

    def reading(self, gpu: Gpu) -> GpuReading:
        """Power, clocks and slowdowns now."""
        return GpuReading()

    def processes(self, gpu: Gpu) -> set[int] | None:
        """Ids of the processes that compute on it."""
        return None

    def leaves_traces(self) -> bool:
        """Whether something other than its interface says that this machine has such a device."""
        return False

    def environment(self, gpu: Gpu) -> dict[str, str]:
        """Environment of a process that is to see this device alone."""
        return {self.visible_variable: str(gpu.index)}

    def is_named(self, gpu: Gpu, name: str) -> bool:
        """Whether a part of the variable's value means this device: its index, or the beginning of its UUID."""
        return name == str(gpu.index) or (name != "" and gpu.uuid.startswith(name))

    @cached_property
    def gpus(self) -> list[Gpu]:
        """`find`, asked once."""
        return self.find()

    def visible(self) -> list[Gpu]:
        """The devices that the environment leaves; as for the vendor's own programs, a wrong name ends the list."""
        named = os.environ.get(self.visible_variable)
        if named is None:
            return self.gpus
        left: list[Gpu] = []
        for name in named.split(","):
            found = [gpu for gpu in self.gpus if self.is_named(gpu, name.strip())]
            if not found:
                break
            left += found
        return [gpu for gpu in self.gpus if gpu in left]

    def unusable(self) -> str | None:
        """Why torch can not compute here, as a clause; null where it can."""
        if not self.gpus:
            return f"{self.interface} shows no GPU on this machine"
        if self.torch_version() is None:
            return f"torch is built without {self.platform} on this machine"
        return None if self.visible() else self._none_is_visible()

    def whole(self) -> list[Gpu]:
        """The visible devices that are not cut into shares: what may be measured on. Raises `NoDevice` for none."""
        visible = self.visible()
        if not visible:
            raise NoDevice(f"{self._none_is_visible()}; unset it, or name one of them by its index or UUID")
        kept = [gpu for gpu in visible if not gpu.sliced]
        if not kept:
            shown = ", ".join(str(gpu.index) for gpu in visible)
            raise NoDevice(
                f"GPU {shown}: {self.sliced_words}, and the energy of a share can not be separated from its neighbours'; "
                f"{self.sliced_remedy}; or set device: cpu"
            )
        return kept

    def _none_is_visible(self) -> str:
        value = os.environ.get(self.visible_variable)
        return f"{self.visible_variable} = {value!r} leaves none of the {len(self.gpus)} GPU(s) that {self.interface} shows"


class Meter(ABC):
    """What measures the windows of a session, one at a time."""

    @abstractmethod
    def begin(self) -> None:
        """Open a window; the counters are read when this returns."""

    @abstractmethod
    def end(self, duration_s: float) -> Window:
        """Close it; the counters are read first. `duration_s` is the session's own clock around the work."""

    def foreign_processes(self) -> list[int] | None:
        """Processes of others on the computing device at either end of the last window; null: not known."""
        return None

    def describe(self) -> dict[str, Any]:
        """What the meter says of itself: nameplate powers (W), sources."""
        return {}


def torch_built_for(platform: str) -> str | None:
    """A version in torch's version file (`cuda`, `hip`, `xpu`); null where it has none. Importing torch takes seconds."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return None
    version = runpy.run_path(str(Path(spec.submodule_search_locations[0]) / "version.py")).get(platform)
    return None if version is None else str(version)
