"""The one writer of a store's file, named in a file beside it: a second one is noticed also where locks lock nothing.

Some network file systems say yes to every lock. So whoever holds a store's lock also says who it is, in
`{fingerprint}.writer`, and looks at the store's length before each line that it writes:

- a writer that lives on this machine refuses the second one at once;
- whether a writer on another machine lives can not be seen from here. Its lock was free, so it is taken for dead and
  its file is replaced; if it lives, it finds that the store grew before its next line, and writes no more.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel, ValidationError

from wattlab.foundation.files import write_text
from wattlab.foundation.holding import NoLock
from wattlab.foundation.processes import here, started


class Writer(BaseModel):
    """A process that writes to a store; its file ends with it, and no record has it."""

    host: str
    place: str | None
    pid: int
    started: str | None

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def is_here(self) -> bool:
        """Whether this machine can tell if it lives."""
        return self.place is not None and self.place == here()

    @property
    def lives(self) -> bool:
        """Whether it is here and runs."""
        return self.is_here and self.started is not None and started(self.pid) == self.started


def writer_of(store: Path) -> Writer | None:
    """Who writes to a store; null where nobody says so."""
    with suppress(OSError, ValidationError):
        return Writer.model_validate_json(_path(store).read_text())
    return None


def _path(store: Path) -> Path:
    return store.with_suffix(".writer")


def two_writers(store: Path, other: Writer | None) -> NoLock:
    """What to say to the one that has to go."""
    return NoLock(
        f"{store}: {other or 'another process'} writes to this cell too, so the locks of its file system lock nothing; "
        "let it end, then `make retry`; `make doctor` tries the locks and says what mends them"
    )


@contextmanager
def claimed(store: Path) -> Iterator[None]:
    """Be the writer of a store, whose lock is held. Raises `NoLock` where another one lives on this machine."""
    before = writer_of(store)
    if before is not None and before.lives:
        raise two_writers(store, before)
    pid = os.getpid()
    me = Writer(host=platform.node(), place=here(), pid=pid, started=started(pid))
    write_text(_path(store), me.model_dump_json())
    try:
        yield
    finally:
        if writer_of(store) == me:
            _path(store).unlink(missing_ok=True)
