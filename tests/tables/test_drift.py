"""The table of cells that were measured otherwise than they would be today."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import wattlab.tables.drift
from support import hand_tables, measurements, records
from wattlab import METHOD_VERSION
from wattlab.foundation.closure import SCRIPTS
from wattlab.machine.software import CODE_OF_OLDER_LAYOUT, code_sha256
from wattlab.records.record import Record
from wattlab.report.summary import closing_paragraph
from wattlab.study.cells import ResolvedCell
from wattlab.tables.drift import drift
from wattlab.tables.evidence import CellEvidence, Evidence

CELL = records.resolved_cell()


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wattlab.tables.drift, "code_sha256", lambda: "c" * 64)
    monkeypatch.setattr(wattlab.tables.drift, "versions", lambda: {"torch": "2.13.0", "pillow": "13.0.0"})


def drift_of(*cells: CellEvidence) -> pd.DataFrame:
    return drift(
        Evidence(records.resolved_study([cell.resolved for cell in cells]), records.catalog(), list(cells)), {}
    )


def record(*sessions: Any, cell: ResolvedCell = CELL, valid: tuple[bool, ...] = (True, True, True)) -> Record:
    """Three repeats, the last of which is of the last session."""
    names = [sessions[0].session, sessions[0].session, sessions[-1].session]
    repeats = [measurements.repeat(i, session=names[i], valid=valid[i]) for i in range(3)]
    return records.record_of(cell, repeats, sessions=sessions)


def session(name: str = "s1", **values: Any) -> Any:
    return measurements.session(name, **{"software": {"torch": "2.13.0"}, "method_version": METHOD_VERSION, **values})


def test_a_cell_measured_as_today_has_no_row() -> None:
    assert drift_of(CellEvidence(CELL, record(session()))).empty


def test_other_code_versions_and_method_are_a_row_each_with_their_repeats() -> None:
    old = session("s1", code_sha256="d" * 64, software={"torch": "2.12.0"}, method_version=METHOD_VERSION - 1)
    table = drift_of(CellEvidence(CELL, record(old, session("s2"))))
    assert table[["aspect", "measured", "today", "n_repeats"]].to_numpy().tolist() == [
        ["code_sha256", "d" * 64, "c" * 64, 2],
        ["method_version", str(METHOD_VERSION - 1), str(METHOD_VERSION), 2],
        ["software.torch", "2.12.0", "2.13.0", 2],
    ]
    assert set(table["cell"]) == {CELL.cell.id}


def test_sessions_of_invalid_repeats_and_unknown_packages_say_nothing() -> None:
    old = session("s1", code_sha256="d" * 64)
    assert drift_of(CellEvidence(CELL, record(old, session("s2"), valid=(False, False, True)))).empty
    assert drift_of(CellEvidence(CELL, record(session(software={"diffusers": "0.1"}, code_sha256=None)))).empty


def test_a_model_with_an_environment_of_its_own_has_its_own_versions() -> None:
    other = records.resolved_cell(environment="transformers4")
    table = drift_of(
        CellEvidence(other, record(session(software={"torch": "2.14.1"}, code_sha256="d" * 64), cell=other))
    )
    assert table["aspect"].tolist() == ["code_sha256"]


def test_a_stale_record_names_the_keys_of_its_spec() -> None:
    before = records.resolved_cell(protocol_values={"seed": 7, "repeats": 5})
    table = drift_of(CellEvidence(CELL, stale=record(session(), cell=before)))
    assert table[["aspect", "measured", "today"]].to_numpy().tolist() == [
        ["spec.protocol.repeats", "5", "3"],
        ["spec.protocol.seed", "7", "0"],
    ]


def test_imported_cells_and_unmeasured_ones_have_no_row() -> None:
    imported = records.imported_cell()
    logged = measurements.session("s1", software={"torch": "1.0.0"}, code_sha256=None, method_version=None)
    assert drift_of(CellEvidence(imported, record(logged, cell=imported)), CellEvidence(CELL)).empty


def test_the_page_and_the_verdict_name_the_count() -> None:
    tables = hand_tables.tables()
    assert "measured by another spec" not in closing_paragraph(hand_tables.study(), tables)
    drifted = hand_tables.drift("a/b/c", "a/b/c", "a/b/d")
    words = closing_paragraph(hand_tables.study(), tables | {"drift": drifted})
    assert (
        "2 cells were measured by another spec, other code or other versions than today's: see tables/drift.csv."
        in words
    )


def test_code_of_an_older_layout_is_named_by_the_version_of_its_method() -> None:
    moved = "476a255b76c857e3d07d0d129bf701dee3e0f352250a6b1a8ae56dd5f676fde7"
    assert drift_of(CellEvidence(CELL, record(session(code_sha256=moved)))).empty
    older = session(code_sha256=moved, method_version=METHOD_VERSION - 1)
    assert drift_of(CellEvidence(CELL, record(older)))["aspect"].tolist() == ["method_version"]


def test_the_hash_of_the_older_code_is_that_of_its_files() -> None:
    """As that code computed it: names below the package, without the folders that it listed by hand."""
    ((sha256, commit),) = CODE_OF_OLDER_LAYOUT.items()
    git = ["git", "-C", str(SCRIPTS.parent)]
    if subprocess.run([*git, "cat-file", "-e", commit], capture_output=True).returncode:
        pytest.skip(f"this clone has no commit {commit}")
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "--name-only", commit, "scripts/wattlab"], capture_output=True, text=True, check=True
    ).stdout.split()
    digest = hashlib.sha256()
    for path in sorted(Path(name) for name in listed if name.endswith(".py")):
        inner = path.relative_to("scripts/wattlab")
        if inner.parts[0] not in ("doctor", "figures", "published", "report", "tables"):
            content = subprocess.run([*git, "show", f"{commit}:{path}"], capture_output=True, check=True).stdout
            digest.update(inner.as_posix().encode() + b"\0" + content + b"\0")
    assert digest.hexdigest() == sha256


def test_the_code_that_measures_is_hashed_and_no_other(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    before = code_sha256()

    def hash_after(name: str) -> str:
        path = tmp_path / "scripts" / name
        whole = path.read_text()
        path.write_text(whole + "\n# another comment\n")
        changed = code_sha256(tmp_path / "scripts")
        path.write_text(whole)
        return changed

    for name in ("tables/runs.py", "figures/tasks.py", "quality/spans.py", "logs/mapping.py", "workflow/merging.py"):
        assert hash_after(f"wattlab/{name}") == before, name
    for name in ("runs/worker.py", "runs/session.py", "tasks/fill_mask.py", "models/checkpoint.py", "meters/rapl.py"):
        assert hash_after(f"wattlab/{name}") != before, name
