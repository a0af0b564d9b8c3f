"""Folders and files of one's own, in the hub's place: the hash of their content stands where a commit stands.

    results/places/{key}.json    where one lies, with size, time and hash of each file

Nothing else knows the place: specs, receipts and records hold a name and the hash. A file is read again only where its size
or its time is another.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from wattlab.foundation.errors import InputError, Unavailable
from wattlab.foundation.files import write_json
from wattlab.foundation.hashing import key_of, sha256_of
from wattlab.foundation.schema import Closed, fact
from wattlab.foundation.shared import Shared
from wattlab.foundation.stored import read_json

#: Owner in the hub ids of what lies on this machine.
OWNER = "local"

#: Larger reads are told (bytes).
_TOLD_FROM = 10**9

_AGAIN = "call again, which takes it as it is now"


class PlacedFile(Closed):
    """A file as it was read."""

    path: str = fact("relative to the folder")
    size_bytes: int = fact("size", unit="bytes")
    mtime_ns: int = fact("time of its last change", unit="ns")
    sha256: str = fact("of its content")


class Place(Closed):
    """A folder and what of it is used."""

    folder: str = fact("absolute")
    files: list[PlacedFile] = fact("by path")

    @property
    def commit(self) -> str:
        """What stands for a commit: 40 digits of the hash of all paths and contents."""
        return sha256_of([[file.path, file.sha256] for file in self.files])[:40]


def place_at(results: Path, named: Path, folder: Path, paths: Iterable[str]) -> Place:
    """These files of a folder with their hashes; `named`: what a person named, the folder itself or a file in it.

    Keeps what it read below `results`.
    """
    kept = results / Shared.PLACES / f"{key_of(str(named))}.json"
    before = None
    with contextlib.suppress(InputError):  # none, or one that can not be read: it is made again
        before = read_json(kept, Place, "")
    known = {(file.path, file.size_bytes, file.mtime_ns): file for file in before.files} if before else {}
    found = []
    for path in sorted(paths):
        status = (folder / path).stat()
        at = path, status.st_size, status.st_mtime_ns
        found.append(known.get(at) or _read(folder, *at))
    place = Place(folder=str(folder), files=found)
    if place != before:
        write_json(kept, place.model_dump(mode="json"))
    return place


def _read(folder: Path, path: str, size_bytes: int, mtime_ns: int) -> PlacedFile:
    if size_bytes > _TOLD_FROM:
        print(f"reading {path} ({size_bytes / 10**9:.1f} GB), once until it changes", file=sys.stderr, flush=True)
    with (folder / path).open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    return PlacedFile(path=path, size_bytes=size_bytes, mtime_ns=mtime_ns, sha256=sha256)


def place_with(results: Path, commit: str | None, name: str) -> Place:
    """A place that has this content still, by what was planned; `name`: for messages. Raises `Unavailable` where none has.

    A content may have lain at several places, of which some are gone.
    """
    changed = None
    for place in _places(results, commit):
        changed = next((file.path for file in place.files if not _is_as_read(place, file)), None)
        if changed is None:
            return place
    if changed is not None:
        raise Unavailable(f"{name}: {changed} is not what it was when it was planned", _AGAIN)
    raise Unavailable(f"{name}: no folder or file of this content is known here", _AGAIN)


def in_own_words(text: str, results: Path, commit: str | None, name: str) -> str:
    """A message about this content as it may be kept: `name` in the place of its folders, and no commit to pin."""
    for place in _places(results, commit):
        for folder in (place.folder, os.path.realpath(place.folder)):
            for file in place.files:
                text = text.replace(f"{folder}/{file.path}", f"{name}/{file.path}")
            if len(place.files) > 1:  # that of a lone file holds other things too
                text = text.replace(folder, name)
    return text.replace("pin a commit", "name a folder")


def _places(results: Path, commit: str | None) -> Iterator[Place]:
    """Where this content lay."""
    for kept in sorted((results / Shared.PLACES).glob("*.json")):
        with contextlib.suppress(InputError):  # one that can not be read says nothing of the others
            place = read_json(kept, Place, "")
            if place.commit == commit:
                yield place


def _is_as_read(place: Place, file: PlacedFile) -> bool:
    there = Path(place.folder) / file.path
    if not os.access(there, os.R_OK):
        return False
    status = there.stat()
    return (status.st_size, status.st_mtime_ns) == (file.size_bytes, file.mtime_ns)
