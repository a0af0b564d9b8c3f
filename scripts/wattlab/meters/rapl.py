"""RAPL package counters, through powercap or else through `perf_event`.

Those of powercap are the independent reading beside CodeCarbon's CPU energy. Where powercap's are closed and `perf_event`'s
are not, these are the CPU's energy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wattlab.meters.rapl_perf import PMU, PerfPackage, perf_packages

POWERCAP = Path("/sys/class/powercap")
J_PER_UJ = 1e-6

#: Two views of one counter differ by what it counts between their readings, and by no more than this (J) beside it.
MIRROR_J = 1.0

#: What gives this process the counters, until the next boot.
RAPL_REMEDY = "`sudo chmod -R a+r /sys/class/powercap/intel-rapl*` opens the counters until the next boot"


@dataclass(frozen=True)
class Package:
    """One CPU package's counter, and where it wraps."""

    counter: Path
    range_j: float

    def read_j(self) -> float:
        """The counter now (J). Raises `OSError` and `ValueError`."""
        return int(self.counter.read_text()) * J_PER_UJ


@dataclass(frozen=True)
class Unreadable:
    """A file without which a package's energy is not known, and why; `remedy`: null where there is none."""

    path: Path
    why: str
    remedy: str | None

    def __str__(self) -> str:
        return f"{self.path.name} of {self.path.parent.name} {self.why}"


class RaplCounters:
    """The energy counters of all CPU packages. Where one of them is `unreadable`, none is used: a part is no CPU.

    `by_perf`: they are `perf_event`'s, since powercap has none, or one that is unreadable.

    The dies of some CPUs all show the counter of their socket. Two counters are taken for such mirrors as long as no
    reading told them apart: two sockets may show the same joules for a moment, after a boot, and not for long.
    """

    def __init__(self, root: Path = POWERCAP, pmu: Path = PMU) -> None:
        found = [_package(path) for path in sorted(root.glob("intel-rapl:*")) if _is_package(path)]
        self.unreadable = [one for one in found if isinstance(one, Unreadable)]
        self.packages: list[Package | PerfPackage] = [one for one in found if isinstance(one, Package)]
        self.by_perf = False
        if self.unreadable or not self.packages:
            self.packages = [*perf_packages(pmu)]
            self.by_perf = bool(self.packages)
        self._apart: set[tuple[int, int]] = set()
        self.read_j()

    def read_j(self) -> list[float] | None:
        """Counters now (J), one per package; null where there is none, or one of them can not be read any more."""
        if not self.packages:
            return None
        try:
            before, after = self._all_j(), self._all_j(backwards=True)
        except (OSError, ValueError):
            return None
        if all(end >= begin for begin, end in zip(before, after, strict=True)):  # no wrap meanwhile
            self._tell_apart(before, after)
        return before

    def _all_j(self, *, backwards: bool = False) -> list[float]:
        packages = self.packages[::-1] if backwards else self.packages
        read_j = [package.read_j() for package in packages]
        return read_j[::-1] if backwards else read_j

    def _tell_apart(self, before: Sequence[float], after: Sequence[float]) -> None:
        """Packages whose counters can not have been one: read forwards and backwards, a mirror lies in between."""
        for one in range(len(before)):
            for other in range(one + 1, len(before)):
                if not before[one] - MIRROR_J <= before[other] <= after[one] + MIRROR_J:
                    self._apart.add((one, other))

    @property
    def distinct(self) -> list[int]:
        """Places of the packages that are no mirror of an earlier one."""
        kept: list[int] = []
        for place in range(len(self.packages)):
            if all((one, place) in self._apart for one in kept):
                kept.append(place)
        return kept

    def between_j(self, before: list[float] | None, after: list[float] | None) -> list[float] | None:
        """Energy of each package between two readings (J), one wrap of its counter corrected; null where there is none.

        Null too where a counter without a wrap fell: it was reset.
        """
        if before is None or after is None:
            return None
        spans = list(zip(self.packages, before, after, strict=True))
        if any(end < begin and math.isinf(package.range_j) for package, begin, end in spans):
            return None
        return [end - begin if end >= begin else end - begin + package.range_j for package, begin, end in spans]

    def sum_j(self, energies_j: Sequence[float]) -> float:
        """Of the packages' energies (J), each counter once."""
        return sum(energies_j[place] for place in self.distinct)


def _is_package(path: Path) -> bool:
    """Whether a domain is a whole CPU package; its parts and the platform are not."""
    try:
        return (path / "name").read_text().strip().startswith("package")
    except OSError:
        return False


def _package(path: Path) -> Package | Unreadable:
    """A package whose counter and range this process may read; without its range a wrap can not be corrected."""
    values = []
    for name in ("energy_uj", "max_energy_range_uj"):
        try:
            values.append(int((path / name).read_text()))
        except PermissionError:
            return Unreadable(path / name, "may not be read by this user", RAPL_REMEDY)
        except (OSError, ValueError) as error:
            why = "is not there" if isinstance(error, FileNotFoundError) else "can not be read"
            return Unreadable(path / name, why, None)
    if values[1] <= 0:
        return Unreadable(path / "max_energy_range_uj", f"is {values[1]}", None)
    return Package(path / "energy_uj", values[1] * J_PER_UJ)
