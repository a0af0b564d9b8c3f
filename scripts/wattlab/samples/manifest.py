"""The frozen rows of a dataset: a Parquet file, and beside it the manifest that says what they are.

The content hash is taken over canonical JSON of the rows, an image as its size, mode and raw pixels: never over the
bytes of a file, which another version of a compressor changes. Images are stored losslessly, as PNG.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from pydantic import model_validator

from wattlab.foundation.errors import InputError
from wattlab.foundation.files import copy_file, replacing, write_bytes, write_json
from wattlab.foundation.hashing import sha256_of
from wattlab.foundation.schema import Closed, Outcome, fact
from wattlab.foundation.stored import read_json
from wattlab.hub.receipts import FetchedFile
from wattlab.samples.places import earlier_places
from wattlab.study.cells import SampleSpec
from wattlab.study.config import Data

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

#: The one key of the struct that stores an image in a Parquet column.
_PNG = "png"

#: Rows of a row group: photographs of so many rows are in memory at once while they are written or read.
_ROWS_AT_ONCE = 16


class SkippedRow(Closed):
    """A row that was drawn and is no sample."""

    row_id: str = fact("row of the source")
    reason: str = fact("why not")


class FetchedImage(Closed):
    """An image that was fetched by its address."""

    row_id: str = fact("row of the source")
    url: str = fact("where it was fetched")
    size_bytes: int = fact("size of the file", unit="bytes", ge=0)
    sha256: str = fact("of the file")


class Manifest(Outcome):
    """What frozen rows are, or why there are none."""

    dataset: str = fact("name of the catalog entry")
    hub_id: str | None = fact("dataset on the hub; null: surrogate", None)
    hub_revision: str | None = fact("its commit", None)
    hub_config: str | None = fact("its configuration, where one is named", None)
    hub_split: str | None = fact("its split", None)
    files: list[FetchedFile] = fact("files of the hub that rows were drawn from", [])
    images: list[FetchedImage] = fact("images that were fetched by their address, in the order of the rows", [])
    skipped: list[SkippedRow] = fact("rows that were drawn, are no samples, and were replaced by others", [])
    label_names: dict[str, list[str]] = fact("class names by column, in the order of their numbers", {})
    data: Data = fact("mode")
    selection: Literal["seeded", "first"] = fact("which rows")
    seed: int = fact("seed")
    n_wanted: int = fact("rows that the study asked for", unit="rows", ge=1)
    n_rows: int = fact("different rows stored", unit="rows", ge=0)
    cycled: bool = fact("fewer rows than wanted: readers get them again from the first")
    row_ids: list[int | str] = fact("rows of the source, in the order stored; of a file of the hub: path:row")
    sha256: str | None = fact("content hash of the stored rows; filled in by `write_samples`", None)
    generator_version: int = fact("version of the generator or sampler")
    key: str = fact("key of the sample spec")
    notes: list[str] = fact("what the rows are made of, and credits", [])

    @classmethod
    def of(cls, spec: SampleSpec, n_rows: int, **found: Any) -> "Manifest":
        """The manifest of a spec's rows; `found`: the fields that the spec does not say, of `status: complete` or another."""
        return cls(
            **{"status": "complete", **found},
            dataset=spec.dataset,
            data=spec.data,
            selection=spec.selection,
            seed=spec.seed,
            n_wanted=spec.n,
            n_rows=n_rows,
            cycled=0 < n_rows < spec.n,
            generator_version=spec.generator_version,
            key=spec.key,
        )

    @model_validator(mode="after")
    def _is_consistent(self) -> "Manifest":
        if self.status == "complete" and (self.n_rows < 1 or len(self.row_ids) != self.n_rows):
            raise ValueError("status complete needs as many row_ids as n_rows, at least one")
        if self.status == "complete" and self.cycled != (self.n_rows < self.n_wanted):
            raise ValueError("cycled says whether n_rows is below n_wanted")
        return self


def samples_sha256(rows: Iterable[Row]) -> str:
    """Content hash of rows: SHA-256 of the list of the rows' hashes, so that rows may come one at a time."""
    return sha256_of([_row_sha256(row) for row in rows])


def _row_sha256(row: Row) -> str:
    return sha256_of({column: _plain(value) for column, value in row.items()})


def _plain(value: Any) -> Any:
    """The value as JSON; an image becomes its size, mode and the hash of its raw pixels."""
    if _is_image(value):
        pixels = hashlib.sha256(value.tobytes()).hexdigest()
        return {"size": list(value.size), "mode": value.mode, "pixels_sha256": pixels}
    return value


def _is_image(value: Any) -> bool:
    # Like pyarrow only where rows are read or written: whoever plans a study reads manifests alone.
    from PIL import Image

    return isinstance(value, Image.Image)


def rows_path(manifest_path: Path) -> Path:
    """The Parquet file beside a manifest."""
    return manifest_path.with_suffix(".parquet")


def write_samples(path: Path, manifest: Manifest, rows: Iterable[Row]) -> Manifest:
    """Write rows and then, as the sign that they are whole, the manifest at `path`; both atomically.

    Fills in the manifest's `sha256` and returns it. An `unavailable` manifest takes no rows: their file is empty. Raises `ValueError` for
    another number of rows than the manifest says.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if manifest.status == "complete":
        # A thousand photographs are gigabytes: they wait on the disk until the types of all columns are known.
        with tempfile.TemporaryFile(dir=path.parent) as photographs, replacing(rows_path(path)) as sink:
            hashes, stored = [], []
            for row in rows:
                hashes.append(_row_sha256(row))
                stored.append({column: _put_away(value, photographs) for column, value in row.items()})
            if len(stored) != manifest.n_rows:
                raise ValueError(f"{path}: {len(stored)} rows came, but the manifest says n_rows = {manifest.n_rows}")
            _write_parquet(stored, photographs, sink)
        manifest = manifest.model_copy(update={"sha256": sha256_of(hashes)})
    else:
        write_bytes(rows_path(path), b"")  # the rules declare it
    write_json(path, manifest.model_dump(mode="json"))
    return manifest


@dataclass(frozen=True)
class _Extent:
    """Where the PNG of an image waits."""

    start: int
    size_bytes: int


def _put_away(value: Any, photographs: IO[bytes]) -> Any:
    if not _is_image(value):
        return value
    start = photographs.tell()
    # The lightest compression: writing 1,000 photographs at the default level takes minutes.
    value.save(photographs, format="PNG", compress_level=1)
    photographs.seek(0, os.SEEK_END)
    return _Extent(start, photographs.tell() - start)


def _write_parquet(rows: list[Row], photographs: IO[bytes], sink: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(rows)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = [
                {column: _png(value, photographs) for column, value in row.items()}
                for row in rows[start : start + _ROWS_AT_ONCE]
            ]
            writer.write_table(pa.Table.from_pylist(part, schema))


def _schema(rows: list[Row]) -> "pa.Schema":
    """The types of all rows together, since a few may have nothing but nulls in a column."""
    import pyarrow as pa

    empty = {_PNG: b""}
    without = [{name: empty if isinstance(value, _Extent) else value for name, value in row.items()} for row in rows]
    return pa.Table.from_pylist(without).schema


def _png(value: Any, photographs: IO[bytes]) -> Any:
    if not isinstance(value, _Extent):
        return value
    photographs.seek(value.start)
    return {_PNG: photographs.read(value.size_bytes)}


def _loaded(value: Any) -> Any:
    if not (isinstance(value, dict) and value.keys() == {_PNG}):
        return value
    from PIL import Image

    image = Image.open(io.BytesIO(value[_PNG]))
    image.load()
    return image


def _rgb(value: Any) -> Any:
    # `convert` copies even where there is nothing to convert.
    return value.convert("RGB") if _is_image(value) and value.mode != "RGB" else value


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`; an `InputError` names the file."""
    return read_json(path, Manifest, f"run the sampling rule (`snakemake {path}`)")


def read_rows(manifest: Manifest, path: Path) -> list[Row]:
    """The `n_wanted` rows of the manifest at `path`, images as RGB; an `unavailable` manifest has none.

    Fewer rows than wanted come again from the first. Raises `InputError` for a missing or unreadable Parquet file
    and for rows whose content is not what the manifest says.
    """
    if manifest.status == "unavailable":
        return []
    rows = list(_stored_rows(path))
    check_rows(manifest, path, rows)
    rows = [{column: _rgb(value) for column, value in row.items()} for row in rows]
    return [rows[place % len(rows)] for place in range(manifest.n_wanted)]


def check_rows(manifest: Manifest, path: Path, rows: Iterable[Row] | None = None) -> None:
    """Raise `InputError` where the rows beside the manifest at `path` are not those that it says; `rows`: read already."""
    found = samples_sha256(_stored_rows(path) if rows is None else rows)
    if found != manifest.sha256:
        raise InputError(
            f"{rows_path(path)}: content sha256 = {found}, but the manifest says {manifest.sha256}; {_remedy(path)}"
        )


def _stored_rows(manifest_path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = rows_path(manifest_path)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    yield {column: _loaded(value) for column, value in row.items()}
    except FileNotFoundError as error:
        raise InputError(f"{path}: the rows of {manifest_path.name} are missing; {_remedy(manifest_path)}") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: no readable Parquet file: {error}; {_remedy(manifest_path)}") from error


def _remedy(manifest_path: Path) -> str:
    return "`make retry` samples again for the cells that lack it"


def take_over(path: Path) -> Manifest | None:
    """Copy samples that lie at an earlier place to `path`, their rows checked; the manifest, null without any."""
    for earlier in earlier_places(path):
        manifest = read_manifest(earlier)
        try:
            if manifest.status == "complete":
                check_rows(manifest, earlier)
                copy_file(rows_path(earlier), rows_path(path))
            else:
                write_bytes(rows_path(path), b"")  # the rules declare it
        except InputError as error:
            print(f"not taken over: {error}")
            continue
        copy_file(earlier, path)
        return manifest
    return None
