"""Snakemake alone in its work directory, and called with records to make again."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from wattlab.foundation.errors import InputError
from wattlab.foundation.holding import Held, NoLock, held

#: Held by a call that runs jobs, and freed by the kernel when it ends, however it does. `envs/idle.sh` asks for it too.
RUNNING = Path(".snakemake/wattlab.lock")


@contextmanager
def alone(folder: Path = Path()) -> Iterator[None]:
    """Hold the lock of a work directory; where its file system has no locks, Snakemake's own has to do.

    Raises `InputError` where another call runs jobs there.
    """
    with ExitStack() as stack:
        try:
            with suppress(NoLock, FileNotFoundError, PermissionError):
                (folder / RUNNING).parent.mkdir(exist_ok=True)
                stack.enter_context(held(folder / RUNNING, None))
        except Held:
            raise InputError(
                "a study is running in this folder: wait for it to end, or stop it by Ctrl-C in its terminal"
            ) from None
        yield


@contextmanager
def alone_or_exit() -> Iterator[None]:
    """`alone`, for the rules: the message ends the call, without a line of ours as the place of a fault."""
    try:
        with alone():
            yield
    except InputError as error:
        raise SystemExit(f"error: {error}") from None


def refuse_beside_another(folder: Path = Path()) -> None:
    """Raise `InputError` where a call of Snakemake holds this work directory: what it reads must not change."""
    with alone(folder):
        if any((folder / ".snakemake/locks").glob("*")):
            raise InputError("a call of Snakemake was killed here and left its lock: `make unlock` takes it away")


def is_dry(options: Sequence[str]) -> bool:
    """Whether options for Snakemake ask for the plan alone, in any of its spellings: `-n`, `-np`, `--dryrun`."""
    return any(
        option in ("--dry-run", "--dryrun") or re.fullmatch(r"-[a-zA-Z]*n[a-zA-Z]*", option) for option in options
    )


def snakemake(others: Sequence[str], configfile: Sequence[Path], records: Sequence[Path], *, dry_run: bool) -> int:
    """Its exit status. `others`: targets and options that a person gave, handed on as they are."""
    command = [sys.executable, "-m", "snakemake", *others, *(["--dry-run"] if dry_run else [])]
    if configfile:
        command += ["--configfile", *map(str, configfile)]
    if records:
        command += ["--forcerun", *map(str, records)]
    return subprocess.run(command, check=False).returncode
