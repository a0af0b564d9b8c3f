"""Command lines: the options of a verb are the typed parameters of its `main`.

    @verb
    def main(folders: Annotated[Sequence[Path], "to merge"], *, dry_run: Annotated[bool, "only say it"] = False) -> None:

takes `folders … [--dry-run]`: what stands before the `*` is positional, the rest are options. A sequence takes several
words, a `bool` is a switch, and what has no default is required. `*others` takes every word that is none of these.
"""

import contextlib
import errno
import gc
import inspect
import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from functools import wraps
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from wattlab.foundation.errors import InputError

#: Exit code of a verb that found no space left: the log that would say so may be on the same disk.
DISK_FULL_EXIT = os.EX_IOERR


def verb(main: Callable[..., int | None]) -> Callable[[list[str] | None], int]:
    """`main` with a list of arguments (None: those of the process) in the place of its parameters; None of it is exit code 0.

    The help is the docstring of its module and the text of each `Annotated[type, text]`.
    """
    hints, parameters = get_type_hints(main, include_extras=True), inspect.signature(main).parameters

    @wraps(main)
    def run(argv: list[str] | None = None) -> int:
        parser = ArgumentParser(
            description=main.__globals__["__doc__"], formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
        )
        passed_on = False
        for name, parameter in parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                passed_on, parser.epilog = True, f"{name}: {get_args(hints[name])[1]}"
            else:
                _add(parser, parameter, *get_args(hints[name]))
        known, others = parser.parse_known_args(argv) if passed_on else (parser.parse_args(argv), [])
        return main(*others, **vars(known)) or 0

    return run


def _add(parser: ArgumentParser, parameter: inspect.Parameter, kind: Any, meaning: str) -> None:
    is_required, is_list = parameter.default is parameter.empty, get_origin(kind) is Sequence
    given: dict[str, Any] = {"help": meaning} if is_required else {"help": meaning, "default": parameter.default}
    if kind is bool:
        given |= {"action": "store_true"}
    else:
        given |= {"type": next((part for part in get_args(kind) if part is not NoneType), kind)}
    if is_list:
        given |= {"nargs": "+" if is_required else "*"}
    if parameter.kind is parameter.KEYWORD_ONLY:
        parser.add_argument(f"--{parameter.name.replace('_', '-')}", required=is_required, **given)
    else:
        parser.add_argument(parameter.name, **given)


def tell(main: Callable[[list[str] | None], int], *, many_objects: bool = False) -> None:
    """Run a verb's `main` and exit with its code; an `InputError` is one message on stderr and exit code 1.

    A full disk is one message too, and `DISK_FULL_EXIT`. A program that makes `many_objects` and keeps them says so: looking
    through them for garbage at Python's own threshold is a fifth of its time.
    """
    if many_objects:
        gc.set_threshold(200_000)
    try:
        code = main(None)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = f" ({error.filename})" if error.filename else ""
        _say_last(f"error: no space left on the disk{place}; free some and call again: what was finished is kept")
        code = DISK_FULL_EXIT
    # Else the interpreter looks through every object of torch or pandas for garbage before it frees them: a second of CPU.
    gc.freeze()
    sys.exit(code)


def _say_last(message: str) -> None:
    """To stderr as far as that has room: it may be a log on the disk that is full."""
    with contextlib.suppress(OSError):
        os.write(sys.stderr.fileno(), f"{message}\n".encode())
