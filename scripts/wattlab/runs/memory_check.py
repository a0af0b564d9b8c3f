"""Whether a model fits into a machine's memory, checked before it is loaded. Without torch."""

import json
from pathlib import Path
from typing import Any

import psutil

from wattlab.hub.receipts import FetchedFile
from wattlab.hub.snapshots import Snapshot
from wattlab.hub.tensors import tensors_of
from wattlab.machine.cgroups import memory_limit_bytes
from wattlab.meters.accelerators import computing
from wattlab.runs.inputs import Inputs
from wattlab.study.cells import MeasuredCell

#: Bytes of a number.
DTYPE_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}

#: Beside the weights: libraries, activations and caches of one short input. An estimate.
BESIDE_BYTES = 2**30

_GB = 10**9


def too_large(cell: MeasuredCell, inputs: Inputs, device: str) -> tuple[str, str] | None:
    """Reason and remedy where the model fits neither into memory nor into the largest GPU that computes; null where it does.

    What is not known is not refused: a model of your own with random weights states no count.
    """
    needed = weight_bytes(cell, inputs)
    if needed is None:
        return None
    for place, there in _memories(device).items():
        if needed + BESIDE_BYTES > there:
            return (
                f"too large for this machine: its weights at {cell.spec.protocol.dtype} take {needed / _GB:.2f} GB ({needed} bytes), "
                f"with {BESIDE_BYTES / _GB:.2f} GB beside them, and the {place} has {there / _GB:.2f} GB ({there} bytes)",
                "measure it on a larger machine, then `make retry`; a smaller dtype in `overrides` is another measurement",
            )
    return None


def _memories(device: str) -> dict[str, int]:
    """What has to hold the weights (bytes): they come into memory first, on a GPU's machine too.

    A GPU without a memory of its own shares the host's.
    """
    total, limit = psutil.virtual_memory().total, memory_limit_bytes()
    memories = {"memory": total} if limit is None or limit >= total else {"memory of this job": limit}
    sizes = [gpu.memory_bytes for gpu in computing(device).visible()]
    known = [size for size in sizes if size is not None]
    return memories | ({"GPU": max(known)} if known and len(known) == len(sizes) else {})


def weight_bytes(cell: MeasuredCell, inputs: Inputs) -> int | None:
    """Size of a cell's weights in the protocol's dtype; null where nothing tells it. Raises `FilesGone`, and
    `Unavailable` for a file of weights that holds none.

    The published count holds for the public hub and for random weights: another hub may serve something else.
    """
    number = DTYPE_BYTES[cell.spec.protocol.dtype]
    count = cell.facts.published_parameters
    known = [] if count is None else [count * number]
    fetched = inputs.fetched
    if fetched is not None:
        known = [*(known if fetched.receipt.endpoint is None else []), _checkpoint_bytes(fetched, number)]
    return max(known, default=None)


def _checkpoint_bytes(fetched: Snapshot, number: int) -> int:
    """The weights' files, each number of a floating type taken as `number` bytes."""
    return sum(
        _safetensors_bytes(tensors_of(fetched.folder / file.path, file.path), number)
        if file.path.endswith(".safetensors")
        else _pickle_bytes(file, fetched.folder, number)
        for file in fetched.receipt.files
        if file.path.endswith((".safetensors", ".bin"))
    )


def _safetensors_bytes(tensors: dict[str, Any], number: int) -> int:
    total = 0
    for tensor in tensors.values():
        begin, end = tensor["data_offsets"]
        stored = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}.get(tensor["dtype"])
        total += end - begin if stored is None else (end - begin) // stored * number
    return total


def _pickle_bytes(file: FetchedFile, folder: Path, number: int) -> int:
    """By the file's size and the dtype that the configuration states; float32 where it states none."""
    config = (folder / file.path).with_name("config.json")
    stated = json.loads(config.read_text()) if config.exists() else {}
    dtype = str(stated.get("dtype") or stated.get("torch_dtype") or "float32").removeprefix("torch.")
    return file.size_bytes * number // DTYPE_BYTES.get(dtype, 4)
