"""The memory's power under two named models, from the same records; nothing is measured again."""

import math

import pytest

from support import records
from tables.test_tables import evidence_of
from wattlab.tables.building import build
from wattlab.tables.ram import under_model

CELL = records.resolved_cell()


def record(method: str = "model", **extra):
    made = [records.repeat(index, cpu_j=100.0, ram_j=200.0, energy_ram_method=method, **extra) for index in range(3)]
    return records.record_of(CELL, made)  # windows of 10 s on a machine with 16 GB: 20 W as recorded


def tables_of(of, **config):
    return build(evidence_of([(CELL, of)], **config))


def test_each_model_has_its_row_and_its_energy():
    built = tables_of(record())
    table = built["ram_models"].set_index("ram_model")
    assert table["ram_power_w"].to_dict() == pytest.approx({"codecarbon-3": 20.0, "codecarbon-2": 6.0})
    node = {"codecarbon-3": 300.0, "codecarbon-2": 160.0}  # 100 J of the CPU, 20 W and 0.375 W/GB x 16 GB over 10 s
    assert table["energy_node_kwh_per_1000"].to_dict() == pytest.approx(
        {model: joules / 3.6e6 / 10 * 1000 for model, joules in node.items()}
    )
    assert table["shown"].to_dict() == {"codecarbon-3": True, "codecarbon-2": False}


def test_the_study_switches_every_table_and_names_the_model():
    plain, switched = tables_of(record()), tables_of(record(), ram_model="codecarbon-2")
    assert plain["cells"]["energy_kwh_per_1000"].iloc[0] == pytest.approx(300 / 3.6e6 * 100)
    assert switched["cells"]["energy_kwh_per_1000"].iloc[0] == pytest.approx(160 / 3.6e6 * 100)
    assert switched["tasks"]["energy_kwh_per_1000"].iloc[0] == pytest.approx(160 / 3.6e6 * 100)
    assert set(switched["runs"]["ram_model"]) == {"codecarbon-2"}
    assert switched["runs"]["energy_ram_j"].tolist() == [60.0] * 3
    assert switched["ram_models"].drop(columns="shown").equals(plain["ram_models"].drop(columns="shown"))
    query = switched["totals"].set_index("phase").loc["query"]
    assert query["energy_kwh"] == pytest.approx(3 * 160 / 3.6e6)


def test_idle_and_load_follow_so_that_net_energy_stays_gross_minus_idle():
    of = record()
    windows = [records.window(cpu_j=5.0, ram_j=20.0, energy_ram_method="model") for _ in range(2)]
    of = of.model_copy(
        update={
            "repeats": [r.model_copy(update={"idle_before": windows[0], "idle_after": windows[1]}) for r in of.repeats]
        }
    )
    run = tables_of(of, ram_model="codecarbon-2")["runs"].iloc[0]
    assert run["idle_power_node_w"] == pytest.approx(5.0 + 6.0)
    assert run["net_energy_node_kwh_per_1000"] == pytest.approx((160 - 110) / 3.6e6 * 100)


def test_a_constant_is_nobodys_model():
    of = record(method="constant")
    assert under_model(of, "codecarbon-2") == of
    built = tables_of(of, ram_model="codecarbon-2")
    assert built["ram_models"].empty
    assert built["runs"]["ram_model"].isna().all()


def test_an_imported_record_keeps_what_its_logs_say():
    cell = records.imported_cell()
    of = records.record_of(
        cell, [records.repeat(index, ram_j=430.0, energy_ram_method="model") for index in range(3)], sessions=[]
    )
    built = build(evidence_of([(cell, of)], ram_model="codecarbon-2"))
    assert built["runs"]["energy_ram_j"].tolist() == [430.0] * 3
    assert built["ram_models"].empty


def test_the_paper_s_node_under_both_models():
    of = record().model_copy(
        update={
            "sessions": [
                session.model_copy(update={"machine": session.machine.model_copy(update={"ram_gb": 1148.7})})
                for session in record().sessions
                if session.machine
            ]
        }
    )
    assert under_model(of, "codecarbon-2").repeats[0].energy_ram_j == pytest.approx(4307.6, abs=0.1)  # 430.8 W x 10 s


def test_the_model_is_applied_once():
    evidence = evidence_of([(CELL, record())])
    shown = evidence.under("codecarbon-2")
    assert shown.as_recorded is evidence
    with pytest.raises(ValueError, match="applied already"):
        shown.under("codecarbon-2")


def test_a_missing_energy_stays_missing_where_the_model_is_not_switched():
    of = record()
    of = of.model_copy(update={"repeats": [r.model_copy(update={"energy_ram_j": None}) for r in of.repeats]})
    assert math.isnan(tables_of(of)["cells"]["energy_kwh_per_1000"].iloc[0])
