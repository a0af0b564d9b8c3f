"""What a scheduler or a container allows this process, from Linux's control groups (both versions of them).

Source: the kernel's documentation, admin-guide/cgroup-v1/memory.rst, scheduler/sched-bwc.rst and admin-guide/cgroup-v2.rst.
"""

import os
from collections.abc import Iterator
from pathlib import Path


def memory_limit_bytes(root: Path = Path("/")) -> int | None:
    """The lowest memory limit of this process's control group and those above it; null where there is none."""
    files = {True: "memory.max", False: "memory.limit_in_bytes"}
    limits = [_text(folder / files[is_second]) for folder, is_second in _groups(root, "memory")]
    return min((int(limit) for limit in limits if limit not in ("", "max")), default=None)


def cpu_limit_cores(root: Path = Path("/")) -> float | None:
    """The lowest quota of CPU time of this process's control group and those above it (cores); null where there is none."""
    quotas = []
    for folder, is_second in _groups(root, "cpu"):
        words = (
            _text(folder / "cpu.max").split()
            if is_second
            else [_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")]
        )
        if len(words) == 2 and words[0] not in ("", "max", "-1"):
            quotas.append(int(words[0]) / int(words[1]))
    return min(quotas, default=None)


def available_cores() -> float:
    """Cores that this process may use: its affinity, and the quota of its control group."""
    cores, quota = float(len(os.sched_getaffinity(0))), cpu_limit_cores()
    return cores if quota is None else min(cores, quota)


def _groups(root: Path, controller: str) -> Iterator[tuple[Path, bool]]:
    """This process's group of a controller and those above it, each with whether it is of the second version."""
    groups = root / "proc/self/cgroup"
    for line in groups.read_text().splitlines() if groups.exists() else []:
        _, controllers, group = line.split(":", 2)
        if controllers != "" and controller not in controllers.split(","):
            continue
        mounted = root / "sys/fs/cgroup"
        top = mounted / (controllers if (mounted / controllers).exists() else controller) if controllers else mounted
        # A container sees its own group as the top: the folders that its path names are then not there.
        inner = top / group.lstrip("/")
        yield from ((folder, controllers == "") for folder in (inner, *inner.parents) if folder.is_relative_to(top))


def _text(path: Path) -> str:
    """A file's text; "" where it is not there."""
    return path.read_text().strip() if path.exists() else ""
