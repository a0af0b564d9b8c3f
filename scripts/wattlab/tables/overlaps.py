"""Windows of one device at the same time: the energy of each holds what the others used, so that no sum of them is one."""

from collections.abc import Hashable, Sequence
from datetime import timedelta

from wattlab.foundation.clock import moment
from wattlab.records.record import Session, Window

#: Device, owner (its windows follow one another), window.
Span = tuple[Hashable, Hashable, Window]


def device_name(session: Session | None) -> Hashable | None:
    """Which device a session computed on; None where its machine is not known."""
    if session is None or session.machine is None:
        return None
    return session.machine.host_sha256, session.gpu_index


def overlapping(spans: Sequence[Span]) -> set[int]:
    """Places of the spans during which another owner's window ran on the same device."""
    began = [moment(window.started_at_utc) for _, _, window in spans]
    found: set[int] = set()
    running: list[int] = []
    for place in sorted(range(len(spans)), key=began.__getitem__):
        device, owner, _ = spans[place]
        running = [one for one in running if began[one] + timedelta(seconds=spans[one][2].window_s) > began[place]]
        beside = [one for one in running if spans[one][0] == device and spans[one][1] != owner]
        found |= {place, *beside} if beside else set()
        running.append(place)
    return found
