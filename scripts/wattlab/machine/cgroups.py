"""What a scheduler or a container allows this process, from Linux's control groups (both versions of them)."""

from collections.abc import Iterator
from pathlib import Path


def memory_limit_bytes(root: Path = Path("/")) -> int | None:
    """The lowest memory limit of this process's control group and those above it; null where there is none.

    Source: the kernel's documentation, admin-guide/cgroup-v1/memory.rst and admin-guide/cgroup-v2.rst.
    """
    limits = [int(text) for text in _limits(root) if text != "max"]
    return min(limits, default=None)


def _limits(root: Path) -> Iterator[str]:
    groups = root / "proc/self/cgroup"
    for line in groups.read_text().splitlines() if groups.exists() else []:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            top, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        # A container sees its own group as the top: the folders that its path names are then not there.
        inner = top / group.lstrip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(top) and (folder / name).exists():
                yield (folder / name).read_text().strip()
