"""Results of d48ec93: nothing in them is measured, fetched or sampled again, and none of their repeats is lost."""

import json
import re
import shutil
import tarfile
from pathlib import Path

import pandas as pd
import pytest

from support.golden_files import GOLDEN
from support.old_results import NAMES, identity_of, old_project, stores, touch_sources, unpack
from support.workflow import Project
from wattlab.hub.pins import Pinned, write_pin
from wattlab.hub.receipts import ModelFetch, Receipt, earlier_place, read_receipt, receipt_path, write_receipt
from wattlab.hub.receipts import take_over as take_over_receipt
from wattlab.records.record import read_record
from wattlab.runs.fingerprint import fingerprint_of
from wattlab.samples.manifest import read_manifest, take_over

#: A port that nothing listens at: no hub.
NO_HUB = "http://127.0.0.1:9"
N_CELLS = {"small": 4, "hub": 3}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HF_ENDPOINT", NO_HUB)
    return str(request.param)


@pytest.fixture
def project(name: str, tmp_path: Path) -> Project:
    return old_project(name, tmp_path / "a project")


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
@pytest.mark.parametrize("memory", [True, False], ids=["with .snakemake", "without"])
def test_one_call_makes_the_study_whole_and_measures_no_repeat(project: Project, name: str, memory: bool) -> None:
    """The hub is a closed port of this machine: nothing can be fetched, sampled or loaded."""
    if not memory:
        shutil.rmtree(project.root / ".snakemake")
    touch_sources(project)
    stored = {path: path.read_bytes() for path in stores(project.results)}
    before = {path: path.read_text() for path in records_of(project)}
    receipts = sorted(path.read_text() for path in project.results.glob("fetched/*/*/*.json"))
    samples = {path.name: path.read_bytes() for path in project.results.glob("*/samples/*/*")}
    cells = pd.read_csv(project.results / name / "tables/cells.csv")
    planned = project.plan()
    assert planned["build_tables"] == planned["give_verdict"] == 1
    # Whoever scores answers needs the rows at their new place; the records on it are made from the store again.
    assert planned.get("measure_cell") == planned.get("sample_dataset") == (N_CELLS[name] if name == "hub" else None)
    target = "all" if memory else "tables"
    run = project.snakemake(target)
    assert run.returncode == 0, run.stdout
    assert project.plan(target) == {}, "everything due was planned at once"
    if name == "hub" and memory:
        metric = project.root / "scripts/wattlab/quality/classification.py"
        metric.write_text(metric.read_text() + "\n# another comment\n")
        assert project.plan() == {"score_answers": 1, "draw_figures": 1, "write_report": 1, "give_verdict": 1}
    assert {path: path.read_bytes() for path in stores(project.results)} == stored
    for path, text in before.items():
        assert json.loads(path.read_text()) == json.loads(text), path
    assert sorted(path.read_text() for path in project.results.glob("fetched/*/*/*.json")) == receipts
    taken = {path.name: path.read_bytes() for path in project.results.glob("samples/*/*")}
    assert taken == (samples if "sample_dataset" in planned else {})
    after = pd.read_csv(project.results / name / "tables/cells.csv")
    if name == "hub" and not memory:
        merges_into_a_catalog_with_pins(project)
        pins_what_was_measured(project)
    # Two repeats had an interval then; they have none today.
    gone = "ci95_" if name == "hub" else "none"
    shared = [column for column in cells if column in after and not column.startswith(gone)]
    assert "energy_kwh_per_1000" in shared and len(cells) == N_CELLS[name]
    pd.testing.assert_frame_equal(after[shared], cells[shared])


RECORD = "results/hub/runs/image-classification/cifar10/microsoft--resnet-18.json"


def pin(project: Project, commit: str) -> None:
    entry = project.root / "catalog/models/microsoft--resnet-18.yaml"
    write_pin(Pinned(entry, "model", "microsoft/resnet-18", None), commit, "hub, asked on 2026-11-27")


def pinned_commit(project: Project) -> str | None:
    """What the record was measured at, where its spec pins that."""
    record = read_record(project.root / RECORD)
    assert record.spec is not None and record.spec.model.revision in (None, record.hub_revision)
    return record.spec.model.revision


def merges_into_a_catalog_with_pins(project: Project) -> None:
    """From before the pins into a work directory that has them: the same measurement, taken whole, and not measured again."""
    (receipt,) = project.results.glob("fetched/models/microsoft--resnet-18/main-*.json")
    commit = str(read_receipt(receipt).commit)
    other = Project(project.root.with_name("another project"))
    shutil.copytree(project.root, other.root, ignore=shutil.ignore_patterns("results", ".snakemake"))
    merge = ("-m", "merge_runs", str(project.results))
    pin(other, "0" * 40)
    refused = other.run(*merge, PYTHONPATH="scripts")
    assert refused.returncode == 1 and not other.results.exists()
    assert f"measured the commit {commit}, and catalog/models/microsoft--resnet-18.yaml has revision" in refused.stdout
    pin(other, commit)  # as that message says
    for _ in range(2):
        merged = other.run(*merge, PYTHONPATH="scripts")
        assert merged.returncode == 0, merged.stdout
    assert pinned_commit(project) is None and pinned_commit(other) == commit
    assert {"measure_cell", "fetch_model", "sample_dataset"}.isdisjoint(other.plan("tables"))
    assert {path.name for path in stores(other.results)} == {path.name for path in stores(project.results)}
    run = other.snakemake("tables")
    assert run.returncode == 0, run.stdout
    kept = [pd.read_csv(one.results / "hub/tables/quality.csv") for one in (project, other)]
    pd.testing.assert_frame_equal(*kept)


def pins_what_was_measured(project: Project) -> None:
    """A pin of the commit that was fetched: the cell is planned, its receipt taken over, and no repeat measured."""
    (receipt,) = project.results.glob("fetched/models/microsoft--resnet-18/main-*.json")
    commit, stored = read_receipt(receipt).commit, {path: path.read_bytes() for path in stores(project.results)}
    pin(project, str(commit))
    assert project.plan(RECORD) == {"fetch_model": 1, "measure_cell": 1}
    run = project.snakemake(RECORD)
    assert run.returncode == 0 and "from the store, measured 20" in run.stdout, run.stdout
    assert pinned_commit(project) == commit
    assert {path: path.read_bytes() for path in stores(project.results)} == stored
    assert not receipt.exists() and len(list(receipt.parent.glob(f"{commit}-*.json"))) == 1


@pytest.mark.slow
def test_samples_that_are_not_what_they_say_are_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    project = old_project("small", tmp_path / "a project")
    manifest, *_ = sorted(project.results.glob("small/samples/*/*.json"))
    place = project.results / "samples" / manifest.parent.name / manifest.name
    rows = manifest.with_suffix(".parquet")
    sound = rows.read_bytes()
    other = next(path for path in sorted(project.results.glob("small/samples/*/*.parquet")) if path != rows)
    shutil.copy(other, rows)
    assert take_over(place) is None
    assert not place.exists() and not place.with_suffix(".parquet").exists()
    rows.write_bytes(sound)
    taken = take_over(place)
    assert taken is not None and taken == read_manifest(manifest)
    assert place.with_suffix(".parquet").read_bytes() == sound


def test_a_receipt_of_another_fetch_is_not_taken_over(tmp_path: Path) -> None:
    fetch = ModelFetch(hub_id="a/model", library="transformers")
    receipt = Receipt(
        status="unavailable", reason="gated", remedy="ask", kind="model", hub_id="a/model", fetched_at_utc="2026"
    )
    path = receipt_path(tmp_path, "models", "a--model", fetch)
    assert take_over_receipt(path, fetch) is None, "nothing lies there"
    write_receipt(earlier_place(path), receipt.model_copy(update={"hub_id": "another/model"}))
    assert take_over_receipt(path, fetch) is None
    write_receipt(earlier_place(path), receipt)
    assert take_over_receipt(path, fetch) == receipt == read_receipt(path)
    assert not earlier_place(path).exists(), "it would be in the way of fetching again"


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
    assert run.returncode == 1, run.stdout
    assert json.loads(record.read_text())["status"] == "failed"


@pytest.mark.slow
def test_a_change_made_together_with_the_upgrade_is_due_in_the_first_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snakemake knows nothing of the answers, which are a new output: the records themselves are compared."""
    monkeypatch.setenv("HF_ENDPOINT", NO_HUB)
    project = old_project("small", tmp_path / "a project")
    assert "measure_cell" not in project.plan()
    project.configure(require_counters=True)
    assert project.plan()["measure_cell"] == N_CELLS["small"]
