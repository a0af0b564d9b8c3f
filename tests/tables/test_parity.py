"""Cost parity against the paper's own example, and the rows of the table."""

import math

import pytest

from support import measurements, records
from support.tables import Tables
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.tables.evidence import CellEvidence, Evidence
from wattlab.tables.intervals import Estimate
from wattlab.tables.parity import parity_inferences, printed_parity_inferences

BLOOMZ = "bigscience--bloomz-7b1"


def parity_table(cells, repeats_of, **config):
    study = records.resolved_study(cells, **config)
    evidence = [CellEvidence(cell, records.record_of(cell, repeats_of(place))) for place, cell in enumerate(cells)]
    return Tables(Evidence(study, records.catalog(), evidence))["parity"]


def three_repeats(joules):
    return [measurements.repeat(index, cpu_j=joules + 36.0 * (index - 1)) for index in range(3)]


def test_the_papers_example_exactly():
    training = records.catalog().training[BLOOMZ]
    assert printed_parity_inferences(training) == 592_570_000
    assert parity_inferences(training, Estimate(1.0e-4)).mean == (51_686 + 7_571) / 1.0e-4


def test_the_papers_four_printed_rows_to_one_in_a_thousand():
    training = load_catalog(CATALOG_ROOT).training
    assert len(training) == 4
    for entry in training.values():
        assert printed_parity_inferences(entry) == pytest.approx(entry.printed_inferences, rel=1e-3)


def test_the_interval_propagates():
    training = records.catalog().training[BLOOMZ]
    estimate = parity_inferences(training, Estimate(1.0e-4, 0.8e-4, 1.25e-4))
    assert estimate.low == pytest.approx(59_257 / 1.25e-4)
    assert estimate.high == pytest.approx(59_257 / 0.8e-4)


def test_a_measured_model_over_its_nine_cells():
    # 3,600 J over 10 inferences are 1e-4 kWh each; the cells go from 3,600 to 3,600 + 8 x 36 J, mean + 4 x 36 J.
    table = parity_table(records.multi_purpose_cells(), lambda place: three_repeats(3600.0 + 36.0 * place))
    row = table.iloc[0]
    energy = (3600.0 + 4 * 36.0) / 3.6e6 / 10
    assert row["source"] == "run by this study"
    assert row["n_cells"] == 9 and row["n_cells_planned"] == 9
    assert row["inference_energy_kwh"] == pytest.approx(energy, rel=1e-12)
    assert row["parity_inferences"] == pytest.approx(59_257 / energy, rel=1e-12)
    # Each cell's sd is 36 J (1e-6 kWh) over 3 repeats: se = 1e-6 / sqrt(3 x 9), 18 degrees of freedom.
    half = 2.10092204024096 * 1e-6 / math.sqrt(27)
    assert row["ci95_low_parity_inferences"] == pytest.approx(59_257 / (energy + half), rel=1e-9)
    assert row["ci95_high_parity_inferences"] == pytest.approx(59_257 / (energy - half), rel=1e-9)
    # By task: cells 0 to 2, 3 to 5, 6 to 8 of 3,600 J and 36 J more each.
    fewest, most = (59_257 / ((3600.0 + place * 36.0) / 3.6e7) for place in (7, 1))
    assert row["min_tasks_parity_inferences"] == pytest.approx(fewest)
    assert row["max_tasks_parity_inferences"] == pytest.approx(most)
    assert row["printed_inferences"] == 592_570_000


def test_the_papers_rows_are_always_there():
    table = parity_table([records.resolved_cell()], lambda place: three_repeats(3600.0))
    assert list(table["source"]) == ["printed in the paper"] * 4
    assert table.set_index("model")["parity_inferences"][BLOOMZ] == 592_570_000
    assert table["ci95_low_parity_inferences"].isna().all()


def test_no_parity_without_all_planned_cells():
    def repeats(place):
        return three_repeats(3600.0) if place else []

    cells = records.multi_purpose_cells()
    study = records.resolved_study(cells)
    evidence = [
        CellEvidence(cell, records.record_of(cell, repeats(place)) if place else records.failed(cell, "broken"))
        for place, cell in enumerate(cells)
    ]
    row = Tables(Evidence(study, records.catalog(), evidence))["parity"].iloc[0]
    assert math.isnan(row["parity_inferences"])
    assert row["note"] == "8 of 9 multi-purpose cells are complete: no mean yet"


def test_no_parity_without_node_scope():
    cells = records.multi_purpose_cells(exclusive=False)
    row = parity_table(
        cells, lambda place: three_repeats(3600.0), exclusive=False, headline_scope="device", parallel_cells=2
    ).iloc[0]
    assert math.isnan(row["parity_inferences"])
    assert row["note"].startswith("no node scope")
