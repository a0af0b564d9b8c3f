"""The state of the device during a repeat: what makes it invalid, what is flagged, and how it is read from NVML."""

from typing import Any

import pynvml
import pytest

from support import measurements, records
from support.meter_windows import window
from support.meters_fake import fake_nvml, forget_hardware
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.record import GpuState, Observed, Repeat
from wattlab.records.store import StoredCell
from wattlab.runs.validity import judge_all

SPEC = records.resolved_cell().spec
OBSERVED = set(Observed.model_fields)


@pytest.fixture(autouse=True)
def _no_cached_hardware() -> None:
    forget_hardware()


def observed(index: int = 0, **extra: Any) -> Observed:
    given = {"ram_j": 20.0, **extra}
    return Observed.model_validate(measurements.repeat(index, **given).model_dump(include=OBSERVED))


def on_cpu(threads: int = 1, **extra: Any) -> Repeat:
    spec = records.resolved_cell(protocol_values={"cpu_threads": threads}).spec
    cell = StoredCell(sessions=[measurements.session()], observed=[observed(**extra)], passes=1, done={})
    return judge_all(cell, spec)[0]


def on_gpu(state: GpuState | None = None, others: GpuState | None = None, **extra: Any) -> Repeat:
    """A repeat on a GPU; two more of its session were in the state `others`."""
    given = {"gpu_j": [50.0, 3000.0], "foreign_processes": [], **extra}
    states = [state, *([others] * 2 if others else [])]
    repeats = [observed(index, gpu_state=one, **given) for index, one in enumerate(states)]
    return judge_all(
        StoredCell(sessions=[measurements.session(gpu_index=1)], observed=repeats, passes=1, done={}), SPEC
    )[0]


@pytest.mark.parametrize(
    ("threads", "process_cpu_s", "flagged"),
    [(1, 9.1, False), (1, 9.0, False), (1, 8.99, True), (2, 18.0, False), (2, 17.9, True), (1, None, False)],
)
def test_a_process_that_got_less_than_nine_tenths_of_its_cores_is_flagged(
    threads: int, process_cpu_s: float | None, flagged: bool
) -> None:
    repeat = on_cpu(threads, process_cpu_s=process_cpu_s)  # windows of 10 s
    assert repeat.valid
    assert ("throttled_cores" in repeat.flags) is flagged


def test_a_process_that_waits_for_its_gpu_is_not_flagged() -> None:
    assert on_gpu(process_cpu_s=1.0).flags == []


@pytest.mark.parametrize(
    ("duration_s", "valid"), [(10.0, True), (9.75, True), (9.69, False), (10.25, True), (10.31, False)]
)
def test_a_gap_between_the_counters_and_the_work_is_no_window(duration_s: float, valid: bool) -> None:
    repeat = on_cpu(duration_s=duration_s)
    assert repeat.valid is valid
    assert valid or repeat.reasons == [f"gap: the counters span 10.000 s and the work {duration_s:.3f} s"]


def test_what_the_meter_saw_makes_the_repeat_invalid() -> None:
    assert on_cpu(problems=["the machine was suspended for 30.0 s"]).reasons == ["the machine was suspended for 30.0 s"]


@pytest.mark.parametrize(("reference_j", "flagged"), [(3600.0, False), (3610.0, False), (3680.0, True), (3500.0, True)])
def test_a_reference_that_disagrees_is_flagged(reference_j: float, flagged: bool) -> None:
    repeat = on_cpu(energy_cpu_method="counter", reference_energy_cpu_j=reference_j)
    assert repeat.valid
    assert ("reference_disagrees_cpu" in repeat.flags) is flagged


def test_a_modelled_component_has_no_reference_to_disagree_with() -> None:
    assert on_cpu(reference_energy_cpu_j=1.0).flags == []


@pytest.mark.parametrize(("reference_j", "flagged"), [(3000.0, False), (3070.0, False), (3090.0, True)])
def test_the_gpus_reference_may_be_off_by_a_refresh_at_each_end(reference_j: float, flagged: bool) -> None:
    repeat = on_gpu(reference_energy_gpu_j=[50.0, reference_j])
    assert repeat.valid
    assert ("reference_disagrees_gpu" in repeat.flags) is flagged


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (GpuState(slowed_s={"thermal": 0.2}), "the GPU was slowed down for 0.20 s of 10.00 s: thermal"),
        (GpuState(slowed_s={"reliability": 5.0}), "the GPU was slowed down for 5.00 s of 10.00 s: reliability"),
        (GpuState(slowdowns=["power brake"]), "the GPU was slowed down: power brake"),
        (GpuState(power_limit_w=300.0), "the GPU's power limit is 300.0 W, and 400.0 W in most repeats of its session"),
        (
            GpuState(sm_clock_limit_mhz=1200),
            "the GPU's clock limit is 1200 MHz, and 1410 MHz in most repeats of its session",
        ),
    ],
)
def test_a_slowed_or_changed_gpu_makes_the_repeat_invalid(state: GpuState, reason: str) -> None:
    others = GpuState(power_limit_w=400.0, sm_clock_limit_mhz=1410, sm_clock_mhz=1410)
    assert on_gpu(state, others).reasons == [reason]


@pytest.mark.parametrize(
    ("state", "flags"),
    [
        (GpuState(slowed_s={"power": 4.0}), ["power_capped"]),
        (GpuState(slowed_s={"power": 0.05, "thermal": 0.05}), []),
        (GpuState(sm_clock_mhz=1200), ["clock_changed"]),
        (GpuState(sm_clock_mhz=1300), []),
    ],
)
def test_what_is_normal_or_a_hint_is_flagged(state: GpuState, flags: list[str]) -> None:
    repeat = on_gpu(state, GpuState(sm_clock_mhz=1410))
    assert repeat.valid
    assert repeat.flags == flags


@pytest.mark.parametrize(
    ("power_w", "flagged", "invalid"),
    [
        (55.0, False, False),
        (71.0, False, False),
        (74.0, True, False),
        (34.3, True, False),  # a factor of 1.75
        (140.0, True, True),
        (5.0, True, True),
    ],
)
@pytest.mark.parametrize("window_s", [2.0, 0.5])
def test_counter_and_power_that_disagree_while_idle(
    power_w: float, flagged: bool, invalid: bool, window_s: float
) -> None:
    """60 W by the counter; in the short windows of the default study flagged, by all of a session together."""
    before, after = (
        measurements.window(
            start_s=start_s, window_s=window_s, gpu_j=[100.0, 60.0 * window_s], gpu_state=GpuState(power_w=power_w)
        )
        for start_s in (0.0, 100.0)
    )
    repeat = on_gpu(GpuState(), idle_before=before, idle_after=after)
    assert repeat.flags == (["idle_power_disagrees"] if flagged else [])
    said = f"the GPU's counter says 60 W and its power reading {power_w:.0f} W while idle"
    assert repeat.reasons == ([said] if invalid and window_s >= 1 else [])


def test_an_idle_second_is_needed_and_no_window_counts_twice() -> None:
    """The counter moves every tenth of a second: half a second says nothing, and neighbours share it."""
    idle = measurements.window(window_s=0.5, gpu_j=[100.0, 30.0], gpu_state=GpuState(power_w=140.0))
    assert on_gpu(GpuState(), idle_before=idle, idle_after=idle).flags == []


def test_the_state_of_the_computing_gpu_is_read_at_the_ends_of_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = fake_nvml(monkeypatch, 2)
    nvml.slowed_ns = {pynvml.NVML_PERF_POLICY_THERMAL: 7_000_000_000, pynvml.NVML_PERF_POLICY_POWER: 0}
    meter = CodeCarbonMeter(1)

    def work() -> None:
        nvml.slowed_ns[pynvml.NVML_PERF_POLICY_THERMAL] += 250_000_000
        nvml.clock_reasons = pynvml.nvmlClocksEventReasonHwThermalSlowdown | pynvml.nvmlClocksEventReasonGpuIdle
        nvml.sm_clock_mhz = 900

    state = window(meter, work).gpu_state
    assert state is not None
    assert state.slowed_s == pytest.approx({"thermal": 0.25, "power": 0.0})
    assert state.slowdowns == ["thermal slowdown by hardware"]
    assert (state.power_w, state.power_limit_w) == (55.5, 400.0)
    assert (state.sm_clock_mhz, state.sm_clock_limit_mhz) == (900, 1410)


def test_a_cpu_has_no_gpu_state(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_nvml(monkeypatch, 1)
    assert window(CodeCarbonMeter()).gpu_state is None


def test_a_stranger_that_left_before_the_end_was_seen_at_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = fake_nvml(monkeypatch, 1)
    meter = CodeCarbonMeter(0)
    nvml.processes[0] = [100, 4711]

    def leaves() -> None:
        nvml.processes[0] = [100]

    window(meter, leaves)
    assert meter.foreign_processes() == [100, 4711]
    window(meter)
    assert meter.foreign_processes() == []  # 100 alone is ours


def test_a_second_measurement_on_the_device_is_a_stranger_to_both(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = fake_nvml(monkeypatch, 1)
    one, other = CodeCarbonMeter(0), CodeCarbonMeter(0)
    nvml.processes[0] = [10, 20]  # both came, in containers: neither id is this process's
    window(one)
    window(other)
    assert one.foreign_processes() == other.foreign_processes() == [10, 20]


def test_a_gpu_whose_processes_are_not_known_is_flagged() -> None:
    assert on_gpu(foreign_processes=None).flags == ["processes_unknown"]
    assert on_cpu(foreign_processes=None).flags == []


def test_a_suspended_machine_is_told_by_its_two_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    real, slept_s = time.clock_gettime, [0.0]
    monkeypatch.setattr(
        time, "clock_gettime", lambda clock: real(clock) + (slept_s[0] if clock == time.CLOCK_BOOTTIME else 0.0)
    )
    meter = CodeCarbonMeter()
    assert window(meter).problems == []
    assert window(meter, lambda: slept_s.append(slept_s.pop() + 30.0)).problems == [
        "the machine was suspended for 30.0 s"
    ]
