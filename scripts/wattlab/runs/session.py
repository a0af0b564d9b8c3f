"""The protocol of one cell.

    load ── to device ── warm-up ── idle ──[ query 1 ]── idle ──[ query 2 ]── idle … [ query R ]── idle
     (a window each, outside the means)   (power)   (energy)                                      (power)

A window is: synchronise the device, read the counters, work, synchronise, read. The work is just the inferences:
tokenising, image processor, copy to the device, forward or generate, decoding. Reading files, resizing, writing answers
and progress are outside. A device works asynchronously: without the synchronisation before a reading, work that was
launched inside the window would be charged to whatever comes after it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any, TypeVar

import numpy as np

from wattlab.catalog import protocols
from wattlab.foundation.errors import Unavailable
from wattlab.meters.contract import Meter
from wattlab.records.record import PERCENTILES, Observed, Phase, Session, Window
from wattlab.records.store import StoreWriter, phase_event, read_store
from wattlab.runs.validity import judge_all, n_valid
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Adapter, Answer, finite

#: Passes are planned for this much more than the shortest window, since the last warm-up inference is one reading.
WINDOW_MARGIN = 1.25

#: What to do about a cell that its library can not batch.
NO_BATCHES = "leave it out by the `where` of its setting, or list it under known_missing"

Result = TypeVar("Result")


@dataclass
class Bench:
    """Everything that a session measures with."""

    spec: Spec
    adapter: Adapter
    meter: Meter
    store: StoreWriter
    session: str
    synchronise: Callable[[], None] = lambda: None
    of_model: Callable[[], dict[str, Any]] = lambda: {}
    keep_answers: Callable[[list[Any]], None] = lambda answers: None
    has_answers: Callable[[], bool] = lambda: True
    other_measurements: Callable[[], list[int]] = list
    samples: list[Any] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)
    hidden_problems: list[str] | None = None

    @property
    def batches(self) -> list[list[Any]]:
        """The samples in their order, in the protocol's batches."""
        size = self.protocol.batch_size
        return [self.samples[begin : begin + size] for begin in range(0, len(self.samples), size)]

    @property
    def protocol(self) -> protocols.Protocol:
        """The cell's protocol."""
        return self.spec.protocol


def run_session(bench: Bench, rows: list[dict[str, Any]]) -> None:
    """Measure what the cell still lacks: load, transfer, warm-up, then repeats, each into the store when finished."""
    _phase(bench, "load", bench.adapter.load, lambda _: bench.of_model())
    _phase(bench, "transfer", bench.adapter.transfer, lambda _: {})
    bench.samples = [bench.adapter.prepare(row) for row in rows]
    hindrance = bench.adapter.hindrance(bench.samples) if bench.protocol.batch_size > 1 else None
    if hindrance:
        raise Unavailable(f"it can not be batched: {hindrance}", NO_BATCHES)
    bench.counts = bench.adapter.counts(bench.samples)
    last_inference_s = _warm_up(bench)
    passes = _passes(bench, last_inference_s)
    _repeats(bench, passes)
    bench.store.end(bench.session, "done", repeats=bench.protocol.repeats, max_redo=bench.protocol.max_redo)


def measured(bench: Bench, work: Callable[[], Result]) -> tuple[Window, Result]:
    """Do some work in a window."""
    bench.synchronise()
    bench.meter.begin()
    start = time.perf_counter()
    result = work()
    bench.synchronise()
    return bench.meter.end(time.perf_counter() - start), result


def _phase(bench: Bench, phase: str, work: Callable[[], Result], facts: Callable[[Result], dict[str, Any]]) -> Result:
    """Work outside the means, as a window of its own; `facts` of its result are asked for after the window."""
    window, result = measured(bench, work)
    done = Phase.model_validate({**window.model_dump(), "phase": phase, **facts(result)})
    bench.store.append("window", **phase_event(bench.session, done))
    return result


def _warm_up(bench: Bench) -> float | None:
    """Run inferences until both minima are met; duration of the last one (s), null where the protocol has none."""
    if bench.protocol.warmup_inferences == 0 and bench.protocol.warmup_s == 0:
        return None
    durations = _phase(bench, "warmup", lambda: _warm_up_durations(bench), lambda done: {"n_inferences": len(done)})
    return float(durations[-1])


def _warm_up_durations(bench: Bench) -> list[float]:
    durations: list[float] = []
    # The last call says how many passes a window has. A batch's first call is cold: one is not enough.
    size = bench.protocol.batch_size
    fewest = max(bench.protocol.warmup_inferences, size + 1 if size > 1 else 0)
    begun = time.perf_counter()
    for batch in cycle(bench.batches):
        enough = len(durations) >= fewest
        if enough and durations and time.perf_counter() - begun >= bench.protocol.warmup_s:
            break
        start = time.perf_counter()
        bench.adapter.infer(batch)
        bench.synchronise()
        durations += [(time.perf_counter() - start) / len(batch)] * len(batch)
    return durations


def planned_passes(min_window_s: float, n_inferences: int, inference_s: float | None) -> int:
    """How often the list of samples is run in a window, so that it lasts at least `min_window_s`."""
    if min_window_s == 0 or inference_s is None:
        return 1
    return max(1, math.ceil(WINDOW_MARGIN * min_window_s / (n_inferences * inference_s)))


def _passes(bench: Bench, last_inference_s: float | None) -> int:
    """The number that stands in the store, for every later session too; fixed here by the first one."""
    stored = read_store(bench.store.path).passes
    if stored is not None:
        return stored
    passes = planned_passes(bench.protocol.min_window_s, len(bench.samples), last_inference_s)
    bench.store.append("passes", session=bench.session, passes=passes, last_inference_s=last_inference_s)
    return passes


def _repeats(bench: Bench, passes: int) -> None:
    next_index = max((observed.index for observed in read_store(bench.store.path).observed), default=-1) + 1
    idle = _idle(bench) if _is_lacking(bench, 0) else None
    for done in count():
        if not _is_lacking(bench, done):
            return
        observed, answers = _one_repeat(bench, next_index + done, passes, idle)
        idle = observed.idle_after
        # First the answers: a repeat that counts is not measured again, whatever stops this process in between.
        if observed.index == 0 or not bench.has_answers():
            bench.keep_answers(answers)
        bench.store.append("repeat", **observed.model_dump(mode="json"))


def _is_lacking(bench: Bench, done: int) -> bool:
    """Whether valid repeats lack and may still be measured, after so many of this session.

    Repeats of earlier sessions are counted as they are judged now: a better method than theirs takes their place.
    """
    judged = judge_all(read_store(bench.store.path), bench.spec)
    earlier = n_valid([repeat for repeat in judged if repeat.session != bench.session])
    wanted = bench.protocol.repeats
    return n_valid(judged) < wanted and done < wanted - earlier + bench.protocol.max_redo


def _one_repeat(bench: Bench, index: int, passes: int, idle_before: Window | None) -> tuple[Observed, list[Any]]:
    """One window of whole passes, then its idle baseline. Answers of the first pass come back beside it.

    What these do not show is looked at once, behind the first repeat of a session: they come from the same samples and the
    same seed every time.
    """
    others = bench.other_measurements()
    window, (answers, clock_s) = measured(bench, lambda: run_passes(bench, passes))
    foreign = bench.meter.foreign_processes()
    others = sorted({*others, *bench.other_measurements()})
    problems = [f"another measurement ran on this machine: process {pid}" for pid in others]
    if strange := sum(finite(answer.value) != answer.value for answer in answers):
        problems.append(f"{strange} of {len(answers)} answers hold NaN or infinity")
    observed = Observed(
        **{**window.model_dump(), "problems": [*window.problems, *problems]},
        index=index,
        session=bench.session,
        n_inferences=len(answers),
        n_output_units=sum(answer.n_output_units for answer in answers),
        output_unit=bench.adapter.output_unit,
        idle_before=idle_before,
        idle_after=_idle(bench),
        foreign_processes=foreign,
        n_calls=len(clock_s) - 1,
        latency_s=latencies(clock_s),
        inputs={unit: count * passes for unit, count in bench.counts.items()},
    )
    first = answers[: len(bench.samples)]
    if bench.hidden_problems is None:
        bench.hidden_problems = _hidden_problems(bench, first)
    return observed.model_copy(update={"problems": [*observed.problems, *bench.hidden_problems]}), first


def _hidden_problems(bench: Bench, answers: list[Answer]) -> list[str]:
    """What is wrong with answers that they do not show: of published weights in float16, whose exponent has five bits.

    Weights that are not finite were refused after loading, and finite ones overflow nowhere in the eight bits of the others.
    """
    if bench.spec.weights != "hub" or bench.spec.protocol.dtype != "float16":
        return []
    strange = sum(not bench.adapter.is_finite(*pair) for pair in zip(bench.samples, answers, strict=True))
    return [f"{strange} of {len(answers)} answers come from NaN or infinity"] if strange else []


def run_passes(bench: Bench, passes: int) -> tuple[list[Answer], list[float]]:
    """Every batch in turn, so many times: all that happens in a query window. Answers, and the clock (s) around each call.

    A call ends when its answers are there, which on a device needs them to be copied back: no synchronisation is added.
    """
    infer, batches, clock = bench.adapter.infer, bench.batches, time.perf_counter
    answers: list[Answer] = []
    clock_s = [clock()]
    for _ in range(passes):
        for batch in batches:
            answers += infer(batch)
            clock_s.append(clock())
    return answers, clock_s


def latencies(clock_s: list[float]) -> dict[str, float]:
    """Percentiles of the durations between the clock's readings (s), by linear interpolation (numpy's default)."""
    lengths_s = np.diff(clock_s)
    return {f"p{percent}": float(np.percentile(lengths_s, percent)) for percent in PERCENTILES}


def _idle(bench: Bench) -> Window | None:
    """Baseline: the model loaded, nothing running; null where the protocol has none."""
    if bench.protocol.idle_window_s == 0:
        return None
    return measured(bench, lambda: time.sleep(bench.protocol.idle_window_s))[0]


def session_header(session: Session) -> dict[str, Any]:
    """Content of the `session` event: what is known before the load."""
    return session.model_dump(mode="json", exclude={"load", "transfer", "warmup", "ended", "ended_at_utc", "reason"})
