"""What `make check-machine` found out about this machine, where its file lies beside the results."""

import hashlib
import json
import platform
from pathlib import Path

NAME = "machine-check.json"


def host_sha256() -> str:
    """Which machine this is, without its name."""
    return hashlib.sha256(platform.node().encode()).hexdigest()


def checked(results: Path) -> dict[str, str]:
    """`machine_check`: the sentence for a methods section; nothing where this machine was not checked."""
    try:
        found = json.loads((results / NAME).read_text())
        return {"machine_check": str(found["sentence"])} if found["host_sha256"] == host_sha256() else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}
