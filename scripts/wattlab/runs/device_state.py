"""What was wrong, or worth knowing, about the device during a repeat: slowdowns, changed limits, lost cores, readings that
disagree. Reasons make a repeat invalid, flags do not.
"""

from wattlab.records.record import GpuState, Observed, Window

#: A window in which the process got less than this share of its cores is flagged.
LEAST_CORES_SHARE = 0.9

#: A GPU that was slowed down for more than this share of a window was slowed down.
MOST_SLOWED_SHARE = 0.01

#: Causes of a slowdown that belong to normal work: a board under load holds its power limit. Flagged, not invalid.
NORMAL_SLOWDOWNS = ("power",)

#: A clock at the window's end that differs by more than this from the cell's first repeat is flagged.
CLOCK_SHARE = 0.1

#: Two readings of one window may differ by one refresh of the counter at each end, and by this share.
READING_SHARE = 0.005
REFRESH_S = {"gpu": 0.1, "cpu": 0.02}

#: Counter and power reading of an idle GPU disagree where one is more than so many times the other (and the difference
#: more than 20 W): the reading is an average of up to a second, and some boards look at a quarter of the time only.
MOST_POWER_RATIO = 2.0
LEAST_POWER_DIFFERENCE_W = 20.0
SHORTEST_IDLE_S = 1.0


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
    return ["throttled_cores"]


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


def bad_gpu_state(observed: Observed, first: Observed, gpu_index: int | None) -> list[str]:
    """Reasons: slowed down by a fault, limits changed within the cell, counter and power reading disagree.

    `gpu_index` is the computing GPU's place in `energy_gpu_j`.
    """
    state = observed.gpu_state
    if state is None:
        return []
    return [
        *[f"the GPU was slowed down: {name}" for name in state.slowdowns],
        *_slowed(state, observed.window_s),
        *_changed_limits(state, first.gpu_state),
        *_power_disagrees(observed, gpu_index),
    ]


def _slowed(state: GpuState, window_s: float) -> list[str]:
    return [
        f"the GPU was slowed down for {time_s:.2f} s of {window_s:.2f} s: {cause}"
        for cause, time_s in state.slowed_s.items()
        if cause not in NORMAL_SLOWDOWNS and time_s > MOST_SLOWED_SHARE * window_s
    ]


def _changed_limits(state: GpuState, first: GpuState | None) -> list[str]:
    if first is None:
        return []
    pairs = (
        ("power limit", "W", first.power_limit_w, state.power_limit_w),
        ("clock limit", "MHz", first.sm_clock_limit_mhz, state.sm_clock_limit_mhz),
    )
    return [
        f"the GPU's {name} changed from {before} to {after} {unit}"
        for name, unit, before, after in pairs
        if before is not None and after is not None and before != after
    ]


def _power_disagrees(observed: Observed, gpu_index: int | None) -> list[str]:
    """Asked of the idle windows, where power is steady: mean by the counter against the reading at the end."""
    reasons = []
    for name, idle in (("before", observed.idle_before), ("after", observed.idle_after)):
        counted_w = None if idle is None else _counted_w(idle, gpu_index)
        read_w = None if idle is None or idle.gpu_state is None else idle.gpu_state.power_w
        if counted_w is None or read_w is None or abs(counted_w - read_w) < LEAST_POWER_DIFFERENCE_W:
            continue
        if max(counted_w, read_w) > MOST_POWER_RATIO * min(counted_w, read_w):
            reasons.append(
                f"the GPU's counter says {counted_w:.0f} W and its power reading {read_w:.0f} W while idle {name} it"
            )
    return reasons


def _counted_w(idle: Window, index: int | None) -> float | None:
    """Mean power of the computing GPU in an idle window (W), by its counter; null where it is not known."""
    energies_j = idle.energy_gpu_j or []
    if idle.energy_gpu_method != "counter" or idle.window_s < SHORTEST_IDLE_S or index is None:
        return None
    return energies_j[index] / idle.window_s if index < len(energies_j) else None


def gpu_flags(observed: Observed, first: Observed) -> list[str]:
    """`power_capped`: the board held its power limit; `clock_changed`: another clock than in the cell's first repeat."""
    state, before = observed.gpu_state, first.gpu_state
    if state is None:
        return []
    capped = state.slowed_s.get("power", 0.0) > MOST_SLOWED_SHARE * observed.window_s
    was_mhz, is_mhz = None if before is None else before.sm_clock_mhz, state.sm_clock_mhz
    changed = was_mhz is not None and is_mhz is not None and abs(is_mhz - was_mhz) > CLOCK_SHARE * was_mhz
    return [*(["power_capped"] if capped else []), *(["clock_changed"] if changed else [])]
