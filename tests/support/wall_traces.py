"""A machine's true power at its plug, windows in it, and what a meter with a clock of its own logs of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wattlab.meters.wall_clock import Spans

#: Begin of the first session (s since 1970): 2026-05-04 10:00 UTC.
NOON_S = 1_777_888_800.0

#: Distance of two moments of the true power (s).
FINE_S = 0.01


@dataclass
class Plug:
    """The true power (W) every 10 ms, and the windows: (begin, end, load or idle, session), by the machine's clock."""

    power_w: "np.ndarray[Any, Any]"
    windows: list[tuple[float, float, bool, int]] = field(default_factory=list)
    begin_s: float = NOON_S

    @property
    def spans(self) -> Spans:
        """As the clock's search takes them."""
        rows = sorted(self.windows, key=lambda row: (row[3], row[2], row[0]))
        begin, end, load, session = (np.array(column) for column in zip(*rows, strict=True))
        return Spans(begin.astype(float), end.astype(float), load.astype(bool), session.astype(np.int64))

    @property
    def loads(self) -> list[tuple[float, float]]:
        """Begin and end of the windows of load."""
        return [(begin_s, end_s) for begin_s, end_s, is_load, _ in self.windows if is_load]

    def energy_j(self, begin_s: float, end_s: float) -> float:
        """The truth."""
        rising = np.append(0.0, np.cumsum(self.power_w) * FINE_S)
        at = np.arange(len(rising)) * FINE_S
        return float(np.interp(end_s - self.begin_s, at, rising) - np.interp(begin_s - self.begin_s, at, rising))


def plug(
    rng: np.random.Generator,
    *,
    sessions: int = 10,
    repeats: int = 10,
    window_s: float = 10.0,
    idle_s: float = 5.0,
    idle_w: float = 60.0,
    load_w: tuple[float, float] = (150.0, 400.0),
    ripple: float = 0.1,
    noise: float = 0.01,
) -> Plug:
    """Sessions with a load of their own: it ripples with each inference (period 0.05 to 3 s) and is noisy; idle is calm.

    Windows are up to a quarter longer than planned, as the session plans them, with 20 ms to 100 ms between two.
    """
    made, spans, now_s = [], [], 0.0

    def run(length_s: float, watts: float, share: float = 0.0, period_s: float = 1.0) -> None:
        nonlocal now_s
        n = round(length_s / FINE_S)
        at = np.arange(n) * FINE_S
        wave = share * watts * np.sign(np.sin(2 * np.pi * (at / period_s + rng.random())))
        made.append(watts + wave + noise * watts * rng.standard_normal(n))
        now_s += n * FINE_S

    run(60.0, idle_w)
    for session in range(sessions):
        watts, period_s = rng.uniform(*load_w), float(np.exp(rng.uniform(np.log(0.05), np.log(3.0))))
        length_s = round(window_s * rng.uniform(1.0, 1.25), 2)
        run(round(rng.uniform(5, 20), 2), idle_w + 40.0)  # imports, loading, warm-up
        for _ in range(repeats):
            for is_load in (False, True):
                begin_s = now_s
                run(length_s if is_load else idle_s, watts if is_load else idle_w, ripple if is_load else 0.0, period_s)
                spans.append((NOON_S + begin_s, NOON_S + now_s, is_load, session))
                run(round(rng.uniform(0.02, 0.1), 2), idle_w + 20.0)
        begin_s = now_s
        run(idle_s, idle_w)
        spans.append((NOON_S + begin_s, NOON_S + now_s, False, session))
    run(60.0, idle_w)
    return Plug(np.concatenate(made), spans)


def logged(
    rng: np.random.Generator,
    made: Plug,
    *,
    interval_s: float = 1.0,
    averages_s: float = 1.0,
    offset_s: float = 0.0,
    drift: float = 0.0,
    jitter_s: float = 0.02,
    step: float = 0.1,
    lag_s: float = 0.0,
) -> list[tuple[float, float]]:
    """Rows of a power log: time by the meter's clock, mean power over the last `averages_s`, rounded to `step`.

    `lag_s`: time constant with which the meter follows.
    """
    power_w = made.power_w
    if lag_s:
        weights = np.exp(-np.arange(0, 8 * lag_s, FINE_S) / lag_s)
        power_w = np.convolve(power_w, weights / weights.sum())[: len(power_w)]
    rising = np.append(0.0, np.cumsum(power_w) * FINE_S)
    length_s = len(power_w) * FINE_S
    at = np.arange(averages_s + interval_s, length_s - interval_s, interval_s)
    at = at + rng.uniform(-jitter_s, jitter_s, len(at))
    grid = np.arange(len(rising)) * FINE_S
    mean_w = (np.interp(at, grid, rising) - np.interp(at - averages_s, grid, rising)) / averages_s
    return list(
        zip(
            (made.begin_s + at + offset_s + drift * at).tolist(), (np.round(mean_w / step) * step).tolist(), strict=True
        )
    )


def counted(
    rng: np.random.Generator, made: Plug, *, interval_s: float = 1.0, step_j: float = 1.0, **clock: float
) -> list[tuple[float, float]]:
    """Rows of an energy that adds up (J), cut to `step_j`."""
    rising = np.append(0.0, np.cumsum(made.power_w) * FINE_S)
    at = np.arange(interval_s, len(made.power_w) * FINE_S - interval_s, interval_s)
    at = at + rng.uniform(-0.02, 0.02, len(at))
    heights = np.floor(np.interp(at, np.arange(len(rising)) * FINE_S, rising) / step_j) * step_j
    shown = made.begin_s + at + clock.get("offset_s", 0.0) + clock.get("drift", 0.0) * at
    return list(zip(shown.tolist(), heights.tolist(), strict=True))


def write_log(path: Path, rows: list[tuple[float, float]], digits: int = 3, head: str = "time,value") -> Path:
    """The rows as a CSV, times in seconds since 1970."""
    path.write_text("\n".join([head, *(f"{time_s:.3f},{value:.{digits}f}" for time_s, value in rows)]) + "\n")
    return path
