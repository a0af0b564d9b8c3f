"""Samples of the hub: which rows, from which files, at which commit."""

import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import pytest
from datasets import ClassLabel, Features, Value

import fetch_from_hub
import sample_dataset
from support.hub_datasets import add, json_lines_gz, parquet, refusal, sampled, spec_of_hub, talk_to, texts
from support.mock_hub import MockHub
from support.samples import read_samples
from support.surrogates import one_cell
from wattlab.hub import models
from wattlab.hub.datasets import look_up
from wattlab.hub.requests import dataset_fetch, samples_receipt
from wattlab.samples.draws import Draws
from wattlab.samples.from_hub import sampling as hub_sampling
from wattlab.samples.from_hub.selection import algorithm_r, distinct
from wattlab.samples.manifest import Manifest
from wattlab.samples.places import manifest_of


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockHub]:
    with MockHub(datasets={}) as hub:
        talk_to(hub, tmp_path / "cache", monkeypatch)
        yield hub


IMDB_FEATURES = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
IMDB = "plain_text/test-00000-of-00001.parquet"


def test_first_takes_the_rows_in_file_order_and_no_file_more(hub: MockHub, tmp_path: Path) -> None:
    files = {f"data/val-{n}.parquet": parquet(texts(3, f"file{n}-")) for n in range(3)} | {
        "data/train-0.parquet": parquet(texts(3))
    }
    repo = add(hub, "stanfordnlp/imdb", files)
    spec = spec_of_hub("imdb", 5, selection="first", files=["data/val-*.parquet"])
    manifest, rows = sampled(spec, tmp_path)
    assert [row["text"] for row in rows] == ["file0-0", "file0-1", "file0-2", "file1-0", "file1-1"]
    assert manifest.row_ids == [f"data/val-0.parquet:{row}" for row in range(3)] + [
        f"data/val-1.parquet:{row}" for row in range(2)
    ]
    assert (manifest.hub_id, manifest.hub_revision, manifest.hub_split) == ("stanfordnlp/imdb", repo.commit, "test")
    assert [file.path for file in manifest.files] == ["data/val-0.parquet", "data/val-1.parquet"]
    assert all(file.sha256 is not None and len(file.sha256) == 64 for file in manifest.files)
    assert hub.downloaded("stanfordnlp/imdb") == {"data/val-0.parquet", "data/val-1.parquet", "README.md"} - {
        "README.md"
    }


def places_of(manifest: Manifest) -> list[str]:
    assert manifest.status == "complete", manifest.reason
    return [str(row_id).replace("plain_text/test-00000-of-00001.parquet", "") for row_id in manifest.row_ids]


def test_seeded_rows_are_the_same_for_all_time(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(1000))})
    manifest, rows = sampled(spec_of_hub("imdb", 8), tmp_path)
    frozen = [32, 118, 180, 394, 590, 658, 862, 932]
    assert places_of(manifest) == [f":{place}" for place in frozen]
    assert [row["text"] for row in rows] == [f"row{place}" for place in frozen]


def test_seeded_rows_of_several_files_are_too(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "stanfordnlp/imdb", {f"test-{n}.parquet": parquet(texts(40, f"file{n}-")) for n in range(3)})
    manifest, rows = sampled(spec_of_hub("imdb", 6, seed=3, files=["test-*.parquet"]), tmp_path)
    frozen = [(0, 33), (0, 36), (1, 9), (1, 29), (1, 34), (2, 24)]
    assert places_of(manifest) == [f"test-{file}.parquet:{row}" for file, row in frozen]
    assert [row["text"] for row in rows] == [f"file{file}-{row}" for file, row in frozen]


def test_seeded_rows_of_reservoirs_are_too(hub: MockHub, tmp_path: Path) -> None:
    add(
        hub,
        "allenai/c4",
        {f"en/c4-train.{n:05d}-of-01024.json.gz": json_lines_gz(texts(60, f"file{n}-")) for n in range(9)},
    )
    manifest, rows = sampled(spec_of_hub("c4", 6, reservoir={"files": 2, "rows_per_file": 50}), tmp_path)
    frozen = [(4, 34), (8, 0), (8, 2), (8, 15), (8, 18), (8, 40)]
    assert places_of(manifest) == [f"en/c4-train.{file:05d}-of-01024.json.gz:{row}" for file, row in frozen]
    assert [row["text"] for row in rows] == [f"file{file}-{row}" for file, row in frozen]
    assert len(hub.downloaded("allenai/c4")) == 2
    assert manifest.notes == ["Algorithm R over the first 50 rows of 2 of 9 files, which the seed picked."]


def test_a_larger_sample_holds_the_smaller_one(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(300))})
    few, more = (set(sampled(spec_of_hub("imdb", n), tmp_path)[0].row_ids) for n in (10, 25))
    assert few < more
    assert few != set(sampled(spec_of_hub("imdb", 10, seed=1), tmp_path)[0].row_ids)


def test_a_split_sorted_by_class_gives_both_classes(hub: MockHub, tmp_path: Path) -> None:
    # The first 12,500 rows of IMDB's test split are of one class: a shuffle through a buffer never leaves them.
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(25_000, label=lambda row: row // 12_500), row_group_size=5000)})
    labels = [row["label"] for row in sampled(spec_of_hub("imdb", 200), tmp_path)[1]]
    assert sum(labels) == pytest.approx(100, abs=25)
    first = [row["label"] for row in sampled(spec_of_hub("imdb", 200, selection="first"), tmp_path)[1]]
    assert sum(first) == 0


def test_algorithm_r_and_the_order_take_every_row_alike() -> None:
    counts = {"reservoir": Counter[int](), "order": Counter[int]()}
    for seed in range(3000):
        counts["reservoir"].update(algorithm_r(iter(range(20)), 5, Draws.of(seed, "test", 0)))
        counts["order"].update(islice(distinct(Draws.of(seed, "test", 0), 20), 5))
    for count in counts.values():
        assert sum(count.values()) == 15_000
        # 750 each, standard deviation 23.7
        assert all(abs(count[item] - 750) < 4.5 * 23.7 for item in range(20))


def test_fewer_rows_than_wanted_are_cycled_and_none_is_a_refusal(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(3))})
    for selection in ("first", "seeded"):
        manifest, rows = sampled(spec_of_hub("imdb", 5, selection=selection), tmp_path)
        assert (manifest.n_rows, manifest.cycled) == (3, True)
        assert [row["text"] for row in rows] == ["row0", "row1", "row2", "row0", "row1"]
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(1)[:0], IMDB_FEATURES)})
    assert "split test of stanfordnlp/imdb has no rows -> read another" in refusal(
        sampled(spec_of_hub("imdb"), tmp_path)[0]
    )


@pytest.mark.parametrize("name", ["c4", "imdb"])
def test_rows_that_are_no_samples_are_replaced_by_others_until_none_are_left(
    hub: MockHub, tmp_path: Path, name: str
) -> None:
    rows = [row | {"text": row["text"] if n % 3 else None} for n, row in enumerate(texts(30))]
    path = "en/c4-train.00000-of-01024.json.gz" if name == "c4" else IMDB
    add(hub, spec_of_hub(name).hub.id, {path: json_lines_gz(rows) if name == "c4" else parquet(rows)})
    for n in (10, 30):
        manifest, found = sampled(spec_of_hub(name, n), tmp_path)
        numbers = [int(str(row_id).rpartition(":")[2]) for row_id in manifest.row_ids]
        assert numbers == sorted(set(numbers))
        assert [row["text"] for row in found[: len(numbers)]] == [f"row{number}" for number in numbers]
        skipped = {int(row.row_id.rpartition(":")[2]) for row in manifest.skipped}
        assert len(skipped) == len(manifest.skipped) > 0
        assert {number % 3 for number in skipped} == {0}
    assert (numbers, len(skipped), manifest.cycled) == ([n for n in range(30) if n % 3], 10, True)


# ---------------------------------------------------------------- commits


def test_rows_come_from_the_commit_of_the_receipt(hub: MockHub, tmp_path: Path) -> None:
    repo = add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(5, "old"))})
    spec = spec_of_hub("imdb", 5, selection="first")
    receipt = look_up(dataset_fetch(spec))
    repo.push({IMDB: parquet(texts(5, "new"))})
    sample_dataset.sample(spec, tmp_path / "key.json", receipt)
    manifest, rows = read_samples(tmp_path / "key.json")
    assert [row["text"] for row in rows] == [f"old{n}" for n in range(5)]
    assert manifest.hub_revision == receipt.commit != repo.commit


def test_a_commit_that_is_gone_is_never_answered_from_another_in_the_cache(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(5))})
    spec = spec_of_hub("imdb", 5, selection="first")
    assert sampled(spec, tmp_path)[0].status == "complete"
    receipt = look_up(dataset_fetch(spec)).model_copy(update={"commit": "b" * 40})
    manifest = sample_dataset.sample(spec, tmp_path / "other.json", receipt)
    assert f"dataset stanfordnlp/imdb has no revision {'b' * 40}" in refusal(manifest)
    hub.faults.unavailable("*", times=None)
    manifest = sample_dataset.sample(spec, tmp_path / "other.json", receipt)
    assert "answered HTTP 503" in refusal(manifest)
    assert read_samples(tmp_path / "other.json")[1] == []


def test_a_refused_receipt_is_taken_over(hub: MockHub, tmp_path: Path) -> None:
    assert "the hub has no dataset stanfordnlp/imdb" in refusal(sampled(spec_of_hub("imdb"), tmp_path)[0])


def test_a_damaged_download_is_fetched_again(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(5))})
    hub.faults.corrupt(f"*/{IMDB}", times=1)
    assert sampled(spec_of_hub("imdb"), tmp_path)[0].status == "complete"


# ---------------------------------------------------------------- too much


def test_a_full_disk_is_told_before_the_download(hub: MockHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(5))})
    monkeypatch.setattr(models, "SPARE_BYTES", 10**18)
    assert "too large for the disk: stanfordnlp/imdb needs 1000000000.00 GB" in refusal(
        sampled(spec_of_hub("imdb"), tmp_path)[0]
    )
    assert hub.downloaded("stanfordnlp/imdb") == set()


def test_all_files_of_a_seeded_sample_must_fit_at_once(
    hub: MockHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"test-{n}.parquet": parquet(texts(500, f"file{n}-")) for n in range(2)}
    add(hub, "stanfordnlp/imdb", files)
    free = models.SPARE_BYTES + len(files["test-0.parquet"]) + 100
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    for selection, expected in (("seeded", "unavailable"), ("first", "complete")):
        manifest, _ = sampled(spec_of_hub("imdb", selection=selection, files=["test-*.parquet"]), tmp_path)
        assert manifest.status == expected, manifest.reason
    assert hub.downloaded("stanfordnlp/imdb") == {"test-0.parquet"}


def test_a_split_too_large_for_index_sampling_asks_for_reservoirs(
    hub: MockHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(hub, "stanfordnlp/imdb", {IMDB: parquet(texts(5))})
    monkeypatch.setattr(hub_sampling, "LARGEST_SPLIT_BYTES", 100)
    said = refusal(sampled(spec_of_hub("imdb"), tmp_path)[0])
    assert "too much to draw from all of its rows" in said
    assert "set `hub.reservoir: {files: 4, rows_per_file: 50000}` in catalog/datasets/imdb.yaml" in said
    assert hub.downloaded("stanfordnlp/imdb") == set()
    assert sampled(spec_of_hub("imdb", selection="first"), tmp_path)[0].status == "complete"


# ---------------------------------------------------------------- the verb


def test_the_verbs_find_each_other_through_the_receipt(hub: MockHub, tmp_path: Path) -> None:
    results, spec = tmp_path / "results", one_cell(data="hub").spec
    add(
        hub,
        "stanfordnlp/sst2",
        {"data/test-00000-of-00001.parquet": parquet([{"idx": 0, "sentence": "a", "label": -1}])},
    )
    hub.datasets["stanfordnlp/sst2"].commit = spec.samples.hub.revision
    receipt, manifest = samples_receipt(results, spec.samples), manifest_of(results, spec.samples)
    assert receipt is not None
    arguments = ["--spec", spec.samples.model_dump_json(), "--receipt", str(receipt)]
    assert (
        fetch_from_hub.main(
            ["--kind", "dataset", "--spec", dataset_fetch(spec.samples).model_dump_json(), "--receipt", str(receipt)]
        )
        == 0
    )
    assert sample_dataset.main([*arguments, "--manifest", str(manifest)]) == 0
    found, rows = read_samples(manifest)
    assert (found.hub_id, found.n_rows, rows[0]) == ("stanfordnlp/sst2", 1, {"sentence": "a", "label": -1})
    assert str(tmp_path) not in manifest.read_text() + receipt.read_text()
