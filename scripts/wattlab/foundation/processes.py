"""Processes of this machine, as the kernel tells."""

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")

#: Place of a process's start among the words behind its name in `/proc/{pid}/stat` (proc(5), field 22).
_START = 19


def boot_id() -> str | None:
    """Identifies the machine's current boot; null where the system does not tell."""
    path = PROC / "sys/kernel/random/boot_id"
    return path.read_text().strip() if path.exists() else None


def stated_cpu() -> str | None:
    """Model name of the CPU, as Linux states it for x86; null elsewhere."""
    path = PROC / "cpuinfo"
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def here() -> str | None:
    """This boot, and the namespace that process ids are of: two containers of one machine are two places."""
    try:
        return f"{boot_id()} {os.readlink(PROC / 'self/ns/pid')}"
    except OSError:
        return None


def started(pid: int) -> str | None:
    """When a process started, in ticks since the boot; null where there is none of that id (or an ended one)."""
    try:
        words = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else words[_START]


def running(module: str, variable: str) -> Iterator[int]:
    """Ids of other processes that run `python -m {module}`, and have the same value of an environment variable as this one.

    Those whose environment may not be read count too.
    """
    for folder in PROC.iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if (b"-m", module.encode()) in zip(words, words[1:], strict=False) and _value(folder, variable) in (
            None,
            os.environ.get(variable, ""),
        ):
            yield int(folder.name)


def _value(folder: Path, variable: str) -> str | None:
    """Of an environment variable of a process, "" where it has none; null where it may not be read."""
    try:
        words = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    return next((word.partition("=")[2] for word in words if word.startswith(f"{variable}=")), "")
