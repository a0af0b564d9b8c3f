"""The accuracy tests in real time: nothing is moved but the power of fake GPUs and CPU packages. `make test-meters`."""

import math
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from support.meters_fake import fake_rapl
from support.meters_trace import (
    ACTIVE_W,
    GPU,
    IDLE_W,
    LATENCY_S,
    TracedNvml,
    TracedRapl,
    bench_of,
    gpu_window,
    phases,
    traced_nvml,
)
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.runs.session import measured


class RealClock:
    """The clock as it is."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def now(self) -> float:
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def gpus(monkeypatch: pytest.MonkeyPatch, **settings: float) -> TracedNvml:
    return traced_nvml(monkeypatch, RealClock(), **settings)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(("seconds", "n", "limit"), [(10.0, 2, 0.005), (1.0, 5, 0.02)])
def test_gross_energy_with_a_counter_of_1_ms(
    monkeypatch: pytest.MonkeyPatch, seconds: float, n: int, limit: float
) -> None:
    nvml = gpus(monkeypatch, refresh_s=0.001)
    bench = bench_of(CodeCarbonMeter(GPU))
    for phase in phases(n):
        time.sleep(0.3 * phase)
        window, truth_j = gpu_window(nvml, bench, seconds)
        assert window.energy_gpu_j is not None
        assert sum(window.energy_gpu_j) == pytest.approx(sum(truth_j), rel=limit)
        assert window.energy_gpu_j[GPU] == pytest.approx(truth_j[GPU], rel=limit)


@pytest.mark.slow
@pytest.mark.alone
def test_twenty_windows_of_a_second_with_a_counter_of_100_ms(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = gpus(monkeypatch, refresh_s=0.1, latency_s=LATENCY_S)
    bench = bench_of(CodeCarbonMeter(GPU))
    node_errors, device_errors = [], []
    for phase in phases(20):
        time.sleep(0.2 + 0.1 * phase)
        window, truth_j = gpu_window(nvml, bench, 1.0)
        assert window.energy_gpu_j is not None
        # Eight readings of 2.3 ms at each end: the idle floor of that time is in the window, and in its `window_s`.
        spare_j = (window.window_s - window.duration_s) * 8 * IDLE_W
        node_w = ACTIVE_W + 7 * IDLE_W
        assert abs(sum(window.energy_gpu_j) - sum(truth_j)) <= 0.1 * node_w + 0.005 * sum(truth_j) + spare_j
        node_errors.append(sum(window.energy_gpu_j) / sum(truth_j) - 1)
        device_errors.append(window.energy_gpu_j[GPU] / truth_j[GPU] - 1)
    for errors in (node_errors, device_errors):
        assert math.sqrt(sum(error**2 for error in errors) / len(errors)) <= 0.065


@pytest.mark.slow
@pytest.mark.alone
def test_rapl_across_many_wraps_while_power_flows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """140 W for five seconds through counters of 262 J: both wrap, one of them twice."""
    fake = fake_rapl(monkeypatch, tmp_path, packages=2, range_uj=262_143_328)
    rapl = TracedRapl(fake, RealClock(), packages=2, power_w=20.0)  # type: ignore[arg-type]
    done = threading.Event()

    def flow() -> None:
        while not done.wait(0.001):
            rapl.write(time.perf_counter())

    writer = threading.Thread(target=flow)
    writer.start()
    try:
        bench = bench_of(CodeCarbonMeter())

        def work() -> float:
            before = rapl.energy_j()
            rapl.traces[0].set(time.perf_counter(), 120.0)
            time.sleep(5.0)
            rapl.traces[0].set(time.perf_counter(), 20.0)
            return rapl.energy_j() - before

        window, truth_j = measured(bench, work)
    finally:
        done.set()
        writer.join()
    assert truth_j > 700.0
    assert window.energy_cpu_j == pytest.approx(truth_j, rel=0.005)
    assert window.reference_energy_cpu_j == pytest.approx(truth_j, rel=0.005)
    assert window.problems == []
