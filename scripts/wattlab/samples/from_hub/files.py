"""Downloaded files of rows, opened by their format: Parquet, CSV, JSON lines, JSON, JSON in a ZIP archive.

The packaged builders of the datasets library are not used: they give no row by its number without converting the whole
file first. What it knows of a file's features (class names, images) is used.
"""

import io
import json
import re
import zipfile
import zlib
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate, groupby, islice
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
    def places(self) -> Iterable[int]:
        """Numbers of the rows, ascending: where counting means reading, no further than they are asked for."""

    def n_rows(self) -> int:
        """Number of rows."""
        return sum(1 for _ in self.places())

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
        rows = self.rows(list(self.places()), list(wanted))
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

    def places(self) -> Iterable[int]:
        """From the footer."""
        return range(self._file.metadata.num_rows)

    def columns(self) -> list[str]:
        """From the footer."""
        return list(self._file.schema_arrow.names)

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """Only the row groups that hold a place are read."""
        groups = range(self._file.num_row_groups)
        ends = list(accumulate(self._file.metadata.row_group(group).num_rows for group in groups))
        for group, inside in groupby(places, key=lambda place: bisect_right(ends, place)):
            with reading(self.name):
                table = self._file.read_row_group(group, columns=list(columns))
            start = ends[group] - table.num_rows
            yield from table.take([place - start for place in inside]).to_pylist()


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

    def places(self) -> Iterable[int]:
        """Of lines that are not blank."""
        return (place for place, _ in enumerate(self._lines()))

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
    """Rows in memory: of a JSON document, or of a CSV file."""

    def __init__(self, name: str, rows: list[Any]) -> None:
        super().__init__(name)
        self._rows = [row_of(row) for row in rows]

    def places(self) -> Iterable[int]:
        """By the length of the list."""
        return range(len(self._rows))

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


def opened(path: Path) -> IO[str]:
    """A text file, unpacked by its name's ending (.gz, .zst), without the mark of UTF-8 that some programs write before it."""
    return io.TextIOWrapper(pa.input_stream(path, compression="detect"), encoding="utf-8-sig")


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Raise `HubUnavailable` where the content of a file is not of its format; let the disk's errors pass."""
    try:
        yield
    except (ValueError, OSError, EOFError, zlib.error, zipfile.BadZipFile, RecursionError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise HubUnavailable(
            f"{name} can not be read: {type(error).__name__}: {str(error).partition(chr(10))[0]}",
            "read another copy of the dataset, or pin another commit in its catalog entry",
        ) from error


def open_rows(name: str, path: Path, archive: ArchiveMember | None, texts: Iterable[str] = ()) -> RowFile:
    """The rows of a downloaded file. `name` is that in the repository, `archive` where its rows lie in a ZIP archive,
    `texts` are columns that a format without types must not make numbers of.

    Raises `HubUnavailable` for a format that can not be read and for content that is not of its format.
    """
    with reading(name):
        return _opened(name, path, archive, texts)


def _opened(name: str, path: Path, archive: ArchiveMember | None, texts: Iterable[str]) -> RowFile:
    plain = name.removesuffix(".gz").removesuffix(".zst")
    if archive is not None:
        return _archived(name, path, archive)
    if name.endswith(".parquet"):
        return ParquetRows(name, path)
    if name.endswith(".csv"):
        return ListRows(name, _csv(path, texts))
    if plain.endswith((".json", ".jsonl")):
        with opened(path) as handle:
            start = handle.read(1)
            if start == "[":
                return ListRows(name, json.loads(start + handle.read()))
        return LineRows(name, path)
    raise HubUnavailable(
        f"{name} is of no format that is read here (.parquet, .csv, .json, .jsonl, the last two also as .gz or .zst)",
        "name files of such a format in `hub.files` of the catalog entry, or `hub.archive` for a ZIP archive",
    )


def _csv(path: Path, texts: Iterable[str]) -> list[Row]:
    """Null is an empty field; a text may say NA, null, 007 or true, and hold line breaks."""
    table = pc.read_csv(
        path,
        parse_options=pc.ParseOptions(newlines_in_values=True),
        convert_options=pc.ConvertOptions(
            null_values=[""], strings_can_be_null=True, column_types=dict.fromkeys(texts, pa.string())
        ),
    )
    if len(table.column_names) == 1 and (others := re.findall(r"[;\t|]", table.column_names[0])):
        raise ValueError(f"its columns are separated by {others[0]!r}; save it with commas")
    if twice := [name for name, n in Counter(table.column_names).items() if n > 1]:
        raise ValueError(f"several of its columns are called {twice[0]!r}")
    for column in table.schema:
        if pa.types.is_binary(column.type):
            raise ValueError(f"its column {column.name} is no UTF-8 text; save it as UTF-8")
    return list(table.to_pylist())


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
