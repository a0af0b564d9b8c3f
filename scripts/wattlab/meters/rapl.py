"""RAPL package counters through powercap: the independent reading beside CodeCarbon's CPU energy."""

from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
J_PER_UJ = 1e-6

#: Counters that differ by no more than this (J) are two views of one: they are read one after the other.
MIRROR_J = 1.0

#: What gives this process the counters, until the next boot.
RAPL_REMEDY = "`sudo chmod -R a+r /sys/class/powercap/intel-rapl*` opens the counters until the next boot"


@dataclass(frozen=True)
class Package:
    """One CPU package's counter."""

    counter: Path
    range_j: float


class RaplCounters:
    """The energy counters of all CPU packages that this process may read; `unreadable` are those that it may not."""

    def __init__(self, root: Path = POWERCAP) -> None:
        found = {path: _package(path) for path in sorted(root.glob("intel-rapl:*")) if _is_package(path)}
        self.packages = _without_mirrors([package for package in found.values() if package is not None])
        self.unreadable = [path for path, package in found.items() if package is None]

    def read_j(self) -> list[float] | None:
        """Counters now (J), one per package; null where there is none, or one of them can not be read any more."""
        if not self.packages:
            return None
        try:
            return [int(package.counter.read_text()) * J_PER_UJ for package in self.packages]
        except (OSError, ValueError):
            return None

    def between_j(self, before: list[float] | None, after: list[float] | None) -> float | None:
        """Energy between two readings (J), one wrap of each counter corrected; null where there is none."""
        if before is None or after is None:
            return None
        spans = zip(self.packages, before, after, strict=True)
        return sum(end - start if end >= start else end - start + package.range_j for package, start, end in spans)


def _is_package(path: Path) -> bool:
    """Whether a domain is a whole CPU package; its parts and the platform are not."""
    try:
        return (path / "name").read_text().strip().startswith("package")
    except OSError:
        return False


def _package(path: Path) -> Package | None:
    """A package whose counter this process may read, else null."""
    try:
        (path / "energy_uj").read_text()
        range_uj = int((path / "max_energy_range_uj").read_text())
    except (OSError, ValueError):
        return None
    return Package(path / "energy_uj", range_uj * J_PER_UJ)


def _without_mirrors(packages: list[Package]) -> list[Package]:
    """Each counter once: the dies of some CPUs all show the counter of their socket, a joule apart at most."""
    kept: dict[float, Package] = {}
    for package in packages:
        now_j = int(package.counter.read_text()) * J_PER_UJ
        if all(abs(now_j - other_j) > MIRROR_J for other_j in kept):
            kept[now_j] = package
    return list(kept.values())
