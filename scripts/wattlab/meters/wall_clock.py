"""Where the clock of a meter at the wall stands, from its log and the windows of idle and load.

The meter's clock is not the machine's. Where windows of idle and load follow one another the log shows the same edges: the
offset (and a drift, over several sessions) is that with which two powers of each session, of idle and of load, explain the log
best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.special

from wattlab.foundation.quantities import CONFIDENCE
from wattlab.meters.wall_log import Floats, Trace

#: Offsets that are tried (s); a time zone that is wrong is far beyond, and is looked for to be named.
MOST_OFFSET_S, QUARTER_H_S = 300.0, 900.0

#: Clocks drift by less than this against each other.
MOST_DRIFT = 1e-4

#: Of the variance between windows idle and load have to explain at least so much, or the log is not of this machine.
LEAST_EXPLAINED = 0.8

#: Sessions of which the first search takes its windows: more say no more.
_SEARCHED = 60

#: What of a step a meter may still lack of its height after it, and how many usual distances are looked through for that.
_SETTLED, _SETTLES_WITHIN = 0.02, 8

NORMAL = float(scipy.special.ndtri((1 + CONFIDENCE) / 2))

#: With fewer samples across edges it is not known how a meter samples.
_FEWEST_EDGES = 6


@dataclass(frozen=True)
class Spans:
    """Windows of one machine by its own clock (s since 1970), sorted by `session` (a number) and then `is_load`."""

    begin_s: Floats
    end_s: Floats
    is_load: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    session: "np.ndarray[tuple[int], np.dtype[np.int64]]"

    def of_sessions(self, chosen: Sequence[int]) -> "Spans":
        """Those of some sessions."""
        kept = np.isin(self.session, chosen)
        return Spans(self.begin_s[kept], self.end_s[kept], self.is_load[kept], self.session[kept])

    @cached_property
    def complete_sessions(self) -> list[int]:
        """Sessions with windows of both kinds."""
        return sorted(set(self.session[self.is_load].tolist()) & set(self.session[~self.is_load].tolist()))


@dataclass(frozen=True)
class Clock:
    """Where the meter's clock stands: `offset_s` ahead of the machine's at `at_s`, and `drift` s per s more after it.

    `u95_s`: half of the 95 % interval. `settled_s`: how long the meter takes to follow an edge, beyond one sample.
    `edge_share`: by how much of the step (root mean square) a sample across an edge differs from the mix of both powers: 0 for
    a meter that averages, 0.29 for one that reads a moment, missing where there are too few edges. `idle_w`: power without
    work, by session.
    """

    offset_s: float
    drift: float
    at_s: float
    u95_s: float
    settled_s: float
    edge_share: float
    idle_w: dict[int, float]

    def there_s(self, time_s: float) -> float:
        """A time of the machine by the meter's clock."""
        return time_s + self.offset_s + self.drift * (time_s - self.at_s)


class _Area:
    """Energy (J) and known time (s) of a trace, from its begin to any time."""

    def __init__(self, trace: Trace) -> None:
        self._edges = np.column_stack([trace.begin_s, trace.end_s]).ravel()
        widths = trace.end_s - trace.begin_s
        self._energy = self._rising(widths * trace.power_w)
        self._known = self._rising(widths)

    @staticmethod
    def _rising(parts: Floats) -> Floats:
        after = np.cumsum(parts)
        return np.column_stack([after - parts, after]).ravel()

    def between(self, begin_s: Floats, end_s: Floats) -> tuple[Floats, Floats]:
        """Energy and known time, elementwise."""
        edges = self._edges
        return tuple(
            np.interp(end_s, edges, rising) - np.interp(begin_s, edges, rising)
            for rising in (self._energy, self._known)
        )  # type: ignore[return-value]


def clock_of(trace: Trace, spans: Spans) -> Clock | str:
    """Where the clock of a log stands, or why it can not be found."""
    if not spans.complete_sessions:
        return "no session has windows of idle and of load: the offset of the log's clock can not be found"
    sessions = spans.complete_sessions
    searched = spans.of_sessions(sessions[:: -(-len(sessions) // _SEARCHED)])
    step_s = max(trace.interval_s / 2, 0.25)
    offsets = np.arange(-MOST_OFFSET_S, MOST_OFFSET_S + step_s, step_s)
    offset_s, explained, _ = _best(trace, searched, offsets)
    if explained < LEAST_EXPLAINED:
        far = _far(trace, searched, step_s)
        return f"the log does not follow idle and load of the windows (within {MOST_OFFSET_S:g} s){far}; is it this machine's?"
    return _Fit(trace, spans.of_sessions(sessions), offset_s).clock()


def _far(trace: Trace, spans: Spans, step_s: float) -> str:
    """Whether the log follows at another time zone's offset, in words."""
    quarters = QUARTER_H_S * np.array([place for place in range(-56, 57) if place])
    shift_s, explained, _ = max(
        (_best(trace, spans, quarter_s + np.arange(-60, 61, step_s)) for quarter_s in quarters), key=lambda one: one[2]
    )
    return "" if explained < LEAST_EXPLAINED else f", but does {shift_s / 3600:+.2f} h off: look at mapping.timezone"


def _best(trace: Trace, spans: Spans, offsets: Floats) -> tuple[float, float, float]:
    """The offset (s) at which idle and load explain the windows' powers best, the part of their variance that they do there,
    and by how much more than they do not (W^2 s)."""
    area, change = (
        _Area(trace),
        np.flatnonzero(np.append(True, (np.diff(spans.session) != 0) | np.diff(spans.is_load))),
    )
    found = np.array([_explained(area, spans, change, offset_s) for offset_s in offsets])
    place = int((found[:, 0] - found[:, 1]).argmax())
    between, within = found[place]
    return float(offsets[place]), float(between / (between + within)) if between > 0 else 0.0, float(between - within)


def _explained(
    area: _Area, spans: Spans, change: "np.ndarray[tuple[int], np.dtype[np.intp]]", offset_s: float
) -> tuple[float, float]:
    """Sums of squares (W^2 s) of the windows' mean powers: between idle and load of the sessions, and within them."""
    energy_j, known_s = area.between(spans.begin_s + offset_s, spans.end_s + offset_s)
    weight, total = np.add.reduceat(known_s, change), np.add.reduceat(energy_j, change)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.add.reduceat(np.nan_to_num(energy_j**2 / known_s), change)
        means = np.nan_to_num(total / weight)
        idle, load = slice(0, None, 2), slice(1, None, 2)
        step = means[load] - means[idle]
        between = np.nan_to_num(weight[load] * weight[idle] / (weight[load] + weight[idle])) * step * np.abs(step)
    return float(between.sum()), float((squares - means * total).sum())


class _Fit:
    """Least squares of the log against idle and load, near an offset that is known to about a sample."""

    def __init__(self, trace: Trace, spans: Spans, near_s: float) -> None:
        self.trace, self.spans, self.near_s = trace, spans, near_s
        order = np.argsort(spans.begin_s, kind="stable")
        self._edges = np.column_stack([spans.begin_s[order], spans.end_s[order]]).ravel()
        widths = (spans.end_s - spans.begin_s)[order]
        self._covered, self._loaded = _Area._rising(widths), _Area._rising(widths * spans.is_load[order])
        self.names = np.unique(spans.session)
        self.begins_s = np.array([spans.begin_s[spans.session == name].min() for name in self.names])
        self.ends_s = np.array([spans.end_s[spans.session == name].max() for name in self.names])
        by_time = np.argsort(self.begins_s)
        middles = (trace.begin_s + trace.end_s) / 2 - near_s
        place = np.clip(np.searchsorted(self.begins_s[by_time], middles, side="right") - 1, 0, None)
        self.session = by_time[place]
        far_s = 3 * trace.interval_s
        near = (middles > self.begins_s[self.session] - far_s) & (middles < self.ends_s[self.session] + far_s)
        self.rows = np.flatnonzero(near)

    def parts(self, offset_s: Floats | float) -> tuple[Floats, Floats]:
        """Of each sample (of `rows`) the part that lies in windows, and that in windows of load, with an offset (s)."""
        begin_s, end_s = self.trace.begin_s[self.rows] - offset_s, self.trace.end_s[self.rows] - offset_s
        width_s = end_s - begin_s
        covered, loaded = (
            (np.interp(end_s, self._edges, rising) - np.interp(begin_s, self._edges, rising)) / width_s
            for rising in (self._covered, self._loaded)
        )
        return covered, loaded

    def levels(self, offset_s: Floats | float) -> tuple[Floats, Floats, Floats, Floats]:
        """By session: power of idle, power of load, sum of squared residuals, number of samples."""
        covered, loaded = self.parts(offset_s)
        kept = covered > 0.98
        place, x = self.session[self.rows][kept], loaded[kept]
        y = self.trace.power_w[self.rows][kept]
        n, sx, sy, sxx, sxy, syy = (
            np.asarray(np.bincount(place, weights, len(self.names)), dtype=np.float64)
            for weights in (np.ones_like(x), x, y, x * x, x * y, y * y)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            var_x, cov = sxx - sx * sx / n, sxy - sx * sy / n
            slope = cov / var_x
            idle = (sy - slope * sx) / n
            residual = syy - sy * sy / n - slope * cov
        return idle, idle + slope, residual, n

    def clock(self) -> Clock:
        """The offset and drift with the least squares, and how well they are known."""
        half_s = max(6 * self.trace.interval_s, 3.0)
        grid = np.linspace(-half_s, half_s, 241)
        found = [self.levels(self.near_s + step_s) for step_s in grid]
        n = np.array([one[3] for one in found])
        squares = np.array([one[2] for one in found])
        usable = (n > 4).all(axis=0) & np.isfinite(squares).all(axis=0)
        if not usable.any():
            return self._told(self.near_s, 0.0, self.trace.interval_s)
        mean_squares = squares[:, usable] / n[:, usable]
        weight = n[:, usable].mean(axis=0)
        middles = (self.begins_s + self.ends_s)[usable] / 2
        since_s = middles - np.average(middles, weights=weight)
        drifts = np.linspace(-MOST_DRIFT, MOST_DRIFT, 81) if usable.sum() > 2 else np.zeros(1)
        totals = np.array([_total(grid, mean_squares, weight, since_s * drift) for drift in drifts])
        freedom, least, still = float(weight.sum()) - 2 * int(usable.sum()), totals.min(axis=1), len(drifts) // 2
        # A drift is one where it explains more than chance: its F with one degree of freedom is above 12 (p = 0.0005).
        best = int(least.argmin()) if least[still] > least.min() * (1 + 12 / max(freedom, 1.0)) else still
        offset_s, u95_s = _lowest(grid, totals[best], int(totals[best].argmin()), freedom)
        self.at_s = float(np.average(middles, weights=weight))
        return self._told(self.near_s + offset_s, float(drifts[best]), u95_s)

    def _told(self, offset_s: float, drift: float, u95_s: float) -> Clock:
        at_s = getattr(self, "at_s", float(self.begins_s[0]))
        offsets = offset_s + drift * (self.begins_s[self.session[self.rows]] - at_s)
        idle_w, load_w, _, _ = self.levels(offsets)
        known = {
            int(name): float(power_w) for name, power_w in zip(self.names, idle_w, strict=True) if np.isfinite(power_w)
        }
        settled_s, edge_share = self._settled_s(offsets, idle_w, load_w), self._edge_share(offsets, idle_w, load_w)
        return Clock(offset_s, drift, at_s, u95_s, settled_s, edge_share, known)

    def _edge_share(self, offsets: Floats, idle_w: Floats, load_w: Floats) -> float:
        covered, loaded = self.parts(offsets)
        place = self.session[self.rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            off = (self.trace.power_w[self.rows] - idle_w[place]) / (load_w - idle_w)[place] - loaded
        mixed = off[(covered > 0.85) & (loaded > 0.02) & (loaded < 0.98) & np.isfinite(off)]
        return float(np.sqrt((mixed**2).mean())) if len(mixed) >= _FEWEST_EDGES else float("nan")

    def _settled_s(self, offsets: Floats, idle_w: Floats, load_w: Floats) -> float:
        """How long after an edge, beyond a sample, the log does not show the new height yet, after both kinds of edges.

        A power that itself creeps after a begin (clocks, fans) shows on one side alone.
        """
        covered, loaded = self.parts(offsets)
        place, power_w = self.session[self.rows], self.trace.power_w[self.rows]
        middle_s = (self.trace.begin_s + self.trace.end_s)[self.rows] / 2 - offsets
        found = []
        for is_load, level_w, share in ((True, load_w, loaded), (False, idle_w, covered - loaded)):
            with np.errstate(divide="ignore", invalid="ignore"):
                lacking = (level_w[place] - power_w) / (load_w - idle_w)[place]
            chosen = self.spans.is_load == is_load
            begins, ends = np.sort(self.spans.begin_s[chosen]), np.sort(self.spans.end_s[chosen])
            nearest = np.clip(np.searchsorted(begins, middle_s, side="right") - 1, 0, None)
            depth = np.minimum(middle_s - begins[nearest], ends[nearest] - middle_s) / self.trace.interval_s - 0.5
            inside = (share > 0.999) & np.isfinite(lacking)
            found.append(_settled(lacking[inside], depth[inside]))
        return min(found) * self.trace.interval_s


def _settled(lacking: Floats, depth: Floats) -> int:
    """The first depth (samples from an edge) at which no part of the step is lacking, by the means over all edges."""
    for samples in range(_SETTLES_WITHIN):
        off = lacking[(depth >= samples) & (depth < samples + 1)]
        if len(off) < 3 or abs(off.mean()) <= _SETTLED + 2 * off.std(ddof=1) / np.sqrt(len(off)):
            return samples
    return _SETTLES_WITHIN


def _total(grid: Floats, mean_squares: Floats, weight: Floats, shifts_s: Floats) -> Floats:
    """Squares of all sessions by offset, each with its own shift."""
    moved = [np.interp(grid + shift_s, grid, column) for shift_s, column in zip(shifts_s, mean_squares.T, strict=True)]
    return np.asarray(np.array(moved).T @ weight)


def _lowest(grid: Floats, squares: Floats, place: int, freedom: float) -> tuple[float, float]:
    """The offset at the lowest place, by a parabola through its neighbourhood, and half of its 95 % interval.

    The variance of a least-squares estimate is 2 s^2 over the second derivative of the sum of squares.
    """
    reach = 6
    near = slice(max(0, place - reach), place + reach + 1)
    step_s = float(grid[1] - grid[0])
    curve = np.polynomial.Polynomial.fit(grid[near], squares[near], 2).convert().coef
    if len(curve) < 3 or curve[2] <= 0:
        return float(grid[place]), reach * step_s
    offset_s = float(np.clip(-curve[1] / (2 * curve[2]), grid[near][0], grid[near][-1]))
    variance = max(0.0, float(squares[place])) / max(freedom, 1.0) / curve[2]  # rounding takes a perfect fit below zero
    return offset_s, NORMAL * float(np.sqrt(variance)) + step_s / 2
