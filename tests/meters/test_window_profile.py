"""What runs during a window: the work, and once a second CodeCarbon's sampler. Shown by a profile of every thread."""

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from support import records
from support.meters_fake import fake_rapl
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.runs.session import Bench, measured, run_passes

pytestmark = [pytest.mark.slow, pytest.mark.alone]

WATTLAB = str(Path(sys.modules["wattlab"].__file__ or "").parent)


class Profile:
    """Calls into the project's code, by thread and function, while it is open."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.open = False

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.open and event == "call" and frame.f_code.co_filename.startswith(WATTLAB):
            place = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
            self.calls[("work" if threading.current_thread() is threading.main_thread() else "beside", place)] += 1


def profiled(monkeypatch: pytest.MonkeyPatch, seconds: float, n_inferences: int) -> Profile:
    """The profile of the work of one window."""
    profile = Profile()

    class Adapter:
        def infer(self, samples: list[Any]) -> list[str]:
            profile.open = True  # from the first inference on; everything before it is outside
            time.sleep(seconds / n_inferences)
            return ["answer"]

    spec = records.resolved_cell().spec
    assert spec is not None
    threading.setprofile(profile)
    meter = CodeCarbonMeter()
    bench = Bench(spec, Adapter(), meter, None, "s1", samples=["one"])  # type: ignore[arg-type]

    def work() -> None:
        run_passes(bench, n_inferences)
        profile.open = False

    sys.setprofile(profile)
    try:
        measured(bench, work)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return profile


def test_nothing_of_the_harness_runs_during_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    assert profiled(monkeypatch, 2.5, 10).calls == {}


def test_on_rapl_the_splits_run_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_rapl(monkeypatch, tmp_path, packages=1, range_uj=500_000_000)  # a split every half a second
    calls = profiled(monkeypatch, 1.8, 6).calls
    assert calls[("beside", "rapl_splits._split")] in (2, 3)
    assert {place.split(".")[0] for _, place in calls} == {"rapl_splits", "rapl"}
    assert {thread for thread, _ in calls} == {"beside"}


def test_the_profile_would_see_a_harness_that_meddles(monkeypatch: pytest.MonkeyPatch) -> None:
    import wattlab.runs.session

    real = wattlab.runs.session.planned_passes
    monkeypatch.setattr(time, "sleep", lambda seconds: real(1.0, 1, 1.0))
    assert profiled(monkeypatch, 0.01, 2).calls[("work", "session.planned_passes")] == 2


def test_the_sampler_takes_a_fraction_of_a_core() -> None:
    spec = records.resolved_cell().spec
    assert spec is not None
    bench = Bench(spec, None, CodeCarbonMeter(), None, "s1")  # type: ignore[arg-type]

    def idle() -> float:
        process_s, thread_s = time.process_time(), time.thread_time()
        time.sleep(4.0)
        return (time.process_time() - process_s) - (time.thread_time() - thread_s)

    window, beside_s = measured(bench, idle)
    assert beside_s / window.duration_s < 0.005  # aim 0.002; measured 0.0007 by benchmarks/harness_overhead.py
