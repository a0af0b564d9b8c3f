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

from wattlab.meters.contract import Accelerator, Gpu

POLL_S = 0.5

#: Variable that tells a worker which GPU its parent leased, by its place in the vendor's order.
GPU_INDEX = "WATTLAB_GPU_INDEX"


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
def gpu_lease(accelerator: Accelerator) -> Iterator[Gpu]:
    """A GPU that no other cell computes on; waits until one is free. Only whole ones that this process may see count.

    Raises:
        NoDevice: all of them are cut into shares, or there is none.
    """
    candidates = accelerator.whole()
    announced = False
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
        if not announced:
            _tell_waiting(f"a free one of {len(candidates)} GPU(s)")
            announced = True
        time.sleep(POLL_S)
