"""How far a call is, and the time left: wall time from its start, by what its last cells took."""

import json
import os
from pathlib import Path

import pytest

from support import measurements, records
from wattlab.workflow.call import Progress, progress_of
from wattlab.workflow.progress import progress_line

CELLS = [f"{task}/data/model-{number}" for task in ("fill-mask", "text-to-image") for number in range(3)]


def call(folder: Path, began_s: float, cells: list[str] = CELLS) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "call.json").write_text(json.dumps({"began_s": began_s, "cells": cells}))


def finish(folder: Path, cell: str, at_s: float) -> None:
    path = folder / "runs" / f"{cell}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (at_s, at_s))


def test_each_cell_to_come_takes_what_its_task_took_or_all_did(tmp_path: Path) -> None:
    call(tmp_path, 1000.0)
    assert progress_of(tmp_path, CELLS[0]) == Progress(0, 6, None)
    finish(tmp_path, CELLS[0], 1015.0)
    assert progress_of(tmp_path, CELLS[0]) == Progress(1, 6, 5 * 15.0)
    finish(tmp_path, CELLS[3], 1115.0)
    # Two of 15 s, two of 100 s.
    assert progress_of(tmp_path, CELLS[3]) == Progress(2, 6, pytest.approx(2 * 15.0 + 2 * 100.0))
    for number, cell in enumerate((CELLS[1], CELLS[2], CELLS[4], CELLS[5])):
        finish(tmp_path, cell, 1130.0 + number)
    assert progress_of(tmp_path, CELLS[5]) == Progress(6, 6, None)


def test_cells_of_another_call_count_neither_as_done_nor_as_to_come(tmp_path: Path) -> None:
    finish(tmp_path, CELLS[1], 990.0)
    call(tmp_path, 1000.0, CELLS[:2])
    finish(tmp_path, CELLS[0], 1010.0)
    finish(tmp_path, CELLS[3], 1020.0)
    assert progress_of(tmp_path, CELLS[0]) == Progress(1, 2, pytest.approx(10.0))
    assert progress_of(tmp_path, CELLS[3]) is None


def test_cells_side_by_side_share_the_time(tmp_path: Path) -> None:
    """Four at once, 60 s each: twelve take 180 s, and after the first four 120 s are left."""
    cells = [f"fill-mask/data/model-{number}" for number in range(12)]
    call(tmp_path, 1000.0, cells)
    for cell in cells[:4]:
        finish(tmp_path, cell, 1060.0)
    assert progress_of(tmp_path, cells[3]) == Progress(4, 12, pytest.approx(120.0))


def test_a_cell_from_the_store_says_so_with_its_day(tmp_path: Path) -> None:
    cell = records.resolved_cell()
    study = records.write_study(tmp_path, records.resolved_study([cell]))
    record = records.record_of(cell, [measurements.repeat(index) for index in range(3)])
    day = max(repeat.started_at_utc for repeat in record.repeats)
    assert progress_line(study, record, "2999-01-01T00:00:00+00:00").endswith(f" (from the store, measured {day[:10]})")
    assert "from the store" not in progress_line(study, record, day)
    failed = records.failed(cell, "out of memory")
    assert "from the store" not in progress_line(study, failed, "2999-01-01T00:00:00+00:00")
