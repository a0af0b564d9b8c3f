"""Looking up a split on the hub: its commit and its files, or why there are none. Rows are never downloaded."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fetch_from_hub
from support.hub_datasets import add, card, card_of_splits, fetch_of, refusal, small, talk_to
from support.mock_hub import MockHub
from wattlab.catalog.reading import CATALOG_ROOT
from wattlab.hub.datasets import look_up
from wattlab.hub.receipts import Receipt, read_receipt

SCRIPTS = CATALOG_ROOT.parent / "scripts"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockHub]:
    with MockHub(datasets={}) as hub:
        talk_to(hub, tmp_path / "cache", monkeypatch)
        yield hub


def paths(receipt: Receipt) -> list[str]:
    assert receipt.status == "complete", receipt.reason
    return [file.path for file in receipt.files]


# ---------------------------------------------------------------- which files


def test_the_card_names_the_files_of_one_split_and_no_rows_are_downloaded(hub: MockHub) -> None:
    files = {
        "plain_text/train-0.parquet": small(),
        "plain_text/test-1.parquet": small(5),
        "plain_text/test-0.parquet": small(),
    }
    repo = add(
        hub,
        "org/data",
        files | {"README.md": card_of_splits("plain_text", test="plain_text/test-*", train="plain_text/train-*")},
    )
    receipt = look_up(fetch_of("org/data"))
    assert paths(receipt) == ["plain_text/test-0.parquet", "plain_text/test-1.parquet"]
    assert [file.size_bytes for file in receipt.files] == [
        len(files["plain_text/test-0.parquet"]),
        len(files["plain_text/test-1.parquet"]),
    ]
    assert receipt.commit == repo.commit
    assert receipt.endpoint == hub.endpoint
    assert hub.downloaded("org/data") == {"README.md"}


def test_globs_of_the_catalog_come_before_the_card(hub: MockHub) -> None:
    files = {f"en/c4-train.{n:05d}-of-00003.json.gz": b"x" for n in range(3)} | {
        "en/sub/c4-train.00000-of-00003.json.gz": b"x"
    }
    add(hub, "org/c4", files | {"README.md": card_of_splits(test="other/*")})
    found = paths(look_up(fetch_of("org/c4", files=["en/c4-train.*-of-00003.json.gz"])))
    assert found == [f"en/c4-train.{n:05d}-of-00003.json.gz" for n in range(3)]
    assert len(paths(look_up(fetch_of("org/c4", files=["**/*.json.gz"])))) == 4


@pytest.mark.parametrize(
    ("split", "files", "expected"),
    [
        (
            "test",
            [
                "data/test-00000-of-00002.parquet",
                "data/test-00001-of-00002.parquet",
                "data/train-00000-of-00001.parquet",
            ],
            2,
        ),
        ("test", ["train.csv", "test.csv", "latest.csv", "test_notes.txt"], 1),
        (
            "val",
            ["data/val-00000-of-00002-c4f2.parquet", "data/val-00001-of-00002-c4f2.parquet", "data/train-0.parquet"],
            2,
        ),
        ("validation", ["dev.jsonl", "train.jsonl"], 1),
        ("train", ["train/0000.parquet", "train/0001.parquet", "test/0000.parquet"], 2),
    ],
)
def test_without_a_card_names_tell_the_split(hub: MockHub, split: str, files: list[str], expected: int) -> None:
    add(hub, "org/bare", dict.fromkeys(files, b"x"))
    found = paths(look_up(fetch_of("org/bare", split=split)))
    assert found == files[:expected] if files[0] != "train.csv" else found == ["test.csv"]


def test_configurations_are_never_read_as_one(hub: MockHub) -> None:
    # A branch of converted files has no card, and a folder for each configuration.
    files = [f"{config}/{split}/0000.parquet" for config in ("boolq", "record") for split in ("test", "train")]
    add(hub, "org/converted", dict.fromkeys([*files, "wic/partial-train/0000.parquet"], b"x"))
    assert "may be any of several sets of files: boolq/test/0000.parquet, record/test/0000.parquet" in refusal(
        look_up(fetch_of("org/converted"))
    )
    assert paths(look_up(fetch_of("org/converted", config="record"))) == ["record/test/0000.parquet"]
    first_part = refusal(look_up(fetch_of("org/converted", config="wic", split="train")))
    assert "has only the first part of split train: wic/partial-train/0000.parquet" in first_part


def test_the_card_of_several_configurations_wants_a_name(hub: MockHub) -> None:
    configs = [
        {"config_name": name, "data_files": [{"split": "test", "path": f"{name}/test*"}]} for name in ("2.0.0", "3.0.0")
    ]
    files = {"2.0.0/test-0.parquet": b"x", "3.0.0/test-0.parquet": b"x", "README.md": card({"configs": configs})}
    add(hub, "org/cnn", files)
    assert "has several configurations; allowed: 2.0.0, 3.0.0" in refusal(look_up(fetch_of("org/cnn")))
    assert paths(look_up(fetch_of("org/cnn", config="3.0.0"))) == ["3.0.0/test-0.parquet"]
    wrong = refusal(look_up(fetch_of("org/cnn", config="3.0")))
    assert "no configuration 3.0; did you mean '3.0.0'" in wrong
    assert "hub.config" in wrong
    configs[0]["default"] = True
    add(hub, "org/cnn2", files | {"README.md": card({"configs": configs})})
    assert paths(look_up(fetch_of("org/cnn2"))) == ["2.0.0/test-0.parquet"]


def test_a_card_may_name_a_folder_alone(hub: MockHub) -> None:
    files = {"v1/train.csv": b"x", "v1/test.csv": b"x", "v2/test.csv": b"x"}
    configs = [
        {"config_name": "old", "data_dir": "v1"},
        {"config_name": "new", "data_dir": "v2"},
        {"config_name": "all"},
    ]
    add(hub, "org/data", files | {"README.md": card({"configs": configs})})
    assert paths(look_up(fetch_of("org/data", config="old"))) == ["v1/test.csv"]
    assert "may be any of several sets of files: v1/test.csv, v2/test.csv" in refusal(
        look_up(fetch_of("org/data", config="all"))
    )


def test_a_card_that_names_another_host_is_not_followed(hub: MockHub) -> None:
    configs = [{"config_name": "default", "data_files": f"http://localhost:{hub.port}/files/train.csv"}]
    add(hub, "org/data", {"README.md": card({"configs": configs})})
    said = refusal(look_up(fetch_of("org/data", split="train")))
    assert f"lacks the files http://localhost:{hub.port}/files/train.csv; its data files: none" in said
    assert not any(request.path.startswith("/files/") for request in hub.requests)


def test_a_split_that_the_card_lacks_is_told_with_those_there_are(hub: MockHub) -> None:
    add(hub, "org/data", {"README.md": card_of_splits(train="train*", validation="val*"), "train.csv": b"x"})
    said = refusal(look_up(fetch_of("org/data", split="validatoin")))
    assert "has no split validatoin; did you mean 'validation'? -> correct `hub.split`" in said


def test_globs_that_match_nothing_name_the_files_there_are(hub: MockHub) -> None:
    add(hub, "org/data", {"data/a.parquet": b"x", "data/b.parquet": b"x", "notes.txt": b"x"})
    said = refusal(look_up(fetch_of("org/data", files=["data/test-*.parquet"])))
    assert (
        "lacks the files data/test-*.parquet; its data files: data/a.parquet, data/b.parquet -> name the split's files"
        in said
    )


# ---------------------------------------------------------------- what is refused


def test_a_loading_script_is_refused_and_its_data_files_are_not(hub: MockHub) -> None:
    add(hub, "org/diffusiondb", {"diffusiondb.py": b"print('never run')", "metadata.parquet": small()})
    said = refusal(look_up(fetch_of("org/diffusiondb", split="train")))
    assert "is a loading script (diffusiondb.py), which nothing runs any more" in said
    assert "metadata.parquet -> name the split's files in `hub.files`" in said
    assert paths(look_up(fetch_of("org/diffusiondb", split="train", files=["metadata.parquet"]))) == [
        "metadata.parquet"
    ]


def test_gated_gone_private_and_wrong_revisions_differ(hub: MockHub, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"README.md": card_of_splits(test="test*"), "test.parquet": small()}
    add(hub, "org/gated", dict(files), gated=True)
    add(hub, "org/refused", dict(files), refused=True)
    add(hub, "org/data", dict(files))
    for hub_id in ("org/gated", "org/refused"):
        said = refusal(look_up(fetch_of(hub_id)))
        assert "needs an account that accepted its terms, and HF_TOKEN is not set -> accept the terms at" in said
        # Its list of files is open to everybody.
        assert "is gated" in refusal(look_up(fetch_of(hub_id, files=["test*"])))
    assert "no dataset org/gone: gone, renamed, or private" in refusal(look_up(fetch_of("org/gone")))
    said = refusal(look_up(fetch_of("org/data", revision="b" * 40)))
    assert f"dataset org/data has no revision {'b' * 40} -> `make pin ONLY=org/data` pins" in said
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert paths(look_up(fetch_of("org/gated"))) == ["test.parquet"]
    said = refusal(look_up(fetch_of("org/refused")))
    assert "the account of HF_TOKEN has not been let in" in said
    assert "hf_secret" not in said


def test_no_network_and_a_hub_that_is_down_are_refusals(hub: MockHub) -> None:
    add(hub, "org/data", {"test.parquet": small()})
    hub.faults.unavailable("*", times=1)
    assert paths(look_up(fetch_of("org/data"))) == ["test.parquet"]
    hub.faults.unavailable("*", times=None)
    assert "answered HTTP 503 for dataset org/data, repeatedly" in refusal(look_up(fetch_of("org/data")))


def test_a_renamed_dataset_is_followed_and_told(hub: MockHub) -> None:
    add(hub, "new/data", {"test.parquet": small()})
    add(hub, "old/data", {}, moved_to="new/data")
    receipt = look_up(fetch_of("old/data"))
    assert paths(receipt) == ["test.parquet"]
    assert receipt.notes == ["renamed: old/data is new/data today; put that into its catalog entry"]


def test_a_moved_main_is_another_commit_and_a_pin_stays(hub: MockHub) -> None:
    repo = add(hub, "org/data", {"test.parquet": small(3)})
    before = look_up(fetch_of("org/data"))
    repo.push({"test.parquet": small(4)})
    after = look_up(fetch_of("org/data"))
    assert before.commit != after.commit == repo.commit
    pinned = look_up(fetch_of("org/data", revision=before.commit))
    assert (pinned.commit, pinned.files) == (before.commit, before.files)


# ---------------------------------------------------------------- the verb


def test_the_verb_writes_a_receipt_and_exits_0_either_way(
    hub: MockHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(hub, "org/data", {"test.parquet": small()})
    path = tmp_path / "receipts/data/main.json"
    assert (
        fetch_from_hub.main(
            ["--kind", "dataset", "--spec", fetch_of("org/data").model_dump_json(), "--receipt", str(path)]
        )
        == 0
    )
    assert read_receipt(path).status == "complete"
    assert "org/data: 1 files, 0.000 GB, commit " in capsys.readouterr().out
    assert (
        fetch_from_hub.main(
            ["--kind", "dataset", "--spec", fetch_of("org/gone").model_dump_json(), "--receipt", str(path)]
        )
        == 0
    )
    assert read_receipt(path).status == "unavailable"
    assert "gone, renamed, or private" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_endpoint_may_end_with_a_slash(hub: MockHub, tmp_path: Path, slash: str) -> None:
    add(hub, "org/data", {"test.parquet": small()})
    environment = (
        os.environ
        | hub.environment(tmp_path / "home")
        | {"HF_ENDPOINT": hub.endpoint + slash, "PYTHONPATH": str(SCRIPTS)}
    )
    command = [
        sys.executable,
        "-m",
        "fetch_from_hub",
        "--kind",
        "dataset",
        "--spec",
        fetch_of("org/data").model_dump_json(),
        "--receipt",
        str(tmp_path / "r.json"),
    ]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    receipt = read_receipt(tmp_path / "r.json")
    assert (paths(receipt), receipt.endpoint) == (["test.parquet"], hub.endpoint)


@pytest.mark.slow
def test_offline_is_a_refusal_and_never_another_answer(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "org/data", {"test.parquet": small()})
    assert paths(look_up(fetch_of("org/data"))) == ["test.parquet"]
    environment = os.environ | hub.environment(tmp_path / "cache") | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(SCRIPTS)}
    command = [
        sys.executable,
        "-m",
        "fetch_from_hub",
        "--kind",
        "dataset",
        "--spec",
        fetch_of("org/data").model_dump_json(),
        "--receipt",
        str(tmp_path / "r.json"),
    ]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    said = json.loads((tmp_path / "r.json").read_text())
    assert (said["status"], said["commit"]) == ("unavailable", None)
    assert "HF_HUB_OFFLINE is set" in said["reason"]
