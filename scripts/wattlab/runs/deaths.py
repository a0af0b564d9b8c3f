"""Why a worker died, in one line for a person, and what to do about it."""

import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wattlab.foundation.errors import Unavailable
from wattlab.foundation.verbs import DISK_FULL_EXIT
from wattlab.meters.accelerators import ACCELERATORS, computing

#: Signals by which a scheduler or a person stops a worker together with its parent.
STOPPING = (signal.SIGTERM, signal.SIGINT)

MEND = "see the log; mend it, then `make retry` measures what is missing"
_FREE = "free some, then `make retry`: what was finished is kept"
_MORE_MEMORY = (
    "give it more (another machine; on a cluster a larger mem_mb), or list the cell under known_missing; "
    "then `make retry` measures what is missing"
)
_MORE_GPU_MEMORY = (
    "free the GPU or take one with more memory, or list the cell under known_missing; "
    "then `make retry` measures what is missing"
)
_MORE_TIME = "raise time_limit_s, or list the cell under known_missing; `make retry` goes on after the last repeat"

_HOST_MEMORY = "MemoryError|can't allocate memory|Cannot allocate memory|std::bad_alloc"

#: How an exception and an `InputError` (`errors.tell`) begin in a log.
_TRACEBACK, _ERROR = "Traceback (most recent call last)", "error: "

LONGEST = 300


@dataclass(frozen=True)
class Death:
    """Why the last worker of a cell ended without its repeats."""

    reason: str
    remedy: str = MEND


def overdue(time_limit_s: float) -> Death:
    """It met the cell's time limit."""
    return Death(f"it met its time limit of {time_limit_s:g} s (time_limit_s)", _MORE_TIME)


def death_of(code: int, log: Sequence[str]) -> Death:
    """From a worker's exit code and the lines that it logged; raises `Unavailable` where its library can not."""
    if code == DISK_FULL_EXIT:
        return Death("no space was left on the disk", _FREE)
    if code == os.EX_UNAVAILABLE:
        reason, _, remedy = str(last_words(log)).partition("; ")
        raise Unavailable(reason, remedy)
    if code < 0:
        name = signal.Signals(-code).name
        if name == "SIGKILL":
            return Death("the worker was ended by SIGKILL (out of memory?)", _MORE_MEMORY)
        return Death(f"the worker was ended by {name}")
    words = last_words(log)
    if words is None:
        return Death(f"the worker ended with exit code {code} and said nothing")
    # The device comes first: torch's words for it hold the host's.
    if any(re.search(computing(device).out_of_memory, words) for device in ACCELERATORS):
        return Death(f"out of memory on the device: {_brief(words)}", _MORE_GPU_MEMORY)
    if re.search(_HOST_MEMORY, words):
        return Death(f"out of memory on the host: {_brief(words)}", _MORE_MEMORY)
    return Death(_brief(words))


def was_killed(status: int | None) -> bool:
    """Whether a shell's exit status says that a signal ended the program."""
    return status is not None and status > 128


def unavailable_by(status: int | None, log: Path) -> Unavailable | None:
    """Why the program that should have made an input died; null where none did.

    `status`: its exit status as a shell gives it. A stop and a full disk are no reason that a file could keep: they end
    this program in the same way.
    """
    if status is None:
        return None
    if status in (DISK_FULL_EXIT, *(128 + number for number in STOPPING)):
        sys.exit(status)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    died = death_of(128 - status if was_killed(status) else status, lines)
    return Unavailable(died.reason, died.remedy.replace(MEND, f"see {log}; mend it, then `make retry`"))


def last_words(log: Sequence[str]) -> str | None:
    """The exception that ended the last traceback, on one line; without one the last error, or line that says something.

    An exception may have several lines, of which the first says what happened; others may follow it at the exit.
    """
    begun = [number for number, line in enumerate(log) if line.startswith((_TRACEBACK, _ERROR))]
    if begun and log[begun[-1]].startswith(_ERROR):
        return " ".join(line.strip() for line in log[begun[-1] :]).removeprefix(_ERROR).strip()
    if begun:
        for line in log[begun[-1] + 1 :]:
            if line.strip() and not line[0].isspace():
                return line.strip()
    spoken = [line.strip() for line in log if line.strip()]
    return spoken[-1] if spoken else None


def _brief(words: str) -> str:
    """Cut at the end of a sentence, where there is one."""
    if len(words) <= LONGEST:
        return words
    sentences = words[:LONGEST].rpartition(". ")[0]
    return f"{sentences}." if sentences else words[:LONGEST]
