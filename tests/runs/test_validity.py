"""Verdicts on repeats, and what a cell still needs."""

from typing import Any

import pytest

from support import records
from wattlab.records.record import Observed, Session
from wattlab.records.store import StoredCell
from wattlab.runs.assembly import judge_cell, split_repeats
from wattlab.runs.deaths import Death
from wattlab.runs.validity import is_settled, judge
from wattlab.study.cells import ResolvedCell, Spec

OBSERVED = set(Observed.model_fields)


def observed(index: int = 0, **extra: Any) -> Observed:
    given = {"cpu_j": 36.0, "ram_j": 20.0, **extra}
    return Observed.model_validate(records.repeat(index, **given).model_dump(include=OBSERVED))


def spec_of(cell: ResolvedCell) -> Spec:
    assert cell.spec is not None
    return cell.spec


def stored(
    repeats: list[Observed], done: dict[str, tuple[int, int]] | None = None, sessions: list[Session] | None = None
) -> StoredCell:
    return StoredCell(sessions=sessions or [records.session("s1")], observed=repeats, passes=1, done=done or {})


SPEC = spec_of(records.resolved_cell())


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
    repeat = judge(observed(**extra), SPEC, records.session(), observed())
    assert not repeat.valid
    assert reason in "; ".join(repeat.reasons)


def test_an_absent_component_adds_nothing_and_is_no_fault() -> None:
    plain = observed()
    assert plain.energy_gpu_method == "absent"
    repeat = judge(plain, SPEC, records.session(), plain)
    assert repeat.valid
    assert repeat.reasons == []


def test_a_gpu_that_can_not_be_read_is_no_absent_gpu() -> None:
    repeat = judge(observed(), SPEC, records.session(gpu_index=0), observed())
    assert not repeat.valid
    assert "can not be read" in "; ".join(repeat.reasons)


def test_the_computing_gpu_must_show_energy() -> None:
    idle_gpu = observed(gpu_j=[0.0, 55.0])
    assert not judge(idle_gpu, SPEC, records.session(gpu_index=0), idle_gpu).valid
    assert judge(idle_gpu, SPEC, records.session(gpu_index=1), idle_gpu).valid


def test_a_method_must_not_change_within_a_cell() -> None:
    changed = observed(1, energy_cpu_method="counter")
    repeat = judge(changed, SPEC, records.session(), observed())
    assert repeat.reasons == ["energy_cpu_method changed from model to counter"]


def test_other_load_is_recorded_without_a_limit_and_judged_with_one() -> None:
    busy = observed(other_load_cores=0.7)
    assert judge(busy, SPEC, records.session(), busy).valid
    strict = spec_of(records.resolved_cell(protocol_values={"max_other_load_cores": 0.5}))
    assert judge(busy, strict, records.session(), busy).reasons == [
        "other load of 0.70 cores is above max_other_load_cores = 0.5"
    ]


def test_counters_can_be_required() -> None:
    strict = SPEC.model_copy(update={"require_counters": True})
    assert "energy_cpu_j is by model" in judge(observed(), strict, records.session(), observed()).reasons[0]
    counted = observed(energy_cpu_method="counter")
    assert judge(counted, strict, records.session(), counted).valid


@pytest.mark.parametrize(
    ("method", "window_s", "short"),
    [("model", 4.9, True), ("model", 5.0, False), ("counter", 1.0, False), ("counter", 0.9, True)],
)
def test_short_windows_are_flagged_by_the_counter_that_they_rest_on(method: str, window_s: float, short: bool) -> None:
    one = observed(window_s=window_s, energy_cpu_method=method)
    repeat = judge(one, SPEC, records.session(), one)
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
    repeats = [
        judge(observed(i, cpu_j=0.0 if i in (1, 4) else 5.0), SPEC, records.session(), observed()) for i in range(6)
    ]
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
