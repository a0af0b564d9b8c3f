"""What is missing, stale or unreadable is listed with reason and remedy, and the rest goes on."""

import pytest

from support import measurements, records
from support.joules import ENERGY, repeats_of
from support.tables import Tables
from wattlab.records.record import Failure
from wattlab.tables.evidence import gather


def gathered(tmp_path, cells, written):
    study = records.resolved_study(cells)
    records.write_study(tmp_path, study, written)
    return gather(study, records.catalog(), tmp_path / "runs")


def test_every_kind_of_missing(tmp_path):
    absent, broken, waiting, gone, old, spent, expected, whole = (
        records.resolved_cell(dataset=f"d{place}", known_missing="needs 80 GB" if place == 6 else None)
        for place in range(8)
    )
    before = records.resolved_cell(dataset="d4", protocol_values={"seed": 7})
    no = [measurements.repeat(2, valid=False, reasons=["a window of 0.1 s"])]
    written = [
        records.failed(broken, "out of memory"),
        records.record_of(waiting, status="waiting", failure=Failure(reason="transformers4", remedy="install it")),
        records.record_of(gone, status="unavailable", failure=Failure(reason="gated")),
        records.record_of(before, repeats_of(9e9, 9e9, 9e9)),
        records.record_of(spent, repeats_of(3600.0, 3600.0) + no),
        records.record_of(whole, repeats_of(3600.0, 3600.0, 3600.0)),
    ]
    built = Tables(gathered(tmp_path, [absent, broken, waiting, gone, old, spent, expected, whole], written))
    table = built["missing"].set_index("dataset")
    kinds = ["incomplete", "failed", "waiting", "unavailable", "stale", "incomplete", "known"]
    assert table["kind"].to_dict() == {f"d{place}": kind for place, kind in enumerate(kinds)}
    assert table["n_valid"].to_dict() == {"d0": 0, "d1": 0, "d2": 0, "d3": 0, "d4": 0, "d5": 2, "d6": 0}
    assert set(table["n_wanted"]) == {3}
    assert table.loc["d1", "reason"] == "out of memory" and "make retry" in table.loc["d1", "remedy"]
    assert table.loc["d2", "remedy"] == "install it"
    assert "1 x a window of 0.1 s" in table.loc["d5", "reason"]
    assert table.loc["d6", "reason"] == "needs 80 GB"
    assert table["remedy"].notna().all()
    assert list(built["cells"]["status"]) == [
        "incomplete", "failed", "waiting", "unavailable", "stale", "complete", "known", "complete"
    ]  # fmt: skip
    # The stale record enters no mean and no run, but what it cost is in the totals.
    assert built["tasks"].iloc[0][ENERGY] == pytest.approx(0.1)
    assert "d4" not in set(built["runs"]["dataset"])
    totals = built["totals"].set_index("phase")
    assert totals.loc["unassigned", "energy_kwh"] == pytest.approx(3 * 9e9 / 3.6e6)


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema_version": 1}', b"\xff\xfe\x00binary"])
def test_an_unreadable_record_is_listed_and_the_rest_goes_on(tmp_path, content):
    bad, good = records.resolved_cell(dataset="bad"), records.resolved_cell(dataset="good")
    path = tmp_path / "runs" / f"{bad.cell.id}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    built = Tables(gathered(tmp_path, [bad, good], [records.record_of(good, repeats_of(3600.0, 3600.0, 3600.0))]))
    assert built["missing"]["dataset"].tolist() == ["bad"]
    row = built["missing"].iloc[0]
    assert row["kind"] == "failed" and f"runs/{bad.cell.id}.json can not be read" in row["reason"]
    assert str(tmp_path) not in row["reason"]
    assert built["tasks"].iloc[0][ENERGY] == pytest.approx(0.1)


def test_a_record_in_the_wrong_place_is_not_taken_for_another_cell(tmp_path):
    here, there = records.resolved_cell(dataset="here"), records.resolved_cell(dataset="there")
    records.write_study(tmp_path, records.resolved_study([here]), [records.record_of(there, repeats_of(3600.0))])
    (tmp_path / "runs" / f"{there.cell.id}.json").rename(tmp_path / "runs" / "x.json")
    target = tmp_path / "runs" / f"{here.cell.id}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "runs" / "x.json").rename(target)
    built = Tables(gather(records.resolved_study([here]), records.catalog(), tmp_path / "runs"))
    assert f"it is the record of {there.cell.id}" in built["missing"].iloc[0]["reason"]
