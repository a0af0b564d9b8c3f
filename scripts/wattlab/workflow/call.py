"""One call of Snakemake: the cells that it set out to measure, how far it is, and the time left.

`results/{study}/call.json` is written when the call starts, for the line of each finished cell. It makes nothing due.
"""

import json
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from wattlab.foundation.files import write_json
from wattlab.study.cells import CellId


@dataclass(frozen=True)
class Progress:
    """How far a call is. `left_s`: null where nothing is left, or nothing done to judge by."""

    n_done: int
    n_planned: int
    left_s: float | None


def begin_call(folder: Path, cells: Collection[str]) -> None:
    """Note the cells of a call that starts now below `results/{study}`."""
    write_json(folder / "call.json", {"began_s": time.time(), "cells": sorted(cells)})


def progress_of(folder: Path, cell_id: str) -> Progress | None:
    """Of the call that the cell belongs to; null where no call said that it does (a cluster's job, another workflow).

    A cell took the time between the end of the one before it, or the start of the call, and its own: with everything
    around it, and cells that are measured side by side share it. One to come takes the mean of its task so far, or of all.
    """
    try:
        call = json.loads((folder / "call.json").read_text())
        began_s, cells = float(call["began_s"]), list(call["cells"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if cell_id not in cells:
        return None
    ended_s = {cell: at_s for cell in cells if (at_s := _written_s(folder / "runs" / f"{cell}.json")) >= began_s}
    took_s: dict[str, list[float]] = defaultdict(list)
    before_s = began_s
    for cell, at_s in sorted(ended_s.items(), key=lambda ended: ended[1]):
        took_s[CellId.read(cell).task].append(at_s - before_s)
        before_s = at_s
    to_come = [CellId.read(cell).task for cell in cells if cell not in ended_s]
    if not to_come or not ended_s:
        return Progress(len(ended_s), len(cells), None)
    overall_s = (before_s - began_s) / len(ended_s)
    left_s = sum(mean(took_s[task]) if took_s[task] else overall_s for task in to_come)
    return Progress(len(ended_s), len(cells), left_s)


def _written_s(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
