"""Provenance: what the cells of a study were measured with, and what is mixed."""

from support import measurements, records
from support.joules import repeats_of
from support.records import evidence_of
from support.tables import Tables


def test_provenance_flags_what_is_mixed():
    first, second = records.resolved_cell(dataset="a"), records.resolved_cell(dataset="b")
    other = measurements.session("s1", code_sha256="d" * 64, software={"torch": "2.12.0"})
    built = Tables(
        evidence_of(
            [
                (first, records.record_of(first, repeats_of(3600.0, 3600.0))),
                (second, records.record_of(second, repeats_of(3600.0, 3600.0), sessions=[other])),
            ]
        )
    )
    table = built["provenance"]
    assert table.loc[table["aspect"] == "code_sha256", "mixed"].tolist() == [True, True]
    torch = table[table["aspect"] == "software.torch"]
    assert torch["value"].tolist() == ["2.12.0", "2.13.0"] and torch["n_cells"].tolist() == [1, 1]
    assert not table.loc[table["aspect"] == "machine.cpu_model", "mixed"].any()
    assert table.loc[table["aspect"] == "protocol.seed", "intended"].all()
