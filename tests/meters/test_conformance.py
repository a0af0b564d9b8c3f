"""One battery for every meter: known power in, energy out, and whatever goes wrong with a counter is no wrong number.

`docs/machines.md` has the outcomes as a table; the last test holds it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.conformance import ACTIVE_W, IDLE_W, MEMBERS, Member, measured_repeats
from wattlab.records.record import Repeat

#: Row of the battery -> what it does, how it sets in (None: from the start), and what happens to a member.
Fault = Callable[[Member], None]


def set_counter(**values: object) -> Fault:
    def fault(member: Member) -> None:
        for name, value in values.items():
            setattr(member.counter, name, value)

    return fault


def reset(member: Member) -> None:
    member.counter.lost_j = 2000.0 + member.counter.trace.energy_j(member.clock.now())


def stall(member: Member) -> None:
    member.counter.stands_at_j = member.counter.joules()


def wrap(member: Member) -> None:
    member.counter.lost_j = 2000.0 - (262_143.0 - 1000.0) - member.counter.trace.energy_j(member.clock.now())


LATER: dict[str, tuple[str, Fault]] = {
    "reset": ("it is set back to zero", reset),
    "stall": ("it stands still from the middle of a window on", stall),
    "vanishes": ("the device is gone from the middle of a window on", set_counter(error="GPU_IS_LOST")),
    "permission": ("it may not be read any more", set_counter(error="NO_PERMISSION")),
}
FIRST: dict[str, tuple[str, Fault]] = {
    "known power": ("10 s at 300 W", set_counter()),
    "lag": ("it moves every 0.1 s", set_counter(refresh_s=0.1)),
    "wrap": ("it wraps in a window", wrap),
    "unit": ("it counts 1,000 times too much", set_counter(scale=1000.0)),
    "unit, less": ("it counts 1,000 times too little", set_counter(scale=0.001)),
    "not supported": ("the device has no counter", set_counter(error="NOT_SUPPORTED")),
    "shared memory": ("the device shares the host's memory", lambda member: member.share_memory()),  # type: ignore[attr-defined]
}
ROWS = {**FIRST, **LATER}


def outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, member: str, row: str) -> str:
    """`counter`: right within 0.5 %; another method's word; `invalid`: the repeat says why; `-`: there is no such case."""
    made = MEMBERS[member](monkeypatch, tmp_path)
    if row.partition(",")[0] in made.lacks:
        return "-"
    if row in FIRST:
        FIRST[row][1](made)
    later = LATER[row][1] if row in LATER else set_counter()
    n = 10 if row == "lag" else 4
    repeats = measured_repeats(made, lambda: later(made), n)
    touched = repeats[2:] if row in LATER else repeats
    if row == "lag":
        return lagging(made, touched)
    return [said(made, repeat, truth_j) for repeat, truth_j in touched][
        0
    ]  # none of the others is a wrong number either


def energy_j(member: Member, repeat: Repeat) -> float | None:
    if member.component == "cpu":
        return repeat.energy_cpu_j
    return None if repeat.energy_gpu_j is None else repeat.energy_gpu_j[0]


def said(member: Member, repeat: Repeat, truth_j: float) -> str:
    method = getattr(repeat, f"energy_{member.component}_method")
    if not repeat.valid:
        assert repeat.reasons
        return "invalid"
    if method != "counter":
        return str(method)
    assert energy_j(member, repeat) == pytest.approx(truth_j, rel=0.005), "a wrong number that counts"
    return "counter"


def lagging(member: Member, repeats: list[tuple[Repeat, float]]) -> str:
    """A window ends before the counter has moved: it lacks at most a refresh of the power's step, and half of one on average."""
    errors = []
    for repeat, truth_j in repeats:
        if getattr(repeat, f"energy_{member.component}_method") != "counter":
            return str(getattr(repeat, f"energy_{member.component}_method"))
        read_j = energy_j(member, repeat)
        assert repeat.valid and read_j is not None
        errors.append(read_j - truth_j)
        assert abs(errors[-1]) <= 0.1 * (ACTIVE_W - IDLE_W) + 0.005 * truth_j
    truth_j = sum(truth_j for _, truth_j in repeats)
    assert abs(sum(errors)) <= 0.05 * (ACTIVE_W - IDLE_W) * len(repeats) + 0.002 * truth_j
    return "counter"


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("row", ROWS)
def test_no_wrong_number_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, member: str, row: str) -> None:
    assert outcome(monkeypatch, tmp_path, member, row) == expected(member, row)


def expected(member: str, row: str) -> str:
    """The cell of the table in `docs/machines.md`."""
    lines = [line for line in Path("docs/machines.md").read_text().splitlines() if line.startswith("| ")]
    head = next(line for line in lines if "NVIDIA" in line)
    cells = {name: line for line in lines if (name := line.split("|")[1].strip()) in [d for d, _ in ROWS.values()]}
    place = [name.strip() for name in head.split("|")].index(member)
    return cells[ROWS[row][0]].split("|")[place].strip()
