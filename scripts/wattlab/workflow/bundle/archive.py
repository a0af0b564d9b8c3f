"""The bundle's file: a zip whose bytes follow from its content, and its careful unpacking.

    manifest.json                       what it is, and size and SHA-256 of every other file
    catalog/…                           the facts that the tables use
    results/specs, repeats, samples …   what the records rest on, in the places of a work directory
    results/{study}/…                   study file, records, tables

Who has the SHA-256 of the manifest has that of every file.
"""

import hashlib
import lzma
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import wattlab
from wattlab.foundation.errors import InputError, plain
from wattlab.foundation.files import replacing
from wattlab.foundation.hashing import canonical_json
from wattlab.foundation.schema import Closed, fact
from wattlab.foundation.stored import read_json

MANIFEST = "manifest.json"

#: Version of the manifest and of the layout.
BUNDLE_VERSION = 1

#: What a bundle may hold at most: a study of thousands of cells with its answers is far below.
MOST_FILES, MOST_BYTES = 100_000, 8 * 1024**3

#: Longest name of a file in it.
_LONGEST_NAME = 300

#: The earliest time that a zip knows: no bundle says when it was packed, so that the same content is the same file.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class PackedFile(Closed):
    """A file of a bundle."""

    sha256: str = fact("SHA-256 of its bytes")
    size_bytes: int = fact("size", unit="bytes", ge=0)


class BundleManifest(Closed):
    """What a bundle says of itself."""

    schema_version: int
    study: str = fact("study whose tables it holds", pattern=r"^[a-z0-9][a-z0-9-]*$")
    answers: bool = fact("whether the models' answers are in it")
    versions: dict[str, int] = fact("versions of wattlab's formats and method, by name")
    today: dict[str, str] = fact("software against which the table of drift was made")
    files: dict[str, PackedFile] = fact("every other file, by name")


def versions_here() -> dict[str, int]:
    """The versions of this wattlab."""
    return {name: value for name, value in sorted(vars(wattlab).items()) if name.endswith("_VERSION")}


def packed_file(content: bytes) -> PackedFile:
    """A file as the manifest names it."""
    return PackedFile(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def pack(path: Path, manifest: BundleManifest, contents: Mapping[str, bytes]) -> str:
    """Write the bundle, whole or not at all; the SHA-256 of its manifest. `contents`: by name, without the manifest."""
    head = canonical_json(manifest.model_dump(mode="json")).encode()
    with replacing(path) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [(MANIFEST, head), *sorted(contents.items())]:
            info = zipfile.ZipInfo(name, _NO_TIME)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return hashlib.sha256(head).hexdigest()


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with the bundle's files, until the end of the block. Raises `InputError`, with nothing unpacked."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="wattlab-bundle-") as folder:
            objection = _objection(archive.infolist())
            if objection:
                raise InputError(f"{path}: {objection}; nothing was unpacked: ask for a file that `make bundle` wrote")
            archive.extractall(folder)
            yield Path(folder)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; `make bundle` writes one") from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, IsADirectoryError) as error:
        raise InputError(f"{path}: no bundle that can be read ({plain(error)}); fetch it again") from error


def _objection(entries: list[zipfile.ZipInfo]) -> str | None:
    """Why an archive is not unpacked; null where it may be."""
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or size > MOST_BYTES:
        return f"{len(entries)} files of {size / 1024**3:.1f} GB together are more than a bundle has"
    seen: set[str] = set()
    for entry in entries:
        why = _bad_entry(entry) or ("stands in it twice" if entry.filename.lower() in seen else None)
        if why:
            return f"{plain(ascii(entry.filename), 80)} {why}"
        seen.add(entry.filename.lower())
    folders = {str(parent).lower() for entry in entries for parent in PurePosixPath(entry.filename).parents}
    clash = seen & folders
    return f"{sorted(clash)[0]!r} is a file and a folder" if clash else _no_manifest(seen)


def _no_manifest(names: Iterable[str]) -> str | None:
    return None if MANIFEST in names else f"it has no {MANIFEST}"


def _bad_entry(entry: zipfile.ZipInfo) -> str | None:
    name, mode = entry.orig_filename, entry.external_attr >> 16
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or str(place) != name or set("\\:\0") & set(name):
        return "is no plain path below the bundle"
    if (
        not name.isprintable()
        or not name.isascii()
        or len(name) > _LONGEST_NAME
        or any(len(part) > 250 for part in place.parts)
    ):
        return "is no name of a bundle's file"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or entry.is_dir():
        return "is a link, a folder or a device"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    return None


def read_manifest(folder: Path) -> BundleManifest:
    """The manifest of an unpacked bundle. Raises `InputError`."""
    return read_json(folder / MANIFEST, BundleManifest, "ask for a whole bundle", BUNDLE_VERSION)
