"""Windows of one device at the same time: the energy of each holds what the others used, so that no sum of them is one."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wattlab.records.record import Session, Window


@dataclass(frozen=True)
class Span:
    """A window, the device that its energy is of, and whose it is: windows of one owner follow one another."""

    device: Hashable
    owner: Hashable
    window: Window

    @property
    def began(self) -> datetime:
        """Start."""
        return datetime.fromisoformat(self.window.started_at_utc)

    @property
    def ended(self) -> datetime:
        """End, by the time between the readings of the counters."""
        return self.began + timedelta(seconds=self.window.window_s)


def device_name(session: Session | None) -> Hashable | None:
    """Which device a session computed on; None where its machine is not known."""
    if session is None or session.machine is None:
        return None
    return session.machine.host_sha256, session.gpu_index


def overlapping(spans: Sequence[Span]) -> set[int]:
    """Places of the spans during which another owner's window ran on the same device."""
    found: set[int] = set()
    open_spans: list[int] = []
    for place in sorted(range(len(spans)), key=lambda at: spans[at].began):
        span = spans[place]
        open_spans = [other for other in open_spans if spans[other].ended > span.began]
        for other in open_spans:
            if spans[other].device == span.device and spans[other].owner != span.owner:
                found |= {place, other}
        open_spans.append(place)
    return found
