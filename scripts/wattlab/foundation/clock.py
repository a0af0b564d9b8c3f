"""Wall-clock time as the records write it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def moment(text: str) -> datetime:
    """An ISO 8601 time; without a zone, as logs have it, it is UTC. Raises `ValueError`."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _checked(text: str) -> str:
    moment(text)
    return text


#: A time that `moment` reads.
UtcText = Annotated[str, AfterValidator(_checked)]


def utc_now() -> str:
    """Now, as ISO 8601 with microseconds and `+00:00`."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one ISO 8601 time to another."""
    return (moment(later) - moment(earlier)).total_seconds()


def spoken(duration_s: float) -> str:
    """A duration for people."""
    if duration_s < 120:
        return f"{duration_s:.0f} s"
    return f"{duration_s / 60:.0f} min" if duration_s < 7200 else f"{duration_s / 3600:.1f} h"
