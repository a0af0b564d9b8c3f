"""Atomic writes: a file is whole or it is not there."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO


def free_bytes(folder: Path) -> int:
    """Free space of the disk of a folder that may not be there yet."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A neighbour to write to, which takes the place of `path` in the end: a reader or a crash never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with neighbour.open("wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(neighbour, path)
    finally:
        neighbour.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write all of it or nothing."""
    with replacing(path) as handle:
        handle.write(content)


def write_text(path: Path, content: str) -> None:
    """`write_bytes` of UTF-8 text."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: Any) -> None:
    """`write_text` of indented JSON with sorted keys and a final newline."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def copy_file(source: Path, target: Path) -> None:
    """A copy that is whole or not there."""
    with source.open("rb") as content, replacing(target) as handle:
        shutil.copyfileobj(content, handle)
