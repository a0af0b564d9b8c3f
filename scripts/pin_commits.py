"""Pin the catalog's models and datasets to commits of the hub, or list what is pinned and what has moved since.

Pinned is what has no commit yet, and what has one that the hub does not know; by name, also what is pinned already.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import InputError, near_matches
from wattlab.foundation.verbs import tell, verb
from wattlab.hub.pins import Pinned, look_at, pins_of, write_pin

#: Repositories without an answer after which no other one is asked: each is tried for half a minute.
_PATIENCE = 3


@verb
def main(
    *,
    check: Annotated[bool, "only list"] = False,
    only: Annotated[Sequence[str], "hub ids; default: all of the catalog"] = (),
) -> int:
    """A line for each repository, then their number by state; exit code 1 where one is not to be had or not known."""
    pins = list(pins_of(load_catalog(CATALOG_ROOT), CATALOG_ROOT))
    states: Counter[str] = Counter()
    silent = 0
    for pinned in _chosen(pins, only):
        state, said = look_at(pinned)
        silent = silent + 1 if state == "no answer" else 0
        if silent == _PATIENCE:
            raise InputError(
                f"no answer for {_PATIENCE} repositories in a row: {said}; what was pinned until then stays"
            )
        if not check and (state in ("not pinned", "unknown to the hub") or (only and state == "moved")):
            write_pin(pinned, said, f"hub, asked on {utc_now()[:10]}")
            state = "pinned now"
        states[state] += 1
        print(f"{pinned.kind} {pinned.hub_id}: {pinned.revision or 'none'}: {state} ({said})", flush=True)
    print(", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    return 1 if states["not to be had"] or states["no answer"] or states["unknown to the hub"] else 0


def _chosen(pins: Sequence[Pinned], only: Sequence[str]) -> list[Pinned]:
    known = {pinned.hub_id for pinned in pins}
    for name in only:
        if name not in known:
            raise InputError(f"ONLY={name}: no entry of the catalog has this hub id; {near_matches(name, known)}")
    return [pinned for pinned in pins if not only or pinned.hub_id in only]


if __name__ == "__main__":
    tell(main)
