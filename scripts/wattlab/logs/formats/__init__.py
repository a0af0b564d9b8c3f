"""Formats of log files, a module each: bytes of a log become windows in a common form (`contract`).

In: bytes. Out: windows, runs, problems. Imports `records` and below. A new format is one module and its name here, or
none of this: a mapping may name a class of its own as `format: "module:Class"`, wherever PYTHONPATH finds it.
"""

import inspect
from importlib import import_module

from wattlab.foundation.errors import near_matches
from wattlab.logs.formats.contract import LogFormat

#: Name in a mapping -> "module:Class"; imported when a mapping asks for it.
FORMATS = {"codecarbon": "wattlab.logs.formats.codecarbon:CodeCarbon"}


def format_named(written: str) -> type[LogFormat]:
    """The class that a mapping's `format` means; a `ValueError` says why it means none."""
    module, _, name = FORMATS.get(written, written).partition(":")
    if not name:
        raise ValueError(f"no such format; {near_matches(written, FORMATS)}; or module:Class, a class of your own")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{error}; correct the name, or put its folder on PYTHONPATH") from error
    if not (isinstance(found, type) and issubclass(found, LogFormat)) or inspect.isabstract(found):
        raise ValueError("derive it from wattlab.logs.formats.contract.LogFormat, with looks_like() and windows()")
    return found
