"""The answers of one cell beside the rows that they answer, as the metrics read them."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from wattlab.foundation.errors import InputError
from wattlab.samples.manifest import Manifest, read_manifest, rows_path
from wattlab.study.cells import Cell

#: Rows of a batch: photographs of so many are in memory at once while their sizes are read.
_ROWS_AT_ONCE = 50


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or _are_texts(value)


def _are_boxes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box) for box in value
    )


#: What the values of a role may be, besides null.
_FORMS: dict[str, Callable[[Any], bool]] = {
    "answers": lambda value: _are_texts(value.get("text")) if isinstance(value, dict) else isinstance(value, str),
    "caption": _is_text,
    "objects": lambda value: isinstance(value, dict) and _are_boxes(value.get("bbox")),
    "summary": _is_text,
    "tokens": _are_texts,
}


class Unscorable(Exception):
    """Answers that have no quality; its text is the reason."""


@dataclass(frozen=True)
class Score:
    """A number between 0 and 1. `headline` marks the one of a task that figures show."""

    metric: str
    value: float
    n_scored: int
    n_unscored: int
    #: Answers that name no class of the dataset; they are scored, as wrong. Null where no class is asked for.
    n_unparsed: int | None = None
    headline: bool = False


@dataclass(frozen=True)
class Answered:
    """A cell's answers and rows, one for one, each different row once."""

    cell: Cell
    #: Role (text, label, answers, …) to column of `rows`.
    fields: dict[str, str]
    #: The rows without their images; `image_sizes` has width and height (pixels) where the task reads them.
    rows: Sequence[dict[str, Any]]
    answers: Sequence[Any]
    #: Class names by column, in the order of their numbers.
    label_names: dict[str, list[str]]
    image_sizes: Sequence[tuple[int, int]] = ()
    #: Width and height (pixels) that the model got every image in; null: the image's own.
    shown_size: tuple[int, int] | None = None
    #: Classes of the head of the model that ran, in the order of their numbers; null: not known.
    head: Sequence[str] | None = None
    #: Words that the protocol cuts a text to; null: uncut.
    max_input_words: int | None = None
    #: Words of each row's text that the model's own length left of these; null: all.
    words_read: Sequence[int | None] = ()
    #: Where the mask goes, of a task that masks the text.
    mask: str | None = None
    #: Why the split has no references, as the catalog says.
    labels_hidden: str | None = None

    def references(self, role: str) -> list[Any]:
        """The rows' values in a role. Raises `Unscorable` where the dataset has no such role."""
        if role not in self.fields:
            raise Unscorable(self.labels_hidden or f"the rows of {self.cell.dataset} have no {role}")
        column = self.fields[role]
        values = [row[column] for row in self.rows]
        for value in values:
            if value is not None and role in _FORMS and not _FORMS[role](value):
                raise Unscorable(f"the column {column} of {self.cell.dataset} holds {str(value)[:40]!r}: no {role}")
        return values

    @property
    def n_words(self) -> list[int | None]:
        """Words of each row's text that the model could read; null: all."""
        return [self.max_input_words if read is None else read for read in self.words_read or [None] * len(self.rows)]

    def class_names(self, column: str) -> list[str]:
        """Names of the classes in a column. Raises `Unscorable` where the copy does not state them."""
        if column not in self.label_names:
            raise Unscorable(f"this copy of {self.cell.dataset} does not name the classes of {column}")
        return self.label_names[column]


def read_answers(path: Path, sha256: str | None) -> list[dict[str, Any]]:
    """The lines of `outputs/….jsonl.gz` in the order of the rows. Raises `Unscorable` for others than the record's."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    if not content:
        raise Unscorable("its answers are gone: its file in outputs/ is missing or empty")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Unscorable("its answers are not those of its record: the file in outputs/ was changed")
    try:
        lines = [json.loads(line) for line in gzip.decompress(content).decode().splitlines()]
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise Unscorable(f"its answers can not be read: {error}") from error
    return sorted(lines, key=lambda line: int(line["row"]))


def read_references(
    manifest_path: Path, samples_sha256: str | None, images: str | None
) -> tuple[Manifest, list[dict[str, Any]], list[tuple[int, int]]]:
    """Manifest, rows without images, and the sizes (width, height) of the images in column `images`.

    No image is decoded: of 1,000 photographs that takes ten seconds. Raises `Unscorable` where the rows are not those
    that were answered, and `InputError` for an unreadable manifest.
    """
    manifest = read_manifest(manifest_path)
    if manifest.status != "complete" or manifest.sha256 != samples_sha256:
        raise Unscorable("the frozen rows are not those that it answered: they were sampled again since")
    rows: list[dict[str, Any]] = []
    sizes: list[tuple[int, int]] = []
    path = rows_path(manifest_path)
    try:
        with pq.ParquetFile(path) as file:
            plain = [field.name for field in file.schema_arrow if not _is_image(field.type)]
            columns = [*plain, *([images] if images else [])]
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns):
                for row in batch.to_pylist():
                    if images:
                        sizes.append(Image.open(io.BytesIO(row.pop(images)["png"])).size)
                    rows.append(row)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path}: no readable Parquet file: {error}; `make retry` samples it again, or restore it from a copy"
        ) from error
    return manifest, rows, sizes


def _is_image(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and [field.name for field in kind] == ["png"]
