"""Fake energy counters: NVML as plain attributes, RAPL as plain files. Tests set them and get exact answers."""

import errno
import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import codecarbon.core.cpu
import codecarbon.core.gpu
import codecarbon.core.gpu_nvidia
import codecarbon.core.hardware_cache
import codecarbon.external.hardware
import pynvml
import pytest

from wattlab.meters.accelerators.nvidia import Nvidia
from wattlab.meters.contract import Gpu


class FakeGpus(Nvidia):
    """NVIDIA GPUs that were never asked for: just listed."""

    def __init__(self, gpus: list[Gpu]) -> None:
        super().__init__("cuda")
        self.find = lambda: gpus  # type: ignore[method-assign]


class FakeNvml:
    """GPUs whose counters (mJ), power (mW) and processes a test sets."""

    def __init__(self, n_gpus: int) -> None:
        self.energy_mj = [1_000_000_000] * n_gpus
        self.power_mw = [55_500] * n_gpus
        self.processes: list[list[int]] = [[] for _ in range(n_gpus)]
        self.has_counter = True
        self.power_limit_mw = 400_000
        self.sm_clock_mhz = 1410
        self.sm_clock_limit_mhz = 1410
        self.clock_reasons = 0
        self.slowed_ns: dict[int, int] = {}
        self.mig = [False] * n_gpus

    def violation(self, handle: int, policy: int) -> SimpleNamespace:
        """Time with a lower clock since the driver was loaded; a policy that is not in `slowed_ns` is not supported."""
        if policy not in self.slowed_ns:
            raise pynvml.NVMLError_NotSupported()
        return SimpleNamespace(referenceTime=0, violationTime=self.slowed_ns[policy])

    def mig_mode(self, handle: int) -> list[int]:
        """Current and pending mode."""
        return [int(self.mig[handle])] * 2

    def counter(self, handle: int) -> int:
        if not self.has_counter:
            raise pynvml.NVMLError_NotSupported()
        return self.energy_mj[handle]


def fake_nvml(monkeypatch: pytest.MonkeyPatch, n_gpus: int) -> FakeNvml:
    """Put `n_gpus` A100s where NVML is asked."""
    fake = FakeNvml(n_gpus)
    memory = SimpleNamespace(total=80 << 30, used=1 << 29, free=(80 << 30) - (1 << 29))
    answers = {
        "nvmlInit": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: "550.54",
        "nvmlDeviceGetCount": lambda: n_gpus,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda handle: "NVIDIA A100-SXM4-80GB",
        "nvmlDeviceGetUUID": lambda handle: f"GPU-00000000-0000-4000-8000-{handle:012d}",
        "nvmlDeviceGetMemoryInfo": lambda handle: memory,
        "nvmlDeviceGetEnforcedPowerLimit": lambda handle: fake.power_limit_mw,
        "nvmlDeviceGetClockInfo": lambda handle, kind: fake.sm_clock_mhz,
        "nvmlDeviceGetApplicationsClock": lambda handle, kind: fake.sm_clock_limit_mhz,
        "nvmlDeviceGetCurrentClocksEventReasons": lambda handle: fake.clock_reasons,
        "nvmlDeviceGetViolationStatus": fake.violation,
        "nvmlDeviceGetMigMode": fake.mig_mode,
        "nvmlDeviceGetPowerUsage": lambda handle: fake.power_mw[handle],
        "nvmlDeviceGetTotalEnergyConsumption": fake.counter,
        "nvmlDeviceGetUtilizationRates": lambda handle: SimpleNamespace(gpu=0, memory=0),
        "nvmlDeviceGetTemperature": lambda handle, sensor: 35,
        "nvmlDeviceGetComputeMode": lambda handle: 0,
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: [
            SimpleNamespace(pid=pid) for pid in fake.processes[handle]
        ],
        "nvmlDeviceGetGraphicsRunningProcesses": lambda handle: [],
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    monkeypatch.setattr(codecarbon.core.gpu, "is_nvidia_system", lambda: True)
    monkeypatch.setattr(codecarbon.core.gpu, "PYNVML_AVAILABLE", True)
    monkeypatch.setattr(codecarbon.core.gpu_nvidia, "pynvml", pynvml, raising=False)
    return fake


class FakeRapl:
    """A powercap tree of CPU packages."""

    def __init__(self, root: Path, packages: int, range_uj: int) -> None:
        self.root, self.range_uj, self.pmu = root, range_uj, root.parent / "power"
        for number in range(packages):
            folder = root / f"intel-rapl:{number}"
            folder.mkdir(parents=True)
            (folder / "name").write_text(f"package-{number}\n")
            # Different values, or CodeCarbon takes the second for a mirror of the first.
            (folder / "energy_uj").write_text(str(1_000_000_000 * (number + 1) % range_uj))
            (folder / "max_energy_range_uj").write_text(str(range_uj))

    def add_j(self, package: int, energy_j: float) -> None:
        """Let a package use energy; its counter wraps at its range."""
        path = self.root / f"intel-rapl:{package}" / "energy_uj"
        new = path.with_name("new")  # a reader beside it never sees an empty file, as it never does in the system's
        new.write_text(str((int(path.read_text()) + round(energy_j * 1e6)) % self.range_uj))
        new.replace(path)

    def add_domain(self, name: str, place: str, energy_uj: int) -> Path:
        """Another counter of the tree, as `intel-rapl:0:0` of the name `dram`; its path."""
        folder = self.root / place
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "energy_uj").write_text(str(energy_uj))
        (folder / "max_energy_range_uj").write_text(str(self.range_uj))
        return folder / "energy_uj"

    def deny(self, monkeypatch: pytest.MonkeyPatch, *packages: int) -> None:
        """From now on these packages' counters can not be read, as without root; holds for root too."""
        denied = {str(self.root / f"intel-rapl:{number}" / "energy_uj") for number in packages}
        real_open, real_access = io.open, os.access

        def guarded_open(file: Any, *rest: Any, **named: Any) -> Any:
            if str(file) in denied:
                raise PermissionError(errno.EACCES, "Permission denied", str(file))
            return real_open(file, *rest, **named)

        monkeypatch.setattr("builtins.open", guarded_open)
        monkeypatch.setattr(io, "open", guarded_open)
        monkeypatch.setattr(
            os, "access", lambda path, mode, **rest: str(path) not in denied and real_access(path, mode, **rest)
        )


def forget_hardware() -> None:
    """CodeCarbon remembers the first tracker's hardware for the whole process."""
    for name in dir(codecarbon.core.hardware_cache):
        clear = getattr(codecarbon.core.hardware_cache, name)
        if name.startswith(("clear", "reset")) and callable(clear):
            clear()


def fake_rapl(
    monkeypatch: pytest.MonkeyPatch, root: Path, packages: int = 2, range_uj: int = 262_143_328_850
) -> FakeRapl:
    """Put readable RAPL counters where CodeCarbon and `RaplCounters` look."""
    import wattlab.meters.codecarbon
    from wattlab.meters.rapl import RaplCounters

    fake = FakeRapl(root / "intel-rapl", packages, range_uj)
    real, is_available = codecarbon.core.cpu.IntelRAPL, codecarbon.core.cpu.is_rapl_available
    monkeypatch.setattr(
        codecarbon.core.cpu, "is_rapl_available", lambda *_, **__: is_available(rapl_dir=str(fake.root))
    )
    monkeypatch.setattr(
        codecarbon.external.hardware, "IntelRAPL", lambda rapl_dir=None, **rest: real(rapl_dir=str(fake.root), **rest)
    )
    monkeypatch.setattr(wattlab.meters.codecarbon, "RaplCounters", lambda: RaplCounters(fake.root, fake.pmu))
    return fake
