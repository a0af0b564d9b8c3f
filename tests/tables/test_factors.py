"""Settings beside the protocol's, and energy by unit: injected joules come out right at every setting."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from support import measurements, records
from support.records import evidence_of
from support.tables import Tables
from wattlab.records.record import Record
from wattlab.study.cells import MeasuredCell

Pair = tuple[MeasuredCell, Record]


def measured(model: str, setting: str | None, *joules: float, task: str = "text-generation", **extra: Any) -> Pair:
    """A cell at a setting, a repeat of ten inferences for each of the joules."""
    cell = records.resolved_cell(task=task, model=model, selected=setting is None)
    place = cell.cell.model_copy(update={"setting": setting})
    protocol = cell.spec.protocol.model_copy(update=place.values)
    spec = cell.spec.model_copy(update={"cell": place, "protocol": protocol})
    cell = cell.model_copy(update={"cell": place, "spec": spec})
    repeats = [measurements.repeat(index, cpu_j=energy_j, **extra) for index, energy_j in enumerate(joules)]
    return cell, records.record_of(cell, repeats)


def tables(*pairs: Pair) -> dict[str, pd.DataFrame]:
    return Tables(evidence_of(list(pairs)))


COUNTS = {"inputs": {"input_token": 200, "image": 10, "megapixel": 2.5}, "n_output_units": 40}


@pytest.mark.parametrize("setting", [None, "batch_size=4", "batch_size=10+dtype=bfloat16"])
def test_injected_energy_comes_out_by_every_unit_at_every_setting(setting: str | None) -> None:
    found = tables(measured("a", setting, 3600.0, 3600.0, 3600.0, **COUNTS))["functional_units"].set_index("unit")
    assert found["energy_per_unit_j"].to_dict() == pytest.approx(
        {"inference": 360.0, "input_token": 18.0, "image": 360.0, "megapixel": 1440.0, "output_token": 90.0}
    )
    assert found["n_units_per_inference"].to_dict() == pytest.approx(
        {"inference": 1.0, "input_token": 20.0, "image": 1.0, "megapixel": 0.25, "output_token": 4.0}
    )
    assert list(found.index[found["sci_for_ai"].astype(bool)]) == ["output_token"]
    if setting is None:
        assert found["setting"].isna().all()
    else:
        assert set(found["setting"]) == {setting}


def test_another_count_is_another_energy() -> None:
    mutated = {**COUNTS, "inputs": {**COUNTS["inputs"], "input_token": 201}}  # type: ignore[dict-item]
    found = tables(measured("a", None, 3600.0, 3600.0, 3600.0, **mutated))["functional_units"].set_index("unit")
    assert found.loc["input_token", "energy_per_unit_j"] == pytest.approx(3600 / 201)


def test_tokens_that_a_head_picks_are_no_output_tokens() -> None:
    found = tables(measured("a", None, 3600.0, 3600.0, task="fill-mask", **COUNTS))["functional_units"]
    assert set(found["unit"]) == {"inference", "input_token", "image", "megapixel"}
    assert list(found.loc[found["sci_for_ai"].astype(bool), "unit"]) == ["inference"]


def test_a_ratio_has_its_interval_over_the_repeats() -> None:
    found = tables(measured("a", None, 100.0, 110.0, 90.0), measured("a", "batch_size=10", 50.0, 52.0, 48.0))["factors"]
    row = found[found["level"] == "cell"].iloc[0]
    assert row["setting"] == "batch_size=10"
    assert row["energy_ratio"] == pytest.approx(0.5)
    variances = np.array([10**2 / (3 * 100**2), 2**2 / (3 * 50**2)])
    freedom = variances.sum() ** 2 / (variances**2 / 2).sum()
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variances.sum())
    assert row["ci95_low_energy_ratio"] == pytest.approx(0.5 * np.exp(-half))
    assert row["ci95_high_energy_ratio"] == pytest.approx(0.5 * np.exp(half))
    (task,) = found[found["level"] == "task"].to_dict("records")
    assert task["note"] == "too few models" and pd.isna(task["kendall_tau"])


def test_an_order_of_five_models_has_a_tau_and_the_pairs_that_change_places() -> None:
    own = {"a": 100.0, "b": 200.0, "c": 300.0, "d": 400.0, "e": 500.0}
    at = {**own, "a": 210.0}
    cells = [measured(name, None, joules, joules + 1, joules - 1) for name, joules in own.items()]
    cells += [measured(name, "batch_size=10", joules, joules + 1, joules - 1) for name, joules in at.items()]
    found = tables(*cells)["factors"]
    task = found[found["level"] == "task"].iloc[0]
    assert (task["n_models"], task["n_pairs"], task["n_pairs_changed"]) == (5, 10, 1)
    assert task["kendall_tau"] == pytest.approx(0.8)
    assert task["pairs_changed"] == "b below a"
    assert task["energy_ratio"] == pytest.approx(2.1 ** (1 / 5))


def test_one_repeat_has_no_bound_and_no_pair_that_could_change() -> None:
    cells = [
        measured(name, at, joules) for joules, name in enumerate("abcde", start=100) for at in (None, "batch_size=10")
    ]
    found = tables(*cells)
    task = found["factors"][found["factors"]["level"] == "task"].iloc[0]
    assert task["n_pairs"] == 0 and pd.isna(task["n_pairs_changed"])
    alone = tables(measured("a", None, 3600.0, **COUNTS))["functional_units"]
    assert alone[["ci95_low_energy_per_unit_j", "ci95_high_energy_per_unit_j"]].isna().all(axis=None)


@pytest.mark.slow
def test_the_papers_tables_use_the_protocols_setting_alone() -> None:
    plain = tables(measured("a", None, 100.0, 110.0, 90.0))
    both = tables(measured("a", None, 100.0, 110.0, 90.0), measured("a", "batch_size=10", 5000.0, 5100.0, 4900.0))
    for name in ("tasks", "models", "multipurpose", "parity", "comparison", "output_lengths"):
        pd.testing.assert_frame_equal(*(found[name].astype(object).fillna("") for found in (plain, both)))
    assert list(both["cells"]["batch_size"]) == [1, 10]


def test_the_mean_batch_and_the_duration_of_a_call_stand_with_the_cell() -> None:
    latency_s = {"p50": 0.5, "p90": 0.9, "p99": 1.5}
    cells = tables(measured("a", "batch_size=4", 100.0, 110.0, 90.0, n_calls=3, latency_s=latency_s))["cells"]
    names = ["n_inferences_per_call", "latency_p50_s", "latency_p90_s", "latency_p99_s"]
    assert list(cells.iloc[0][names]) == pytest.approx([10 / 3, 0.5, 0.9, 1.5])
