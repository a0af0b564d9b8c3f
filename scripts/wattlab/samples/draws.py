"""Random numbers of surrogate rows: one generator per row, and only inverse distribution functions on top of it.

Row k is the same whatever the sample size, the order or the number of workers, since every row has its own PCG64,
seeded with (seed, CRC-32 of the dataset's name, row). Of that generator only `random()` is used, and every other
distribution is its inverse: numpy promises no stable stream for `normal`, `gamma` or `choice`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from zlib import crc32

from pydantic import Field, model_validator

from wattlab.foundation.schema import Closed, fact

# numpy and scipy only where numbers are drawn: the parameters are checked while a study is planned, without them.
if TYPE_CHECKING:
    import numpy as np

Item = TypeVar("Item")


class _Bounded(Closed):
    """What every distribution may have beside its own parameters."""

    min: float | None = fact("lower clip; null: none", None)
    max: float | None = fact("upper clip; null: none", None)
    empty_share: float = fact("share of the values that are 0 instead", 0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _is_a_range(self) -> "_Bounded":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}; exchange them")
        return self


class Normal(_Bounded):
    """Normal distribution."""

    distribution: Literal["normal"]
    mean: float = fact("mean")
    sd: float = fact("standard deviation", gt=0)

    def at(self, share: float) -> float:
        """Value below which `share` of the distribution lies, before clipping."""
        from scipy import stats

        return float(stats.norm.ppf(share, self.mean, self.sd))


class LogNormal(_Bounded):
    """Log-normal distribution."""

    distribution: Literal["lognormal"]
    mu: float = fact("mean of the natural logarithm")
    sigma: float = fact("standard deviation of the natural logarithm", gt=0)

    def at(self, share: float) -> float:
        """Value below which `share` of the distribution lies, before clipping."""
        from scipy import stats

        return math.exp(self.mu + self.sigma * float(stats.norm.ppf(share)))


class Gamma(_Bounded):
    """Gamma distribution."""

    distribution: Literal["gamma"]
    shape: float = fact("shape", gt=0)
    scale: float = fact("scale", gt=0)

    def at(self, share: float) -> float:
        """Value below which `share` of the distribution lies, before clipping."""
        from scipy import stats

        return float(stats.gamma.ppf(share, self.shape, scale=self.scale))


class Uniform(_Bounded):
    """Uniform distribution; as a count, every whole number from `min` to `max` alike."""

    distribution: Literal["uniform"]
    min: float = fact("lower end")
    max: float = fact("upper end")

    def at(self, share: float) -> float:
        """Value below which `share` of the distribution lies."""
        return self.min + share * (self.max - self.min)


class Poisson(_Bounded):
    """A Poisson number and a constant."""

    distribution: Literal["poisson"]
    mean: float = fact("mean of the Poisson part", gt=0)
    plus: int = fact("added to each draw", 0)

    def at(self, share: float) -> float:
        """Value below which `share` of the distribution lies, before clipping."""
        from scipy import stats

        return self.plus + float(stats.poisson.ppf(share, self.mean))


class Choice(_Bounded):
    """One of some values, with their shares; the last takes what the shares leave."""

    distribution: Literal["choice"]
    values: list[tuple[float, float]] = fact("[value, share]", min_length=1)

    def at(self, share: float) -> float:
        """Value below which `share` of the distribution lies."""
        limits = accumulate(weight for _, weight in self.values)
        return next(
            (value for (value, _), limit in zip(self.values, limits, strict=True) if share < limit), self.values[-1][0]
        )


Distribution = (
    float | Annotated[Normal | LogNormal | Gamma | Uniform | Poisson | Choice, Field(discriminator="distribution")]
)


@dataclass(frozen=True)
class Draws:
    """The random numbers of one row, or of a group of rows, of a dataset."""

    generator: "np.random.Generator"

    @classmethod
    def of(cls, seed: int, dataset: str, row: int) -> "Draws":
        """Draws of row `row`; `dataset` may carry a part ('squad/context') with draws of its own."""
        import numpy as np

        sequence = np.random.SeedSequence([seed, crc32(dataset.encode()), row])
        return cls(np.random.Generator(np.random.PCG64(sequence)))

    def share(self) -> float:
        """A number in [0, 1)."""
        return float(self.generator.random())

    def shares(self, n: int, columns: int) -> list[list[float]]:
        """`n` rows of `columns` numbers in [0, 1)."""
        rows: list[list[float]] = self.generator.random((n, columns)).tolist()
        return rows

    def value(self, distribution: Distribution) -> float:
        """A value of a distribution, clipped; of a number, that number."""
        if isinstance(distribution, float | int):
            return float(distribution)
        return _clipped(distribution, self.share(), distribution.at)

    def count(self, distribution: Distribution) -> int:
        """A value as a whole number, rounded and then clipped."""
        if isinstance(distribution, float | int):
            return round(distribution)
        if isinstance(distribution, Uniform):
            low, high = math.ceil(distribution.min), math.floor(distribution.max)
            return round(_clipped(distribution, self.share(), lambda share: low + int(share * (high - low + 1))))
        return round(_clipped(distribution, self.share(), lambda share: round(distribution.at(share))))

    def index(self, n: int) -> int:
        """One of 0 … n-1, all alike."""
        return int(self.share() * n)

    def one(self, items: Sequence[Item]) -> Item:
        """One of the items, all alike."""
        return items[self.index(len(items))]


def _clipped(distribution: _Bounded, share: float, at: Callable[[float], float]) -> float:
    empty = distribution.empty_share
    if share < empty:
        return 0.0
    # A share of exactly 0 has no finite inverse.
    value = at(max((share - empty) / (1 - empty), 2.0**-53))
    if distribution.min is not None:
        value = max(value, distribution.min)
    return value if distribution.max is None else min(value, distribution.max)
