"""What was wrong, or worth knowing, about the device during a repeat: slowdowns, changed limits, lost cores, readings that
disagree. Reasons make a repeat invalid, flags do not.

`peers` are all repeats of its session, in order, itself among them: no verdict hangs on a single one.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean, mode

from wattlab.records.record import GpuState, Observed, Window

#: Flag of a repeat whose process did not get its cores.
DISTURBED = "throttled_cores"

#: A window in which the process got less than this share of its cores is flagged.
LEAST_CORES_SHARE = 0.9

#: A GPU that was slowed down for more than this share of a window was slowed down.
MOST_SLOWED_SHARE = 0.01

#: Causes of a slowdown that belong to normal work: a board under load holds its power limit. Flagged, not invalid.
NORMAL_SLOWDOWNS = ("power",)

#: A clock at the window's end that is lower than the highest one of the cell's repeats by more than this is flagged.
CLOCK_SHARE = 0.1

#: Limits of a GPU that an administrator sets: field of its state, words, unit.
LIMITS = (("power_limit_w", "power limit", "W"), ("sm_clock_limit_mhz", "clock limit", "MHz"))

#: Two readings of one window may differ by one refresh of the counter at each end, and by this share.
READING_SHARE = 0.005
REFRESH_S = {"gpu": 0.1, "cpu": 0.02}

#: Counter and power reading of an idle GPU disagree where one is more than so many times the other over the idle windows of
#: a session. Flagged from a second of them on: the counter moves every 0.1 s, which one short window does not even out.
FLAGGED_POWER_RATIO = 1.2
SHORTEST_IDLE_S = 1.0

#: The repeats are invalid from this ratio on (and a difference of more than 20 W), asked of windows of a second or more: the
#: reading is an average of up to a second, which in a shorter window holds the work before it, and some boards look at a
#: quarter of the time only.
MOST_POWER_RATIO = 2.0
LEAST_POWER_DIFFERENCE_W = 20.0


def effective_cores(window: Window) -> float | None:
    """Cores that the measuring process really had during a window: CPU time / wall time."""
    if window.process_cpu_s is None or window.window_s <= 0:
        return None
    return window.process_cpu_s / window.window_s


def cpu_flags(window: Window, threads: int | None) -> list[str]:
    """`throttled_cores`: others, a quota or the hypervisor took more than a tenth of the process's cores away.

    `threads` of the process; null on a GPU, where it waits for the device.
    """
    cores = effective_cores(window)
    if threads is None or cores is None or cores >= LEAST_CORES_SHARE * threads:
        return []
    return [DISTURBED]


def reference_flags(window: Window) -> list[str]:
    """`reference_disagrees_cpu`, `…_gpu`: CodeCarbon's counter energy is not what our own reading of the counter says."""
    gpus = zip(window.energy_gpu_j or [], window.reference_energy_gpu_j or [], strict=False)
    cpu_differs = window.energy_cpu_method == "counter" and _differ(
        window.energy_cpu_j, window.reference_energy_cpu_j, window.window_s, REFRESH_S["cpu"]
    )
    gpu_differs = window.energy_gpu_method == "counter" and any(
        _differ(energy_j, reference_j, window.window_s, REFRESH_S["gpu"]) for energy_j, reference_j in gpus
    )
    return [
        *(["reference_disagrees_cpu"] if cpu_differs else []),
        *(["reference_disagrees_gpu"] if gpu_differs else []),
    ]


def _differ(energy_j: float | None, reference_j: float | None, window_s: float, refresh_s: float) -> bool:
    if energy_j is None or reference_j is None:
        return False
    power_w = max(energy_j, reference_j) / window_s
    return abs(energy_j - reference_j) > 2 * refresh_s * power_w + READING_SHARE * reference_j


def bad_gpu_state(observed: Observed, peers: Sequence[Observed], gpu_index: int | None) -> list[str]:
    """Reasons: slowed down by a fault, limits changed within the session, counter and power reading disagree.

    `gpu_index` is the computing GPU's place in `energy_gpu_j`.
    """
    state = observed.gpu_state
    if state is None:
        return []
    return [
        *[f"the GPU was slowed down: {name}" for name in state.slowdowns],
        *_slowed(state, observed.window_s),
        *_other_limits(state, limits_of(peers)),
        *_power_disagrees(peers, gpu_index),
    ]


def _slowed(state: GpuState, window_s: float) -> list[str]:
    return [
        f"the GPU was slowed down for {time_s:.2f} s of {window_s:.2f} s: {cause}"
        for cause, time_s in state.slowed_s.items()
        if cause not in NORMAL_SLOWDOWNS and time_s > MOST_SLOWED_SHARE * window_s
    ]


def limits_of(repeats: Sequence[Observed]) -> dict[str, float]:
    """Limits that most of some repeats were measured under, the earlier one of two; what no driver told is left out."""
    states = [repeat.gpu_state for repeat in repeats if repeat.gpu_state is not None]
    known = {field: [getattr(s, field) for s in states if getattr(s, field) is not None] for field, _, _ in LIMITS}
    return {field: mode(values) for field, values in known.items() if values}


def _other_limits(state: GpuState, usual: dict[str, float]) -> list[str]:
    return [
        f"the GPU's {name} is {value} {unit}, and {usual[field]} {unit} in most repeats of its session"
        for field, name, unit in LIMITS
        if (value := getattr(state, field)) is not None and value != usual[field]
    ]


def _power_disagrees(peers: Sequence[Observed], gpu_index: int | None) -> list[str]:
    powers = idle_powers_w(peers, gpu_index, SHORTEST_IDLE_S)
    if powers is None or abs(powers[0] - powers[1]) < LEAST_POWER_DIFFERENCE_W or _ratio(*powers) <= MOST_POWER_RATIO:
        return []
    return [f"the GPU's counter says {powers[0]:.0f} W and its power reading {powers[1]:.0f} W while idle"]


def idle_powers_w(
    peers: Sequence[Observed], gpu_index: int | None, shortest_s: float = 0.0
) -> tuple[float, float] | None:
    """Mean power of the computing GPU in the idle windows of a session (W): by its counter, and by its power readings.

    Null where they are not known, or where the windows of at least `shortest_s` are shorter than a second together.
    """
    windows = {
        idle.started_at_utc: idle for repeat in peers for idle in (repeat.idle_before, repeat.idle_after) if idle
    }
    long_enough = [idle for idle in windows.values() if idle.window_s >= shortest_s]
    known = [found for idle in long_enough for found in _idle_readings(idle, gpu_index)]
    window_s = sum(one_s for one_s, _, _ in known)
    if window_s < SHORTEST_IDLE_S:
        return None
    return sum(energy_j for _, energy_j, _ in known) / window_s, fmean(power_w for _, _, power_w in known)


def _idle_readings(idle: Window, index: int | None) -> Iterator[tuple[float, float, float]]:
    """Length (s), energy by the counter (J) and power reading at the end (W) of an idle window, where all are known."""
    energies_j, power_w = idle.energy_gpu_j or [], None if idle.gpu_state is None else idle.gpu_state.power_w
    if idle.energy_gpu_method == "counter" and index is not None and index < len(energies_j) and power_w is not None:
        yield idle.window_s, energies_j[index], power_w


def _ratio(one_w: float, other_w: float) -> float:
    low_w, high_w = sorted((one_w, other_w))
    return high_w / low_w if low_w > 0 else float("inf")


def gpu_flags(
    observed: Observed, peers: Sequence[Observed], cell: Sequence[Observed], gpu_index: int | None
) -> list[str]:
    """What is worth knowing about the GPU; `cell` has the repeats of all sessions.

    `power_capped`: the board held its power limit. `clock_changed`: a lower clock than in other repeats of the cell.
    `limits_changed`: another power or clock limit than in other sessions. `idle_power_disagrees`: counter against power.
    """
    state = observed.gpu_state
    if state is None:
        return []
    clocks_mhz = [r.gpu_state.sm_clock_mhz for r in cell if r.gpu_state is not None and r.gpu_state.sm_clock_mhz]
    is_mhz, usual, powers = state.sm_clock_mhz, limits_of(cell), idle_powers_w(peers, gpu_index)
    found = {
        "power_capped": state.slowed_s.get("power", 0.0) > MOST_SLOWED_SHARE * observed.window_s,
        "clock_changed": is_mhz is not None and is_mhz < (1 - CLOCK_SHARE) * max(clocks_mhz, default=0),
        "limits_changed": any(value != usual[field] for field, value in limits_of(peers).items()),
        "idle_power_disagrees": powers is not None and _ratio(*powers) > FLAGGED_POWER_RATIO,
    }
    return [flag for flag, is_so in found.items() if is_so]
