"""A fetch that is killed amid a file, and a hub that stops amid one: what is there in the end is whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.mock_hub import MockHub, Repo
from wattlab.hub.receipts import ModelFetch, read_receipt

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
HEADER = b'{"a": {"dtype": "U8", "shape": [1048576], "data_offsets": [0, 1048576]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(range(256)) * 4096
NAME = "model.safetensors"


def start(hub: MockHub, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    spec = ModelFetch(hub_id="org/model", library="transformers").model_dump_json()
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "fetch_from_hub",
            "--kind",
            "model",
            "--spec",
            spec,
            "--receipt",
            str(folder / "receipt.json"),
        ],
        env=os.environ | hub.environment(folder / "home") | {"PYTHONPATH": str(SCRIPTS)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def waits_amid_the_file(hub: MockHub) -> None:
    deadline = time.monotonic() + 60
    while not any(request.path.startswith("/cdn/") for request in hub.requests):
        assert time.monotonic() < deadline, "the file was never asked for"
        time.sleep(0.02)
    time.sleep(0.3)


@pytest.fixture
def hub() -> MockHub:
    return MockHub({"org/model": Repo({"config.json": b"{}", NAME: WEIGHTS})})


def cached(folder: Path) -> list[bytes]:
    """Contents of the weights under every name by which a reader of the cache would find them."""
    return [path.read_bytes() for path in (folder / "home/hub/models--org--model/snapshots").rglob(NAME)]


def test_a_killed_fetch_leaves_nothing_that_counts(hub: MockHub, tmp_path: Path) -> None:
    with hub:
        hub.faults.stall("/cdn/*", seconds=60, times=1)
        killed = start(hub, tmp_path)
        waits_amid_the_file(hub)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert not (tmp_path / "receipt.json").exists()
        assert cached(tmp_path) == []

        again = start(hub, tmp_path)
        said, _ = again.communicate()
        assert again.returncode == 0, said
    receipt = read_receipt(tmp_path / "receipt.json")
    assert receipt.status == "complete", receipt.reason
    assert {file.path: file.size_bytes for file in receipt.files}[NAME] == len(WEIGHTS)
    assert cached(tmp_path) == [WEIGHTS]


def test_a_hub_that_stops_amid_a_file_is_asked_again(hub: MockHub, tmp_path: Path) -> None:
    with hub:
        hub.faults.stall("/cdn/*", seconds=60, times=1)
        fetch = start(hub, tmp_path, HF_HUB_DOWNLOAD_TIMEOUT="1")
        said, _ = fetch.communicate(timeout=60)
    assert read_receipt(tmp_path / "receipt.json").status == "complete", said
    assert cached(tmp_path) == [WEIGHTS]
