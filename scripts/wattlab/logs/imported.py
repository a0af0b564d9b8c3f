"""What an import left, for the verbs that read it."""

import json
from pathlib import Path
from typing import Any

from wattlab.foundation.errors import InputError
from wattlab.records.record import Record, Unassigned, read_record
from wattlab.study.cells import ResolvedStudy


def read_records(study: ResolvedStudy, runs: Path) -> list[Record]:
    """The record of every cell; raises `InputError` for a missing or damaged one."""
    return [read_record(runs / f"{resolved.cell.id}.json") for resolved in study.cells]


def read_unassigned(runs: Path) -> list[Unassigned]:
    """The windows of no cell."""
    path = runs / "unassigned.jsonl"
    if not path.exists():
        raise InputError(f"{path}: no such file; import the logs first")
    return [Unassigned.model_validate_json(line) for line in path.read_text().splitlines()]


def read_account(path: Path) -> dict[str, Any]:
    """`import.json`: the account of the rows and the sums as logged."""
    if not path.exists():
        raise InputError(f"{path}: no such file; import the logs first")
    account: dict[str, Any] = json.loads(path.read_text())
    return account
