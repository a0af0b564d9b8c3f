"""What the readings of a check say: a verdict for every component, in words for a table, a file and a paper."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wattlab.foundation.quantities import INTERVALS, LEVEL, MODELLED, obtained
from wattlab.tables.intervals import t_half_width

#: A counter that moves every r seconds errs by r / T of the power's step in a window of T: below this share from r / share on.
REFRESH_SHARE = 0.01

#: CodeCarbon reads the power of a GPU without a counter once a second.
SAMPLED_S = 1.0

#: Counter and integrated power may differ by this share: NVIDIA states 5 % for its power readings.
POWER_SHARE = 0.05

#: Twice the work is twice the energy where the whole interval lies within this share of 2: fixed costs of a window, clocks
#: that change. A machine that others use too has wider intervals, and proves nothing.
LINEAR_SHARE = 0.1


@dataclass(frozen=True)
class Ratio:
    """Energy or time of twice the work over that of the work, and its 95 % interval by Student's t over the rounds."""

    ratio: float
    low: float
    high: float

    @property
    def is_two(self) -> bool:
        """Whether the whole interval lies within `LINEAR_SHARE` of 2."""
        return 2 * (1 - LINEAR_SHARE) <= self.low and self.high <= 2 * (1 + LINEAR_SHARE)

    def __str__(self) -> str:
        return f"{self.ratio:.3f} [{self.low:.3f}, {self.high:.3f}]"


def ratio_of(single: Sequence[float], double: Sequence[float]) -> Ratio:
    """Of rounds of both, in order; three or more."""
    ratios = np.divide(double, single)
    half = float(t_half_width(ratios.std(ddof=1) / np.sqrt(len(ratios)), len(ratios)))
    return Ratio(float(ratios.mean()), float(ratios.mean()) - half, float(ratios.mean()) + half)


@dataclass(frozen=True)
class Verdict:
    """`trust`, `trust above`, `model only`, `do not trust` or `absent`; `from_s`: shortest window that is trusted."""

    component: str
    verdict: str
    method: str
    why: str
    from_s: float | None = None

    def __str__(self) -> str:
        return f"{self.verdict} {self.from_s:g} s" if self.verdict == "trust above" else self.verdict


def verdict_of(
    component: str, method: str, refresh_s: float | None, energies: Sequence[Ratio], power_ratio: float | None = None
) -> Verdict:
    """Of a component's method, its counter's refresh, twice the work for each pair of sizes, and counter over power."""
    if method == "absent":
        return Verdict(component, "absent", method, "the machine has none")
    if method in MODELLED:
        return Verdict(component, "model only", method, f"{obtained(component.lower(), method)}; nothing is read")
    doubled = f"twice the work took {', '.join(map(str, energies))} times the energy"
    beside = "" if power_ratio is None else f"; it says {power_ratio:.3f} times its integrated power"
    if not all(ratio.is_two for ratio in energies) or not (power_ratio is None or abs(power_ratio - 1) <= POWER_SHARE):
        return Verdict(component, "do not trust", method, doubled + beside)
    period_s = SAMPLED_S if method == "sampled" else refresh_s
    if period_s is None:
        return Verdict(component, "do not trust", method, "it did not move in two seconds")
    least_s = float(f"{period_s / REFRESH_SHARE:.2g}")
    why = f"{method}, refreshed every {period_s:.3g} s; {doubled}{beside}"
    if least_s <= 1.0:
        return Verdict(component, "trust", method, why)
    return Verdict(component, "trust above", method, why, least_s)


def of_time(times: Sequence[Ratio]) -> Verdict:
    """Whether durations of this machine mean anything."""
    why = f"twice the work took {', '.join(map(str, times))} times as long"
    is_so = all(ratio.is_two for ratio in times)
    return Verdict(
        "time", "trust" if is_so else "do not trust", "clock", why if is_so else f"{why}: close what runs beside"
    )


def sentence(verdicts: Sequence[Verdict], day: str, times: Sequence[Ratio]) -> str:
    """For a methods section."""
    parts = ", ".join(f"{one.component} {one} ({one.method})" for one in verdicts if one.verdict != "absent")
    return (
        f"the machine was checked on {day} before measuring: {parts}; twice the work took {', '.join(map(str, times))} "
        f"times as long ({LEVEL} intervals {INTERVALS['cells'].method})"
    )


def markdown(content: dict[str, Any]) -> str:
    """The check for people; `content` is the JSON file's."""
    heads = "| component | verdict | why |\n|---|---|---|\n"
    rows = "".join(f"| {v['component']} | {v['words']} | {v['why']} |\n" for v in content["verdicts"])
    facts = "".join(f"| {name} | {value} |\n" for name, value in content["facts"].items())
    whole = content["sentence"][0].upper() + content["sentence"][1:]
    return (
        f"# Check of this machine, {content['checked_at_utc'][:16].replace('T', ' ')} UTC\n\n{heads}{rows}\n"
        f"| looked at | found |\n|---|---|\n{facts}\nFor a methods section: {whole}.\n"
    )


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict in the file, with its words."""
    return {**asdict(verdict), "words": str(verdict)}
