"""What does not fit into memory is told before it is loaded, with the number needed and the number there."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from support.hub_clients import connect
from support.hub_models import hub_cell
from support.meters_fake import FakeGpus
from support.mock_hub import MockHub, Repo
from wattlab.hub.receipts import ModelFetch, read_receipt, write_receipt
from wattlab.hub.snapshots import FilesGone
from wattlab.machine.cgroups import memory_limit_bytes
from wattlab.meters.contract import Accelerator, Gpu
from wattlab.runs import memory_check as memory
from wattlab.runs.inputs import Inputs
from wattlab.runs.memory_check import BESIDE_BYTES, too_large, weight_bytes
from wattlab.runs.places import InputPaths

N = 1000 * 300


def inputs_of(receipt: Path | None) -> Inputs:
    """Inputs with a receipt or none, and no samples."""
    manifest: Any = None
    found = None if receipt is None else read_receipt(receipt)
    return Inputs(InputPaths(Path(), None, receipt), manifest, None, found)


def fake_gpus(device: str, memories: list[int | None]) -> FakeGpus:
    """Boards with so much memory (bytes); none on a CPU."""
    boards = enumerate(memories if device == "cuda" else [])
    return FakeGpus([Gpu(i, "Fake A100", f"GPU-{i}", "0", memory_bytes=size) for i, size in boards])


@pytest.fixture
def fetched(monkeypatch, tmp_path):
    """Fetches the files of a repository; gives a cell of it and its inputs."""
    from wattlab.hub.models import fetch_model

    with MockHub({}) as hub:
        connect(monkeypatch, hub, tmp_path / "home")

        def fetch(files: dict[str, Any], **protocol: Any) -> tuple[Any, Inputs]:
            hub.models["org/own"] = Repo(files)
            receipt = tmp_path / "receipt.json"
            write_receipt(receipt, fetch_model(ModelFetch(hub_id="org/own", library="transformers")))
            return hub_cell("text-generation", "oscar", "org/own", **protocol), inputs_of(receipt)

        yield fetch


def weights(folder: Path, dtype: torch.dtype, fmt: str) -> dict[str, Any]:
    tensors = {"a": torch.zeros(1000, 300, dtype=dtype), "ids": torch.zeros(10, dtype=torch.int64)}
    folder.mkdir(exist_ok=True)
    if fmt == "safetensors":
        save_file(tensors, folder / "model.safetensors")
        return {"model.safetensors": folder / "model.safetensors"}
    torch.save(tensors, folder / "pytorch_model.bin")
    return {"pytorch_model.bin": folder / "pytorch_model.bin"}


@pytest.mark.parametrize(
    ("stored", "asked", "size"), [("float16", "float32", 4), ("float32", "bfloat16", 2), ("float32", "float32", 4)]
)
def test_safetensors_are_counted_by_their_header(fetched, tmp_path, stored, asked, size):
    files = weights(tmp_path / "w", getattr(torch, stored), "safetensors")
    cell, inputs = fetched({"config.json": b'{"model_type": "gpt2"}', **files}, dtype=asked)
    assert weight_bytes(cell, inputs) == N * size + 10 * 8


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "factor"), [("float16", 2), ("float32", 1)])
def test_pickles_by_their_size_and_the_stated_dtype(fetched, tmp_path, stored, factor):
    files = weights(tmp_path / "w", getattr(torch, stored), "pickle")
    config = json.dumps({"model_type": "gpt2", "torch_dtype": stored}).encode()
    cell, inputs = fetched({"config.json": config, **files})
    assert weight_bytes(cell, inputs) == files["pytorch_model.bin"].stat().st_size * factor


def test_the_published_count_holds_where_the_files_say_less(fetched, tmp_path):
    cell, inputs = fetched(
        {"config.json": b'{"model_type": "gpt2"}', **weights(tmp_path / "w", torch.float32, "safetensors")}
    )
    stated = cell.model_copy(update={"facts": cell.facts.model_copy(update={"published_parameters": 7_000_000_000})})
    assert weight_bytes(stated, inputs) == N * 4 + 10 * 8, "another hub may serve something else"
    assert inputs.receipt is not None
    public = replace(inputs, receipt=inputs.receipt.model_copy(update={"endpoint": None}))
    assert weight_bytes(stated, public) == 28_000_000_000
    assert weight_bytes(stated, inputs_of(None)) == 28_000_000_000, "random weights too"
    assert weight_bytes(cell, inputs_of(None)) is None


def test_memory_and_gpu(fetched, tmp_path, monkeypatch):
    cell, inputs = fetched(
        {"config.json": b'{"model_type": "gpt2"}', **weights(tmp_path / "w", torch.float32, "safetensors")}
    )
    needed = N * 4 + 80
    there = needed + BESIDE_BYTES
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=there))
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda: None)
    boards = [1, there - 1]
    monkeypatch.setattr(memory, "computing", lambda device: fake_gpus(device, boards))
    assert too_large(cell, inputs, "cpu") is None
    reason, remedy = too_large(cell, inputs, "cuda") or ("", "")
    assert f"({needed} bytes)" in reason and f"the GPU has {(there - 1) / 1e9:.2f} GB ({there - 1} bytes)" in reason
    assert "larger machine" in remedy and "make retry" in remedy
    boards[0] = None  # it shares the host's memory, which is large enough
    assert too_large(cell, inputs, "cuda") is None
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=there - 1))
    assert "the memory has" in (too_large(cell, inputs, "cpu") or ("", ""))[0]
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=there))
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda: there - 1)
    assert f"the memory of this job has {(there - 1) / 1e9:.2f} GB" in (too_large(cell, inputs, "cpu") or ("", ""))[0]


@pytest.mark.parametrize(
    ("groups", "files", "limit"),
    [
        ("0::/job/step\n", {"job/step/memory.max": "max", "job/memory.max": "4096"}, 4096),
        ("0::/job/step\n", {"job/step/memory.max": "1024", "job/memory.max": "4096"}, 1024),
        ("0::/\n", {"memory.max": "2048"}, 2048),
        ("0::/\n", {}, None),
        ("0::/job\n", {"job/memory.max": "max"}, None),
        ("4:memory:/job\n3:cpu:/job\n", {"memory/memory.limit_in_bytes": "512", "cpu/memory.max": "1"}, 512),
        ("4:hugetlb,memory:/job\n", {"memory/job/memory.limit_in_bytes": "256"}, 256),
        (None, {}, None),
    ],
)
def test_the_limit_of_a_job_is_the_lowest_of_its_groups(tmp_path, groups, files, limit):
    contents = {f"sys/fs/cgroup/{name}": f"{text}\n" for name, text in files.items()}
    for name, text in contents.items() if groups is None else [*contents.items(), ("proc/self/cgroup", groups)]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert memory_limit_bytes(tmp_path) == limit


def test_files_that_are_gone_are_told_before_that(fetched, tmp_path):
    cell, inputs = fetched(
        {"config.json": b'{"model_type": "gpt2"}', **weights(tmp_path / "w", torch.float32, "safetensors")}
    )
    assert inputs.fetched is not None
    (inputs.fetched.folder / "model.safetensors").unlink()
    inputs = replace(inputs)  # nothing of it was asked for
    with pytest.raises(FilesGone, match=r"org/own: model\.safetensors is not in the cache"):
        too_large(cell, inputs, "cpu")


def test_torch_names_a_full_device_as_a_worker_that_dies_of_it_is_read() -> None:
    error = torch.OutOfMemoryError
    assert f"{error.__module__}.{error.__qualname__}" == f"torch.{Accelerator.out_of_memory}"
