"""What a test of a claim gives: contrasts, each an estimate that is held against the claim's threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy

from wattlab.foundation.quantities import CONFIDENCE, LEVEL
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import pooled

#: What an interval rests on.
MODELS = f"{LEVEL} interval over models"
REPEATS = f"{LEVEL} interval over the repeats of these models alone"


class NotDecidable(Exception):
    """A study can not answer; the message is the reason."""


@dataclass(frozen=True)
class Asked:
    """What a test may look at: measured cells under the protocol's own setting, with an energy above zero."""

    cells: pd.DataFrame
    evidence: Evidence


@dataclass(frozen=True)
class Contrast:
    """One number that a claim speaks of.

    `effect` is shown; `estimate` is tested: its logarithm (`logarithmic`) or itself, with the variances and degrees of
    freedom of its independent parts. `says` has `{}` for the effect. `lacks`: why there is no interval. `absolute`: its
    height, and not only a ratio, follows from what the energy is. `scope`: of its energies; null: the headline's.
    """

    effect: float
    estimate: float
    parts: Sequence[tuple[float, float]]
    cells: pd.DataFrame
    says: str
    unit: str = "times"
    logarithmic: bool = True
    over: str = MODELS
    lacks: str = ""
    absolute: bool = False
    scope: str | None = None

    @cached_property
    def spread(self) -> tuple[float, float]:
        """Standard error of the estimate and its degrees of freedom; NaN where they are not known."""
        if not self.parts:
            return float("nan"), float("nan")
        variance, freedom = pooled(*zip(*self.parts, strict=True))
        return float(np.sqrt(variance)), freedom

    @property
    def bounds(self) -> tuple[float, float]:
        """The 95 % interval on the scale of the effect, by Student's t."""
        error, freedom = self.spread
        half = float(scipy.special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error if error else 0.0
        low, high = self.estimate - half, self.estimate + half
        return (float(np.exp(low)), float(np.exp(high))) if self.logarithmic else (low, high)

    def beyond(self, threshold: float, direction: str) -> float:
        """How many standard errors the estimate lies beyond the threshold, on the claim's side; negative on the other."""
        distance = self.estimate - (float(np.log(threshold)) if self.logarithmic else threshold)
        signed = distance if direction == "above" else -distance
        return signed / self.spread[0] if self.spread[0] else float(np.copysign(np.inf, signed))

    def p(self, threshold: float) -> float:
        """Two-sided, of the estimate being the threshold, by Student's t."""
        freedom = self.spread[1]
        distance = abs(self.beyond(threshold, "above"))
        return float(2 * scipy.special.stdtr(freedom, -distance)) if np.isfinite(distance) else 0.0
