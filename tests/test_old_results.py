"""Results of d48ec93: nothing in them is measured, fetched or sampled again, and none of their repeats is lost."""

import json
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import build_tables
from support.golden_files import GOLDEN, difference
from support.old_results import NAMES, identity_of, old_project, stores, touch_sources, unpack
from support.workflow import Project
from wattlab.runs.fingerprint import fingerprint_of

#: Rules that a fresh clone makes due: what is shown, never what is measured.
CHEAP = {"build_tables", "draw_figure", "write_report", "give_verdict", "score_answers"}
N_CELLS = {"small": 4, "hub": 3}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    return str(request.param)


@pytest.fixture
def project(name: str, tmp_path: Path) -> Project:
    return old_project(name, tmp_path / "a project")


def study_file(project: Project, name: str) -> Path:
    return project.results / name / "study.json"


def records_of(project: Project) -> list[Path]:
    return sorted(project.results.glob("*/runs/*/*/*.json"))


def test_an_archive_is_small_and_names_no_place_of_a_machine(name: str) -> None:
    path = GOLDEN / f"old_{name}.tar.gz"
    assert path.stat().st_size < 300_000
    with tarfile.open(path) as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        for member in files:
            content = tar.extractfile(member)
            assert content is not None
            assert not re.search(rb"/(tmp|work|root|home)/", content.read()), member.name
    assert any(member.name.startswith(".snakemake/metadata/") for member in files)


def test_a_store_is_named_by_the_fingerprint_of_its_identity(name: str, tmp_path: Path) -> None:
    unpack(name, tmp_path)
    found = stores(tmp_path / "results")
    assert len(found) == N_CELLS[name]
    for store in found:
        assert fingerprint_of(identity_of(store)) == store.stem


@pytest.mark.slow
def test_only_cheap_rules_are_due(project: Project) -> None:
    """Their sources have other names than those of the layout that wrote the folder."""
    assert set(project.plan()) <= CHEAP


@pytest.mark.slow
@pytest.mark.parametrize("memory", [True, False], ids=["with .snakemake", "without"])
def test_a_fresh_clone_measures_nothing(project: Project, memory: bool) -> None:
    if not memory:
        shutil.rmtree(project.root / ".snakemake")
    touch_sources(project)
    planned = project.plan()
    # With its memory Snakemake compares the sources by content.
    assert set(planned) <= CHEAP and ("build_tables" in planned or memory)


@pytest.mark.slow
def test_a_deleted_record_is_made_from_the_store_again(project: Project) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in stores(project.results)}
    records = {path: path.read_text() for path in records_of(project)}
    for path in records:
        path.unlink()
    run = project.snakemake(*(str(path.relative_to(project.root)) for path in records))
    assert run.returncode == 0, run.stdout
    for path, text in records.items():
        found = difference(text, path.read_text(), path.name)
        assert not found, found
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in stores(project.results)} == before


@pytest.mark.slow
def test_the_tables_are_the_old_ones(project: Project, name: str, tmp_path: Path) -> None:
    """But for `drift`, which sets the old code beside today's."""
    project.plan()  # writes the study's file anew, where its schema has changed
    assert build_tables.main(["--study", str(study_file(project, name)), "--tables", str(tmp_path / "tables")]) == 0
    made = sorted(path for path in (tmp_path / "tables").iterdir() if path.stem != "drift")
    assert len(made) > 40
    for path in made:
        old = project.results / name / "tables" / path.name
        found = difference(old.read_text(), path.read_text(), path.name)
        assert not found, found


@pytest.mark.slow
def test_a_store_that_lost_a_repeat_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That these tests can fail: the cell is measured again then, which the files that are not there refuse."""
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    project = old_project("hub", tmp_path / "a project")
    record, store = records_of(project)[0], stores(project.results)[0]
    lines = store.read_text().splitlines(keepends=True)
    store.write_text("".join(line for line in lines if json.loads(line).get("index") != 0))
    record.unlink()
    run = project.snakemake(str(record.relative_to(project.root)))
    assert run.returncode == 0, run.stdout
    assert json.loads(record.read_text())["status"] == "failed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (
            lambda project: project.configure(overrides=[{"where": {"dataset": "c4"}, "set": {"seed": 1}}]),
            "sample_dataset",
        ),
        (lambda project: project.configure(require_counters=True), "measure_cell"),
    ],
    ids=["another seed", "counters"],
)
def test_what_changes_a_spec_is_due(tmp_path: Path, edit: Callable[[Project], None], rule: str) -> None:
    """That these tests can fail."""
    project = old_project("small", tmp_path / "a project")
    edit(project)
    assert rule in project.plan()
