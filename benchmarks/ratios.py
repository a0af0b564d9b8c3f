"""The common form of what a benchmark finds: a ratio, which means the same on every machine, and how far it may rise."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Ratio:
    """A ratio; with the bounds of its 95 % interval where it is one of pairs. More than `tolerance` above the committed
    one, as a share of it, is a failure."""

    name: str
    value: float
    tolerance: float
    low: float | None = None
    high: float | None = None
    pairs: int | None = None

    def __str__(self) -> str:
        interval = "" if self.low is None else f", 95 % interval {self.low:.4f} to {self.high:.4f} ({self.pairs} pairs)"
        return f"{self.name}: {self.value:.4g}{interval}"

    @property
    def content(self) -> dict[str, Any]:
        """As results.json has it, without what there is not."""
        return {key: value for key, value in asdict(self).items() if value is not None and key != "name"}


def paired(name: str, ours: Sequence[float], others: Sequence[float], tolerance: float) -> Ratio:
    """Geometric mean of the ratios of pairs, and Student's interval of the mean of their logarithms (three pairs or more)."""
    logs = np.log(np.asarray(ours) / np.asarray(others))
    mean, n = float(logs.mean()), len(logs)
    if n < 3:
        return Ratio(name, float(np.exp(mean)), tolerance, pairs=n)
    half = float(stats.t.ppf(0.975, n - 1) * logs.std(ddof=1) / np.sqrt(n))
    low, value, high = (float(np.exp(mean + step)) for step in (-half, 0.0, half))
    return Ratio(name, value, tolerance, low, high, n)
