"""What a hub does on a bad day, on demand: each fault for the requests that a pattern of paths names, n times or always."""

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Literal

Kind = Literal["unavailable", "truncate", "shorten", "corrupt", "stall", "delay"]


@dataclass
class Fault:
    """One misbehaviour."""

    kind: Kind
    pattern: str
    times: int | None
    seconds: float = 0.0


@dataclass
class Faults:
    """The misbehaviours of a hub. A pattern is of the shell's kind, matched against the request's path.

    Content of large files comes from `/cdn/{id}/{commit}/{file}`, that of others from `…/resolve/{revision}/{file}`:
    `*/model.safetensors` matches both the redirect and the content.
    """

    planned: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def unavailable(self, pattern: str, times: int | None) -> None:
        """Answer 503; `times=None`: always."""
        self.planned.append(Fault("unavailable", pattern, times))

    def truncate(self, pattern: str, times: int | None) -> None:
        """Announce a body, send half of it, hang up."""
        self.planned.append(Fault("truncate", pattern, times))

    def shorten(self, pattern: str, times: int | None) -> None:
        """Send half of a body as if it were all, its length agreeing with it."""
        self.planned.append(Fault("shorten", pattern, times))

    def corrupt(self, pattern: str, times: int | None) -> None:
        """Send as many bytes as the file has, but others."""
        self.planned.append(Fault("corrupt", pattern, times))

    def stall(self, pattern: str, seconds: float, times: int | None = None) -> None:
        """Send half of a body, and the rest so much later."""
        self.planned.append(Fault("stall", pattern, times, seconds))

    def delay(self, pattern: str, seconds: float, times: int | None = None) -> None:
        """Wait before answering."""
        self.planned.append(Fault("delay", pattern, times, seconds))

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self.planned.clear()

    def take(self, path: str, *kinds: Kind) -> Fault | None:
        """The first fault of these kinds that is due for a request of `path`; it counts as having happened."""
        with self._lock:
            for fault in self.planned:
                if fault.kind in kinds and fault.times != 0 and fnmatch(path, fault.pattern):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None
