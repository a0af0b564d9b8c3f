"""The archive: what the store holds by fingerprint, and what a changed study is about to pay for again."""

from pathlib import Path

import pandas as pd
import pytest

import list_history
from list_history import history_table, shown
from support import measurements, records
from support.tables import Tables
from wattlab.machine.describe import describe_machine
from wattlab.machine.software import versions
from wattlab.records.record import Observed
from wattlab.records.store import open_store, store_path
from wattlab.runs.assembly import measured_record
from wattlab.runs.fingerprint import comparable_spec
from wattlab.study.cells import MeasuredCell
from wattlab.workflow.doctor.costs import finished_cells, least_time_s, least_window_s
from wattlab.workflow.history import measured_cells
from wattlab.workflow.notice import (
    ANOTHER_MACHINE,
    Here,
    beyond_machine,
    here,
    measured_again,
    notice,
    restored,
    restored_words,
)
from wattlab.workflow.progress import outcome

BERT = records.resolved_cell()
GPT = records.resolved_cell(task="text-generation", model="openai-community--gpt2")
STUDY = records.resolved_study([BERT, GPT])


def changed(cell: MeasuredCell, **values: object) -> MeasuredCell:
    """The cell under a protocol with other values."""
    protocol = cell.spec.protocol.model_copy(update=values)
    return cell.model_copy(update={"spec": cell.spec.model_copy(update={"protocol": protocol})})


def measure(
    results: Path,
    cell: MeasuredCell,
    fingerprint: str,
    day: int,
    n: int = 2,
    study: str = "laptop",
    ram_j: float = 0.0,
    **identity: object,
) -> None:
    """`n` repeats of 3,600 J in 60 s of one session, on a day of January 2024."""
    at_s = 86400.0 * day
    path = store_path(results, cell.cell.id, fingerprint)
    with open_store(path, {"spec": comparable_spec(cell.spec), **identity}) as store:
        session = measurements.session("s", study=study, phases=False, started_at_utc=measurements.utc(at_s))
        skip = {"load", "transfer", "warmup", "ended", "ended_at_utc", "reason"}
        store.append("session", **session.model_dump(mode="json", exclude=skip))
        for index in range(n):
            repeat = measurements.repeat(index, session="s", idle_w=100.0, ram_j=ram_j)
            store.append("repeat", **repeat.model_dump(mode="json", include=set(Observed.model_fields)))
        store.append(
            "ended", session="s", ended="done", ended_at_utc=measurements.utc(at_s + 60), repeats=n, max_redo=0
        )


@pytest.fixture
def results(tmp_path: Path) -> Path:
    results = tmp_path / "results"
    measure(results, changed(BERT, seed=7), "b" * 12, day=1)
    measure(results, BERT, "a" * 12, day=2, n=3, study="wide")
    measure(results, changed(GPT, seed=7), "d" * 12, day=4)
    measure(results, changed(GPT, seed=8), "c" * 12, day=3)
    return results


def test_every_file_of_the_store_is_a_row_by_cell_and_date(results: Path) -> None:
    table = history_table(measured_cells(results), STUDY)
    assert table["fingerprint"].tolist() == [letter * 12 for letter in "bacd"]
    assert table["today"].tolist() == [False, True, False, False]
    assert table["n_repeats"].tolist() == [2, 3, 2, 2]
    assert table["studies"].tolist() == ["laptop", "wide", "laptop", "laptop"]
    # Two repeats of 3,600 J and three idle seconds of 100 W: neighbours share one.
    assert table["energy_kwh"].tolist()[:2] == pytest.approx([7500 / 3.6e6, 11200 / 3.6e6])
    assert table["duration_s"].tolist() == [60] * 4


def test_the_terminal_shows_the_sum(results: Path) -> None:
    text = shown(history_table(measured_cells(results), STUDY))
    assert "4 files for 2 cells: 9 repeats, 0.00936 kWh, 0.067 h" in text
    assert "2024-01-02 00:00" in text


def test_files_that_ran_beside_one_another_are_no_sum(tmp_path: Path) -> None:
    cells = [records.resolved_cell(dataset=name, exclusive=False) for name in ("c4", "oscar")]
    for cell, letter in zip(cells, "ab", strict=True):
        measure(tmp_path, cell, letter * 12, day=1, ram_j=900.0)
    measure(tmp_path, BERT, "c" * 12, day=1, ram_j=900.0)
    table = history_table(measured_cells(tmp_path), STUDY).set_index("fingerprint")
    # Beside others a cell has the energy of its device, here the CPU's; alone the node's, memory included.
    assert table["energy_kwh"].to_dict() == pytest.approx(
        {"a" * 12: 7500 / 3.6e6, "b" * 12: 7500 / 3.6e6, "c" * 12: 9300 / 3.6e6}
    )
    assert table["shared"].to_dict() == {"a" * 12: True, "b" * 12: True, "c" * 12: False}
    text = shown(history_table(measured_cells(tmp_path), STUDY))
    assert "at most 0.00675 kWh (2 files ran beside one another on one device)" in text


def test_history_totals_and_the_terminal_agree(tmp_path: Path) -> None:
    measure(tmp_path, BERT, "a" * 12, day=1, n=3, ram_j=900.0)
    (found,) = measured_cells(tmp_path)
    record = measured_record(BERT, None, found.path, "s", tmp_path / "answers", None, [])
    built = Tables(records.evidence_of([(BERT, record)]))
    assert found.energy_kwh == pytest.approx(built["totals"]["energy_kwh"].sum())
    kwh = built["cells"]["energy_kwh_per_1000"].iloc[0]
    assert f"3 repeats, {kwh:.3g} kWh (node, model+constant)" in outcome(record, "node")


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    assert "nothing was measured" in shown(history_table(measured_cells(tmp_path), STUDY))


def test_the_command_writes_every_digit(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert list_history.main(["--results", str(results), "--csv", str(tmp_path / "history.csv")]) == 0
    read = pd.read_csv(tmp_path / "history.csv")
    assert read["energy_kwh"].sum() == pytest.approx(3 * 7500 / 3.6e6 + 11200 / 3.6e6)
    assert not read["today"].any(), "none of these cells is measured like this by the default study"


def test_what_is_measured_again_is_named_with_its_last_cost(results: Path) -> None:
    again = measured_again(STUDY, {BERT.cell.id, GPT.cell.id}, results)
    assert again is not None
    assert (again.n_cells, again.n_planned) == (1, 2), "BERT goes on with what it has"
    assert again.energy_kwh == pytest.approx(7500 / 3.6e6), "the latest of the two old files alone"
    assert again.duration_s == 60
    assert "Of 2 cells to measure, 1 was measured before with another protocol: " in notice(again)
    assert "0.00208 kWh and 60 s" in notice(again)


def test_cells_whose_store_is_whole_are_restored_and_not_to_measure(tmp_path: Path) -> None:
    """BERT has the repeats that are wanted, GPT one less, and T5 has them under another spec."""
    t5 = records.resolved_cell(task="summarization", dataset="xsum", model="google--flan-t5-base")
    wanted = BERT.spec.protocol.repeats
    for cell, n in ((BERT, wanted), (GPT, wanted - 1), (changed(t5, n_inferences=1000), wanted)):
        measure(tmp_path, cell, "a" * 12, day=1, n=n, ram_j=900.0)
    study, planned = records.resolved_study([BERT, GPT, t5]), {BERT.cell.id, GPT.cell.id, t5.cell.id}
    (whole,) = restored(study, planned, tmp_path)
    assert whole.cell_id == BERT.cell.id
    assert restored_words(1, 3) == (
        "1 of 3 planned cells is restored from the store: the repeats are whole, and nothing is measured again"
    )
    assert restored(study, planned - {BERT.cell.id}, tmp_path) == []
    assert beyond_machine(study, planned, tmp_path, 0.5, str) == [], "half a core takes one thread"
    # What is whole is no loss on a machine without a core for it; the others are.
    (said,) = beyond_machine(study, planned, tmp_path, 0, lambda key: "config.yaml")
    n_cells = len(planned) - 1
    assert f"cpu_threads = 1: this machine has 0 cores for them; {n_cells} planned cell" in said, said
    assert restored(study, planned, tmp_path, Here({"cpu": "another"})) == restored(study, planned, tmp_path)
    assert finished_cells(study, tmp_path / "laptop") == {BERT.cell.id: whole.duration_s}, (
        "the doctor counts it as done"
    )
    assert least_time_s(study, finished_cells(study, tmp_path / "laptop")) == 2 * least_window_s(GPT)


def test_first_measurements_and_more_repeats_need_no_notice(results: Path) -> None:
    new = records.resolved_cell(task="summarization", dataset="xsum", model="google--flan-t5-base")
    more = changed(BERT, repeats=12, max_redo=9)
    assert measured_again(records.resolved_study([new, more]), {new.cell.id, more.cell.id}, results) is None
    assert measured_again(STUDY, {BERT.cell.id}, results) is None, "GPT is not planned"


def test_another_machine_and_other_versions_are_measured_again_and_named(tmp_path: Path) -> None:
    kind, software = {"device": "cpu", "cpu_cores": 2}, {"torch": "2.12.0", "pillow": "13.0.0"}
    measure(tmp_path, BERT, "a" * 12, day=1, device_kind=kind, versions=software)
    for this, reasons in (
        (Here(kind, software), None),
        (Here(), None),
        (Here({**kind, "cpu_cores": 8}, software), (ANOTHER_MACHINE,)),
        (Here(kind, {**software, "torch": "2.13.0"}), ("torch 2.12.0 (now 2.13.0)",)),
        (Here({"device": "cuda"}, {"torch": "2.12.0"}), (ANOTHER_MACHINE, "pillow 13.0.0 (now none)")),
    ):
        again = measured_again(STUDY, {BERT.cell.id}, tmp_path, this)
        assert (again and again.reasons) == reasons, this
    assert again is not None
    assert "1 was measured before with another machine; pillow 13.0.0 (now none): last time they cost" in notice(again)


def test_this_machine_goes_on_with_what_it_measured(tmp_path: Path) -> None:
    machine = describe_machine("cpu")
    measure(tmp_path, BERT, "a" * 12, day=1, device_kind=machine.kind, versions=versions())
    assert measured_again(STUDY, {BERT.cell.id}, tmp_path, here("cpu")) is None


def test_what_can_not_be_known_is_not_zero(tmp_path: Path) -> None:
    path = store_path(tmp_path, BERT.cell.id, "e" * 12)
    with open_store(path, {"spec": {}}):
        pass
    again = measured_again(STUDY, {BERT.cell.id}, tmp_path)
    assert again is not None
    assert (again.energy_kwh, again.duration_s) == (None, None)
    assert "an unknown energy and an unknown time" in notice(again)
