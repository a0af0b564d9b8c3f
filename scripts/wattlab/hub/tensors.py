"""Fetched files, read as far as their headers: whether they are what their names say, and which tensors are in them."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from wattlab.foundation.errors import Unavailable
from wattlab.foundation.stored import json_object

#: How a file begins that Git LFS left in the place of a large one (git-lfs, docs/spec.md).
_POINTER = b"version https://git-lfs.github.com/spec/"

#: How files begin that torch writes: a ZIP archive, before version 1.6 a pickle.
_PICKLES = (b"PK\x03\x04", b"\x80\x02")

_REMEDY = "pin a commit whose files are whole, or choose another model; then `make retry`"


class _Tensor(BaseModel):
    """What a header says of a tensor (the format's documentation)."""

    dtype: str
    shape: list[int]
    data_offsets: list[int] = Field(min_length=2, max_length=2)


def check_file(path: Path, name: str) -> None:
    """Raise `Unavailable` for a file that is not what its name says; `name`: its path in the repository."""
    begin = _begin(path, name)
    if name.endswith(".safetensors"):
        tensors_of(path, name)
    elif name.endswith(".bin") and not begin.startswith(_PICKLES):
        raise Unavailable(f"its {name} is no file of torch", _REMEDY)
    elif name.endswith(".json"):
        try:
            if name.endswith(("config.json", ".index.json")):
                json_object(path.read_bytes())
            else:
                json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise Unavailable(f"its {name} is no JSON that can be read: {error}", _REMEDY) from error


def _begin(path: Path, name: str) -> bytes:
    with path.open("rb") as handle:
        begin = handle.read(len(_POINTER))
    if not begin and name.endswith((".safetensors", ".bin")):
        raise Unavailable(f"its {name} is empty", _REMEDY)
    if begin == _POINTER:
        raise Unavailable(f"its {name} is a pointer of Git LFS, and not the file that it points to", _REMEDY)
    return begin


def tensors_of(path: Path, name: str) -> dict[str, Any]:
    """Tensor name to its dtype, shape and data_offsets, from the header of a safetensors file.

    The header is an unsigned 64-bit length and JSON of that length (the format's documentation). Raises `Unavailable`
    where the file is none, or is shorter than its header says.
    """
    _begin(path, name)
    size_bytes = path.stat().st_size
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        text = handle.read(length) if length <= size_bytes - 8 else b""
    try:
        header = json_object(text)
        header.pop("__metadata__", None)
        for tensor in header.values():
            _Tensor.model_validate(tensor, strict=True)
    except ValueError as error:
        raise Unavailable(f"its {name} is no safetensors file: its header can not be read", _REMEDY) from error
    end = max((tensor["data_offsets"][1] for tensor in header.values()), default=0)
    if 8 + length + end > size_bytes:
        raise Unavailable(f"its {name} ends too early: {size_bytes} bytes of {8 + length + end}", _REMEDY)
    return header
