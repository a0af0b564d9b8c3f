"""Formats of log files, a module each: bytes of a log become windows in a common form (`contract`).

In: bytes. Out: windows, runs, problems. Imports `records` and below. A new format is one module and its name here, or
none of this: a mapping may name a class of its own as `format: "module:Class"`, wherever PYTHONPATH finds it.
"""

from importlib import import_module

from wattlab.foundation.errors import InputError, near_matches
from wattlab.logs.formats.contract import LogFormat

#: Name in a mapping -> "module:Class"; imported when a mapping asks for it.
FORMATS = {"codecarbon": "wattlab.logs.formats.codecarbon:CodeCarbon"}


def format_named(written: str) -> type[LogFormat]:
    """The class that a mapping's `format` means; raises `InputError` for what is none."""
    module, _, name = FORMATS.get(written, written).partition(":")
    if not name:
        known = near_matches(written, FORMATS)
        raise InputError(f"format = {written!r}: no such format of logs; {known}; a class of your own: module:Class")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"format = {written!r}: {error}; correct it, or put the module on PYTHONPATH") from error
    if not (isinstance(found, type) and issubclass(found, LogFormat)):
        raise InputError(f"format = {written!r} is no subclass of wattlab.logs.formats.contract.LogFormat; make it one")
    lacking = sorted(found.__abstractmethods__ | {key for key in ("name", "model_column") if not hasattr(found, key)})
    if lacking:
        raise InputError(f"format = {written!r} lacks {', '.join(lacking)}; add them to {name}")
    return found
