"""Who may measure: one cell on the machine, or one cell on each GPU. The kernel frees a lock when its holder dies.

Lock files lie in one folder of the machine, not of the work directory: two studies must not measure at once either.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wattlab.foundation.errors import NoDevice
from wattlab.meters.nvml import Gpu

POLL_S = 0.5


def lock_folder() -> Path:
    """The machine's folder of lock files (WATTLAB_LOCKS names another), open to every user."""
    folder = Path(os.environ.get("WATTLAB_LOCKS") or Path(tempfile.gettempdir()) / "wattlab-locks")
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o1777)
    return folder


@contextmanager
def machine_lock() -> Iterator[None]:
    """Nothing else measures on this machine while this is held; says so where it has to wait, then waits."""
    lock = FileLock(lock_folder() / "machine.lock", mode=0o666)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _tell_waiting("another measurement on this machine")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _tell_waiting(what: str) -> None:
    print(
        f"waiting for {what} to end ({lock_folder()}; a lock there ends with its process)", file=sys.stderr, flush=True
    )


@contextmanager
def machine_is_mine() -> Iterator[None]:
    """The machine's lock, without waiting; raises `filelock.Timeout` where something measures."""
    with FileLock(lock_folder() / "machine.lock", timeout=0, mode=0o666):
        yield


@contextmanager
def gpu_lease(gpus: list[Gpu]) -> Iterator[Gpu]:
    """A GPU that no other cell computes on; waits until one is free. Only GPUs in CUDA_VISIBLE_DEVICES count.

    Raises:
        NoDevice: all of them are cut into MIG slices, or there is none.
    """
    candidates = visible(gpus)
    if not candidates:
        raise NoDevice(
            f"CUDA_VISIBLE_DEVICES = {os.environ.get('CUDA_VISIBLE_DEVICES')!r} leaves none of the {len(gpus)} GPU(s) "
            "that NVML shows; unset it, or name one of them"
        )
    told = False
    while True:
        for gpu in candidates:
            lock = FileLock(lock_folder() / f"{gpu.uuid}.lock", mode=0o666)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            try:
                yield gpu
            finally:
                lock.release()
            return
        if not told:
            _tell_waiting(f"a free one of {len(candidates)} GPU(s)")
            told = True
        time.sleep(POLL_S)


def visible(gpus: list[Gpu]) -> list[Gpu]:
    """The GPUs that CUDA_VISIBLE_DEVICES (indices or UUIDs) leaves; all where it is not set."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return gpus
    wanted = [name.strip() for name in named.split(",") if name.strip()]
    return [gpu for gpu in gpus if str(gpu.index) in wanted or any(gpu.uuid.startswith(name) for name in wanted)]


def whole(gpus: list[Gpu]) -> list[Gpu]:
    """The GPUs that are not cut into MIG slices: a slice has no energy counter, the board's holds its neighbours too."""
    kept = [gpu for gpu in gpus if not gpu.mig]
    if kept:
        return kept
    if not gpus:
        named = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise NoDevice(f"CUDA_VISIBLE_DEVICES = {named!r} leaves no GPU; name one by its index or UUID, or unset it")
    shown = ", ".join(str(gpu.index) for gpu in gpus)
    raise NoDevice(
        f"GPU {shown}: MIG is on, and a slice's energy can not be told from its neighbours'; "
        "an administrator switches it off with `nvidia-smi -i <index> -mig 0`; or set device: cpu"
    )
