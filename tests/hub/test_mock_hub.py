"""The mock hub, as the real client sees it."""

import hashlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from support.mock_hub import MockHub, PlainFile, Repo

WEIGHTS = bytes(range(256)) * 40
PIN = "a" * 40


def model(**access: Any) -> Repo:
    readme = b"---\nlicense: mit\n---\n# A model\n"
    return Repo({"README.md": readme, "config.json": b"{}", "onnx/model.safetensors": lambda: WEIGHTS}, **access)


@pytest.fixture
def hub() -> Iterator[MockHub]:
    models = {
        "org/open": model(other_commits={PIN: {"config.json": b"older"}}),
        "org/gated": model(gated=True),
        "org/refused": model(refused=True),
        "org/private": model(private=True),
        "old": Repo({}, moved_to="org/open"),
    }
    datasets = {"org/rows": Repo({"data/a.parquet": b"rows", "rows.py": b""}), "org/pinned": Repo({}, commit=PIN)}
    files = {
        "photo.jpg": PlainFile(b"photo"),
        "gone.jpg": PlainFile(moved_to="removed.png"),
        "removed.png": PlainFile(b"removed", "image/png"),
        "large.jpg": PlainFile(b"l" * 1000, endless=True),
        "lying.jpg": PlainFile(b"short", declared_size=10**9),
    }
    with MockHub(models, datasets, files) as started:
        yield started


def download(hub: MockHub, home: Path, name: str, file: str, **options: Any) -> Path:
    return Path(hf_hub_download(name, file, endpoint=hub.endpoint, cache_dir=home, **options))


def test_the_listing_says_of_every_file_its_size_and_its_hash(hub: MockHub) -> None:
    info = HfApi(hub.endpoint).model_info("org/open", files_metadata=True)
    assert info.siblings is not None
    small, large = info.siblings[1], info.siblings[2]
    assert (small.rfilename, small.size, small.lfs) == ("config.json", 2, None)
    assert small.blob_id == "9e26dfeeb6e641a33dae4961196235bdb965b21b", "as `git hash-object` says"
    assert (large.rfilename, large.size) == ("onnx/model.safetensors", 10240)
    assert large.lfs is not None
    assert large.lfs.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert info.card_data is not None
    assert info.card_data["license"] == "mit"
    assert info.gated is False


def test_a_snapshot_is_downloaded_under_its_commit(hub: MockHub, tmp_path: Path) -> None:
    folder = Path(snapshot_download("org/open", endpoint=hub.endpoint, cache_dir=tmp_path))
    commit = HfApi(hub.endpoint).model_info("org/open").sha
    assert folder.name == commit
    assert (folder / "onnx/model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "onnx/model.safetensors").resolve().name == hashlib.sha256(WEIGHTS).hexdigest()
    assert hub.downloaded("org/open") == {"README.md", "config.json", "onnx/model.safetensors"}


def test_revisions_are_told_apart(hub: MockHub, tmp_path: Path) -> None:
    assert download(hub, tmp_path, "org/open", "config.json", revision=PIN).read_bytes() == b"older"
    assert HfApi(hub.endpoint).dataset_info("org/pinned").sha == PIN
    with pytest.raises(RevisionNotFoundError):
        download(hub, tmp_path, "org/open", "config.json", revision="b" * 40)
    with pytest.raises(RemoteEntryNotFoundError):
        download(hub, tmp_path, "org/open", "model.safetensors", revision=PIN)


def test_main_moves_and_what_it_left_stays(hub: MockHub, tmp_path: Path) -> None:
    before = download(hub, tmp_path, "org/open", "config.json")
    after = hub.models["org/open"].push({"config.json": b"new"})
    assert download(hub, tmp_path, "org/open", "config.json").read_bytes() == b"new"
    assert before.parent.name != after
    again = download(hub, tmp_path / "empty", "org/open", "config.json", revision=before.parent.name)
    assert again.read_bytes() == b"{}"


def test_a_gated_repository_is_listed_for_all_and_given_for_a_token(hub: MockHub, tmp_path: Path) -> None:
    assert HfApi(hub.endpoint, token=False).model_info("org/gated").gated == "auto"
    for token in (False, "marker"):
        with pytest.raises(GatedRepoError) as refused:
            download(hub, tmp_path, "org/refused", "config.json", token=token)
        assert refused.value.response.status_code == (403 if token else 401)
    with pytest.raises(GatedRepoError):
        download(hub, tmp_path, "org/gated", "config.json", token=False)
    assert download(hub, tmp_path, "org/gated", "config.json", token="marker").read_bytes() == b"{}"


def test_a_token_is_not_sent_to_where_large_files_lie(hub: MockHub, tmp_path: Path) -> None:
    download(hub, tmp_path, "org/gated", "onnx/model.safetensors", token="marker")
    seen = {request.path.split("/")[1]: request.has_token for request in hub.requests}
    assert seen == {"org": True, "cdn": False}


def test_missing_and_private_look_the_same_to_those_without_a_token(hub: MockHub) -> None:
    for name in ("org/private", "org/missing"):
        with pytest.raises(RepositoryNotFoundError) as refused:
            HfApi(hub.endpoint, token=False).model_info(name)
        assert refused.value.response.status_code == 401
    assert HfApi(hub.endpoint, token="marker").model_info("org/private").private


def test_a_renamed_repository_leads_to_its_new_name(hub: MockHub, tmp_path: Path) -> None:
    assert HfApi(hub.endpoint).model_info("old").id == "org/open"
    assert download(hub, tmp_path, "old", "onnx/model.safetensors").read_bytes() == WEIGHTS


def test_trees_paths_and_parts_of_files(hub: MockHub) -> None:
    api = HfApi(hub.endpoint)
    paths = [found.path for found in api.list_repo_tree("org/open", recursive=True)]
    assert paths == ["onnx", "README.md", "config.json", "onnx/model.safetensors"]
    assert [found.path for found in api.list_repo_tree("org/open")] == ["onnx", "README.md", "config.json"]
    assert [found.path for found in api.get_paths_info("org/open", ["onnx", "nothing"])] == ["onnx"]
    assert api.list_repo_refs("org/open").branches[0].name == "main"
    files = HfFileSystem(endpoint=hub.endpoint, skip_instance_cache=True)
    assert files.ls("datasets/org/rows", detail=False) == ["datasets/org/rows/data", "datasets/org/rows/rows.py"]
    assert files.cat_file("datasets/org/rows/data/a.parquet", start=1, end=3) == b"ow"
    assert {request.range for request in hub.requests if "/cdn/" in request.path} == {"bytes=1-3"}


@pytest.mark.slow
def test_faults_happen_as_often_as_asked(hub: MockHub, tmp_path: Path) -> None:
    hub.faults.unavailable("*/onnx/model.safetensors", times=1)
    hub.faults.truncate("/cdn/*", times=1)
    path = download(hub, tmp_path, "org/open", "onnx/model.safetensors")
    assert path.read_bytes() == WEIGHTS
    ranges = [request.range for request in hub.requests if request.method == "GET"]
    assert ranges == [None, None], "the client asks again where the connection broke"

    hub.faults.shorten("*/config.json", times=1)
    with pytest.raises(OSError, match="should be of size 2 but has size 1"):
        download(hub, tmp_path, "org/open", "config.json")
    hub.faults.corrupt("/cdn/*", times=None)
    for place in ("a", "b"):
        wrong = download(hub, tmp_path / place, "org/open", "onnx/model.safetensors").read_bytes()
        assert len(wrong) == len(WEIGHTS)
        assert wrong != WEIGHTS, "the client takes them: whoever needs the right bytes has to compare the hash"
    hub.faults.clear()
    hub.faults.unavailable("*", times=None)
    with pytest.raises(HfHubHTTPError, match="503"):
        HfApi(hub.endpoint).model_info("org/open")


def test_images_behind_addresses(hub: MockHub) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(name: str) -> Any:
        return opener.open(f"{hub.endpoint}/files/{name}", timeout=5)

    assert (get("photo.jpg").read(), get("photo.jpg").headers["Content-Type"]) == (b"photo", "image/jpeg")
    removed = get("gone.jpg")
    assert (removed.status, removed.url.rsplit("/", 1)[1], removed.read()) == (200, "removed.png", b"removed")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get("nothing.jpg")
    assert get("lying.jpg").headers["Content-Length"] == "1000000000"
    large = get("large.jpg")
    assert large.headers["Content-Length"] is None
    assert len(large.read(2 * 10**6)) == 2 * 10**6


def test_its_environment_is_enough_for_a_process(hub: MockHub, tmp_path: Path) -> None:
    code = "from huggingface_hub import hf_hub_download as get; print(get('org/open', 'config.json'))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | hub.environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert Path(run.stdout.strip()).is_relative_to(tmp_path / "hub/models--org--open")
    assert not any(request.has_token for request in hub.requests)


def test_it_starts_by_hand_over_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "models/org/one/config.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-m", "support.mock_hub", "--folder", str(tmp_path)]
    with subprocess.Popen(command, cwd=tests, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        endpoint = started.stdout.readline().strip()
        assert HfApi(endpoint).list_repo_files("org/one") == ["config.json"]
        started.terminate()
