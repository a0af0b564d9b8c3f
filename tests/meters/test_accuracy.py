"""Energies of the record against injected truth: eight GPUs and two CPU packages with known power, over the real meter,
protocol, store and tables. The clock is a test's own; `tests/meters/test_accuracy_real_time.py` has the same in real time.
"""

import math
import random
from pathlib import Path
from typing import Any

import pytest

from support import measurements, records
from support.meters_trace import (
    ACTIVE_W,
    GPU,
    IDLE_W,
    LATENCY_S,
    Clock,
    TracedNvml,
    bench_of,
    gpu_window,
    phases,
    traced_nvml,
    traced_rapl,
)
from support.tables import Tables
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.store import open_store, read_store
from wattlab.runs.session import Bench, measured, run_session, session_header
from wattlab.runs.validity import judge_all
from wattlab.tables.evidence import CellEvidence, Evidence


@pytest.mark.parametrize("latency_s", [0.0, LATENCY_S])
@pytest.mark.parametrize(("seconds", "limit"), [(10.0, 0.005), (1.0, 0.02)])
def test_gross_energy_with_a_counter_of_1_ms(
    monkeypatch: pytest.MonkeyPatch, seconds: float, limit: float, latency_s: float
) -> None:
    nvml = traced_nvml(monkeypatch, Clock(monkeypatch), refresh_s=0.001, latency_s=latency_s)
    bench = bench_of(CodeCarbonMeter(GPU))
    for phase in phases(5):
        nvml.clock.sleep(0.3 + phase)
        window, truth_j = gpu_window(nvml, bench, seconds)
        assert window.energy_gpu_j is not None and window.energy_gpu_method == "counter"
        assert sum(window.energy_gpu_j) == pytest.approx(sum(truth_j), rel=limit)
        assert window.energy_gpu_j[GPU] == pytest.approx(truth_j[GPU], rel=limit)
        assert window.reference_energy_gpu_j is not None
        assert window.duration_s == pytest.approx(seconds, abs=0.02)


@pytest.mark.parametrize(("seconds", "n", "share"), [(1.0, 20, 0.005), (10.0, 20, 0.005)])
def test_gross_energy_with_a_counter_of_100_ms(
    monkeypatch: pytest.MonkeyPatch, seconds: float, n: int, share: float
) -> None:
    nvml = traced_nvml(monkeypatch, Clock(monkeypatch), refresh_s=0.1)
    bench = bench_of(CodeCarbonMeter(GPU))
    node_errors, device_errors = [], []
    for phase in phases(n):
        nvml.clock.sleep(0.3 + phase)
        window, truth_j = gpu_window(nvml, bench, seconds)
        assert window.energy_gpu_j is not None
        peak_node_w = ACTIVE_W + 7 * IDLE_W
        assert abs(sum(window.energy_gpu_j) - sum(truth_j)) <= 0.1 * peak_node_w + share * sum(truth_j)
        assert abs(window.energy_gpu_j[GPU] - truth_j[GPU]) <= 0.1 * ACTIVE_W + share * truth_j[GPU]
        node_errors.append(sum(window.energy_gpu_j) / sum(truth_j) - 1)
        device_errors.append(window.energy_gpu_j[GPU] / truth_j[GPU] - 1)
    limit = 0.065 if seconds == 1.0 else 0.015
    for errors in (node_errors, device_errors):
        assert math.sqrt(sum(error**2 for error in errors) / n) <= limit
        assert any(abs(error) > 1e-4 for error in errors)  # the refresh is there
    if seconds == 10.0:
        assert max(abs(error) for error in [*node_errors, *device_errors]) <= 0.015


class SleepingAdapter:
    """An inference is a second in which the GPU draws 100 W more than its floor at that moment."""

    output_unit = "label"

    def __init__(self, drift: "DriftingFloor") -> None:
        self.drift = drift

    def load(self) -> None:
        pass

    def transfer(self) -> None:
        pass

    def prepare(self, row: dict[str, Any]) -> Any:
        return row

    def counts(self, samples: list[Any]) -> dict[str, float]:
        return {}

    def infer(self, samples: list[Any]) -> list[Any]:
        return [self.drift.work(1.0)]


class DriftingFloor:
    """The idle power of a GPU wanders: a slow climb, and a step of a random walk for every window."""

    def __init__(self, nvml: TracedNvml, net_w: float) -> None:
        self.nvml, self.net_w, self.random, self.floor_w, self.net_j = nvml, net_w, random.Random(1), IDLE_W, 0.0
        self.start_s = nvml.clock.now()
        self.working = False
        self.step()

    def step(self) -> None:
        """A new floor."""
        climb_w = 13.0 * math.sin((self.nvml.clock.now() - self.start_s) / 80.0)
        self.floor_w = IDLE_W + climb_w + self.random.gauss(0.0, 1.0)
        self.nvml.set(GPU, self.floor_w + (self.net_w if self.working else 0.0))

    def work(self, seconds: float) -> "Label":
        """So much work, above a floor that moves on during it."""
        self.working = True
        self.step()
        self.nvml.clock.sleep(seconds)
        self.working = False
        self.step()
        return Label()


class Label:
    """An answer of one label."""

    value, n_output_units = "label", 1


@pytest.mark.slow
def test_net_energy_under_a_drifting_idle_floor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(monkeypatch)
    nvml = traced_nvml(monkeypatch, clock, refresh_s=0.1, latency_s=LATENCY_S)
    floor = DriftingFloor(nvml, net_w=100.0)
    resolved = records.resolved_cell(
        protocol_values={"repeats": 10, "n_inferences": 10, "min_window_s": 10.0, "idle_window_s": 10.0}
    )
    assert resolved.spec is not None
    meter = CodeCarbonMeter(GPU)
    session = measurements.session("s1", gpu_index=GPU, phases=False)
    with open_store(tmp_path / "store.jsonl", {}) as store:
        store.append("session", **session_header(session))
        store.append("passes", session="s1", passes=1, last_inference_s=1.0)
        run_session(Bench(resolved.spec, SleepingAdapter(floor), meter, store, "s1"), [{"row": i} for i in range(10)])
    stored = read_store(tmp_path / "store.jsonl")
    repeats = judge_all(stored, resolved.spec)
    assert [repeat.reasons for repeat in repeats] == [[]] * 10
    record = records.record_of(resolved, repeats, sessions=stored.sessions, device="cuda")
    study = records.resolved_study([resolved])
    runs = Tables(Evidence(study, records.catalog(), [CellEvidence(resolved, record)]))["runs"]
    truth_kwh_per_1000 = 100.0 * 10.0 / 3.6e6 / 10 * 1000
    net = runs["net_energy_device_kwh_per_1000"]
    assert len(net) == 10
    assert net.mean() == pytest.approx(truth_kwh_per_1000, rel=0.02)
    assert runs["energy_device_kwh_per_1000"].mean() > 1.3 * truth_kwh_per_1000  # the floor is there


def test_rapl_energy_within_half_a_percent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(monkeypatch)
    rapl = traced_rapl(monkeypatch, tmp_path, clock, packages=2)
    bench = bench_of(CodeCarbonMeter())

    def work() -> float:
        before = rapl.energy_j()
        rapl.traces[0].set(clock.now(), 120.0)
        for _ in range(20):
            clock.sleep(0.5)
        rapl.traces[0].set(clock.now(), 20.0)
        return rapl.energy_j() - before

    for _ in range(5):
        clock.sleep(0.1)  # the files are as old as the last sleep
        window, truth_j = measured(bench, work)
        assert window.energy_cpu_method == "counter"
        assert truth_j > 1400.0
        assert window.energy_cpu_j == pytest.approx(truth_j, rel=0.005)
        assert window.reference_energy_cpu_j == pytest.approx(truth_j, rel=0.005)
