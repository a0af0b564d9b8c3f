"""Is a repeat valid, and does a cell have enough of them? Judged from what was observed, with today's study.

One function judges in the measuring loop and again at assembly, so that another limit is another verdict on the same
repeats, and not another measurement.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import get_args

from wattlab.catalog.protocols import Protocol
from wattlab.records.record import Method, Observed, Repeat, Session
from wattlab.records.store import StoredCell
from wattlab.runs.device_state import bad_gpu_state, cpu_flags, gpu_flags, reference_flags
from wattlab.study.cells import Spec

#: Shortest idle window in which every counter moves (s): it holds two refreshes of a GPU's.
LEAST_IDLE_S = 0.2

#: Shortest window at which a counter's refresh hardly matters: the A100 counter refreshes every 100 ms (0.25 % RMS at
#: 10 s), RAPL every 1 ms, CodeCarbon's load model is sampled every 1 s. Measured with fake meters; see docs/protocol.md.
SHORT_BELOW_S = {"gpu": 10.0, "cpu counter": 1.0, "cpu model": 5.0}

#: Time between the counters' readings and the work that is accepted: reading eight GPUs takes some 20 ms at each end.
GAP_S = 0.1
GAP_SHARE = 0.02

#: Fewest valid repeats that give a mean and a spread.
FEWEST_VALID = 2


#: Methods of a component, the better ones first.
METHODS = get_args(Method)


def judge_all(stored: StoredCell, spec: Spec) -> list[Repeat]:
    """Every observed repeat of a cell, judged, by index."""
    sessions = {session.session: session for session in stored.sessions}
    by_session: dict[str, list[Observed]] = defaultdict(list)
    for observed in stored.observed:
        by_session[observed.session].append(observed)
    judged = [
        _judge(observed, spec, sessions.get(observed.session), by_session[observed.session], stored.observed)
        for observed in stored.observed
    ]
    counting = _counting_methods(judged)
    return [_by_counting_methods(repeat, counting) for repeat in judged]


def _judge(
    observed: Observed, spec: Spec, session: Session | None, peers: Sequence[Observed], cell: Sequence[Observed]
) -> Repeat:
    """A repeat beside those of its session and of its cell, itself among both; methods are not compared yet."""
    on_gpu = session is not None and session.machine is not None and session.machine.device != "cpu"
    gpu_index = None if session is None else session.gpu_index
    reasons = [
        *_bad_components(observed, on_gpu, gpu_index),
        *_bad_conditions(observed, spec),
        *observed.problems,
        *_gaps(observed),
        *bad_gpu_state(observed, peers, gpu_index),
    ]
    flags = [
        *([] if spec.exclusive or on_gpu else ["shared_device"]),
        *cpu_flags(observed, None if on_gpu or session is None else spec.protocol.cpu_threads),
        *reference_flags(observed),
        *(["processes_unknown"] if gpu_index is not None and observed.foreign_processes is None else []),
        *gpu_flags(observed, peers, cell, gpu_index),
        *(session.load.flags if session is not None and session.load is not None else []),
    ]
    return Repeat(
        **observed.model_dump(),
        valid=not reasons,
        short=observed.window_s < _recommended_s(observed),
        flags=flags,
        reasons=reasons,
    )


def _methods(observed: Observed) -> tuple[Method, Method, Method]:
    return observed.energy_cpu_method, observed.energy_ram_method, observed.energy_gpu_method


def _counting_methods(judged: Sequence[Repeat]) -> tuple[Method, Method, Method] | None:
    """The methods of CPU, RAM and GPU whose repeats make the mean; null where no repeat is sound.

    A mean holds one method of each component. The best that two sound repeats have counts: a reading that failed once,
    in the first repeat or in the last, and counters that were opened between two sessions, condemn no other repeat.
    Where no methods have two, the best of them count.
    """
    found = Counter(_methods(repeat) for repeat in judged if repeat.valid)
    enough = [methods for methods, count in found.items() if count >= FEWEST_VALID]
    return min(enough or found, key=lambda methods: sum(map(METHODS.index, methods)), default=None)


def _by_counting_methods(repeat: Repeat, counting: tuple[Method, Method, Method] | None) -> Repeat:
    if counting is None:
        return repeat
    others = [
        f"energy_{name}_j is by {is_by}, and by {counts} in the repeats that count"
        for name, is_by, counts in zip(("cpu", "ram", "gpu"), _methods(repeat), counting, strict=True)
        if is_by != counts
    ]
    return repeat.model_copy(update={"valid": repeat.valid and not others, "reasons": [*repeat.reasons, *others]})


def _bad_components(observed: Observed, on_gpu: bool, gpu_index: int | None) -> list[str]:
    reasons = []
    for name in ("cpu", "ram"):
        energy_j, method = getattr(observed, f"energy_{name}_j"), getattr(observed, f"energy_{name}_method")
        if method != "absent" and (energy_j is None or energy_j <= 0):
            reasons.append(f"energy_{name}_j is {energy_j}: a {name.upper()} that works uses energy")
    gpus = observed.energy_gpu_j or []
    if observed.energy_gpu_method != "absent":
        reasons += [f"energy_gpu_j[{i}] is {energy_j}" for i, energy_j in enumerate(gpus) if energy_j < 0]
        if gpu_index is not None and (gpu_index >= len(gpus) or gpus[gpu_index] <= 0):
            reasons.append(f"the computing GPU {gpu_index} shows no energy")
    reasons += _stalled(observed, gpu_index)
    if on_gpu and observed.energy_gpu_method == "absent":
        reasons.append("a GPU is present but its energy can not be read; see `make doctor`")
    return reasons


def _stalled(observed: Observed, gpu_index: int | None) -> list[str]:
    """A counter that stands still in an idle window beside the repeat may have stood still in a part of the repeat."""
    beside = [idle for idle in (observed.idle_before, observed.idle_after) if idle and idle.window_s >= LEAST_IDLE_S]
    cpu = any(idle.energy_cpu_method == "counter" and idle.energy_cpu_j == 0 for idle in beside)
    gpu = gpu_index is not None and any(
        idle.energy_gpu_method == "counter" and (idle.energy_gpu_j or [])[gpu_index : gpu_index + 1] == [0]
        for idle in beside
    )
    found = [name for name, is_so in (("CPU", cpu), ("GPU", gpu)) if is_so]
    return [f"the {name}'s counter stood still in the idle window beside it" for name in found]


def _gaps(observed: Observed) -> list[str]:
    """The counters must be read right beside the work: time in between is charged to it, or missing in it."""
    gap_s = observed.window_s - observed.duration_s
    if abs(gap_s) <= GAP_S + GAP_SHARE * observed.window_s:
        return []
    return [f"gap: the counters span {observed.window_s:.3f} s and the work {observed.duration_s:.3f} s"]


def _bad_conditions(observed: Observed, spec: Spec) -> list[str]:
    protocol, reasons = spec.protocol, []
    if observed.window_s < protocol.invalid_below_s:
        reasons.append(f"window of {observed.window_s:.3f} s is below invalid_below_s = {protocol.invalid_below_s} s")
    limit, load = protocol.max_other_load_cores, observed.other_load_cores
    if spec.exclusive and limit is not None and load is not None and load > limit:
        reasons.append(f"other load of {load:.2f} cores is above max_other_load_cores = {limit}")
    if observed.foreign_processes:
        reasons.append(f"{len(observed.foreign_processes)} foreign process(es) on the device")
    if spec.require_counters:
        for name in ("cpu", "gpu"):  # no machine has a counter for RAM that CodeCarbon reads
            method = getattr(observed, f"energy_{name}_method")
            if method not in ("counter", "absent"):
                reasons.append(f"energy_{name}_j is by {method}, and require_counters is true")
    return reasons


def _recommended_s(observed: Observed) -> float:
    """Longest recommended window among the components that the window holds (s)."""
    wanted = [SHORT_BELOW_S["cpu counter" if observed.energy_cpu_method == "counter" else "cpu model"]]
    if observed.energy_gpu_method != "absent":
        wanted.append(SHORT_BELOW_S["gpu"])
    return max(wanted)


def n_valid(repeats: Sequence[Repeat]) -> int:
    """How many are valid."""
    return sum(repeat.valid for repeat in repeats)


def redo_is_spent(stored: StoredCell, protocol: Protocol) -> bool:
    """Whether a session ended `done` although it wanted as many repeats, and might redo as often, as today."""
    return any(repeats >= protocol.repeats and redo >= protocol.max_redo for repeats, redo in stored.done.values())


def is_settled(stored: StoredCell, spec: Spec) -> bool:
    """Whether the cell needs no measuring: it has its valid repeats, or has spent its redos with at least two."""
    valid = n_valid(judge_all(stored, spec))
    return valid >= spec.protocol.repeats or (valid >= FEWEST_VALID and redo_is_spent(stored, spec.protocol))
