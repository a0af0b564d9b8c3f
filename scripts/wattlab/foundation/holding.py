"""Locks of the kernel on files: freed when their holder dies, waited for without asking again and again.

`flock` alone, and no file that stands for a process where there is no `flock`: such a file outlives a dead machine.
"""

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wattlab.foundation.errors import InputError

#: What a second process does to see whether the first one's lock holds: exit code 0 where it does, 3 where it does not.
_SECOND = """
import fcntl, sys
with open(sys.argv[1], "r+b") as handle:
    try:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(0)
sys.exit(3)
"""


class NoLock(InputError):
    """What has to be locked can not be: no permission, no locks in its file system, or locks that lock nothing."""


class Held(Exception):
    """Another process holds the lock, and this one did not want to wait."""


@contextmanager
def held(path: Path, tell_waiting: Callable[[], None] | None, mode: int = 0o644) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is not there.

    Args:
        path: the lock's file.
        tell_waiting: called once before this waits for another holder; null: do not wait.
        mode: permissions of a file that this makes, whatever the umask says.

    Raises:
        Held: another process holds it, and `tell_waiting` is null.
        NoLock: the file can not be opened, or its file system does not lock.
    """
    try:
        handle = _opened(path, mode)
    except OSError as error:
        raise NoLock(
            f"{path}: this lock can not be opened: {error.strerror}; let this user write to {path.parent}"
        ) from error
    try:
        _lock(handle, path, tell_waiting)
        yield
    finally:
        os.close(handle)  # frees the lock


def _opened(path: Path, mode: int) -> int:
    # Without O_CREAT where it is there: in a folder for all, Linux refuses O_CREAT for a file of another user.
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    with suppress(FileNotFoundError):
        return os.open(path, flags)
    handle = os.open(path, flags | os.O_CREAT, mode)
    with suppress(PermissionError):  # another user made it in between
        os.fchmod(handle, mode)
    return handle


def _lock(handle: int, path: Path, tell_waiting: Callable[[], None] | None) -> None:
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if tell_waiting is None:
                raise Held(path) from None
            tell_waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        raise NoLock(f"{path}: {_no_locks(path.parent, error)}") from error


def _no_locks(folder: Path, error: OSError) -> str:
    return (
        f"the file system of {folder} has no locks ({error.strerror or error}): mount it with them "
        "(NFS: with its lock service; Lustre: -o flock), or let this folder be a link to a local disk"
    )


def locks_hold(folder: Path) -> bool:
    """Whether the locks of a folder lock, tried with two processes; one that is not there yet will be as its parent is.

    Raises `NoLock` where there are none to be had.
    """
    while not folder.exists():
        folder = folder.absolute().parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".wattlab-lock-") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            second = subprocess.run([sys.executable, "-c", _SECOND, file.name], stderr=subprocess.PIPE, check=False)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise NoLock(f"this user can not write to {folder}") from error
        raise NoLock(_no_locks(folder, error)) from error
    return second.returncode == 0
