"""Formats of log files, a module each: bytes of a log become windows in a common form (`contract`).

In: bytes. Out: windows, runs, problems. Imports `records` and below. A new format is one module and its name here, or
none of this: a mapping may name a class of its own as `format: "module:Class"`, wherever PYTHONPATH finds it.
"""

from wattlab.foundation.errors import near_matches

#: Name in a mapping -> "module:Class"; imported where a log is read.
FORMATS = {"codecarbon": "wattlab.logs.formats.codecarbon:CodeCarbon"}


def target_of(written: str) -> str:
    """The `module:Class` that a mapping's `format` means; raises `ValueError` for an unknown name."""
    if ":" not in written and written not in FORMATS:
        raise ValueError(f"no such format; {near_matches(written, FORMATS)}; or module:Class, a class of your own")
    return FORMATS.get(written, written)
