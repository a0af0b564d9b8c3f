"""How the worker puts a session together."""

import gc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import wattlab.models.choice
import wattlab.tasks
from support import records
from wattlab.machine.describe import describe_machine
from wattlab.machine.locks import other_measurements
from wattlab.records.store import answers_path, open_store
from wattlab.runs import worker
from wattlab.runs.session import Bench

pytestmark = pytest.mark.slow


def no_meter(*_: object) -> SimpleNamespace:
    return SimpleNamespace(describe=dict)


def bench_of(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, exclusive: bool, meter: Callable[..., Any] = no_meter
) -> Bench:
    made: list[Bench] = []
    cell = records.resolved_cell(device="cpu", exclusive=exclusive)
    job = records.job_of(folder / "results/laptop", records.resolved_study([cell]), cell)
    monkeypatch.setattr(worker, "CodeCarbonMeter", meter)
    monkeypatch.setattr(worker, "run_session", lambda bench, rows: made.append(bench))
    monkeypatch.setattr(wattlab.tasks, "adapter_for", lambda spec: lambda *_: None)
    monkeypatch.setattr(wattlab.models.choice, "source_of", lambda *_: None)
    inputs: Any = SimpleNamespace(rows=[], tokenizer=None, fetched=None)
    with open_store(folder / "store.jsonl", {}) as store:
        worker._run(job, inputs, describe_machine("cpu"), store)
    return made[0]


def test_a_cell_that_wants_the_machine_for_itself_looks_for_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert bench_of(monkeypatch, tmp_path, exclusive=True).other_measurements is other_measurements
    assert bench_of(monkeypatch, tmp_path, exclusive=False).other_measurements() == []


def test_answers_that_are_gone_are_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bench = bench_of(monkeypatch, tmp_path, exclusive=True)
    assert not bench.has_answers()
    bench.keep_answers([])
    assert bench.has_answers() and answers_path(tmp_path / "store.jsonl").exists()


def test_no_look_for_garbage_while_libraries_are_imported_and_one_before_the_first_window(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    while_imported: list[bool] = []

    def meter(*_: object) -> SimpleNamespace:
        while_imported.append(gc.isenabled())
        return SimpleNamespace(describe=dict)

    looked = gc.get_stats()[2]["collections"]
    bench_of(monkeypatch, tmp_path, exclusive=True, meter=meter)
    assert while_imported == [False] and gc.isenabled()
    assert gc.get_stats()[2]["collections"] > looked
