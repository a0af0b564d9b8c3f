"""The members of the meters' battery: each a device with a known power trace, read by the meter of a session, with a
counter that can go wrong.
"""

import itertools
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pynvml
import pytest

from support import measurements, records
from support.meters_fake import FakeRapl, fake_nvml, fake_rapl
from support.meters_trace import Clock, Trace
from wattlab.meters import rapl_perf
from wattlab.meters.accelerators.none import NoAccelerator
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.meters.contract import Accelerator, Gpu
from wattlab.records.record import Observed, Repeat
from wattlab.records.store import StoredCell
from wattlab.runs.validity import judge_all

IDLE_W, ACTIVE_W = 55.5, 300.0
WINDOW_S, IDLE_S = 10.0, 2.0


@dataclass
class Counter:
    """What a device's counter says (J) of the energy that it used, and what is wrong with it."""

    trace: Trace
    clock: Clock
    refresh_s: float = 0.001
    scale: float = 1.0
    #: Later: it stands still, it is set back to zero, or it raises.
    stands_at_j: float | None = None
    lost_j: float = 0.0
    error: str | None = None
    #: How a member's own interface says that a counter is gone, may not be read, or was never there.
    raises: Callable[[str], Exception] = field(default=lambda name: OSError(name))

    def joules(self) -> float:
        """Its reading now."""
        if self.error is not None:
            raise self.raises(self.error)
        if self.stands_at_j is not None:
            return self.stands_at_j
        refreshed_s = math.floor(self.clock.now() / self.refresh_s) * self.refresh_s
        return (2000.0 - self.lost_j + self.trace.energy_j(refreshed_s)) * self.scale


class Member:
    """A device and the session's meter; `component` is the energy of a window that is held against the trace."""

    component = "gpu"
    gpu_index: int | None = 0
    #: Rows of the battery that its interface has no case of.
    lacks: tuple[str, ...] = ()

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.monkeypatch, self.clock = monkeypatch, Clock(monkeypatch)
        self.counter = Counter(Trace(self.clock.now(), IDLE_W), self.clock)
        self.install(tmp_path)

    def install(self, tmp_path: Path) -> None:
        """Put the device where its interface is asked."""
        raise NotImplementedError

    def meter(self) -> CodeCarbonMeter:
        """The meter of a session on this machine."""
        return CodeCarbonMeter(self.gpu_index)

    def set_w(self, power_w: float) -> None:
        """Power from now on."""
        self.counter.trace.set(self.clock.now(), power_w)


class NvidiaMember(Member):
    lacks = ("wrap",)  # 64 bits of millijoules

    def install(self, tmp_path: Path) -> None:
        fake_nvml(self.monkeypatch, 1)
        self.counter.raises = lambda name: pynvml.NVMLError(getattr(pynvml, f"NVML_ERROR_{name}"))
        power = self.counter.trace.powers
        self.answer("TotalEnergyConsumption", lambda _: int(self.counter.joules() * 1000))
        self.answer("PowerUsage", lambda _: self.alive(int(power[-1] * 1000)))
        self.answer("MaxClockInfo", lambda *_: self.alive(1980))

    def answer(self, question: str, says: Callable[..., Any]) -> None:
        self.monkeypatch.setattr(pynvml, f"nvmlDeviceGet{question}", says)

    def alive(self, value: int) -> int:
        if self.counter.error == "GPU_IS_LOST":
            raise self.counter.raises("GPU_IS_LOST")
        return value

    def share_memory(self) -> None:
        def not_supported(_: int) -> None:
            raise self.counter.raises("NOT_SUPPORTED")

        self.answer("MemoryInfo", not_supported)


class OtherVendorMember(Member):
    """An accelerator of the contract that CodeCarbon does not know."""

    lacks = ("wrap",)

    def install(self, tmp_path: Path) -> None:
        member = self

        class Board(Accelerator):
            vendor, interface, platform, torch_device = "Other", "OTHER", "OTHER", "other"
            visible_variable = "OTHER_VISIBLE_DEVICES"

            def find(self) -> list[Gpu]:
                return [Gpu(0, "Board", "OTHER-0", "1.0")]

            def torch_version(self) -> str:
                return "1.0"

            def synchronise(self) -> None:
                pass

            def energy_j(self, gpu: Gpu) -> float | None:
                return None if member.counter.error else member.counter.joules()

        self.board = Board("other")

    def meter(self) -> CodeCarbonMeter:
        return CodeCarbonMeter(0, self.board)

    def share_memory(self) -> None:
        """The contract's `memory_bytes` is null by default."""


class PowercapMember(Member):
    component, gpu_index = "cpu", None
    lacks = ("shared memory",)

    def install(self, tmp_path: Path) -> None:
        self.fake = fake_rapl(self.monkeypatch, tmp_path, packages=1)
        self.clock.listeners.append(self.write)
        self.write(self.clock.now())

    def write(self, now_s: float) -> None:
        path = self.fake.root / "intel-rapl:0/energy_uj"
        try:
            range_uj = round(self.fake.range_uj * self.counter.scale)
            said_uj = round(self.counter.joules() * 1e6) % range_uj
        except OSError as error:
            if str(error) == "NO_PERMISSION":
                self.fake.deny(self.monkeypatch, 0)
            else:
                path.unlink(missing_ok=True)
            return
        path.with_name("max_energy_range_uj").write_text(str(range_uj))
        new = path.with_name("new")
        new.write_text(str(said_uj))
        new.replace(path)


class PerfMember(Member):
    """powercap's counters are root's, and `perf_event` is open."""

    component, gpu_index = "cpu", None
    lacks = ("wrap", "shared memory")  # the kernel takes up the wraps

    def install(self, tmp_path: Path) -> None:
        fake = fake_rapl(self.monkeypatch, tmp_path, packages=1)
        fake.deny(self.monkeypatch, 0)
        fake_perf(self.monkeypatch, fake, [self.counter.joules])


def fake_perf(monkeypatch: pytest.MonkeyPatch, fake: FakeRapl, packages: list[Callable[[], float]]) -> None:
    """The kernel's list of the event below `fake.pmu`, and a counter for each package, from what reads its joules."""
    scale = 2.3283064365386962890625e-10
    (fake.pmu / "events").mkdir(parents=True)
    cpus = [18 * place for place in range(len(packages))]
    for name, text in {
        "type": "9",
        "cpumask": ",".join(map(str, cpus)),
        "events/energy-pkg": "event=0x02",
        "events/energy-pkg.scale": repr(scale),
        "events/energy-pkg.unit": "Joules",
    }.items():
        (fake.pmu / name).write_text(f"{text}\n")

    def opened(kind: int, config: int, cpu: int) -> Callable[[], int]:
        assert (kind, config) == (9, 2)
        read_j = packages[cpus.index(cpu)]
        read_j()
        n_read = itertools.count()  # a package always draws something: the first reading lacks a count
        return lambda: round(read_j() / scale) - (next(n_read) == 0)

    assert struct.calcsize(rapl_perf.ATTRIBUTES.format) == 64
    monkeypatch.setattr(rapl_perf, "open_counter", opened)


class ModelMember(Member):
    """CodeCarbon's own: no counter is here, the CPU's energy is computed."""

    component, gpu_index = "cpu", None
    lacks = ("wrap", "lag", "reset", "stall", "vanishes", "unit", "permission", "shared memory")

    def install(self, tmp_path: Path) -> None:
        fake_rapl(self.monkeypatch, tmp_path, packages=0)


class NoneMember(ModelMember):
    """A machine without an accelerator."""

    component = "gpu"

    def meter(self) -> CodeCarbonMeter:
        return CodeCarbonMeter(None, NoAccelerator("cpu"))


MEMBERS: dict[str, type[Member]] = {
    "NVIDIA": NvidiaMember,
    "another vendor": OtherVendorMember,
    "RAPL, powercap": PowercapMember,
    "RAPL, perf_event": PerfMember,
    "CodeCarbon's model": ModelMember,
    "none": NoneMember,
}


def measured_repeats(
    member: Member, fault: Callable[[], None], n: int = 4, faulty: int = 2
) -> list[tuple[Repeat, float]]:
    """Repeats of 10 s, judged, each with the truth (J) of its work; in the middle of one of them the fault sets in."""
    member.clock.sleep(0.0)
    meter, truths_j, observed = member.meter(), [], []
    before = None
    for index in range(n):
        member.clock.sleep(0.0618 * index)
        meter.begin()
        start_s = member.clock.now()
        begun_j = member.counter.trace.energy_j(start_s)
        member.set_w(ACTIVE_W)
        for half in range(2):
            member.clock.sleep(WINDOW_S / 2)
            if index == faulty and half == 0:
                fault()
        member.set_w(IDLE_W)
        truths_j.append(member.counter.trace.energy_j(member.clock.now()) - begun_j)
        window = meter.end(member.clock.now() - start_s)
        meter.begin()
        member.clock.sleep(IDLE_S)
        after = meter.end(IDLE_S)
        counts = {"index": index, "session": "s1", "n_inferences": 1, "n_output_units": 1, "output_unit": "label"}
        content = {**window.model_dump(), "idle_before": before, "idle_after": after, **counts}
        observed.append(Observed.model_validate(content | {"foreign_processes": []}))
        before = after
    session = measurements.session("s1", gpu_index=member.gpu_index)
    resolved = records.resolved_cell(protocol_values={"repeats": n})
    stored = StoredCell(sessions=[session], observed=observed, passes=1, done={})
    return list(zip(judge_all(stored, resolved.spec), truths_j, strict=True))
