"""The repeat store: what was measured, one flushed line at a time, never deleted by a failure, a retry or a rerun.

    results/repeats/{task}/{dataset}/{model}/{fingerprint}.jsonl

It lies beside the studies, so that two studies with the same cell pay once, and is not declared to Snakemake, which
removes declared outputs before a job. Lines are events, in order:

    identity   version, and what the fingerprint hashes (once, on opening)
    session    a process begins                      (before the load)
    window     load, transfer, warm-up               (each when finished)
    passes     how often the list of samples is run  (once, after the first warm-up)
    repeat     what one repeat observed, not judged
    ended      a session ended: `done` by the worker, `failed` by the parent of a worker that died
    retry      a person asked again: redos that were spent before count no more

A session without `ended` was killed. A file that a person set aside (`make again`) is `{fingerprint}.{when}.jsonl`: it stays
in the history, and nothing goes on with it.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from wattlab import SCHEMA_VERSION
from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import InputError, checked
from wattlab.foundation.holding import held
from wattlab.foundation.shared import Shared
from wattlab.foundation.stored import refuse_newer
from wattlab.records.record import Observed, Phase, Session
from wattlab.records.writers import claimed, two_writers, writer_of


class StoredCell(BaseModel):
    """Everything that a store's file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sessions: list[Session]
    observed: list[Observed]
    passes: int | None
    #: `{session: (repeats wanted, redos allowed)}` of sessions that ended `done`.
    done: dict[str, tuple[int, int]]


def store_path(results: Path, cell_id: str, fingerprint: str) -> Path:
    """Where the repeats of a cell with this fingerprint lie, below the `results` folder."""
    return results / Shared.REPEATS / cell_id / f"{fingerprint}.jsonl"


def answers_path(store: Path) -> Path:
    """The first repeat's answers, beside the store's file."""
    return store.with_name(f"{store.stem}.answers.jsonl.gz")


def read_events(path: Path) -> list[dict[str, Any]]:
    """Whole lines of a store's file, in order; a torn last line (power cut, kill) is left out. No file: no events.

    Raises:
        InputError: a line before the last is no event, so the file was damaged by something else than a crash.
    """
    if not path.exists():
        return []
    events = []
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            break
        try:
            event = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _damaged(path, number, "is not JSON") from error
        if not isinstance(event, dict) or "event" not in event:
            raise _damaged(path, number, "is no event")
        events.append(event)
    return events


def _damaged(path: Path, number: int, what: str) -> InputError:
    return InputError(f"{path}: line {number} {what}; restore the file from a copy, or move it away")


def _write_all(handle: FileIO, content: bytes) -> None:
    # Unbuffered: a buffer would keep what a full disk refused and write it on closing, after the line was taken back.
    while content:
        content = content[handle.write(content) :]


class StoreWriter:
    """Appends events; one writer at a time (see `open_store`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._length = path.stat().st_size if path.exists() else 0

    def append(self, event: str, **content: Any) -> None:
        """One event as one line, on the disk when this returns; where the disk has no room for it, none of it.

        Raises `NoLock`, and writes nothing, where another process writes to this store too.
        """
        line = json.dumps({"event": event, **content}, sort_keys=True, ensure_ascii=False, allow_nan=False)
        with self.path.open("ab", buffering=0) as handle:
            end = handle.seek(0, os.SEEK_END)
            if end != self._length:
                raise two_writers(self.path, writer_of(self.path))
            try:
                _write_all(handle, line.encode() + b"\n")
                os.fsync(handle.fileno())
                self._length = handle.tell()
            except OSError:
                os.truncate(self.path, end)  # or the next line would be joined to the part that fitted
                raise

    def end(self, session: str, ended: str, **content: Any) -> None:
        """The last event of a session."""
        self.append("ended", session=session, ended=ended, ended_at_utc=utc_now(), **content)


@contextmanager
def open_store(path: Path, identity: dict[str, Any]) -> Iterator[StoreWriter]:
    """The only writer of a store's file; waits for another one, cuts a torn last line, writes `identity` once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _only_writer(path) as writer:
        if not path.exists() or path.stat().st_size == 0:
            writer.append("identity", schema_version=SCHEMA_VERSION, **identity)
        yield writer


@contextmanager
def _only_writer(path: Path) -> Iterator[StoreWriter]:
    with held(path.with_suffix(".lock"), lambda: _tell_waiting(path)), claimed(path):
        _cut_torn_line(path)
        for left in path.parent.glob(f".{path.stem}.*.tmp"):  # of a writer that was killed
            left.unlink()
        yield StoreWriter(path)


def wait_for_writer(path: Path) -> None:
    """Return when nobody writes to a store; says so where it has to wait. Raises `NoLock`."""
    if path.exists():
        with held(path.with_suffix(".lock"), lambda: _tell_waiting(path)):
            pass


def _tell_waiting(path: Path) -> None:
    who = writer_of(path) or "another process"
    print(f"waiting for {who} to end, which writes to {path}", file=sys.stderr, flush=True)


def end_dead_sessions(path: Path, known: set[str], reason: str) -> None:
    """Sessions that began after the `known` ones and did not say how they ended: they ended `failed`.

    Called by the parent of a worker that died by itself. While this holds the store no worker does, so every session
    without an end is dead. Where another writer has taken the store over, the sessions are left to it.
    """
    writer = writer_of(path)
    if not path.exists() or (writer is not None and (writer.lives or not writer.is_here)):
        return
    with _only_writer(path) as store:
        for session in read_store(path).sessions:
            if session.ended == "killed" and session.session not in known:
                store.end(session.session, "failed", reason=reason)


def ask_again(path: Path) -> None:
    """Let a cell have its redos once more, at the next measurement."""
    if path.exists():
        with _only_writer(path) as writer:
            writer.append("retry", at_utc=utc_now())


def set_aside(path: Path) -> Path:
    """Give a store's file, and its answers, the name of a file that nothing goes on with; that name."""
    with _only_writer(path):
        aside = path.with_name(f"{path.stem}.{utc_now().replace(':', '-')}.jsonl")
        if answers_path(path).exists():
            answers_path(path).rename(answers_path(aside))
        return path.rename(aside)


def _cut_torn_line(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        os.truncate(path, whole)


def read_store(path: Path) -> StoredCell:
    """Sessions, observed repeats (by index) and passes of a store's file.

    Raises:
        InputError: the file is damaged, or of a newer version than this program reads.
    """
    try:
        return _stored(path, read_events(path))
    except (LookupError, TypeError) as error:
        raise InputError(f"{path}: an event lacks {error}; restore the file from a copy, or move it away") from error


def _stored(path: Path, events: list[dict[str, Any]]) -> StoredCell:
    sessions: dict[str, dict[str, Any]] = {}
    observed: list[Observed] = []
    passes: int | None = None
    done: dict[str, tuple[int, int]] = {}
    for event in events:
        kind = event.pop("event")
        if kind == "identity":
            refuse_newer(event.get("schema_version", 1), SCHEMA_VERSION, path)
        elif kind == "session":
            sessions[event["session"]] = {**event, "ended": "killed", "reason": "it was stopped before it could say so"}
        elif kind == "window":
            sessions[event.pop("session")][event["phase"]] = event
        elif kind == "passes":
            passes = event["passes"]
        elif kind == "repeat":
            observed.append(checked(Observed, event, str(path)))
        elif kind == "ended":
            session = sessions[event["session"]]
            session |= {"ended": event["ended"], "ended_at_utc": event["ended_at_utc"], "reason": event.get("reason")}
            if event["ended"] == "done":
                done[event["session"]] = (event["repeats"], event["max_redo"])
        elif kind == "retry":
            done.clear()
    content = {
        "sessions": [checked(Session, session, str(path)) for session in sessions.values()],
        "observed": sorted(observed, key=lambda repeat: repeat.index),
        "passes": passes,
        "done": done,
    }
    return checked(StoredCell, content, str(path))


def phase_event(session: str, phase: Phase) -> dict[str, Any]:
    """Content of a `window` event."""
    return {"session": session, **phase.model_dump(mode="json")}
