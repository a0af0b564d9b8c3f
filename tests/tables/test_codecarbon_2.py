"""Memory by CodeCarbon 2's model, beside what was recorded, in `runs` and `cells`."""

import math

import pandas as pd
import pytest

from support import measurements, records
from support.records import evidence_of
from support.tables import Tables
from wattlab.records.record import Record
from wattlab.study.cells import ResolvedStudy

CELL = records.resolved_cell()
RAM, NODE = "energy_ram_codecarbon_2_kwh_per_1000", "energy_node_codecarbon_2_kwh_per_1000"

#: Joules of a window of 10 inferences -> kWh per 1,000.
KWH = 100 / 3.6e6


def record(method: str = "model") -> Record:
    """Windows of 10 s on a machine with 16 GB: 100 J of the CPU, 20 W of memory as recorded."""
    made = [measurements.repeat(index, cpu_j=100.0, ram_j=200.0, energy_ram_method=method) for index in range(3)]
    return records.record_of(CELL, made)


def tables_of(of: Record, **config: object) -> dict[str, pd.DataFrame]:
    return Tables(evidence_of([(CELL, of)], **config))


def test_it_stands_beside_what_was_recorded() -> None:
    built = tables_of(record())
    for row in (built["runs"].iloc[0], built["cells"].iloc[0]):
        assert row["energy_node_kwh_per_1000"] == pytest.approx(300 * KWH)
        assert row[RAM] == pytest.approx(0.375 * 16 * 10 * KWH)
        assert row[NODE] == pytest.approx(160 * KWH)
    assert built["cells"].iloc[0][f"ci95_low_{NODE}"] == pytest.approx(160 * KWH)
    assert set(built["runs"]["ram_model"]) == {"codecarbon-3"}


def test_the_memory_of_the_papers_node() -> None:
    of = record()
    (session, *_) = of.sessions
    assert session.machine is not None
    machine = session.machine.model_copy(update={"ram_gb": 1148.7})
    run = tables_of(of.model_copy(update={"sessions": [session.model_copy(update={"machine": machine})]}))["runs"]
    assert run[RAM].tolist() == pytest.approx([4307.6 * KWH] * 3, rel=1e-4)  # 430.8 W


def test_a_constant_is_nobodys_model() -> None:
    built = tables_of(record(method="constant"))
    assert built["runs"][[RAM, NODE, "ram_model"]].isna().all(axis=None)
    assert built["cells"][[RAM, NODE]].isna().all(axis=None)


def test_of_an_imported_record_the_machine_is_not_known() -> None:
    cell = records.imported_cell()
    made = [measurements.repeat(index, ram_j=430.0, energy_ram_method="model") for index in range(3)]
    run = Tables(evidence_of([(cell, records.record_of(cell, made, sessions=[]))]))["runs"].iloc[0]
    assert run["energy_ram_j"] == 430.0 and math.isnan(run[RAM]) and math.isnan(run[NODE])


def test_without_exclusive_there_is_no_node() -> None:
    run = tables_of(record(), exclusive=False, headline_scope="device", parallel_cells=2)["runs"].iloc[0]
    assert run[RAM] == pytest.approx(60 * KWH) and math.isnan(run[NODE])


def test_a_missing_energy_stays_missing() -> None:
    of = record()
    of = of.model_copy(update={"repeats": [one.model_copy(update={"energy_cpu_j": None}) for one in of.repeats]})
    assert math.isnan(tables_of(of)["cells"].iloc[0][NODE])


def test_an_older_study_file_may_have_the_key() -> None:
    content = records.resolved_study([CELL]).model_dump(mode="json") | {"schema_version": 1}
    content["config"]["ram_model"] = "codecarbon-2"
    for cell in content["cells"]:
        del cell["source"]
    assert ResolvedStudy.model_validate(content).config == records.resolved_study([CELL]).config
