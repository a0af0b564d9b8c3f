"""Where two contents differ, leaf by leaf."""

from collections.abc import Iterator, Mapping
from typing import Any

from wattlab.foundation.hashing import canonical_json

#: Longest value that is shown whole.
_LONGEST = 80


def leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every leaf with its dotted place; a list is one leaf."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(f"{place}.{key}", inner)
    else:
        yield place, value if isinstance(value, str) else canonical_json(value)


def unlike(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The places in their order where two contents differ, with both values whole; `none` where one has no such place."""
    for place in sorted(a.keys() | b.keys()):
        pair = a.get(place, "none"), b.get(place, "none")
        if pair[0] != pair[1]:
            yield place, *pair


def shortened(text: str) -> str:
    """At most 80 letters of a value."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
