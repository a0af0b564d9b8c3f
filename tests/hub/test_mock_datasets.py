"""The twins of the dataset repositories, looked up and sampled as a study does it; and as the datasets library sees them."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.hub_datasets import talk_to
from support.mock_hub import MockHub
from support.mock_hub.datasets import N_ROWS, add_datasets, fetched_traps, split_files
from support.mock_hub.twins import TWINS
from support.surrogates import DATASETS
from wattlab.foundation.schema import working_fields
from wattlab.hub.datasets import look_up
from wattlab.hub.receipts import Receipt
from wattlab.hub.requests import dataset_fetch
from wattlab.samples.from_hub.sampling import hub_samples
from wattlab.samples.manifest import Manifest, Row
from wattlab.study.cells import SampleSpec

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub() -> Iterator[MockHub]:
    with MockHub() as started:
        add_datasets(started)
        yield started


@pytest.fixture
def client(hub: MockHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MockHub:
    talk_to(hub, tmp_path, monkeypatch)
    monkeypatch.setenv("HF_TOKEN", "marker")
    hub.requests.clear()
    return hub


def spec_of(name: str, selection: str) -> SampleSpec:
    entry = working_fields(DATASETS[name], "hub")
    return SampleSpec(dataset=name, data="hub", entry=entry, selection=selection, seed=0, n=16, generator_version=1)  # type: ignore[arg-type]


def drawn(name: str, selection: str = "first") -> tuple[Receipt, Manifest, list[Row]]:
    spec = spec_of(name, selection)
    receipt = look_up(dataset_fetch(spec))
    assert receipt.status == "complete", receipt.reason
    manifest, rows = hub_samples(spec, receipt, Path())
    return receipt, manifest, list(rows)


def test_there_is_a_twin_for_every_dataset_of_the_catalog() -> None:
    assert set(TWINS) == set(DATASETS)


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_a_twin_is_sampled_as_the_catalog_says(client: MockHub, name: str) -> None:
    for selection in ("first", "seeded"):
        receipt, manifest, rows = drawn(name, selection=selection)
        assert [file.path for file in receipt.files] == split_files(name)
        pinned = DATASETS[name].hub.revision
        assert pinned in (None, receipt.commit)
        assert manifest.status == "complete", manifest.reason
        available = N_ROWS // 2 if name == "diffusiondb" and selection == "first" else N_ROWS
        assert len(rows) == min(16, available)
        assert set(rows[0]) == set(DATASETS[name].fields.values())
    assert fetched_traps(client) == {}


def test_images_behind_addresses_are_had_or_named_with_the_reason(client: MockHub) -> None:
    for name in ("red-caps", "visual-genome"):
        _, manifest, rows = drawn(name)
        reasons = {skipped.row_id.rsplit(":", 1)[1]: skipped.reason for skipped in manifest.skipped}
        assert reasons == {
            "1": "HTTP 404",
            "2": "redirected to a placeholder, /files/removed.png",
            "4": "more than 50 MiB",
            "5": "content type text/html and no image",
        }
        assert [row_id.rsplit(":", 1)[1] for row_id in map(str, manifest.row_ids)][:4] == ["0", "3", "6", "7"]
        assert rows[0]["image"].size in {(320, 240), (240, 320), (800, 600), (640, 480), (1024, 768), (500, 375)}
    assert not any(request.has_token for request in client.requests if request.path.startswith("/files/"))


def test_awkward_rows_come_through_the_adapters_door(client: MockHub) -> None:
    _, manifest, rows = drawn("samsum")
    assert [skipped.reason for skipped in manifest.skipped] == ["its text is null"]
    assert "\r\n" in rows[0]["dialogue"], "a line break within a field of a CSV file"
    assert drawn("sciq")[2][3]["support"] == ""
    assert drawn("wikitext")[2][3]["text"] == ""
    assert drawn("squad-v2")[2][3]["answers"] == {"text": [], "answer_start": []}
    assert {row["label"] for row in drawn("imdb")[2][:8]} == {0}, "the head of the split is of one class"
    images = [row["image"] for row in drawn("imagenet-1k")[2]]
    assert [image.mode for image in images[:4]] == ["L", "RGB", "RGB", "RGBA"]
    shared = drawn("coco")[2]
    assert len(shared[0]["objects"]["bbox"]) == len(shared[0]["objects"]["category"])


def test_rows_are_of_the_commit_that_was_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MockHub() as moving:
        add_datasets(moving)
        talk_to(moving, tmp_path, monkeypatch)
        spec = spec_of("samsum", "first")
        receipt = look_up(dataset_fetch(spec))
        before = moving.datasets["knkarthick/samsum"].commit
        after = moving.datasets["knkarthick/samsum"].push({"train.csv": b"id,dialogue,summary\r\n1,moved,moved\r\n"})
        manifest, rows = hub_samples(spec, receipt, tmp_path)
        assert (receipt.commit, manifest.hub_revision) == (before, before)
        assert after != before
        dialogues = [row["dialogue"] for row in rows]
        assert len(dialogues) == 16
        assert "moved" not in dialogues


def test_a_gated_twin_gives_nothing_without_a_token(client: MockHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    receipt = look_up(dataset_fetch(spec_of("imagenet-1k", "first")))
    assert receipt.status == "unavailable"
    assert "gated" in str(receipt.reason)


def test_a_trap_that_is_fetched_is_seen(hub: MockHub) -> None:
    hub.requests.clear()
    url = f"{hub.endpoint}/datasets/stanfordnlp/imdb/resolve/main/plain_text/train-00000-of-00001.parquet"
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).read()
    assert fetched_traps(hub) == {"stanfordnlp/imdb": {"plain_text/train-00000-of-00001.parquet"}}


def test_the_datasets_library_reads_the_twins(hub: MockHub, tmp_path: Path) -> None:
    asked = [(DATASETS[name].hub.id, TWINS[name].config, DATASETS[name].hub.split) for name in ("imdb", "c4", "coco")]
    code = f"""
import json
from datasets import load_dataset
found = {{}}
for hub_id, config, split in {asked!r}:
    rows = load_dataset(hub_id, config, split=split, streaming=True)
    found[hub_id] = [sorted(rows.features or []), len(list(rows))]
print(json.dumps(found))
"""
    environment = os.environ | hub.environment(tmp_path) | {"HF_DATASETS_CACHE": str(tmp_path / "datasets")}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == {
        "stanfordnlp/imdb": [["label", "text"], N_ROWS],
        "allenai/c4": [["text", "timestamp", "url"], N_ROWS],
        "detection-datasets/coco": [["height", "image", "image_id", "objects", "width"], N_ROWS],
    }
