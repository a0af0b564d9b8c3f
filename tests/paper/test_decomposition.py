"""What the energy of the logs goes into: shares add up, and what is not known of the GPUs is no zero."""

import math

import pytest

from support import published_logs
from wattlab.paper.decomposition import caption, decomposition, finding

pytestmark = pytest.mark.slow


def test_decomposition_adds_up_and_the_floor_is_the_lowest_window():
    result = published_logs.imported()
    table = decomposition(result.records, list(result.unassigned), ["load", "transfer"], 42.0)
    shares = ["gpu_above_idle_share", "gpu_idle_share", "ram_share", "cpu_share"]
    assert table[shares].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-12)
    # Pandas over the raw files: the lowest mean of a load, and the highest of the lowest means of 25 days.
    assert table["idle_gpu_power_w"].iloc[0] == pytest.approx(443.433076, rel=1e-8)
    assert table["high_idle_gpu_power_w"].iloc[0] == pytest.approx(482.586590, rel=1e-8)
    task = table[(table["level"] == "task") & (table["purpose"] == "task-specific")].set_index("task")
    assert task.loc["text-to-image", "gpu_above_idle_share"] == pytest.approx(0.23, abs=0.01)
    every = table[table["level"] == "all"].iloc[0]
    assert every["energy_duration_correlation"] == pytest.approx(0.9998, abs=1e-4)
    # 430.8 W of RAM become 42 W: 388.8 W less of the mean power
    saved_w = (1 - every["codecarbon3_ram_ratio"]) * every["mean_power_w"]
    assert saved_w == pytest.approx(430.777 - 42, abs=3)


def test_the_split_of_gpus_is_relative_to_the_logs_and_says_how_far_nodes_differ(tables):
    table = tables["decomposition"]
    task = table[(table["level"] == "task") & (table["purpose"] == "task-specific")].set_index("task")
    assert task.loc["fill-mask", "low_gpu_above_idle_share"] == pytest.approx(0.0279, abs=1e-4)
    assert (table["low_gpu_above_idle_share"] < table["gpu_above_idle_share"]).all()
    said = f"{caption(table)} {finding(table)}"
    assert "443 W" in said and "483 W" in said and "bound" not in said
    assert finding(table).startswith("of the node's energy in a query, by task: 6 to 23 % GPUs above 443 W")
    assert "2 to 20 % above 483 W" in finding(table) and finding(table).endswith("4 % CPU")


def test_gpus_are_split_only_where_the_mapping_names_the_phases_of_idle_ones():
    result = published_logs.imported()
    table = decomposition(result.records, list(result.unassigned), [], 42.0)
    assert table[["gpu_above_idle_share", "gpu_idle_share", "one_gpu_share", "idle_gpu_power_w"]].isna().all(axis=None)
    assert table["ram_share"].notna().all() and finding(table) == "" and "are not split" in caption(table)


def test_shares_of_unlike_nodes_and_of_nodes_without_gpus():
    """What is not known of the GPUs is missing, and no zero."""
    records = published_logs.imported().records[:2]
    without = {"energy_gpu_j": None, "gpu_count": 0, "energy_gpu_method": "absent"}
    bare = records[0].model_copy(
        update={"repeats": [repeat.model_copy(update=without) for repeat in records[0].repeats]}
    )
    idle = ["load", "transfer"]
    table = decomposition([bare], [], idle, 42.0)
    gpus = ["gpu_above_idle_share", "gpu_idle_share", "gpu_idle_others_share", "one_gpu_share", "one_gpu_kwh_per_1000"]
    assert table[gpus].isna().all(axis=None)
    assert (table["ram_share"] + table["cpu_share"]).to_numpy() == pytest.approx(1.0, abs=1e-12)
    ram_j, cpu_j = (
        math.fsum(getattr(repeat, name) for repeat in bare.repeats) for name in ("energy_ram_j", "energy_cpu_j")
    )
    assert table["ram_share"].iloc[0] == pytest.approx(ram_j / (ram_j + cpu_j), rel=1e-12)
    both = decomposition([bare, records[1]], [], idle, 42.0)
    mixed = both[both["level"] == "all"].iloc[0]
    assert mixed[gpus].isna().all() and 0 < mixed["ram_share"] < table["ram_share"].iloc[0]
    unknown = [repeat.model_copy(update={"energy_ram_j": None}) for repeat in records[0].repeats]
    lost = decomposition([records[0].model_copy(update={"repeats": unknown})], [], idle, 42.0)
    assert lost[["energy_kwh_per_1000", "ram_share", "cpu_share"]].isna().all(axis=None)
