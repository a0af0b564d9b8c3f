"""A meter's log at the wall: its clock, the energy of windows with known ones injected, and logs that are not as they should."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.wall_traces import NOON_S, Plug, counted, logged, plug, write_log
from wattlab.foundation.errors import InputError
from wattlab.meters.wall import WallEnergy, energy_of
from wattlab.meters.wall_clock import Clock, clock_of
from wattlab.meters.wall_log import Trace, read_trace
from wattlab.study.config import MeterColumns

SEED = 20261127


def columns(unit: str = "W", **more: Any) -> MeterColumns:
    return MeterColumns(**{"time": "time", "value": "value", "unit": unit, **more})


def trace_of(folder: Path, rows: list[tuple[float, float]], unit: str = "W") -> Trace:
    return read_trace(write_log(folder / "plug.csv", rows), columns(unit), "plug.csv")


def known(trace: Trace, made: Plug) -> Clock:
    found = clock_of(trace, made.spans)
    assert isinstance(found, Clock), found
    return found


def all_of(trace: Trace, clock: Clock, made: Plug) -> list[tuple[WallEnergy, float]]:
    """Every window of load, and its true energy (J)."""
    return [
        (energy_of(trace, clock, b, e - b, session, (b - idle_b, idle_e - e)), made.energy_j(b, e))
        for (idle_b, *_), (b, e, is_load, session), (_, idle_e, *_) in zip(
            made.windows, made.windows[1:], made.windows[2:], strict=False
        )
        if is_load
    ]


#: Meters, 250 windows each: what each logs, by a clock of its own.
METERS: dict[str, tuple[str, Callable[..., list[tuple[float, float]]], dict[str, float]]] = {
    "averages, 0.1 W": ("W", logged, {"offset_s": 7.3}),
    "averages, 1 W, a clock that drifts": ("W", logged, {"offset_s": -41.7, "step": 1.0, "drift": 5e-5}),
    "averages half of the time": ("W", logged, {"offset_s": 0.4, "averages_s": 0.5}),
    "an energy that adds up, 1 J": ("J", counted, {"offset_s": -3.2}),
}


@pytest.fixture(scope="module")
def injected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[WallEnergy, float]]]:
    """1,000 windows of 10 s to 12.5 s under loads that ripple by 10 % with each inference, logged once a second."""
    found = {}
    for place, (name, (unit, log, how)) in enumerate(METERS.items()):
        rng = np.random.default_rng(SEED + place)
        made = plug(rng, sessions=25)
        trace = trace_of(tmp_path_factory.mktemp("wall"), log(rng, made, **how), unit)
        found[name] = all_of(trace, known(trace, made), made)
    return found


@pytest.mark.slow
def test_the_uncertainty_holds_the_truth_in_95_percent_of_1000_windows(
    injected: dict[str, list[tuple[WallEnergy, float]]],
) -> None:
    held = {
        name: [abs(found.energy_j - true_j) <= found.u95_j for found, true_j in rows if found.energy_j is not None]
        for name, rows in injected.items()
    }
    assert sum(map(len, held.values())) >= 990
    assert np.mean(sum(held.values(), [])) >= 0.95
    assert min(np.mean(rows) for rows in held.values()) >= 0.93
    # And it is of use: a few percent at most.
    for name, rows in injected.items():
        assert np.median([found.u95_j / true_j for found, true_j in rows if found.u95_j]) < 0.03, name


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in METERS if "half" not in name])
def test_ten_seconds_are_within_two_percent(injected: dict[str, list[tuple[WallEnergy, float]]], name: str) -> None:
    errors = [found.energy_j / true_j - 1 for found, true_j in injected[name] if found.energy_j]
    assert len(errors) >= 245 and np.abs(errors).max() < 0.02


@pytest.mark.parametrize("averages_s", [1.0, 0.5])
def test_sixty_seconds_are_within_one_percent(tmp_path: Path, averages_s: float) -> None:
    rng = np.random.default_rng(SEED)
    made = plug(rng, sessions=4, repeats=5, window_s=60.0)
    trace = trace_of(tmp_path, logged(rng, made, offset_s=12.0, averages_s=averages_s, step=1.0))
    found = all_of(trace, known(trace, made), made)
    assert max(abs(one.energy_j / true_j - 1) for one, true_j in found) < 0.01


@pytest.mark.parametrize(
    ("interval_s", "step_j", "idle_s", "window_s"),
    [(3.0, None, 2.0, 60.0), (5.0, None, 2.0, 60.0), (10.0, None, 5.0, 120.0), (1.0, 3600.0, 10.0, 400.0)],
)
def test_samples_longer_than_idle_hold_no_load_of_the_neighbours(
    tmp_path: Path, interval_s: float, step_j: float | None, idle_s: float, window_s: float
) -> None:
    """A plug that logs every 5 s, an energy in steps of 1 Wh: what lies beside a window in its first sample is no idle."""
    rng = np.random.default_rng(SEED)
    made = plug(rng, sessions=3, repeats=8, window_s=window_s, idle_s=idle_s)
    how = {"interval_s": interval_s, "offset_s": 7.3}
    rows = counted(rng, made, step_j=step_j, **how) if step_j else logged(rng, made, averages_s=interval_s, **how)
    trace = trace_of(tmp_path, rows, "J" if step_j else "W")
    found = all_of(trace, known(trace, made), made)
    errors = np.array([one.energy_j / true_j - 1 for one, true_j in found])
    assert np.mean([abs(one.energy_j - true_j) <= one.u95_j for one, true_j in found]) >= 0.9
    assert abs(errors.mean()) < 0.005 and np.abs(errors).max() < 0.03


def test_without_the_correction_of_edges_it_would_be_worse(tmp_path: Path) -> None:
    """The samples whose time lies in the window, as they are: what the correction is there for."""
    rng = np.random.default_rng(SEED)
    made = plug(rng, sessions=5, idle_w=20.0, load_w=(300.0, 400.0))
    trace = trace_of(tmp_path, logged(rng, made, offset_s=0.5))
    clock = known(trace, made)
    corrected = [abs(found.energy_j / true_j - 1) for found, true_j in all_of(trace, clock, made)]
    plain = []
    for begin_s, end_s in made.loads:
        inside = (trace.at_s >= begin_s) & (trace.at_s < end_s)
        plain.append(abs(trace.power_w[inside].mean() * (end_s - begin_s) / made.energy_j(begin_s, end_s) - 1))
    assert np.max(plain) > 0.05 > 0.02 > np.max(corrected)


@pytest.mark.parametrize("offset_s", [-120.0, 0.0, 33.3, 250.0])
def test_the_clock_is_found(tmp_path: Path, offset_s: float) -> None:
    """A mean over the last second is as a reading half a second late: that is part of the offset."""
    rng = np.random.default_rng(SEED)
    made = plug(rng, sessions=3)
    clock = known(trace_of(tmp_path, logged(rng, made, offset_s=offset_s)), made)
    assert clock.offset_s == pytest.approx(offset_s + 0.5, abs=0.1)
    assert clock.u95_s < 0.15 and clock.drift == 0.0 and clock.settled_s == 0.0
    assert clock.idle_w == {session: pytest.approx(60.0, rel=0.02) for session in range(3)}


def test_a_meter_that_follows_slowly_is_seen(tmp_path: Path) -> None:
    rng = np.random.default_rng(SEED)
    made = plug(rng, sessions=5, window_s=30.0, idle_s=10.0)
    trace = trace_of(tmp_path, logged(rng, made, lag_s=1.5))
    clock = known(trace, made)
    assert 1.0 <= clock.settled_s <= 4.0
    assert max(abs(found.energy_j / true_j - 1) for found, true_j in all_of(trace, clock, made)) < 0.02
    short = energy_of(trace, Clock(0.0, 0.0, 0.0, 0.1, 4.0, 0.3, {}), *_first(made, 12.0))
    assert short.energy_j is None and "follows an edge within 5.1 s" in str(short.reason)


def test_a_log_without_any_noise_has_a_clock(tmp_path: Path) -> None:
    """Rounding takes the sum of squares of a perfect fit below zero: its root would be no number."""
    windows = [
        (NOON_S + 20 * k + s * 1000, NOON_S + 20 * (k + 1) + s * 1000, k % 2 == 1, s)
        for s in range(3)
        for k in range(9)
    ]
    made = Plug(np.full(1, 0.0), windows)
    loads = np.array(made.loads)
    rows = [
        (NOON_S + k, 120.0 if ((loads[:, 0] <= NOON_S + k) & (NOON_S + k < loads[:, 1])).any() else 60.0)
        for k in range(-50, 2300)
    ]
    clock = known(trace_of(tmp_path, rows), made)
    assert 0 < clock.u95_s < 0.1 and clock.idle_w == {0: 60.0, 1: 60.0, 2: 60.0}


def _first(made: Plug, length_s: float) -> tuple[float, float]:
    return made.loads[0][0], length_s


@pytest.mark.slow
def test_a_log_of_another_machine_or_another_hour_has_no_number(tmp_path: Path) -> None:
    rng = np.random.default_rng(SEED)
    made, other = plug(rng, sessions=5), plug(rng, sessions=5)
    foreign = clock_of(trace_of(tmp_path, logged(rng, other)), made.spans)
    assert isinstance(foreign, str) and foreign.endswith("is it this machine's?")
    late = clock_of(trace_of(tmp_path, logged(rng, made, offset_s=7202.0)), made.spans)
    assert isinstance(late, str) and "but does +2.00 h off: look at mapping.timezone" in late
    flat = clock_of(trace_of(tmp_path, [(NOON_S + k, 55.0) for k in range(900)]), made.spans)
    assert isinstance(flat, str) and "does not follow" in flat


def test_windows_without_idle_have_no_clock(tmp_path: Path) -> None:
    rng = np.random.default_rng(SEED)
    made = plug(rng, sessions=2)
    trace = trace_of(tmp_path, logged(rng, made))
    made.windows = [row for row in made.windows if row[2]]
    assert "no session has windows of idle and of load" in str(clock_of(trace, made.spans))


def one_window(trace: Trace, begin_s: float, length_s: float) -> WallEnergy:
    return energy_of(trace, Clock(0.0, 0.0, NOON_S, 0.0, 0.0, 0.0, {0: 50.0}), NOON_S + begin_s, length_s)


def test_a_window_says_why_it_has_no_number(tmp_path: Path) -> None:
    steady = [(NOON_S + k, 100.0) for k in range(100) if not 60 <= k < 70]
    trace = trace_of(tmp_path, steady)
    full = one_window(trace, 10.0, 12.0)
    assert full.energy_j == pytest.approx(1200.0) and full.n_samples == 12 and full.reason is None
    assert full.u95_j == pytest.approx(6.0)  # half a watt of the last digit for 12 s
    assert one_window(trace, 10.2, 9.0).reason == "9 samples of the log lie in the window, and 10 are needed"
    assert "gap of 11 s, from 2026-05-04 10:00:59" in str(one_window(trace, 55.0, 12.0).reason)
    assert "covers 2026-05-04 09:59:59 UTC to 2026-05-04 10:01:39 UTC" in str(one_window(trace, 95.0, 12.0).reason)


def test_an_energy_that_is_set_back(tmp_path: Path) -> None:
    rows = [(NOON_S + k, 5000.0 + 100.0 * k if k < 50 else 100.0 * (k - 50)) for k in range(100)]
    trace = trace_of(tmp_path, rows, "J")
    assert one_window(trace, 10.0, 20.0).energy_j == pytest.approx(2000.0)
    assert "set back" in str(one_window(trace, 40.0, 20.0).reason)
    assert one_window(trace, 60.0, 20.0).energy_j == pytest.approx(2000.0)


def test_a_coarse_energy_has_as_many_samples_as_rises(tmp_path: Path) -> None:
    """300 W, asked once a second: of a Wh every 12 s a minute has five, of a tenth of it fifty."""
    for step_wh, unit, expected in ((1.0, "Wh", None), (0.1, "Wh", 18_000.0)):
        rows = [(NOON_S + k, np.floor(300 * k / 3600 / step_wh + 1e-9) * step_wh) for k in range(200)]
        found = one_window(trace_of(tmp_path, rows, unit), 30.0, 60.0)
        if expected is None:
            assert (
                found.energy_j is None and found.reason == "5 samples of the log lie in the window, and 10 are needed"
            )
        else:
            assert found.energy_j == pytest.approx(expected, rel=0.02) and found.resolution_j == pytest.approx(
                300.0, rel=0.3
            )


def read(folder: Path, text: str, **mapping: Any) -> Trace:
    (folder / "log.csv").write_text(text)
    return read_trace(folder / "log.csv", columns(**mapping), "log.csv")


def test_forms_of_logs(tmp_path: Path) -> None:
    """A German export, newest first, with what a hub writes for a plug that is gone; the same in UTC, in ms and in kW."""
    german = "time;value\n2026-05-04 12:00:03;101,5\n2026-05-04 12:00:02;unavailable\n2026-05-04 12:00:01;99,5\n2026-05-04 12:00:00;100,0\n"
    zoned = read(tmp_path, german, timezone="Europe/Berlin")
    assert zoned.at_s.tolist() == [NOON_S, NOON_S + 1, NOON_S + 3] and zoned.power_w.tolist() == [100.0, 99.5, 101.5]
    assert zoned.step == 0.1
    offset = read(tmp_path, "time,value\n2026-05-04T12:00:00+02:00,0.1\n2026-05-04T10:00:01Z,0.2\n", unit="kW")
    assert offset.at_s.tolist() == [NOON_S, NOON_S + 1] and offset.power_w.tolist() == [100.0, 200.0]
    millis = read(
        tmp_path,
        f"x,time,value\n1,{NOON_S * 1000:.0f},7\n1,{NOON_S * 1000 + 500:.0f},9\n1,{NOON_S * 1000 + 500:.0f},11\n",
    )
    assert millis.at_s.tolist() == [NOON_S, NOON_S + 0.5] and millis.power_w.tolist() == [7.0, 10.0]


def test_columns_stand_where_their_names_do(tmp_path: Path) -> None:
    """A separator at the end of each line, a line that names the separator first (Excel), blank lines, words for no value."""
    odd = "sep=;\ntime;value;volts\n\n1777888800;95;230;\n1777888801;n.a.;230;\n1777888802;97,5;230;\n"
    assert read(tmp_path, odd).power_w.tolist() == [95.0, 97.5]


def test_energies_with_exponents_have_a_last_digit(tmp_path: Path) -> None:
    rows = [f"{NOON_S + k:.0f},{1000 + 5 * k:.3e}" for k in range(5)]
    found = read(tmp_path, "\n".join(["time,value", *rows]), unit="J")
    assert found.step == 5.0 and found.power_w.tolist() == [5.0] * 4
    noisy = [f"{NOON_S + k:.0f},{100_000 + k / 3!r}" for k in range(5)]
    assert 0 < read(tmp_path, "\n".join(["time,value", *noisy]), unit="J").step < 1e-9


def test_an_hour_that_the_clock_tells_twice(tmp_path: Path) -> None:
    """Berlin, 25 October 2026: 02:59 is followed by 02:00. In order the rows tell which is which; alone they do not."""
    times = ["02:00:00", "02:30:00", "02:59:00", "02:00:00", "02:30:00", "03:00:00"]
    text = "time,value\n" + "".join(f"2026-10-25 {time},5\n" for time in times)
    found = read(tmp_path, text, timezone="Europe/Berlin").at_s
    assert np.diff(found).tolist() == [1800.0, 1740.0, 60.0, 1800.0, 1800.0]
    with pytest.raises(InputError, match="can not be told apart where the clock of Europe/Berlin is changed"):
        read(tmp_path, "time,value\n2026-10-25 02:10:00,5\n2026-10-25 02:20:00,5\n", timezone="Europe/Berlin")


GOOD = "time,value\n2026-05-04T10:00:00Z,5\n2026-05-04T10:00:01Z,6\n"


EPOCH = "time,value\n1777888800,5\n1777888801,6\n1777888802,7\n"


@pytest.mark.parametrize(
    ("text", "mapping", "words"),
    [
        (GOOD.replace("Z", ""), {}, "says no offset from UTC; name the zone"),
        (GOOD.replace("00Z", "00"), {}, "line 2: time says no offset from UTC, and other lines do"),
        (GOOD.replace("01Z", "99Z"), {}, "line 3: time = '2026-05-04T10:00:99Z' is no time"),
        (GOOD.replace(",6", ",-6"), {}, "line 3: value is below zero"),
        (GOOD.replace(",6", ",off"), {}, "holds fewer than two numbers"),
        (GOOD, {"value": "Power"}, "mapping.value = 'Power': no such column; allowed: time, value"),
        ("", {}, "no CSV"),
        ("time,value\n", {}, "it has no row"),
        (GOOD.replace("01Z", "00Z"), {}, "all rows have one time"),
        (GOOD, {"unit": "kWh"}, "rises less than twice"),
        (GOOD.replace(",6", ',"1,100"'), {}, "line 3: value = '1,100' is no number; export numbers without"),
        (GOOD.replace(",6", ',"1,100.5"'), {}, "line 3: value = '1,100.5' is no number"),
        (GOOD.replace(",6", ";1,100.5").replace(",", ";", 2), {}, "line 3: value = '1,100.5' is no number"),
        (GOOD.replace(",6", ",6 W"), {}, "line 3: value = '6 W' is no number"),
        (
            GOOD.replace(",6", ",100,5"),
            {},
            "line 3 has more fields than the line of column names; numbers with a decimal",
        ),
        (GOOD.replace(",6", ',"6'), {}, "line 3: no CSV"),
        (GOOD.replace("time,value", "time,value,value "), {}, "'value': 2 columns have this name; rename one"),
        (GOOD.replace("2026-05-04T10:00:01Z", ""), {}, "line 3: time = '' is no time"),
        (
            GOOD.replace("2026-05-04T10:00:01Z", "9999-12-31T13:00:00Z"),
            {},
            "line 3: time = '9999-12-31T13:00:00Z' is no",
        ),
        (EPOCH.replace("1777888802", "inf"), {}, "line 4: time = 'inf' is no time"),
        (EPOCH.replace("1777888802", ""), {}, "line 4: time = '' is no time"),
        (EPOCH.replace("1777888802", "-5"), {}, "line 4: time = '-5' is no time"),
        (EPOCH.replace("17778888", "1e3"), {}, "line 2: time = '1e300' is no time"),
    ],
)
def test_a_log_that_can_not_be_read_is_one_message(
    tmp_path: Path, text: str, mapping: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match="^log.csv: ") as told:
        read(tmp_path, text, **mapping)
    assert words in str(told.value) and "\n" not in str(told.value)
