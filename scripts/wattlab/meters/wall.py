"""Energy of measured windows at the wall, from a meter's log, with its uncertainty or the reason why there is none."""

from dataclasses import dataclass

import numpy as np
import scipy.special

from wattlab.foundation.quantities import CONFIDENCE
from wattlab.meters.wall_clock import NORMAL, Clock
from wattlab.meters.wall_log import Floats, Trace, spoken_time

#: A window with fewer samples has no number.
LEAST_SAMPLES = 10

#: A meter whose samples across edges are nearer to the mix of both powers averages: one that reads moments has 0.29.
AVERAGES = 0.1


@dataclass(frozen=True)
class WallEnergy:
    """Energy of a window (J), its 95 % uncertainty and what that is made of; or the reason why there is none."""

    n_samples: int | None
    energy_j: float | None = None
    sampling_j: float | None = None
    offset_j: float | None = None
    resolution_j: float | None = None
    reason: str | None = None

    @property
    def u95_j(self) -> float | None:
        """Half of the 95 % interval: the three parts are independent, so that their squares add."""
        parts = (self.sampling_j, self.offset_j, self.resolution_j)
        return None if self.energy_j is None else float(np.sqrt(sum(part**2 for part in parts if part is not None)))


def energy_of(
    trace: Trace,
    clock: Clock,
    begin_s: float,
    length_s: float,
    session: int | None = None,
    beside_s: tuple[float, float] = (0.0, 0.0),
) -> WallEnergy:
    """A window that begins at `begin_s` (s since 1970) by the machine's clock, lasts `length_s` and has idle `beside_s` before and after.

    A meter that averages between its samples misses nothing: all that touch the window count, less what idle (of its `session`)
    takes beside it, where nothing but idle lies there. Else the mean of the samples wholly inside stands for the window.
    """
    begin_s = clock.there_s(begin_s)
    end_s = begin_s + length_s
    n_samples = int(((trace.at_s >= begin_s) & (trace.at_s < end_s)).sum())
    reason = _why_not(trace, begin_s, end_s, n_samples)
    margin_s = clock.u95_s + clock.settled_s
    inside = (trace.begin_s >= begin_s + margin_s) & (trace.end_s <= end_s - margin_s)
    width_s = (trace.end_s - trace.begin_s)[inside]
    if reason is None and width_s.sum() < length_s / 2:
        reason = (
            f"the log follows an edge within {margin_s + trace.interval_s:.2g} s: more than a quarter of the window"
        )
    if reason is not None:
        return WallEnergy(n_samples, reason=reason)
    power_w, inside_s = trace.power_w[inside], float(width_s.sum())
    energy_j = float((power_w * width_s).sum()) / inside_s * length_s
    sampling_j = _sampling_j(trace, power_w, width_s, length_s)
    edges_j = clock.u95_s * abs(float(power_w[-1] - power_w[0])) * length_s / inside_s
    idle_w = None if session is None else clock.idle_w.get(session)
    touching = _touching(trace, begin_s - beside_s[0] + clock.u95_s, begin_s, end_s, end_s + beside_s[1] - clock.u95_s)
    if idle_w is not None and touching is not None and clock.settled_s == 0 and clock.edge_share < AVERAGES:
        powers_w, widths_s = touching
        step_j = abs(energy_j / length_s - idle_w) * float(np.hypot(*widths_s[[0, -1]])) * clock.edge_share
        unseen_j = 0.0 if trace.method == "counter" else sampling_j * clock.edge_share * np.sqrt(12)
        energy_j = float((powers_w * widths_s).sum() - idle_w * (widths_s.sum() - length_s))
        sampling_j = float(np.hypot(NORMAL * step_j, unseen_j))
    return WallEnergy(n_samples, energy_j, sampling_j, edges_j, _resolution_j(trace, energy_j, length_s))


def _resolution_j(trace: Trace, energy_j: float, length_s: float) -> float:
    """What the last digit hides (J): of an energy that adds up not more than comes between two rows."""
    if trace.method == "counter":
        return min(trace.step, energy_j / length_s * trace.interval_s)
    return trace.step / 2 * length_s


def _touching(
    trace: Trace, idle_from_s: float, begin_s: float, end_s: float, idle_to_s: float
) -> tuple[Floats, Floats] | None:
    """Powers (W) and lengths (s) of all samples that touch a window; None where one reaches beyond the idle time beside it."""
    touches = (trace.end_s > begin_s) & (trace.begin_s < end_s)
    if trace.begin_s[touches][0] < idle_from_s or trace.end_s[touches][-1] > idle_to_s:
        return None
    return trace.power_w[touches], (trace.end_s - trace.begin_s)[touches]


def _why_not(trace: Trace, begin_s: float, end_s: float, n_samples: int) -> str | None:
    first_s, last_s = trace.covered
    if begin_s < first_s or end_s > last_s:
        return (
            f"the log covers {spoken_time(first_s)} to {spoken_time(last_s)} of its own clock, and not the whole window"
        )
    for break_begin_s, break_end_s, why in trace.breaks:
        if break_begin_s < end_s and break_end_s > begin_s:
            return f"{why}, from {spoken_time(break_begin_s)} of its clock on"
    if n_samples < LEAST_SAMPLES:
        return f"{n_samples} samples of the log lie in the window, and {LEAST_SAMPLES} are needed"
    return None


def _sampling_j(trace: Trace, power_w: Floats, width_s: Floats, length_s: float) -> float:
    """What is not seen between the samples (J): half of a 95 % interval by Student's t.

    Readings of a power are a sample of it: the standard error of their mean, of fewer where neighbours are alike, n (1 - r) /
    (1 + r) with their correlation r (Bayley and Hammersley 1946, Supplement to the Journal of the Royal Statistical Society
    8, 184-197): a slow meter, or a rhythm of the work near the meter's own. An energy that adds up misses nothing inside: there the rest of the window is foretold from parts of its inside.
    """
    if trace.method == "counter":
        ends = np.cumsum(width_s)
        rest_s = length_s - float(ends[-1])
        n = max(2, int(ends[-1] / max(trace.interval_s, rest_s / 2)))
        heights = np.interp(
            np.linspace(0, ends[-1], n + 1), np.append(0, ends), np.append(0, np.cumsum(width_s * power_w))
        )
        spread_w = (np.diff(heights) / (ends[-1] / n)).std(ddof=1)
        return float(scipy.special.stdtrit(n - 1, (1 + CONFIDENCE) / 2) * spread_w * np.sqrt(1 + 1 / n) * rest_s)
    off_w = power_w - power_w.mean()
    variance = float((off_w**2).mean())
    alike = max(0.0, float((off_w[1:] * off_w[:-1]).mean()) / variance) if variance > 0 else 0.0
    many = max(2.0, len(power_w) * (1 - alike) / (1 + alike))
    return float(
        scipy.special.stdtrit(len(power_w) - 1, (1 + CONFIDENCE) / 2) * power_w.std(ddof=1) / np.sqrt(many) * length_s
    )
