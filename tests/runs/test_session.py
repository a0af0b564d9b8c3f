"""The protocol with a fake meter and a fake adapter: what is inside a window, how many passes, what is resumed."""

import errno
import json
import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import measurements, records
from wattlab.foundation.errors import Unavailable
from wattlab.meters.contract import Meter
from wattlab.records.record import Window
from wattlab.records.store import open_store, read_events, read_store
from wattlab.runs.session import Bench, latencies, planned_passes, run_session, session_header
from wattlab.runs.validity import judge_all
from wattlab.runs.worker import answer_line
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Answer


@dataclass
class FakeAnswer:
    value: str
    n_output_units: int


class FakeAdapter:
    """Writes down what is done to it."""

    output_unit = "token"

    def __init__(self, journal: list[str], inference_s: float = 0.0) -> None:
        self.journal, self.inference_s = journal, inference_s

    def load(self) -> None:
        self.journal.append("load")

    def transfer(self) -> None:
        self.journal.append("transfer")

    def prepare(self, row: dict[str, Any]) -> str:
        self.journal.append("prepare")
        return row["text"]

    def hindrance(self, samples: list[str]) -> str | None:
        return None

    def counts(self, samples: list[str]) -> dict[str, float]:
        return {"input_token": 3 * len(samples)}

    def infer(self, samples: list[str]) -> list[FakeAnswer]:
        self.journal += [f"infer {sample}" for sample in samples]
        time.sleep(self.inference_s)
        return [FakeAnswer(sample.upper(), 2) for sample in samples]


class FakeMeter(Meter):
    """Gives out the joules of a list, one window after the other."""

    def __init__(self, journal: list[str], cpu_j: list[float] | None = None) -> None:
        self.journal, self.cpu_j = journal, cpu_j or []
        self.queries = 0

    def begin(self) -> None:
        self.journal.append("[")

    def end(self, duration_s: float) -> Window:
        self.journal.append("]")
        is_query = len(self.journal) > 1 and self.journal[-2].startswith("infer")
        energy_j = 30.0
        if is_query and self.cpu_j:
            energy_j = self.cpu_j[min(self.queries, len(self.cpu_j) - 1)]
            self.queries += 1
        return measurements.window(window_s=max(duration_s, 0.6), cpu_j=energy_j)


ROWS = [{"text": "a"}, {"text": "b"}]


def bench(
    store: Any,
    journal: list[str],
    session: str = "s1",
    cpu_j: list[float] | None = None,
    inference_s: float = 0.0,
    **values: Any,
) -> Bench:
    given = {"warmup_inferences": 1, "idle_window_s": 0.0, "min_window_s": 0.0, "n_inferences": 2, **values}
    cell = records.resolved_cell(protocol_values=given)
    assert cell.spec is not None
    store.append("session", **session_header(measurements.session(session, phases=False)))
    return Bench(cell.spec, FakeAdapter(journal, inference_s), FakeMeter(journal, cpu_j), store, session)


def run(path: Path, journal: list[str], **values: Any) -> Bench:
    with open_store(path, {}) as store:
        made = bench(store, journal, **values)
        run_session(made, ROWS)
    return made


def spec(**values: Any) -> Spec:
    found = records.resolved_cell(protocol_values=values).spec
    assert found is not None
    return found


def test_only_the_inferences_are_inside_a_query_window(tmp_path: Path) -> None:
    journal: list[str] = []
    run(tmp_path / "store.jsonl", journal)
    query = ["[", "infer a", "infer b", "]"]
    assert journal == ["[", "load", "]", "[", "transfer", "]", "prepare", "prepare", "[", "infer a", "]", *query * 3]


def test_three_repeats_are_stored_with_their_counts(tmp_path: Path) -> None:
    run(tmp_path / "store.jsonl", [])
    stored = read_store(tmp_path / "store.jsonl")
    assert [(r.index, r.n_inferences, r.n_output_units, r.output_unit) for r in stored.observed] == [
        (i, 2, 4, "token") for i in range(3)
    ]
    assert stored.sessions[0].ended == "done"
    assert stored.sessions[0].warmup is not None and stored.sessions[0].warmup.n_inferences == 1


def test_invalid_repeats_are_redone_up_to_the_limit(tmp_path: Path) -> None:
    run(tmp_path / "a.jsonl", [], cpu_j=[5.0, 5.0, 0.0, 5.0, 5.0])  # the first query window is the warm-up's
    assert [r.energy_cpu_j for r in read_store(tmp_path / "a.jsonl").observed] == [5.0, 0.0, 5.0, 5.0]
    run(tmp_path / "b.jsonl", [], cpu_j=[5.0, 0.0])
    assert len(read_store(tmp_path / "b.jsonl").observed) == 3 + 2


def test_a_second_session_measures_only_what_lacks(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    run(path, [])
    journal: list[str] = []
    with open_store(path, {}) as store:
        again = bench(store, journal, session="s2", repeats=5)
        run_session(again, ROWS)
    assert [(r.index, r.session) for r in read_store(path).observed] == [
        (0, "s1"),
        (1, "s1"),
        (2, "s1"),
        (3, "s2"),
        (4, "s2"),
    ]


def test_passes_are_fixed_by_the_first_session(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    with open_store(path, {}) as store:
        store.append("passes", session="s1", passes=3, last_inference_s=0.01)
        journal: list[str] = []
        run_session(bench(store, journal, session="s2", repeats=2, min_window_s=0.04, inference_s=0.0), ROWS)
    assert journal.count("infer b") == 2 * 3  # its own inferences would give thousands


def test_a_batch_is_warmed_up_by_two_calls_at_least(tmp_path: Path) -> None:
    run(tmp_path / "a.jsonl", [], warmup_inferences=2, batch_size=2)
    warmup = read_store(tmp_path / "a.jsonl").sessions[0].warmup
    assert warmup is not None and warmup.n_inferences == 4, "the first call is cold, and the last one plans the passes"


def test_the_number_of_passes_follows_the_last_warm_up_inference(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    run(path, [], min_window_s=0.04, inference_s=0.01)
    (event,) = [event for event in read_events(path) if event["event"] == "passes"]
    assert event["last_inference_s"] >= 0.01
    assert event["passes"] == planned_passes(0.04, 2, event["last_inference_s"]) <= 3


def test_idle_windows_are_shared_by_neighbours(tmp_path: Path) -> None:
    run(tmp_path / "store.jsonl", [], idle_window_s=0.01)
    repeats = read_store(tmp_path / "store.jsonl").observed
    assert all(r.idle_before is not None and r.idle_after is not None for r in repeats)
    assert repeats[0].idle_after == repeats[1].idle_before


def test_the_first_repeats_answers_are_kept_once(tmp_path: Path) -> None:
    kept: list[list[str]] = []
    with open_store(tmp_path / "store.jsonl", {}) as store:
        made = bench(store, [], min_window_s=0.04, inference_s=0.01)
        made.keep_answers = lambda answers: kept.append([answer.value for answer in answers])
        run_session(made, ROWS)
    assert kept == [["A", "B"]]


def kept(path: Path, session: str, keep: Any, has_answers: bool = True) -> None:
    with open_store(path, {}) as store:
        made = bench(store, [], session)
        made.keep_answers, made.has_answers = keep, lambda: has_answers
        run_session(made, ROWS)


def test_answers_that_did_not_fit_come_with_the_next_session(tmp_path: Path) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path, answers = tmp_path / "store.jsonl", []
    with pytest.raises(OSError, match="No space"):
        kept(path, "s1", full)
    assert read_store(path).observed == []
    kept(path, "s2", answers.append)
    assert len(answers) == 1 and [repeat.index for repeat in read_store(path).observed] == [0, 1, 2]


def test_a_kill_while_answers_are_kept_loses_none(tmp_path: Path) -> None:
    path, answers = tmp_path / "store.jsonl", []
    child = os.fork()
    if child == 0:
        kept(path, "s1", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    path.with_name(".store.answers.jsonl.gz.1.tmp").touch()  # the half of them
    kept(path, "s2", answers.append)
    assert len(answers) == 1 and len(read_store(path).observed) == 3
    assert not list(tmp_path.glob(".*.tmp"))


def test_answers_that_were_lost_are_made_again_with_the_next_repeat(tmp_path: Path) -> None:
    path, answers = tmp_path / "store.jsonl", []
    run(path, [])
    with open_store(path, {}) as store:
        made = bench(store, [], "s2", repeats=4)
        made.keep_answers, made.has_answers = answers.append, lambda: False
        run_session(made, ROWS)
    assert len(answers) == 1


def test_answers_that_are_no_numbers_make_the_repeat_invalid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        FakeAdapter, "infer", lambda self, samples: [FakeAnswer([{"score": math.nan}], 1) for _ in samples]
    )
    run(tmp_path / "store.jsonl", [])
    judged = judge_all(read_store(tmp_path / "store.jsonl"), spec())
    assert {repeat.reasons[-1] for repeat in judged} == {"2 of 2 answers hold NaN or infinity"}
    assert not any(repeat.valid for repeat in judged)
    line = json.loads(json.dumps(answer_line(0, Answer({"score": math.inf}, 1), None), allow_nan=False))
    assert line["answer"] == {"score": None}
    assert "words_read" not in line and answer_line(0, Answer("x", 1), 6)["words_read"] == 6


def test_what_answers_hide_makes_the_repeats_of_a_session_invalid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at once, behind the first window: the same samples and the same seed give the same answers again."""
    journal: list[str] = []
    seen = lambda self, sample, answer: self.journal.append(f"look at {sample}") or sample == "a"  # noqa: E731
    monkeypatch.setattr(FakeAdapter, "is_finite", seen, raising=False)
    path = tmp_path / "store.jsonl"
    with open_store(path, {}) as store:
        made = bench(store, journal)
        half = made.spec.protocol.model_copy(update={"dtype": "float16"})
        made.spec = made.spec.model_copy(update={"weights": "hub", "protocol": half})
        run_session(made, ROWS)
    looks = [place for place, entry in enumerate(journal) if entry.startswith("look")]
    assert [journal[place] for place in looks] == ["look at a", "look at b"]
    assert journal[looks[0] - 4 : looks[0]] == ["[", "infer a", "infer b", "]"] and journal[looks[1] + 1] == "["
    judged = judge_all(read_store(path), spec())
    assert len(judged) > 1
    assert {repeat.reasons[-1] for repeat in judged} == {"1 of 2 answers come from NaN or infinity"}
    run(tmp_path / "random.jsonl", [])
    assert all(repeat.valid for repeat in judge_all(read_store(tmp_path / "random.jsonl"), spec())), (
        "not of random weights"
    )


def test_another_measurement_on_the_machine_makes_the_repeat_invalid(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    others = iter([[], [4711], [4711], []])
    with open_store(path, {}) as store:
        made = bench(store, [])
        made.other_measurements = lambda: next(others, [])
        run_session(made, ROWS)
        judged = judge_all(read_store(path), made.spec)
    assert [repeat.reasons for repeat in judged] == [
        *[["another measurement ran on this machine: process 4711"]] * 2,
        *[[]] * 3,
    ]


class OpenedMeter(FakeMeter):
    """RAPL is open: the CPU is counted."""

    def end(self, duration_s: float) -> Window:
        return super().end(duration_s).model_copy(update={"energy_cpu_method": "counter"})


def test_a_better_method_takes_the_place_of_earlier_repeats(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    run(path, [], repeats=2)
    with open_store(path, {}) as store:
        made = bench(store, [], "s2", repeats=4)
        made.meter = OpenedMeter([])
        run_session(made, ROWS)
        judged = judge_all(read_store(path), made.spec)
    assert [(repeat.energy_cpu_method, repeat.valid) for repeat in judged] == [
        *[("model", False)] * 2,
        *[("counter", True)] * 4,
    ]


@pytest.mark.parametrize(
    ("min_window_s", "n_inferences", "inference_s", "passes"),
    [(1.0, 8, 0.05, 4), (1.0, 8, 0.5, 1), (0.0, 8, 0.05, 1), (10.0, 1000, 0.001, 13), (0.0, 8, None, 1)],
)
def test_planned_passes(min_window_s: float, n_inferences: int, inference_s: float | None, passes: int) -> None:
    assert planned_passes(min_window_s, n_inferences, inference_s) == passes


def test_a_batch_is_one_call_and_its_last_may_be_smaller(tmp_path: Path) -> None:
    journal: list[str] = []
    made = run(tmp_path / "store.jsonl", journal, batch_size=2, min_window_s=0.0)
    assert made.batches == [["a", "b"]]
    (first, *_) = read_store(tmp_path / "store.jsonl").observed
    assert (first.n_inferences, first.n_calls, first.inputs) == (2, 1, {"input_token": 6})
    assert first.latency_s is not None and first.latency_s["p50"] == first.latency_s["p99"]


def test_percentiles_of_the_calls() -> None:
    clock_s = [0.0, 1.0, 3.0, 6.0]
    assert latencies(clock_s) == pytest.approx({"p50": 2.0, "p90": 2.8, "p99": 2.98})


def test_what_can_not_be_batched_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAdapter, "hindrance", lambda adapter, samples: "no padding")
    with pytest.raises(Unavailable, match="it can not be batched: no padding"):
        run(tmp_path / "a.jsonl", [], batch_size=2)
    run(tmp_path / "b.jsonl", [])
