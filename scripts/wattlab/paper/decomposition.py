"""`decomposition`: what the logged energy is made of, per cell, per task and over all cells.

The logs hold one sum for all GPUs of the node. What they draw without work is not logged; the lowest mean GPU power of
any window of ten seconds or more bounds it from above (`idle_gpu_power_w`, all GPUs together).
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Record, Window
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
    "gpu_idle_share",
    "gpu_idle_others_share",
    "ram_share",
    "cpu_share",
    "codecarbon3_kwh_per_1000",
    "codecarbon3_ratio",
    "one_gpu_kwh_per_1000",
    "one_gpu_share",
    "energy_duration_correlation",
    "idle_gpu_power_w",
)

#: Shorter windows are ruled by the delay between the tracker's clock and its counters.
MIN_WINDOW_S = 10.0


def idle_gpu_power_w(windows: Iterable[Window]) -> float:
    """Lowest mean power of all GPUs together over windows of ten seconds or more, W; NaN without any."""
    powers = [
        sum(window.energy_gpu_j) / window.window_s
        for window in windows
        if window.energy_gpu_j is not None and window.window_s >= MIN_WINDOW_S
    ]
    return min(powers, default=math.nan)


def decomposition(records: list[Record], other: list[Window], ram_power_3_w: float | None) -> pd.DataFrame:
    """One row per cell, per task and purpose (selected cells), and one over all selected cells.

    Shares are of the node's query energy and add up to 1: GPUs above their idle power, GPUs idle (of which all but
    one: `gpu_idle_others_share`), RAM, CPU. `codecarbon3_…` charges `ram_power_3_w` for the RAM instead; `one_gpu_…`
    is the GPUs' energy less the idle power of all but one. The correlation is Pearson's over the repeats. Columns of
    GPUs are missing without any; those that split them are also missing for a group of unlike nodes, and where no
    window bounds their idle power.
    """
    repeats = _repeats(records)
    idle_w = idle_gpu_power_w([*(window for record in records for window in record.valid_repeats), *other])
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
    shown=[name for name in _COLUMNS if name not in ("dataset", "variant", "model", "idle_gpu_power_w")],
    for_people=lambda rows: rows[rows["level"] != "cell"],
    build=decomposition,
)


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
    return pd.DataFrame(rows).astype({"cpu_j": float, "ram_j": float})


def _sum(values: "pd.Series[float]") -> float:
    """NaN as soon as one value is unknown."""
    return float(values.sum(skipna=False))


def _gpus_of_a_node(group: pd.DataFrame) -> float:
    """How many GPUs each node of the group has; NaN where they differ."""
    counts = set(group["gpu_count"])
    return float(counts.pop()) if len(counts) == 1 else math.nan


def _row(
    level: str, keys: dict[str, Any], group: pd.DataFrame, idle_w: float, ram_power_3_w: float | None
) -> dict[str, Any]:
    # A node without GPUs has no such energy to know; one whose energy is unknown makes the total unknown.
    energy_j = group["gpu_j"].where(group["gpu_count"] > 0, 0.0) + group["ram_j"] + group["cpu_j"]
    total_j, total_s, n = _sum(energy_j), float(group["window_s"].sum()), int(group["n_inferences"].sum())
    gpu_j, ram_j, gpus = _sum(group["gpu_j"]), _sum(group["ram_j"]), _gpus_of_a_node(group)
    idle_j, others = idle_w * total_s if gpus > 0 else math.nan, 1 - 1 / gpus if gpus > 0 else math.nan
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
        "gpu_idle_share": idle_j / total_j,
        "gpu_idle_others_share": idle_j * others / total_j,
        "ram_share": ram_j / total_j,
        "cpu_share": _sum(group["cpu_j"]) / total_j,
        "codecarbon3_kwh_per_1000": per_1000(with_3_j),
        "codecarbon3_ratio": with_3_j / total_j,
        "one_gpu_kwh_per_1000": per_1000(one_gpu_j),
        "one_gpu_share": one_gpu_j / total_j,
        "energy_duration_correlation": float(np.corrcoef(energy_j, group["window_s"])[0, 1]) if varies else math.nan,
        "idle_gpu_power_w": idle_w,
    }
