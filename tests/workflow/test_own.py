"""A checkpoint's folder and a file of rows of one's own: named in a study by their paths, and by no path afterwards."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.hub_models import SST2, publish
from support.own import TASK, checkpoint, configured, group, lines, planned
from support.workflow import Project, make_project
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog
from wattlab.foundation.errors import InputError, Unavailable
from wattlab.hub.local import place_at, place_with
from wattlab.records.record import read_record
from wattlab.workflow.own import with_own

CELL = f"{TASK}/local-prompts-more/local--my-checkpoint"


ROWS = [{"said": f"A {'fine' if row % 2 else 'dull'} film, number {row}.", "feeling": row % 2} for row in range(6)]


TINY = {
    "repeats": 2,
    "n_inferences": 8,
    "min_window_s": 0,
    "invalid_below_s": 0,
    "warmup_inferences": 0,
    "idle_window_s": 0.05,
    "max_other_load_cores": None,
}


@pytest.mark.slow
def test_a_folder_and_a_file_go_the_whole_way_and_no_path_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path / "a project")
    folder = project.root / "my checkpoint"
    publish(folder, *SST2)
    file = project.root / "prompts & more.jsonl"
    file.write_text(lines(ROWS))
    group = {"task": TASK, "models": ["./my checkpoint"], "datasets": ["./prompts & more.jsonl"]}
    own = {
        "./prompts & more.jsonl": {"fields": {"text": "said", "label": "feeling"}, "labels": ["negative", "positive"]}
    }
    project.configure(
        study="mine",
        weights="hub",
        data="hub",
        device="cpu",
        tasks=[group],
        local=own,
        overrides=[{"where": {}, "set": TINY}],
    )
    no_hub = {"HF_ENDPOINT": "http://user:marker-7f3a@127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    run = project.snakemake("results/mine/tables/quality.csv", **no_hub)
    assert run.returncode == 0, run.stdout
    record = read_record(project.results / f"mine/runs/{CELL}.json")
    assert (record.status, record.hub_id, record.structure) == ("complete", "local/my-checkpoint", "encoder")
    assert len(record.valid_repeats) == 2 and record.samples_sha256 is not None
    manifest = json.loads(next(project.results.glob("samples/local-prompts-more/*.json")).read_text())
    assert (manifest["n_rows"], manifest["n_wanted"], manifest["cycled"]) == (6, 8, True)
    (score,) = pd.read_csv(project.results / "mine/tables/quality.csv").to_dict("records")
    assert (score["metric"], score["n_scored"], score["n_unparsed"]) == ("accuracy", 6, 0)
    assert score["quality_score"] in {right / 6 for right in range(7)}
    scores_again_what_an_old_record_does_not_say(project, no_hub)
    bundled = project.run("-m", "bundle_study", PYTHONPATH="scripts", **no_hub)
    assert bundled.returncode == 0, bundled.stdout
    with zipfile.ZipFile(project.results / "mine/bundle.zip") as bundle:
        packed = {name: bundle.read(name) for name in bundle.namelist()}
    assert not [name for name in packed if name.endswith(("safetensors", "parquet")) or "places" in name]
    kept = [path.read_bytes() for path in project.results.rglob("*.json*") if "places" not in path.parts]
    for content in (*packed.values(), *kept):
        for secret in (str(tmp_path), "./my checkpoint", "./prompts", "marker-7f3a"):
            assert secret.encode() not in content
    assert project.plan("results/mine/tables/quality.csv") == {}
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    again = project.plan("results/mine/tables/quality.csv")
    assert again["fetch_model"] == again["measure_cell"] == 1 and "sample_dataset" not in again


def scores_again_what_an_old_record_does_not_say(project: Project, variables: dict[str, str]) -> None:
    """LABEL_0 and LABEL_1 mean nothing without the classes of the head, which records did not say once."""
    table, record = project.results / "mine/tables/quality.csv", project.results / f"mine/runs/{CELL}.json"
    scored, kept = pd.read_csv(table), json.loads(record.read_text())
    assert kept["sessions"][0]["load"].pop("labels") == ["LABEL_0", "LABEL_1"]
    record.write_text(json.dumps(kept))
    run = project.snakemake("results/mine/tables/quality.csv", **variables)
    assert run.returncode == 0, run.stdout
    reason = str(pd.read_csv(table)["reason"].iloc[0])
    command = f"make again CELL={CELL}"
    assert f"`{command}` measures it with them" in reason
    asked = ("results/mine/tables/quality.csv", "--cores", "2", "--cell", CELL)
    again = project.run("-m", "measure_again", *asked, PYTHONPATH="scripts", **variables)
    assert again.returncode == 0, again.stdout
    pd.testing.assert_series_equal(pd.read_csv(table)["quality_score"], scored["quality_score"])


def test_a_cell_has_the_name_and_the_hash(here: Path) -> None:
    (cell,) = planned().measured
    assert cell.cell.id == f"{TASK}/local-rows/local--mine"
    spec = cell.spec
    assert (spec.model.hub_id, spec.model.source, spec.model.auto_class) == (
        "local/mine",
        "local",
        "AutoModelForSequenceClassification",
    )
    assert spec.dataset.fields == {"text": "text"} and spec.dataset.hub is not None
    assert (spec.dataset.hub.id, spec.dataset.hub.files) == ("local/rows", ["rows.jsonl"])
    place = place_with(here / "results", spec.model.revision, "mine")
    assert [file.path for file in place.files] == ["config.json", "model.safetensors", "tokenizer.json"]
    assert str(here) not in planned().model_dump_json()


def test_another_content_is_another_measurement_and_the_same_one_at_another_place_is_not(here: Path) -> None:
    (before,) = planned().measured
    (here / "mine/optimizer.pt").write_bytes(b"trained on")
    os.utime(here / "mine/config.json")
    assert planned().measured == [before]
    (here / "mine").rename(here / "elsewhere")
    (here / "mine").symlink_to(here / "elsewhere")
    assert planned().measured == [before]
    moved = planned(tasks=[{"task": TASK, "models": [f"{here}/x/../mine"], "datasets": ["./rows.jsonl"]}])
    assert moved.measured == [before]
    (here / "mine/config.json").write_text('{"model_type": "roberta"}')
    (here / "rows.jsonl").write_text(lines([{"text": "two"}]))
    (after,) = planned().measured
    assert after.spec.key != before.spec.key
    assert before.spec.dataset.hub is not None and after.spec.dataset.hub is not None
    assert before.spec.dataset.hub.revision != after.spec.dataset.hub.revision


def test_a_file_is_read_once_until_it_changes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, results, read = here / "mine", here / "results", []
    from wattlab.hub import local

    kept = local._read
    monkeypatch.setattr(local, "_read", lambda *at: (read.append(at[1]), kept(*at))[1])
    for _ in range(2):
        place_at(results, folder, folder, ["config.json", "model.safetensors"])
    assert read == ["config.json", "model.safetensors"]
    (folder / "config.json").write_text("{}")
    place_at(results, folder, folder, ["config.json", "model.safetensors"])
    assert read == ["config.json", "model.safetensors", "config.json"]


@pytest.mark.parametrize("old", [f"old-{number}" for number in range(6)])  # either key may be the first of the two
def test_a_folder_that_moved_is_found_at_its_new_place(here: Path, old: str) -> None:
    results = here / "results"
    before = place_at(results, here / old, checkpoint(here / old), ["config.json"])
    (here / old).rename(here / "new")
    with pytest.raises(Unavailable, match=r"mine: config.json is not what it was when it was planned"):
        place_with(results, before.commit, "mine")
    place_at(results, here / "new", here / "new", ["config.json"])
    (results / "places/000000000000.json").write_text("{")
    assert place_with(results, before.commit, "mine").folder == str(here / "new")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Unrecognized model in {here}/mine. Should have", "Unrecognized model in local/mine. Should have"),
        (
            "no {here}/mine/config.json; pin a commit that has it",
            "no local/mine/config.json; name a folder that has it",
        ),
        ("see {here}/results/a.log", "see {here}/results/a.log"),
    ],
)
def test_a_message_has_the_name_in_the_place_of_the_folder(here: Path, text: str, kept: str) -> None:
    from measure_cell import record_of
    from wattlab.runs.job import Job

    resolved = planned()
    job = Job(here / "results/mine/study-0.json", here / "spec.json", resolved.measured[0], died=1)
    log = job.path("logs/measure_cell", ".log")
    log.parent.mkdir(parents=True)
    log.write_text(f"Traceback (most recent call last):\n  File x\nValueError: {text.format(here=here)}\n")
    failure = record_of(job).failure
    assert failure is not None and failure.reason == f"ValueError: {kept.format(here=here)}"


def test_neither_receipts_nor_manifests_name_a_folder(here: Path) -> None:
    from wattlab.hub.local_receipts import receipt_of
    from wattlab.hub.requests import dataset_fetch, model_fetch

    (cell,) = planned().measured
    model, data = model_fetch(cell), dataset_fetch(cell.spec.samples)
    for fetch, path, kept in ((model, "mine", "local/mine"), (data, "rows.jsonl", "local/rows/rows.jsonl")):
        met = Unavailable(f"Can't load {here}/{path}", "pin a commit whose files are whole")
        receipt = receipt_of(fetch, met, here / "results")
        assert (receipt.reason, receipt.remedy) == (f"Can't load {kept}", "name a folder whose files are whole")
    import sample_dataset

    found = receipt_of(data, None, here / "results")
    at = here / "results/samples/local-rows/x.json"
    manifest = sample_dataset.sample(cell.spec.samples, at, found, Unavailable(f"{here}/rows.jsonl: gone", "mend it"))
    assert manifest.reason == "local/rows/rows.jsonl: gone"


def without(*names: str) -> Any:
    def take(here: Path) -> dict[str, Any]:
        for name in names:
            (here / name).unlink()
        return {}

    return take


def shards(index: str) -> Any:
    def take(here: Path) -> dict[str, Any]:
        (here / "mine/model.safetensors").unlink()
        (here / "mine/model.safetensors.index.json").write_text(index)
        return {}

    return take


def two_of_a_name(here: Path) -> dict[str, Any]:
    checkpoint(here / "other/mine")
    return {"tasks": [{"task": TASK, "models": ["./mine", "./other/mine"], "datasets": ["imdb"]}]}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda here: group(models="./gone"), r"tasks.0.models: './gone': no such folder.*relative to the folder"),
        (lambda here: group(models="./rows.jsonl"), "no such folder"),
        (lambda here: group(datasets="./mine"), "no such file of rows"),
        (without("mine/config.json"), r"it has no config.json.*save_pretrained\('/"),
        (without("mine/model.safetensors"), "no whole set of weights"),
        (without("mine/tokenizer.json"), "it has no tokenizer"),
        (lambda here: group("image-classification", datasets="cifar10"), "it has no image processor"),
        (lambda here: group("text-to-image", datasets="sd-prompts"), "it has no model_index.json"),
        (shards("{}"), "no whole set of weights"),
        (shards('{"weight_map": [1]}'), "no whole set of weights"),
        (shards("5"), "model.safetensors.index.json is no JSON object"),
        (lambda here: group(models=checkpoint(here / "models/ck").relative_to(here).as_posix()), "write ./models/ck"),
        (lambda here: group(datasets="rows.jsonl"), "'rows.jsonl' lies here .* write ./rows.jsonl"),
        (lambda here: {"weights": "architecture"}, "set `weights: hub`"),
        (lambda here: {"data": "surrogate"}, "set `data: hub`"),
        (two_of_a_name, r"other/mine has the name 'mine' too|/mine has the name 'mine' too"),
        (lambda here: {"local": {"./mien": {}}}, "local: './mien' is named under no task; did you mean './mine'"),
        (lambda here: {"local": {"./rows.jsonl": {"fields": {"txt": "text"}}}}, "'txt' is no role"),
    ],
)
def test_what_is_not_whole_is_one_message(here: Path, spoil: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        planned(**spoil(here))


def test_names_that_clash_may_be_given(here: Path) -> None:
    changes = two_of_a_name(here) | {"local": {"./other/mine": {"name": "of May"}}}
    assert [cell.cell.model for cell in planned(**changes).measured] == ["local--mine", "local--of-May"]


def test_a_path_from_home_is_said_by_any_spelling(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    (cell,) = planned(**group("text-classification", "~/mine"), local={"~/mine": {"name": "ours"}}).measured
    assert cell.cell.model == "local--ours"


def test_roles_have_columns_of_their_names_unless_they_are_said(here: Path) -> None:
    catalog: Catalog = load_catalog(CATALOG_ROOT)
    config = configured(
        tasks=[{"task": "question-answering", "models": ["./mine"], "datasets": ["./rows.jsonl"]}],
        local={"rows.jsonl": {"fields": {"question": "asked"}}},
    )
    _, found = with_own(config, catalog, "mine.yaml", here / "results")
    assert found.datasets["local-rows"].fields == {"question": "asked", "context": "context"}
    assert (
        with_own(configured(**group("fill-mask")), catalog, "mine.yaml", here / "results")[1]
        .datasets["local-rows"]
        .mask
        == "append"
    )


def test_another_task_of_a_file_changes_no_cell_of_the_first(here: Path) -> None:
    groups = [group(task)["tasks"][0] for task in (TASK, "fill-mask", "question-answering")]
    together = planned(tasks=groups).measured
    assert together == [cell for one in groups for cell in planned(tasks=[one]).measured]
    read = [(cell.spec.dataset.mask, sorted(cell.spec.dataset.fields)) for cell in together]
    assert read == [(None, ["text"]), ("append", ["text"]), (None, ["context", "question"])]


def test_flops_of_ones_own_rows_are_a_reason(here: Path) -> None:
    from count_flops import flops

    resolved = planned(tasks=[{"task": TASK, "models": ["./mine"], "datasets": ["./rows.jsonl", "imdb"]}])
    own, known = flops(resolved, here / "results/mine/tables").to_dict("records")
    assert own["reason"].startswith("local-rows is no file of catalog/datasets")
    assert "no entry of the model" in known["reason"]
