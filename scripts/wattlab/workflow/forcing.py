"""Snakemake, called with records to make again."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from wattlab.foundation.errors import InputError


def refuse_beside_another(folder: Path = Path()) -> None:
    """Raise `InputError` where a call of Snakemake holds this work directory: what it reads must not change."""
    if any((folder / ".snakemake/locks").glob("*")):
        raise InputError(
            "another call of Snakemake works in this folder, or was killed here: wait for it; "
            "where none is running, `make unlock`"
        )


def snakemake(others: Sequence[str], configfile: Sequence[Path], records: Sequence[Path], *, dry_run: bool) -> int:
    """Its exit status. `others`: targets and options that a person gave, handed on as they are."""
    command = [sys.executable, "-m", "snakemake", *others, *(["--dry-run"] if dry_run else [])]
    if configfile:
        command += ["--configfile", *map(str, configfile)]
    if records:
        command += ["--forcerun", *map(str, records)]
    return subprocess.run(command, check=False).returncode
