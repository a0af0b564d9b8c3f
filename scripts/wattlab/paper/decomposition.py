"""`decomposition`: what the logged energy is made of, per cell, per task and over all cells.

The logs hold one sum for all GPUs of the node. What they draw without work is not logged. Where the mapping names phases
that hardly use them (`idle_phases`), the lowest mean GPU power of such a window of ten seconds or more stands for it. Logs
name no node, and nodes differ: the lowest mean of each day says by how much.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Phase, Record, Unassigned
from wattlab.tables.columns import Table

KEYS = ["task", "dataset", "variant", "model", "purpose"]

_COLUMNS = (
    "level",
    *KEYS,
    "selected",
    "n_repeats",
    "energy_kwh_per_1000",
    "duration_s_per_1000",
    "mean_power_w",
    "gpu_above_idle_share",
    "low_gpu_above_idle_share",
    "gpu_idle_share",
    "gpu_idle_others_share",
    "ram_share",
    "cpu_share",
    "codecarbon3_ram_kwh_per_1000",
    "codecarbon3_ram_ratio",
    "one_gpu_kwh_per_1000",
    "one_gpu_share",
    "energy_duration_correlation",
    "idle_gpu_power_w",
    "high_idle_gpu_power_w",
)

#: Shorter windows are ruled by the delay between the tracker's clock and its counters.
MIN_WINDOW_S = 10.0


@dataclass(frozen=True)
class IdlePower:
    """What stands for the power of all GPUs together without work, W: the lowest mean of any window, and the highest of
    the days' lowest means. NaN without such a window."""

    lowest_w: float = math.nan
    highest_of_days_w: float = math.nan


def idle_power(windows: Iterable[Phase | Unassigned], phases: Collection[str]) -> IdlePower:
    """Of the windows of these phases that last ten seconds or more; days are UTC."""
    days: dict[str, list[float]] = defaultdict(list)
    for window in windows:
        if window.phase in phases and window.energy_gpu_j is not None and window.window_s >= MIN_WINDOW_S:
            days[window.started_at_utc[:10]].append(sum(window.energy_gpu_j) / window.window_s)
    lowest = [min(powers) for powers in days.values()]
    return IdlePower(min(lowest), max(lowest)) if lowest else IdlePower()


def _phases(records: Iterable[Record]) -> Iterator[Phase]:
    for record in records:
        for session in record.sessions:
            yield from (window for window in (session.load, session.transfer) if window is not None)


def decomposition(
    records: list[Record], other: list[Unassigned], idle_phases: Collection[str], ram_power_3_w: float | None
) -> pd.DataFrame:
    """One row per cell, per task and purpose (selected cells), and one over all selected cells; none without repeats.

    Shares are of the node's query energy and add up to 1: GPUs above their idle power (`low_…`: above the highest of the
    days' lowest means), GPUs idle (of which all but one: `gpu_idle_others_share`), RAM, CPU. `codecarbon3_ram_…` charges
    `ram_power_3_w` for the RAM and leaves the CPU as it is; `one_gpu_…` is the GPUs' energy less the idle power of all
    but one. The correlation is Pearson's over the repeats. Columns of GPUs are missing without any; those that split
    them are also missing for a group of unlike nodes, and where no window stands for their idle power.
    """
    repeats, idle_w = _repeats(records), idle_power([*_phases(records), *other], idle_phases)
    if repeats.empty:
        return pd.DataFrame(columns=list(TABLE.columns))
    rows = [
        _row("cell", dict(zip(KEYS, keys, strict=True)), group, idle_w, ram_power_3_w)
        for keys, group in repeats.groupby(KEYS, sort=False)
    ]
    selected = repeats[repeats["selected"]]
    for (task, purpose), group in selected.groupby(["task", "purpose"], sort=False):
        rows.append(_row("task", {"task": task, "purpose": purpose}, group, idle_w, ram_power_3_w))
    if not selected.empty:
        rows.append(_row("all", {}, selected, idle_w, ram_power_3_w))
    return pd.DataFrame(rows, columns=list(TABLE.columns))


TABLE = Table(
    title="What the logged node energy is made of",
    row="a cell, a task or all of them",
    columns=_COLUMNS,
    shown=[
        name
        for name in _COLUMNS
        if name not in ("dataset", "variant", "model", "idle_gpu_power_w", "high_idle_gpu_power_w")
    ],
    for_people=lambda rows: rows[rows["level"] != "cell"],
    build=decomposition,
)


_CAPTION = (
    "{}: GPUs above what they draw without work, that power, RAM and CPU (as the tracker charged them), as shares; the "
    "same runs with CodeCarbon 3's RAM power (and the CPU as logged), and with one GPU alone. {} Rows by task are over "
    "the selected cells; decomposition.csv has every cell."
)
_SPLIT = (
    "What GPUs draw without work is not logged: {:.0f} W for all of a node, the lowest mean of any load or transfer "
    "window of ten seconds or more in the logs, stand for it. They name no node, and nodes differ: the lowest mean of a "
    "day runs to {:.0f} W, to which `low_gpu_above_idle_share` is relative."
)
_UNSPLIT = "GPUs, where there are any, are not split: no window of the mapping's idle_phases says what idle ones draw."


def caption(table: pd.DataFrame) -> str:
    """What the shares are, and relative to which power GPUs are split."""
    powers = [] if table.empty else list(table[["idle_gpu_power_w", "high_idle_gpu_power_w"]].iloc[0].dropna())
    return _CAPTION.format(TABLE.title, _SPLIT.format(*powers) if powers else _UNSPLIT)


#: What a share is of, as the finding says it.
_PARTS = {
    "gpu_above_idle_share": "GPUs above {:.0f} W, the lowest mean of a node's in the logs",
    "low_gpu_above_idle_share": "above {:.0f} W, the highest of the days' lowest means",
    "gpu_idle_share": "GPUs at the lowest mean",
    "ram_share": "RAM",
    "cpu_share": "CPU",
}


def finding(table: pd.DataFrame) -> str:
    """What the energy of the task-specific tasks goes into, each share in its range over them; empty where the GPUs are
    not split."""
    tasks = table[(table["level"] == "task") & (table["purpose"] == "task-specific")].dropna(subset=list(_PARTS))
    if tasks.empty:
        return ""
    powers = tasks[["idle_gpu_power_w", "high_idle_gpu_power_w"]].iloc[0]
    said = (f"{_range(tasks[share])} % {words}" for share, words in _PARTS.items())
    return f"of the node's energy in a query, by task: {', '.join(said)}".format(*powers)


def _range(shares: "pd.Series[float]") -> str:
    """`6 to 23`, in percent."""
    return " to ".join(dict.fromkeys(f"{100 * share:.0f}" for share in (shares.min(), shares.max())))


def _repeats(records: list[Record]) -> pd.DataFrame:
    rows = [
        {
            **{key: getattr(record, key) or "" for key in KEYS},
            "selected": record.selected,
            "gpu_j": math.nan if repeat.energy_gpu_j is None else sum(repeat.energy_gpu_j),
            "cpu_j": repeat.energy_cpu_j,
            "ram_j": repeat.energy_ram_j,
            "gpu_count": repeat.gpu_count,
            "window_s": repeat.window_s,
            "n_inferences": repeat.n_inferences,
        }
        for record in records
        for repeat in record.valid_repeats
    ]
    return pd.DataFrame(rows).astype({"cpu_j": float, "ram_j": float} if rows else {})


def _sum(values: "pd.Series[float]") -> float:
    """NaN as soon as one value is unknown."""
    return float(values.sum(skipna=False))


def _gpus_of_a_node(group: pd.DataFrame) -> float:
    """How many GPUs each node of the group has; NaN where they differ."""
    counts = set(group["gpu_count"])
    return float(counts.pop()) if len(counts) == 1 else math.nan


def _row(
    level: str, keys: dict[str, Any], group: pd.DataFrame, idle_w: IdlePower, ram_power_3_w: float | None
) -> dict[str, Any]:
    # A node without GPUs has no such energy to know; one whose energy is unknown makes the total unknown.
    energy_j = group["gpu_j"].where(group["gpu_count"] > 0, 0.0) + group["ram_j"] + group["cpu_j"]
    total_j, total_s, n = _sum(energy_j), float(group["window_s"].sum()), int(group["n_inferences"].sum())
    gpu_j, ram_j, gpus = _sum(group["gpu_j"]), _sum(group["ram_j"]), _gpus_of_a_node(group)
    split_s, others = (total_s, 1 - 1 / gpus) if gpus > 0 else (math.nan, math.nan)
    idle_j = idle_w.lowest_w * split_s
    with_3_j = math.nan if ram_power_3_w is None else total_j - ram_j + ram_power_3_w * total_s
    one_gpu_j = gpu_j - idle_j * others

    def per_1000(joules: float) -> float:
        return joules / J_PER_KWH / n * 1000

    varies = len(group) > 2 and group["window_s"].std() > 0
    return {
        "level": level,
        **keys,
        "selected": bool(group["selected"].all()),
        "n_repeats": len(group),
        "energy_kwh_per_1000": per_1000(total_j),
        "duration_s_per_1000": total_s / n * 1000,
        "mean_power_w": total_j / total_s,
        "gpu_above_idle_share": (gpu_j - idle_j) / total_j,
        "low_gpu_above_idle_share": (gpu_j - idle_w.highest_of_days_w * split_s) / total_j,
        "gpu_idle_share": idle_j / total_j,
        "gpu_idle_others_share": idle_j * others / total_j,
        "ram_share": ram_j / total_j,
        "cpu_share": _sum(group["cpu_j"]) / total_j,
        "codecarbon3_ram_kwh_per_1000": per_1000(with_3_j),
        "codecarbon3_ram_ratio": with_3_j / total_j,
        "one_gpu_kwh_per_1000": per_1000(one_gpu_j),
        "one_gpu_share": one_gpu_j / total_j,
        "energy_duration_correlation": float(np.corrcoef(energy_j, group["window_s"])[0, 1]) if varies else math.nan,
        "idle_gpu_power_w": idle_w.lowest_w,
        "high_idle_gpu_power_w": idle_w.highest_of_days_w,
    }
