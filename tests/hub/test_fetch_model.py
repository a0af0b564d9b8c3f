"""Fetching models from a mock hub: which files, which commit, which structure, and the verb."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fetch_from_hub as verb
from support.hub_clients import CONFIG, MODEL, NO_TENSORS, WEIGHTS, connect, fetched, paths, refused, snapshot
from support.mock_hub import MockHub, Repo
from wattlab.foundation.schema import Structure
from wattlab.hub.receipts import ModelFetch, read_receipt

ROOT = Path(__file__).resolve().parents[2]
SECRET = "secret-marker"

#: How a file of torch begins.
PICKLE = b"PK\x03\x04"


@pytest.fixture
def hub():
    with MockHub({"org/model": Repo(dict(MODEL))}) as running:
        yield running


@pytest.fixture
def waits(monkeypatch, hub, tmp_path):
    return connect(monkeypatch, hub, tmp_path / "home")


# ---------------------------------------------------------------- which files


def test_safetensors_and_what_prepares_the_input_and_nothing_else(hub, waits):
    receipt = fetched()
    assert paths(receipt) == ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]
    assert hub.downloaded("org/model") == set(paths(receipt))
    weights = receipt.files[1]
    assert (weights.size_bytes, weights.sha256) == (4000, hashlib.sha256(WEIGHTS).hexdigest())
    assert receipt.files[0].sha256 == hashlib.sha256(CONFIG).hexdigest()
    assert (receipt.endpoint, receipt.notes, receipt.structure) == (hub.endpoint, [], None)


def shards(*names: str) -> bytes:
    return json.dumps({"weight_map": {f"layer.{i}": name for i, name in enumerate(names)}}).encode()


#: How a pickle of torch begins.
PICKLE = b"\x80\x02p"

PARTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.mark.parametrize(
    ("files", "weights"),
    [
        ({"pytorch_model.bin": PICKLE, "tf_model.h5": b"t"}, ["pytorch_model.bin"]),
        (
            {
                "model.safetensors.index.json": shards(*PARTS),
                **dict.fromkeys(PARTS, NO_TENSORS),
                "pytorch_model.bin": PICKLE,
            },
            [*PARTS, "model.safetensors.index.json"],
        ),
        (
            {"model.safetensors.index.json": shards(*PARTS), PARTS[0]: NO_TENSORS, "pytorch_model.bin": PICKLE},
            ["pytorch_model.bin"],
        ),
        (
            {
                "pytorch_model.bin.index.json": shards("pytorch_model-1.bin"),
                "pytorch_model-1.bin": PICKLE,
                "other.bin": b"o",
            },
            ["pytorch_model-1.bin", "pytorch_model.bin.index.json"],
        ),
    ],
    ids=["pickle", "shards", "a shard is missing", "pickle in shards"],
)
def test_weights_that_are_whole(hub, waits, files, weights):
    hub.models["org/other"] = Repo({"config.json": CONFIG, **files})
    receipt = fetched("org/other")
    assert paths(receipt) == ["config.json", *weights]
    assert [note for note in receipt.notes if "pickle" in note] == (
        [f"weights are a pickle, read with weights_only: {weights[0]}"] if weights[0].endswith(".bin") else []
    )


def test_a_pipeline_has_the_parts_that_its_index_names(hub, waits):
    index = {
        "_class_name": "StableDiffusionPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "safety_checker": [None, None],
        "requires_safety_checker": False,
    }
    hub.models["org/pipe"] = Repo(
        {
            "model_index.json": json.dumps(index).encode(),
            "v1-5-pruned.ckpt": b"c",
            "unet/config.json": b"{}",
            "unet/diffusion_pytorch_model.bin": PICKLE,
            "unet/diffusion_pytorch_model.fp16.safetensors": b"h",
            "text_encoder/config.json": b"{}",
            "text_encoder/model.safetensors": NO_TENSORS,
            "text_encoder/pytorch_model.bin": PICKLE,
            "scheduler/scheduler_config.json": b"{}",
            "safety_checker/config.json": b"{}",
            "vae_1_0/config.json": b"{}",
        }
    )
    assert paths(fetched("org/pipe", library="diffusers", structure_for="text-to-image")) == [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "unet/config.json",
        "unet/diffusion_pytorch_model.bin",
    ]


@pytest.mark.parametrize(
    ("files", "library", "reason"),
    [
        (
            {"config.json": CONFIG, "tf_model.h5": b"t"},
            "transformers",
            "no whole set of weights that torch loads, only tf_model.h5",
        ),
        ({"adapter_config.json": b"{}"}, "transformers", "no config.json"),
        ({"config.json": CONFIG}, "diffusers", "no model_index.json"),
        ({"model_index.json": b'{"_class_name": ["pipeline", "Own"]}'}, "diffusers", "code of its own"),
        (
            {
                "model_index.json": b'{"_class_name": "A", "unet": ["diffusers", "B"]}',
                "unet/diffusion_pytorch_model.fp16.safetensors": b"h",
            },
            "diffusers",
            "unet has no whole set of weights that torch loads, only unet/diffusion_pytorch_model.fp16.safetensors",
        ),
    ],
)
def test_what_can_not_be_loaded_is_not_downloaded(hub, waits, files, library, reason):
    hub.models["org/other"] = Repo(files)
    assert reason in refused(fetched("org/other", library=library))[0]
    assert hub.downloaded("org/other") <= {"model_index.json"}


# ---------------------------------------------------------------- which commit


def test_a_pinned_commit_holds_when_main_moves(hub, waits):
    first = fetched()
    moved = hub.models["org/model"].push({"config.json": CONFIG, "model.safetensors": NO_TENSORS})
    assert (fetched().commit, fetched(revision=first.commit).commit) == (moved, first.commit)
    assert fetched(revision=first.commit).files == first.files
    assert (snapshot("org/model", moved) / "model.safetensors").read_bytes() == NO_TENSORS
    assert (snapshot("org/model", first.commit) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_renamed_model_comes_under_its_old_name_and_the_receipt_says_so(hub, waits):
    hub.models["old/name"] = Repo({}, moved_to="org/model")
    receipt = fetched("old/name")
    assert receipt.notes == ["renamed: old/name is org/model today; put that into its catalog entry or the study"]
    assert receipt.hub_id == "old/name"
    assert (snapshot("old/name", receipt.commit) / "model.safetensors").read_bytes() == WEIGHTS


# ---------------------------------------------------------------- the structure of what the catalog lacks


@pytest.mark.parametrize(
    ("task", "config", "structure"),
    [
        ("text-classification", {"model_type": "electra"}, "encoder"),
        ("text-classification", {"model_type": "qwen2"}, "decoder"),
        ("text-classification", {"model_type": "t5"}, "seq2seq"),
        ("question-answering", {"model_type": "bert"}, "encoder"),
        ("text-generation", {"model_type": "gpt_neox"}, "decoder"),
        ("summarization", {"model_type": "bart"}, "seq2seq"),
        ("image-classification", {"model_type": "resnet"}, "convnet"),
        ("image-classification", {"model_type": "swin"}, "vision-transformer"),
        ("object-detection", {"model_type": "yolos"}, "detector"),
        ("image-to-text", {"model_type": "git"}, "vision-encoder-decoder"),
    ],
)
def test_structure(hub, waits, task: str, config: dict[str, Any], structure: Structure):
    hub.models["org/other"] = Repo({"config.json": json.dumps(config).encode(), "model.safetensors": NO_TENSORS})
    assert fetched("org/other", structure_for=task).structure == structure


def test_a_type_that_transformers_lacks(hub, waits):
    config = json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}).encode()
    hub.models["org/other"] = Repo(
        {"config.json": config, "own.py": b"raise SystemExit", "model.safetensors": NO_TENSORS}
    )
    reason, remedy = refused(fetched("org/other", structure_for="text-generation"))
    assert "its model_type 'own' is not in transformers" in reason
    assert "no repository's code is run" in remedy


@pytest.mark.parametrize("config", [{"hidden_size": 8}, {"model_type": "bert", "hidden_size": "many"}])
def test_a_configuration_that_transformers_does_not_read(hub, waits, config):
    hub.models["org/other"] = Repo({"config.json": json.dumps(config).encode(), "model.safetensors": NO_TENSORS})
    reason, remedy = refused(fetched("org/other", structure_for="text-generation"))
    assert reason.startswith("its config.json is not one that transformers")
    assert "\n" not in reason and "choose another model" in remedy


# ---------------------------------------------------------------- the verb


@pytest.mark.slow
def test_the_verb_writes_the_receipt_and_no_secret(hub, tmp_path):
    hub.models["org/model"].gated = True
    spec = ModelFetch(hub_id="org/model", library="transformers").model_dump_json()
    path = tmp_path / "receipt.json"
    done = subprocess.run(
        [sys.executable, "-m", "fetch_from_hub", "--kind", "model", "--spec", spec, "--receipt", str(path)],
        env=os.environ | hub.environment(tmp_path / "home") | {"HF_TOKEN": SECRET, "PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert paths(read_receipt(path))
    assert f"org/model: 4 files, 0.000 GB, commit {read_receipt(path).commit}" in done.stdout
    everything = done.stdout.encode() + b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert SECRET.encode() not in everything


def test_the_verb_succeeds_where_the_model_is_gone(hub, waits, tmp_path, capsys):
    spec = ModelFetch(hub_id="org/gone", library="transformers").model_dump_json()
    assert verb.main(["--kind", "model", "--spec", spec, "--receipt", str(tmp_path / "r.json")]) == 0
    assert read_receipt(tmp_path / "r.json").status == "unavailable"
    assert "the hub has no model org/gone" in capsys.readouterr().out
