"""A meter's log at the wall beside a study: a third scope in the tables, nothing measured again, and everything told."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import build_tables
import bundle_study
import verify_bundle
from support import measurements, records
from support.golden_files import GOLDEN
from support.wall_traces import Plug, logged, plug, write_log
from support.whole_studies import few_cells, measured_study
from wattlab.foundation.errors import InputError
from wattlab.records.record import Record, Window
from wattlab.report.methods import methods_paragraph
from wattlab.study.cells import MeasuredCell
from wattlab.study.specs import write_study
from wattlab.tables.reading import Tables, read_tables
from wattlab.workflow.bundle.archive import unpacked
from wattlab.workflow.loading import study_of

LOG = {"mapping": {"time": "time", "value": "value", "unit": "W"}}
MODELS = ("a--one", "b--two", "c--three")


def utc(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="microseconds")


def idle(begin_s: float, end_s: float) -> Window:
    length_s = end_s - begin_s
    made = measurements.window(cpu_j=20.0 * length_s, ram_j=0.0, window_s=length_s)
    return made.model_copy(update={"started_at_utc": utc(begin_s)})


def record_of(cell: MeasuredCell, made: Plug, session: int, host: str) -> Record:
    """What a session left whose counters see 60 % of the wall's load, and of idle 20 W of 60 W."""
    own = [(begin_s, end_s, is_load) for begin_s, end_s, is_load, of in made.windows if of == session]
    shown = [idle(begin_s, end_s) if not is_load else (begin_s, end_s) for begin_s, end_s, is_load in own]
    repeats = [
        measurements.repeat(
            place,
            cpu_j=0.6 * made.energy_j(*shown[at]),
            window_s=shown[at][1] - shown[at][0],
            started_at_utc=utc(shown[at][0]),
            session=f"s{session}",
            idle_before=shown[at - 1],
            idle_after=shown[at + 1],
        )
        for place, at in enumerate(range(1, len(shown), 2))
    ]
    machine = measurements.session().machine
    assert machine is not None
    of = measurements.session(f"s{session}", machine=machine.model_copy(update={"host_sha256": host}))
    return records.record_of(cell, repeats, sessions=[of])


@pytest.fixture(scope="module")
def made() -> Plug:
    return plug(np.random.default_rng(7), sessions=3, repeats=3)


def study(folder: Path, made: Plug, rows: list[tuple[float, float]], hosts: str = "aaa", **config: Any) -> Path:
    """The file of a study of three cells with a log, its records beside it."""
    write_log(folder / "plug.csv", rows)
    cells = [records.resolved_cell(model=model) for model in MODELS]
    found = [record_of(cell, made, place, hosts[place] * 64) for place, cell in enumerate(cells)]
    given = {"meter_log": {"path": str(folder / "plug.csv"), **LOG}, **config}
    return records.write_study(folder / "results/laptop", records.resolved_study(cells, **given), found)


def tables_of(path: Path) -> Tables:
    tables = path.parent / "tables"
    assert build_tables.main(["--study", str(path), "--tables", str(tables)]) == 0
    return read_tables(tables, ("runs", "cells", "boundaries", "provenance", "models", "tasks", "comparison"))


@pytest.mark.slow
def test_the_wall_is_a_scope_beside_the_others(tmp_path: Path, made: Plug) -> None:
    rows = logged(np.random.default_rng(1), made, offset_s=21.0)
    path = study(tmp_path, made, rows)
    found = tables_of(path)
    runs, cells, beside = found["runs"], found["cells"], found["boundaries"].set_index("model")
    truth = [made.energy_j(*one) for one in made.loads]
    assert runs["energy_wall_j"].tolist() == pytest.approx(truth, rel=0.01)
    assert (np.abs(runs["energy_wall_j"] - truth) <= runs["u95_energy_wall_j"]).all()
    assert runs["wall_offset_s"].tolist() == pytest.approx([21.5] * 9, abs=0.1)
    parts = runs[["u95_sampling_wall_j", "u95_offset_wall_j", "u95_resolution_wall_j"]]
    assert np.sqrt((parts**2).sum(axis=1)).tolist() == pytest.approx(runs["u95_energy_wall_j"].tolist())
    # All that touches a window counts, since the records say how far idle reaches beside it.
    assert (runs["u95_sampling_wall_j"] < 0.012 * runs["energy_wall_j"]).all()
    assert set(runs["energy_wall_method"]) == {"sampled"} and (runs["n_wall_samples"] >= 10).all()
    means = pd.Series(truth).groupby(runs["model"].to_numpy(), sort=False).mean() / 3.6e6 / 10 * 1000
    assert cells["energy_wall_kwh_per_1000"].tolist() == pytest.approx(means.tolist(), rel=0.01)
    assert found["models"]["energy_wall_kwh_per_1000"].notna().all()
    # What counters see of the wall, what idle takes of either, and an order that is the same.
    assert beside["node_wall_ratio"].tolist() == pytest.approx([0.6] * 3, rel=0.01)
    lengths_s = pd.Series([end_s - begin_s for begin_s, end_s in made.loads]).groupby(
        runs["model"].to_numpy(), sort=False
    )
    share = 60.0 * lengths_s.sum() / pd.Series(truth).groupby(runs["model"].to_numpy(), sort=False).sum()
    assert beside["wall_idle_share"].tolist() == pytest.approx(share.tolist(), rel=0.03)
    assert beside["node_idle_share"].tolist() == pytest.approx((share * 20 / 60 / 0.6).tolist(), rel=0.01)
    assert (beside["node_wall_spearman_rho"] == 1).all() and (beside["node_wall_kendall_tau"] == 1).all()
    facts = found["provenance"].set_index("aspect")["value"]
    assert float(facts["wall.offset_s"]) == pytest.approx(21.5, abs=0.1) and len(facts["wall.log_sha256"]) == 64
    said = methods_paragraph(records.resolved_study([], **{}), found)
    assert "A meter at the wall logged every 1 s; its clock was 21" in said
    assert "Energy measured (wall power sampled), wall (the whole machine), gross." in said


@pytest.mark.slow
def test_without_any_energy_nothing_is_ranked(tmp_path: Path) -> None:
    cells = [records.resolved_cell(model=model) for model in MODELS]
    made = [
        records.record_of(cell, [measurements.repeat(i, cpu_j=None, ram_j=None) for i in range(3)]) for cell in cells
    ]
    path = records.write_study(tmp_path / "results/laptop", records.resolved_study(cells), made)
    beside = tables_of(path)["boundaries"]
    assert beside["n_ranked"].tolist() == [0, 0, 0] and beside["node_rank"].isna().all()


@pytest.mark.slow
def test_without_the_key_the_tables_are_the_old_ones(tmp_path: Path, made: Plug) -> None:
    rows = logged(np.random.default_rng(1), made)
    path = study(tmp_path, made, rows, meter_log=None)
    tables_of(path)
    before = {file.name: file.read_bytes() for file in (path.parent / "tables").iterdir()}
    assert not any(
        "wall" in line
        for name in ("runs", "cells", "models")
        for line in before[f"{name}.csv"].decode().split("\n")[:1]
    )
    with_log = study(tmp_path, made, rows)
    assert "energy_wall_j" in tables_of(with_log)["runs"]
    tables_of(study(tmp_path, made, rows, meter_log=None))
    assert {file.name: file.read_bytes() for file in (path.parent / "tables").iterdir()} == before


def test_it_changes_no_spec(tmp_path: Path) -> None:
    (tmp_path / "plug.csv").write_text("time,value\n1,2\n")
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"meter_log: {{path: {tmp_path}/plug.csv, mapping: {{time: time, value: value, unit: W}}}}\n")
    with_log, plain = study_of(Path("config.yaml"), mine), study_of(Path("config.yaml"))
    assert [log.path for log in with_log.config.meter_logs] == [f"{tmp_path}/plug.csv"]
    assert [cell.spec.key for cell in with_log.measured] == [cell.spec.key for cell in plain.measured]
    assert "meter_log" not in plain.config.model_dump(mode="json")


@pytest.mark.slow
def test_a_gap_is_a_reason_in_its_rows(tmp_path: Path, made: Plug) -> None:
    rows = logged(np.random.default_rng(1), made)
    hole_s = made.loads[4][0]
    path = study(tmp_path, made, [row for row in rows if not hole_s < row[0] < hole_s + 6])
    found = tables_of(path)
    lacking = found["runs"][found["runs"]["energy_wall_j"].isna()]
    assert lacking["model"].tolist() == ["b--two"] and "the log has a gap of" in lacking["wall_reason"].iloc[0]
    assert found["cells"].set_index("model")["energy_wall_kwh_per_1000"].notna().tolist() == [True, False, True]
    assert "gap" in found["boundaries"].set_index("model")["wall_reason"]["b--two"]


@pytest.mark.slow
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_reason_is_that_of_the_log_that_has_the_window(tmp_path: Path, made: Plug, order: tuple[int, int]) -> None:
    """Logs of two days: in the first one a hole, in the second one no window."""
    rows = logged(np.random.default_rng(1), made)
    hole_s = made.loads[1][0]
    days = [[row for row in rows if not hole_s < row[0] < hole_s + 6], [(at_s + 86400, w) for at_s, w in rows]]
    logs = [{"path": str(write_log(tmp_path / f"{place}.csv", days[place])), **LOG} for place in order]
    runs = tables_of(study(tmp_path, made, rows, meter_log=logs))["runs"]
    assert runs.index[runs["energy_wall_j"].isna()].tolist() == [1]
    assert "the log has a gap of" in runs["wall_reason"][1] and runs["wall_reason"].notna().sum() == 1


@pytest.mark.slow
def test_beside_other_work_there_is_no_wall(tmp_path: Path, made: Plug) -> None:
    rows = logged(np.random.default_rng(1), made)
    found = tables_of(study(tmp_path, made, rows, exclusive=False, headline_scope="device"))
    assert set(found["runs"]["wall_reason"]) == {"other work ran beside it (exclusive: false)"}
    assert "energy_wall_j" not in found["runs"]


def told(path: Path) -> str:
    """The one line of an error."""
    with pytest.raises(InputError) as error:
        build_tables.main(["--study", str(path), "--tables", str(path.parent / "tables")])
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_log_of_another_day(tmp_path: Path, made: Plug) -> None:
    rows = [(time_s - 86400, power_w) for time_s, power_w in logged(np.random.default_rng(1), made)]
    said = told(study(tmp_path, made, rows))
    assert re.search(r"plug.csv: it covers 2026-05-03 10:00:\d\d UTC to .* take the log of that day, or mend", said)


@pytest.mark.slow
def test_two_machines_need_a_log_for_each(tmp_path: Path, made: Plug) -> None:
    rows = logged(np.random.default_rng(1), made)
    said = told(study(tmp_path, made, rows, hosts="aab"))
    assert "2 machines measured this study (aaaaaaaa, bbbbbbbb)" in said and "add host: aaaaaaaa" in said
    one = {"path": str(tmp_path / "plug.csv"), "host": "aaaa", **LOG}
    found = tables_of(study(tmp_path, made, rows, hosts="aab", meter_log=[one]))["cells"].set_index("model")
    assert found["energy_wall_kwh_per_1000"].notna().tolist() == [True, True, False]
    both = [one, {**one, "host": "bbbb"}]
    found = tables_of(study(tmp_path, made, rows, hosts="aab", meter_log=both))["cells"].set_index("model")
    assert found["energy_wall_kwh_per_1000"].notna().all()
    said = told(study(tmp_path, made, rows, hosts="aab", meter_log=[{**one, "host": "cccc"}]))
    assert "meter_log.host = cccc: no machine of this study; its machines are aaaaaaaa, bbbbbbbb" in said


@pytest.mark.slow
def test_a_bundle_has_the_log_and_is_verified_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = few_cells(repeats=3)[:3]
    measured_study(tmp_path, cells)
    begins = [records_begin for place in range(3) for records_begin in (1000.0 * place + 10 + 13 * k for k in range(3))]
    start_s = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    rows = [(start_s + at + 2.0, 220.0 if any(b <= at - 0.5 < b + 10 for b in begins) else 90.0) for at in range(3000)]
    config = {"meter_log": {"path": str(write_log(tmp_path / "plug.csv", rows)), **LOG}}
    path = write_study(tmp_path / "results/laptop", records.resolved_study(cells, **config))
    assert tables_of(path)["cells"]["energy_wall_kwh_per_1000"].tolist() == pytest.approx([2200 / 72000] * 3, rel=0.01)
    (tmp_path / "plug.csv").unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bundle_study, "CONFIG", GOLDEN.parents[1] / "config.yaml")
    assert bundle_study.main(["--out", "bundle.zip"]) == 0
    with unpacked(tmp_path / "bundle.zip") as folder:
        assert (folder / "results/laptop/wall/0.csv").read_text().startswith("time,value\n")
    capsys.readouterr()
    assert verify_bundle.main(["bundle.zip"]) == 0 and capsys.readouterr().out.endswith("consistent\n")
    # A log that was changed, and one that was left out.
    kept = tmp_path / "results/laptop/wall/0.csv"
    text = kept.read_text()
    kept.write_text(text.replace("220.000", "230.000"))
    assert bundle_study.main(["--out", "other.zip"]) == 1
    assert "runs.csv: line 2, energy_wall_j" in capsys.readouterr().err
    kept.unlink()
    with pytest.raises(InputError, match="wall/0.csv: the copy of .*plug.csv is missing; `snakemake tables` copies"):
        bundle_study.main(["--out", "other.zip"])
