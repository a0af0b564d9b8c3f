"""What one command takes, whatever else its benchmark started before."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def timed(command: list[str], folder: Path, **environment: str) -> dict[str, Any]:
    """Wall time, CPU time and the largest resident set of a command and of all that it started and waited for; ends this
    program where the command fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command} failed:\n{said[-3000:]}")
    return {
        "wall_s": time.perf_counter() - begun,
        "cpu_s": used.ru_utime + used.ru_stime,
        "rss_mb": used.ru_maxrss / 1e3,
    }
