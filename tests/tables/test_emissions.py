"""Emissions under the study's grid, every other one, and a bare intensity."""

import pytest

from support import records
from support.joules import one_cell, repeats_of
from support.records import evidence_of
from support.tables import Tables


def test_emissions_under_every_grid():
    table = one_cell(3600.0, 7200.0, 10800.0)["emissions"].set_index("grid")
    assert table.loc["clean", "emissions_g_per_1000"] == pytest.approx(2.0)
    assert table.loc["clean", "sd_emissions_g_per_1000"] == pytest.approx(1.0)
    assert table.loc["us-oregon-2023-codecarbon", "emissions_g_per_1000"] == pytest.approx(27.75)
    assert list(table["study_grid"]) == [True, False]


def test_a_bare_intensity_is_a_grid_of_its_own():
    cell = records.resolved_cell()
    built = Tables(evidence_of([(cell, records.record_of(cell, repeats_of(3600.0, 3600.0)))], grid=100.0))
    assert built["cells"].iloc[0]["emissions_g_per_1000"] == pytest.approx(10.0)
    assert built["emissions"].set_index("grid").loc["stated", "emissions_g_per_1000"] == pytest.approx(10.0)
