"""Golden files: recorded behaviour below tests/golden/. `WATTLAB_GOLDEN=write pytest tests/test_golden_*.py` records anew."""

import difflib
import json
import os
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
WRITING = os.environ.get("WATTLAB_GOLDEN") == "write"

#: Lines of a difference that a failing test shows.
SHOWN = 60


def difference(expected: str, found: str, name: str) -> str:
    """A unified diff, its first lines; empty where the texts are the same."""
    if expected == found:
        return ""
    lines = list(
        difflib.unified_diff(
            expected.splitlines(), found.splitlines(), f"golden {name}", f"found {name}", "", "", 1, ""
        )
    )
    left_out = [f"… and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *left_out]) or f"{name}: line ends differ"


def compare(name: str, found: str) -> str:
    """How a text differs from the golden file below tests/golden/, which it replaces when golden files are written."""
    path = GOLDEN / name
    if WRITING:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found.encode())
    if not path.exists():
        return f"{name}: no such golden file; write it: WATTLAB_GOLDEN=write"
    return difference(path.read_bytes().decode(), found, name)


def as_json(value: Any) -> str:
    """JSON that a diff shows line by line."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
