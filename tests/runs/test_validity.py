"""Verdicts on repeats, and what a cell still needs."""

from typing import Any

import pytest

from support import measurements, records
from wattlab.records.record import GpuState, Observed, Repeat, Session
from wattlab.records.store import StoredCell
from wattlab.runs.assembly import judge_cell, split_repeats
from wattlab.runs.deaths import Death
from wattlab.runs.validity import is_settled, judge_all, n_valid
from wattlab.study.cells import ResolvedCell, Spec

OBSERVED = set(Observed.model_fields)


def observed(index: int = 0, **extra: Any) -> Observed:
    given = {"cpu_j": 36.0, "ram_j": 20.0, **extra}
    return Observed.model_validate(measurements.repeat(index, **given).model_dump(include=OBSERVED))


def spec_of(cell: ResolvedCell) -> Spec:
    assert cell.spec is not None
    return cell.spec


def stored(
    repeats: list[Observed], done: dict[str, tuple[int, int]] | None = None, sessions: list[Session] | None = None
) -> StoredCell:
    return StoredCell(sessions=sessions or [measurements.session("s1")], observed=repeats, passes=1, done=done or {})


SPEC = spec_of(records.resolved_cell())


def judged(*repeats: Observed, spec: Spec = SPEC, sessions: list[Session] | None = None) -> list[Repeat]:
    return judge_all(stored(list(repeats), sessions=sessions), spec)


def alone(one: Observed, spec: Spec = SPEC, session: Session | None = None) -> Repeat:
    return judged(one, spec=spec, sessions=[session or measurements.session()])[0]


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"cpu_j": 0.0}, "energy_cpu_j is 0.0"),
        ({"cpu_j": -1.0}, "energy_cpu_j is -1.0"),
        ({"cpu_j": None}, "energy_cpu_j is None"),
        ({"ram_j": 0.0}, "energy_ram_j is 0.0"),
        ({"window_s": 0.4}, "below invalid_below_s"),
        ({"foreign_processes": [7]}, "1 foreign process"),
    ],
)
def test_what_makes_a_repeat_invalid(extra: dict[str, Any], reason: str) -> None:
    repeat = alone(observed(**extra))
    assert not repeat.valid
    assert reason in "; ".join(repeat.reasons)


def test_an_absent_component_adds_nothing_and_is_no_fault() -> None:
    plain = observed()
    assert plain.energy_gpu_method == "absent"
    repeat = alone(plain)
    assert repeat.valid
    assert repeat.reasons == []


def test_a_gpu_that_can_not_be_read_is_no_absent_gpu() -> None:
    repeat = alone(observed(), session=measurements.session(gpu_index=0))
    assert not repeat.valid
    assert "can not be read" in "; ".join(repeat.reasons)


def test_the_computing_gpu_must_show_energy() -> None:
    idle_gpu = observed(gpu_j=[0.0, 55.0])
    assert not alone(idle_gpu, session=measurements.session(gpu_index=0)).valid
    assert alone(idle_gpu, session=measurements.session(gpu_index=1)).valid


def methods(*names: str, **extra: Any) -> list[Observed]:
    """Repeats in this order, each with its method of the CPU."""
    return [observed(index, energy_cpu_method=name, **extra) for index, name in enumerate(names)]


def valid(*names: str) -> list[int]:
    return [repeat.index for repeat in judged(*methods(*names)) if repeat.valid]


@pytest.mark.parametrize(
    ("names", "counting"),
    [
        (["model", "counter", "counter", "counter"], [1, 2, 3]),  # it hiccuped at first
        (["counter", "model", "counter", "counter"], [0, 2, 3]),  # or later
        (["counter", "model", "model", "model"], [1, 2, 3]),  # it worked once and never again
        (["model", "counter"], [1]),
        (["model", "model", "counter"], [0, 1]),
        (["model", "model", "counter", "counter"], [2, 3]),
    ],
)
def test_a_mean_has_one_method_and_no_single_repeat_decides_which(names: list[str], counting: list[int]) -> None:
    assert valid(*names) == counting
    left_out = [repeat for repeat in judged(*methods(*names)) if repeat.index not in counting]
    one, other = ("model", "counter") if names[counting[0]] == "counter" else ("counter", "model")
    assert {repeat.reasons[0] for repeat in left_out} == {
        f"energy_cpu_j is by {one}, and by {other} in the repeats that count"
    }


def test_repeats_that_are_not_sound_choose_no_method() -> None:
    counted = methods("counter", "counter", window_s=0.4)
    modelled = [observed(index, energy_cpu_method="model") for index in (2, 3)]
    assert [repeat.valid for repeat in judged(*counted, *modelled)] == [False, False, True, True]


def test_counters_that_were_opened_between_two_sessions_win() -> None:
    """Two modelled repeats, then the doctor's advice is followed and two more are wanted."""
    sessions = [measurements.session("closed"), measurements.session("open")]
    cell = spec_of(records.resolved_cell(repeats=4))
    closed = [observed(i, energy_cpu_method="model", session="closed", cpu_j=8.0) for i in range(2)]
    opened = [observed(i, energy_cpu_method="counter", session="open", cpu_j=5.0) for i in range(2, 6)]
    one = stored([*closed, *opened[:2]], sessions=sessions)
    assert [repeat.index for repeat in judge_all(one, cell) if repeat.valid] == [2, 3]
    assert not is_settled(one, cell)
    whole = stored([*closed, *opened], sessions=sessions)
    assert n_valid(judge_all(whole, cell)) == 4 and is_settled(whole, cell)


def on_gpu(index: int, session: str, limit_w: float, **state: Any) -> Observed:
    given = GpuState(power_limit_w=limit_w, **state)
    return observed(index, session=session, gpu_j=[50.0, 3000.0], gpu_state=given, foreign_processes=[])


def test_a_limit_that_changed_between_sessions_is_flagged_and_within_one_invalid() -> None:
    sessions = [measurements.session(name, gpu_index=1) for name in ("one", "other")]
    repeats = [on_gpu(0, "one", 300.0), *[on_gpu(i, "other", 400.0) for i in (1, 2, 3)]]
    found = judged(*repeats, sessions=sessions)
    assert [(repeat.valid, repeat.flags) for repeat in found] == [
        (True, ["limits_changed"]),
        *[(True, [])] * 3,
    ]
    within = judged(*[on_gpu(i, "one", limit_w) for i, limit_w in enumerate((300.0, 400.0, 400.0))], sessions=sessions)
    assert [repeat.valid for repeat in within] == [False, True, True]
    assert within[0].reasons == ["the GPU's power limit is 300.0 W, and 400.0 W in most repeats of its session"]


def test_a_low_clock_is_flagged_wherever_it_stands() -> None:
    sessions = [measurements.session("one", gpu_index=1)]
    repeats = [on_gpu(i, "one", 400.0, sm_clock_mhz=clock) for i, clock in enumerate((1200, 1410, 1410))]
    assert [repeat.flags for repeat in judged(*repeats, sessions=sessions)] == [["clock_changed"], [], []]


def test_other_load_is_recorded_without_a_limit_and_judged_with_one() -> None:
    busy = observed(other_load_cores=0.7)
    assert alone(busy).valid
    strict = spec_of(records.resolved_cell(protocol_values={"max_other_load_cores": 0.5}))
    assert alone(busy, strict).reasons == ["other load of 0.70 cores is above max_other_load_cores = 0.5"]


def test_counters_can_be_required() -> None:
    strict = SPEC.model_copy(update={"require_counters": True})
    assert "energy_cpu_j is by model" in alone(observed(), strict).reasons[0]
    counted = observed(energy_cpu_method="counter")
    assert alone(counted, strict).valid


@pytest.mark.parametrize(
    ("method", "window_s", "short"),
    [("model", 4.9, True), ("model", 5.0, False), ("counter", 1.0, False), ("counter", 0.9, True)],
)
def test_short_windows_are_flagged_by_the_counter_that_they_rest_on(method: str, window_s: float, short: bool) -> None:
    one = observed(window_s=window_s, energy_cpu_method=method)
    repeat = alone(one)
    assert repeat.valid
    assert repeat.short is short


def test_three_valid_repeats_settle_a_cell_and_two_do_not() -> None:
    three = [observed(i) for i in range(3)]
    assert is_settled(stored(three), SPEC)
    assert not is_settled(stored(three[:2]), SPEC)


def test_spent_redos_settle_a_cell_with_two_valid_repeats() -> None:
    repeats = [observed(0), observed(1), *[observed(i, cpu_j=0.0) for i in (2, 3, 4)]]
    assert not is_settled(stored(repeats), SPEC)
    assert is_settled(stored(repeats, done={"s1": (3, 2)}), SPEC)
    more = spec_of(records.resolved_cell(repeats=5))
    assert not is_settled(stored(repeats, done={"s1": (3, 2)}), more)


def test_one_valid_repeat_never_settles_a_cell() -> None:
    repeats = [observed(0), *[observed(i, cpu_j=0.0) for i in (1, 2, 3, 4)]]
    assert not is_settled(stored(repeats, done={"s1": (3, 2)}), SPEC)


def test_the_record_keeps_the_first_valid_ones_and_the_invalid_before_the_last_of_them() -> None:
    repeats = judged(*[observed(i, cpu_j=0.0 if i in (1, 4) else 5.0) for i in range(6)])
    kept, extra = split_repeats(repeats, 3)
    assert [r.index for r in kept] == [0, 1, 2, 3]
    assert [r.index for r in extra] == [4, 5]
    assert split_repeats(repeats, 5) == (repeats, [])


def test_a_cell_with_too_few_valid_repeats_failed_and_says_why() -> None:
    cell = records.resolved_cell()
    repeats = [observed(0), *[observed(i, cpu_j=0.0) for i in (1, 2, 3, 4)]]
    judged = judge_cell(stored(repeats, done={"s1": (3, 2)}), cell, None, [])
    assert judged["status"] == "failed"
    assert judged["failure"].reason.startswith("too few valid repeats: 1 of 3 (energy_cpu_j is 0.0")


def test_a_worker_that_died_leaves_a_failed_cell_with_its_repeats() -> None:
    judged = judge_cell(
        stored([observed(0), observed(1)]),
        records.resolved_cell(),
        Death("the worker was ended by SIGKILL", "give it more"),
        ["last words"],
    )
    assert judged["status"] == "failed"
    assert judged["failure"].reason == "the worker was ended by SIGKILL"
    assert judged["failure"].remedy == "give it more"
    assert judged["failure"].log_tail == ["last words"]
    assert [r.index for r in judged["repeats"]] == [0, 1]
