"""Tasks, models and multi-purpose models: means over cells and models equal hand-computed numbers."""

import math

import numpy as np
import pytest

from support import records
from support.joules import ENERGY, one_cell, repeats_of, two_models
from support.records import evidence_of
from support.tables import Tables


def test_a_task_over_its_models_by_hand():
    table = Tables(evidence_of(two_models()))["tasks"]
    assert list(table["task"]) == ["fill-mask"]
    row = table.iloc[0]
    assert (row["n_models"], row["n_cells"], row["n_cells_planned"], row["n_repeats"]) == (2, 3, 4, 9)
    assert row[ENERGY] == pytest.approx(0.5)
    # 95 % of two models would be their range: it is called that.
    assert row["interval_kind"] == "range" and math.isnan(row[f"ci95_low_{ENERGY}"])
    assert (row[f"min_models_{ENERGY}"], row[f"max_models_{ENERGY}"]) == pytest.approx((0.3, 0.9))
    assert row[f"sd_models_{ENERGY}"] == pytest.approx(0.6 / math.sqrt(2))
    # Repeats 0.1 0.2 0.3, 0.4 x 3, 0.9 x 3: mean 0.5, squares 0.16 + 0.09 + 0.04 + 3 x 0.01 + 3 x 0.16 = 0.80.
    assert row[f"sd_repeats_{ENERGY}"] == pytest.approx(math.sqrt(0.80 / 8))
    spreads = {name: row[f"{name}_{ENERGY}"] for name in ("median_cells", "min_cells", "max_cells")}
    assert spreads == pytest.approx({"median_cells": 0.4, "min_cells": 0.2, "max_cells": 0.9})
    spreads = {name: row[f"{name}_{ENERGY}"] for name in ("median_repeats", "min_repeats", "max_repeats")}
    assert spreads == pytest.approx({"median_repeats": 0.4, "min_repeats": 0.1, "max_repeats": 0.9})
    assert row["emissions_g_per_1000"] == pytest.approx(0.5 * 138.75)


def test_a_task_with_one_model_has_no_interval_over_models():
    row = one_cell(3600.0, 7200.0, 10800.0)["tasks"].iloc[0]
    assert math.isnan(row[f"ci95_low_{ENERGY}"]) and math.isnan(row[f"sd_models_{ENERGY}"])
    assert (row["n_models"], row["interval_kind"]) == (1, "none")
    assert row[f"sd_repeats_{ENERGY}"] == pytest.approx(0.1)


def test_a_task_with_five_models_has_coxs_interval_of_its_mean():
    pairs = [(cell := records.resolved_cell(model=f"a--{at}"), records.record_of(cell, repeats_of(*[joules] * 3)))
             for at, joules in enumerate((3600.0, 7200.0, 10800.0, 14400.0, 36000.0))]  # fmt: skip
    row = Tables(evidence_of(pairs))["tasks"].iloc[0]
    logs = np.log([0.1, 0.2, 0.3, 0.4, 1.0])
    half = 2.7764451051977934 * math.sqrt(logs.var(ddof=1) / 5 + logs.var(ddof=1) ** 2 / 8)
    middle = logs.mean() + logs.var(ddof=1) / 2
    assert row["interval_kind"] == "95 % interval" and row[ENERGY] == pytest.approx(0.4)
    assert row[f"ci95_low_{ENERGY}"] == pytest.approx(math.exp(middle - half))
    assert row[f"ci95_high_{ENERGY}"] == pytest.approx(math.exp(middle + half))
    assert row["ci95_high_emissions_g_per_1000"] == pytest.approx(138.75 * math.exp(middle + half))


def test_ten_rows_when_all_tasks_are_there():
    pairs = [(cell := records.resolved_cell(task=task), records.record_of(cell, repeats_of(3600.0, 3700.0, 3800.0)))
             for task in records.TASKS]  # fmt: skip
    built = Tables(evidence_of(pairs))
    assert list(built["tasks"]["task"]) == list(records.TASKS)
    assert (built["tasks"][f"sd_repeats_{ENERGY}"] > 0).all()
    assert len(built["comparison"]) == 10


def test_a_multi_purpose_model_over_its_cells():
    cells = records.multi_purpose_cells()
    pairs = [
        (cell, records.record_of(cell, repeats_of(3600.0 * (place + 1), 3600.0 * (place + 1))))
        for place, cell in enumerate(cells)
    ]
    built = Tables(evidence_of(pairs))
    row = built["multipurpose"].iloc[0]
    assert (row["n_cells"], row["structure"]) == (9, "decoder")
    assert row[ENERGY] == pytest.approx(0.5)
    assert row[f"ci95_low_{ENERGY}"] == row[f"ci95_high_{ENERGY}"] == pytest.approx(0.5)
    assert built["tasks"].empty
    by_task = built["models"].set_index("task")
    assert by_task.loc["question-answering", ENERGY] == pytest.approx(0.5)
    assert by_task.loc["summarization", ENERGY] == pytest.approx(0.8)
    assert list(by_task["n_cells"]) == [3, 3, 3]


def test_a_model_without_a_measured_cell_stays_in_the_table_without_values():
    measured, waiting = records.resolved_cell(), records.resolved_cell(model="example--other")
    built = Tables(evidence_of([(measured, records.record_of(measured, repeats_of(3600.0, 3700.0))), (waiting, None)]))
    table = built["models"].set_index("model")
    assert table.loc["example--other", ["n_cells", "n_cells_planned"]].tolist() == [0, 1]
    assert table.loc["example--other", [ENERGY, "energy_method", "modelled_share"]].isna().all()
    assert table.loc["example--other", "hub_id"] == "example/other"
    assert table.loc[measured.cell.model, "n_cells"] == 1
    assert len(built["tasks"]) == 1 and built["tasks"].iloc[0]["n_models"] == 1
