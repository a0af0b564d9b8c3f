"""Downloaded files of rows, opened by their format: Parquet, CSV, JSON lines, JSON, JSON in a ZIP archive.

The packaged builders of the datasets library are not used: they give no row by its number without converting the whole
file first. What it knows of a file's features (class names, images) is used.
"""

import gzip
import io
import json
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from datasets import Features

from wattlab.catalog.facts import ArchiveMember
from wattlab.foundation.errors import near_matches
from wattlab.hub.failures import HubUnavailable
from wattlab.samples.manifest import Row


class RowFile(ABC):
    """Rows of one file, by their number in it."""

    #: As the file states them; null where it states none.
    features: Features | None = None

    def __init__(self, name: str) -> None:
        """`name`: in the repository."""
        self.name = name

    @abstractmethod
    def n_rows(self, limit: int | None = None) -> int:
        """Number of rows; counted up to `limit` at most, where counting means reading."""

    @abstractmethod
    def columns(self) -> list[str]:
        """Names of the columns."""

    @abstractmethod
    def rows(self, places: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """The rows at these ascending places, in these columns."""

    def places_where(self, wanted: Mapping[str, Any]) -> list[int]:
        """Places of the rows that have these values; raises `HubUnavailable` where a column is missing."""
        if missing := wanted.keys() - set(self.columns()):
            raise HubUnavailable(
                f"{self.name} has no column {min(missing)}; {near_matches(min(missing), self.columns())}",
                "correct `hub.first_where` of the catalog entry",
            )
        rows = self.rows(range(self.n_rows()), list(wanted))
        return [place for place, row in enumerate(rows) if row == wanted]


class ParquetRows(RowFile):
    """A Parquet file, read by row groups."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self._file = pq.ParquetFile(path)
        if b"huggingface" in (self._file.schema_arrow.metadata or {}):
            # A kind of feature that this version does not know costs class names, and no rows.
            with suppress(ValueError):
                self.features = Features.from_arrow_schema(self._file.schema_arrow)

    def n_rows(self, limit: int | None = None) -> int:
        """From the footer."""
        return int(self._file.metadata.num_rows)

    def columns(self) -> list[str]:
        """From the footer."""
        return list(self._file.schema_arrow.names)

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """Only the row groups that hold a place are read."""
        start, waiting = 0, iter(places)
        place = next(waiting, None)
        for group in range(self._file.num_row_groups):
            end = start + self._file.metadata.row_group(group).num_rows
            inside = []
            while place is not None and place < end:
                inside.append(place - start)
                place = next(waiting, None)
            if inside:
                with reading(self.name):
                    table = self._file.read_row_group(group, columns=list(columns))
                yield from table.take(inside).to_pylist()
            start = end


class TableRows(RowFile):
    """A table in memory."""

    def __init__(self, name: str, table: pa.Table) -> None:
        super().__init__(name)
        self._table = table

    def n_rows(self, limit: int | None = None) -> int:
        """Its length."""
        return int(self._table.num_rows)

    def columns(self) -> list[str]:
        """Its columns."""
        return list(self._table.column_names)

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """By number."""
        return iter(self._table.select(list(columns)).take(list(places)).to_pylist())


class LineRows(RowFile):
    """JSON lines, read in sequence."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self._path = path

    def _lines(self) -> Iterator[str]:
        with reading(self.name), opened(self._path) as handle:
            yield from (line for line in handle if line.strip())

    def _parsed(self, line: str) -> Row:
        with reading(self.name):
            return row_of(json.loads(line))

    def n_rows(self, limit: int | None = None) -> int:
        """Lines that are not blank."""
        return sum(1 for _ in islice(self._lines(), limit))

    def columns(self) -> list[str]:
        """Those of the first row."""
        return [name for line in islice(self._lines(), 1) for name in self._parsed(line)]

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """Nothing is parsed but the lines asked for, and nothing is read after them."""
        wanted = set(places)
        for place, line in enumerate(islice(self._lines(), max(wanted, default=-1) + 1)):
            if place in wanted:
                yield chosen(self._parsed(line), columns)


class ListRows(RowFile):
    """Rows that lie in one JSON document."""

    def __init__(self, name: str, rows: list[Any]) -> None:
        super().__init__(name)
        self._rows = [row_of(row) for row in rows]

    def n_rows(self, limit: int | None = None) -> int:
        """Length of the list."""
        return len(self._rows)

    def columns(self) -> list[str]:
        """Those of the first row."""
        return list(self._rows[0]) if self._rows else []

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """By number."""
        return (chosen(self._rows[place], columns) for place in places)


def chosen(row: Row, columns: Iterable[str]) -> Row:
    """A row's values in these columns; null where it has none."""
    return {name: row.get(name) for name in columns}


def row_of(value: Any) -> Row:
    """A row of JSON; raises `ValueError` for what is none."""
    if not isinstance(value, dict):
        raise ValueError(f"a row is no JSON object but {str(value)[:40]!r}")
    return value


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """A text file, unpacked by its name's ending."""
    if path.name.endswith(".gz"):
        with gzip.open(path, "rt", encoding="utf-8") as handle:
            yield handle
    elif path.name.endswith(".zst"):
        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
            with io.TextIOWrapper(stream, encoding="utf-8") as handle:
                yield handle
    else:
        with path.open(encoding="utf-8") as handle:
            yield handle


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Raise `HubUnavailable` where the content of a file is not of its format."""
    try:
        yield
    except (ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _unreadable(name, error) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> HubUnavailable:
    said = (str(error).splitlines() or [""])[0]
    return HubUnavailable(
        f"{name} can not be read: {type(error).__name__}: {said}",
        "read another copy of the dataset, or pin another commit in its catalog entry",
    )


def open_rows(name: str, path: Path, archive: ArchiveMember | None) -> RowFile:
    """The rows of a downloaded file. `name` is that in the repository, `archive` where its rows lie in a ZIP archive.

    Raises `HubUnavailable` for a format that can not be read and for content that is not of its format.
    """
    with reading(name):
        return _opened(name, path, archive)


def _opened(name: str, path: Path, archive: ArchiveMember | None) -> RowFile:
    plain = name.removesuffix(".gz").removesuffix(".zst")
    if archive is not None:
        return _archived(name, path, archive)
    if name.endswith(".parquet"):
        return ParquetRows(name, path)
    if name.endswith(".csv"):
        return TableRows(name, _csv(path))
    if plain.endswith((".json", ".jsonl")):
        with opened(path) as handle:
            is_list = handle.read(1) == "["
        if is_list:
            with opened(path) as handle:
                return ListRows(name, json.load(handle))
        return LineRows(name, path)
    raise HubUnavailable(
        f"{name} is of no format that is read here (.parquet, .csv, .json, .jsonl, the last two also as .gz or .zst)",
        "name files of such a format in `hub.files` of the catalog entry, or `hub.archive` for a ZIP archive",
    )


def _csv(path: Path) -> pa.Table:
    """Null is an empty field; a text may say NA or null, and hold line breaks."""
    return pc.read_csv(
        path,
        parse_options=pc.ParseOptions(newlines_in_values=True),
        convert_options=pc.ConvertOptions(null_values=[""], strings_can_be_null=True),
    )


def _archived(name: str, path: Path, archive: ArchiveMember) -> RowFile:
    member, key = archive.member, archive.rows
    with zipfile.ZipFile(path) as opened_archive:
        if member not in opened_archive.namelist():
            raise HubUnavailable(
                f"{name} holds no {member}; {near_matches(member, opened_archive.namelist())}",
                "correct `hub.archive.member` of the catalog entry",
            )
        document = json.loads(opened_archive.read(member))
    if not isinstance(document, dict) or not isinstance(document.get(key), list):
        raise HubUnavailable(f"{name}: {member} has no list {key}", "correct `hub.archive.rows` of the catalog entry")
    return ListRows(name, document[key])
