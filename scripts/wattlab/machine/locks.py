"""Who may measure: one cell on the machine, or one cell on each GPU. The kernel frees a lock when its holder dies.

Lock files lie in one folder of the machine, not of the work directory: two studies must not measure at once either.
"""

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from wattlab.foundation.holding import Held, NoLock, held
from wattlab.foundation.processes import running
from wattlab.meters.contract import Accelerator, Gpu

POLL_S = 0.5

#: Variable that tells a worker which GPU its parent leased, by its place in the vendor's order.
GPU_INDEX = "WATTLAB_GPU_INDEX"


#: Folders that every process of a machine shares, the best first: a private /tmp (a service's, a Slurm job's) is none.
PLACES = (Path("/run/lock"), Path("/dev/shm"), Path("/tmp"))

#: Variable that names another folder of lock files: who measures under another one measures on another machine.
FOLDER = "WATTLAB_LOCKS"

WORKER = "wattlab.runs.worker"


def lock_folder() -> Path:
    """The machine's folder of lock files, open to every user, whatever TMPDIR says. Raises `NoLock`."""
    folder = Path(os.environ.get(FOLDER) or _place() / "wattlab-locks")
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o1777)
    except OSError as error:
        raise NoLock(
            f"{folder}: the machine's locks can not lie there: {error.strerror}; set {FOLDER} to a folder that all who "
            "measure on this machine may write to"
        ) from error
    return folder


def _place() -> Path:
    """By its permissions, not by what this user may do: every user must find the same."""
    for place in PLACES:
        if place.is_dir() and stat.S_IMODE(place.stat().st_mode) & 0o1777 == 0o1777:
            return place
    return PLACES[-1]


def machine_lock() -> AbstractContextManager[None]:
    """Nothing else measures on this machine while this is held; says so where it has to wait, then waits."""
    return held(lock_folder() / "machine.lock", lambda: _tell_waiting("another measurement on this machine"), 0o666)


def machine_is_mine() -> AbstractContextManager[None]:
    """The machine's lock, without waiting; raises `Held` where something measures."""
    return held(lock_folder() / "machine.lock", None, 0o666)


def other_measurements() -> list[int]:
    """Ids of other processes that measure on this machine, whatever lock they hold."""
    return sorted(running(WORKER, FOLDER))


def _tell_waiting(what: str) -> None:
    print(
        f"waiting for {what} to end ({lock_folder()}; a lock there ends with its process)", file=sys.stderr, flush=True
    )


@contextmanager
def gpu_lease(accelerator: Accelerator) -> Iterator[Gpu]:
    """A GPU that no other cell computes on; waits until one is free. Only whole ones that this process may see count.

    Raises:
        NoDevice: all of them are cut into shares, or there is none.
    """
    candidates = accelerator.whole()
    announced = False
    with ExitStack() as leased:
        while (gpu := _first_free(candidates, leased)) is None:
            if not announced:
                _tell_waiting(f"a free one of {len(candidates)} GPU(s)")
                announced = True
            time.sleep(POLL_S)
        yield gpu


def _first_free(candidates: list[Gpu], leased: ExitStack) -> Gpu | None:
    for gpu in candidates:
        try:
            leased.enter_context(held(lock_folder() / f"{gpu.uuid}.lock", None, 0o666))
        except Held:
            continue
        return gpu
    return None
