"""Lets the hub's client of this process work with a mock hub, its cache in a folder of the test."""

import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session, constants

from support.mock_hub import Content, MockHub
from wattlab.hub.models import fetch_model
from wattlab.hub.receipts import ModelFetch, Receipt

CONFIG = json.dumps({"model_type": "bert", "architectures": ["BertForMaskedLM"]}).encode()
#: A safetensors file without a tensor, and one of 4,000 bytes.
NO_TENSORS = (2).to_bytes(8, "little") + b"{}"
_HEADER = b'{"a": {"dtype": "U8", "shape": [3926], "data_offsets": [0, 3926]}}'
WEIGHTS = (len(_HEADER).to_bytes(8, "little") + _HEADER).ljust(4000, b"s")

MODEL: dict[str, Content] = {
    "README.md": b"# a model",
    ".gitattributes": b"*.bin lfs",
    "config.json": CONFIG,
    "tokenizer.json": b"{}",
    "vocab.txt": b"[PAD]\n",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"pickle" * 1000,
    "tf_model.h5": b"h5",
    "flax_model.msgpack": b"flax",
    "model.fp16.safetensors": b"half",
    "onnx/model.onnx": b"onnx",
    "onnx/config.json": b"{}",
    "trainer_state.json": b"{}",
    "modeling_own.py": b"raise SystemExit",
}


def point_at(hub: MockHub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the hub's client of this process talk to this hub, without a token, its cache in `home`."""
    for name, value in hub.environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    # Made of the endpoint at import.
    template = f"{hub.endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    close_session()  # it read the environment when it was made


def connect(monkeypatch: pytest.MonkeyPatch, hub: MockHub, home: Path) -> list[float]:
    """Point the client at the hub; it waits no time between tries, and the list says how long it would have."""
    point_at(hub, home, monkeypatch)
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


def fetched(hub_id: str = "org/model", **more: Any) -> Receipt:
    return fetch_model(ModelFetch(**{"hub_id": hub_id, "library": "transformers", **more}))


def paths(receipt: Receipt) -> list[str]:
    assert receipt.status == "complete", receipt.reason
    return [file.path for file in receipt.files]


def refused(receipt: Receipt) -> tuple[str, str]:
    assert receipt.status == "unavailable"
    assert receipt.files == [] and receipt.commit is None
    return str(receipt.reason), str(receipt.remedy)


def snapshot(hub_id: str, commit: str | None) -> Path:
    return Path(constants.HF_HUB_CACHE) / f"models--{hub_id.replace('/', '--')}" / "snapshots" / str(commit)
