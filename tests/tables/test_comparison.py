"""The comparison with the paper: ratios and ranks of the tasks."""

import math

import pytest

from support import records
from support.joules import ENERGY, repeats_of
from support.records import evidence_of
from support.tables import Tables


def test_comparison_with_the_paper():
    joules = {"text-classification": 3600.0, "fill-mask": 1800.0, "text-generation": 36000.0, "text-to-image": 7200.0}
    pairs = [
        (cell := records.resolved_cell(task=task), records.record_of(cell, repeats_of(energy, energy, energy)))
        for task, energy in joules.items()
    ]
    table = Tables(evidence_of(pairs))["comparison"].set_index("task")
    assert table.loc["text-generation", "energy_ratio"] == pytest.approx(1.0 / 0.047)
    assert list(table["energy_rank"]) == [2.0, 1.0, 4.0, 3.0]
    assert list(table["paper_energy_rank"]) == [1.0, 2.0, 3.0, 4.0]
    assert table["spearman_rho"].tolist() == pytest.approx([0.6] * 4)  # 1 - 6 (1 + 1 + 1 + 1) / (4 x 15)
    half = 1.959963984540054 * math.sqrt(1 + 0.36 / 2)
    assert table["ci95_low_spearman_rho"].iloc[0] == pytest.approx(math.tanh(math.atanh(0.6) - half))


def test_a_device_has_no_ratio_to_the_papers_node():
    cell = records.resolved_cell(exclusive=False)
    pairs = [(cell, records.record_of(cell, repeats_of(3600.0, 3600.0, 3600.0)))]
    row = Tables(evidence_of(pairs, exclusive=False, headline_scope="device"))["comparison"].iloc[0]
    assert (row["scope"], row[ENERGY]) == ("device", pytest.approx(0.1)) and math.isnan(row["energy_ratio"])
