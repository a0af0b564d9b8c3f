"""The one writer of a store's file, named in a file beside it: a second one is noticed also where locks lock nothing.

Some network file systems say yes to every lock. So whoever holds a store's lock also says who it is, in
`{fingerprint}.writer`, and looks there, and at the store's length, before each line that it writes:

- a writer that lives on this machine refuses the second one at once;
- whether a writer on another machine lives can not be seen from here. Its lock was free, so it is taken for dead and
  its file is replaced; if it lives, it finds that out before its next line, and writes no more.
"""

import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wattlab.foundation.files import write_text
from wattlab.foundation.holding import NoLock
from wattlab.foundation.processes import here, started


class Writer(BaseModel):
    """A process that writes to a store; it ends with it, and no record has it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    token: str
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


class Claim:
    """The right of this process to write to a store."""

    def __init__(self, store: Path) -> None:
        self.store, self.path = store, writer_path(store)
        pid = os.getpid()
        self.me = Writer(token=uuid.uuid4().hex, host=platform.node(), place=here(), pid=pid, started=started(pid))
        write_text(self.path, self.me.model_dump_json())

    def check(self) -> None:
        """Raise `NoLock` where another process has taken the store over."""
        now = writer_of(self.store)
        if now is None or now.token != self.me.token:
            raise taken(self.store, now)

    def release(self) -> None:
        """Remove the file, where it is still ours."""
        now = writer_of(self.store)
        if now is not None and now.token == self.me.token:
            self.path.unlink(missing_ok=True)


def writer_path(store: Path) -> Path:
    """The file that names a store's writer."""
    return store.with_suffix(".writer")


def writer_of(store: Path) -> Writer | None:
    """Who writes to a store; null where nobody says so."""
    with suppress(OSError, ValidationError):
        return Writer.model_validate_json(writer_path(store).read_text())
    return None


def taken(store: Path, by: Writer | None) -> NoLock:
    """Two writers in one store."""
    return NoLock(
        f"{store}: {by or 'another process'} writes to this cell too, so the locks of its file system lock nothing; "
        "let it end, then `make retry`; `make doctor` tries the locks and says what mends them"
    )


@contextmanager
def claimed(store: Path) -> Iterator[Claim]:
    """The claim of this process, under the store's lock. Raises `NoLock` where another writer lives on this machine."""
    before = writer_of(store)
    if before is not None and before.lives:
        raise taken(store, before)
    claim = Claim(store)
    try:
        yield claim
    finally:
        claim.release()
