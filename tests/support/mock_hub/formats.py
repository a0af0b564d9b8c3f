"""Rows as the bytes of the files in which hub datasets come."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from datasets import Features
from PIL import Image

Row = dict[str, Any]

#: Rows of a row group: small, so that files of a few rows have several, as the real ones have.
GROUP_ROWS = 8


def parquet(rows: list[Row], features: Features | None = None, row_group_size: int = GROUP_ROWS) -> bytes:
    """A Parquet file; with `features`, as the datasets library writes it, their description in its metadata."""
    if features is None:
        table = pa.Table.from_pylist(rows)
    else:
        encoded = [features.encode_example(row) for row in rows]
        table = pa.Table.from_pylist(encoded, schema=features.arrow_schema)
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=row_group_size)
    return sink.getvalue()


def json_lines_gz(rows: list[Row]) -> bytes:
    """A gzipped file of JSON lines."""
    return gzip.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(), mtime=0)


def csv_table(rows: list[Row]) -> bytes:
    """A CSV file with a header; null is an empty field."""
    sink = io.StringIO(newline="")
    writer = csv.DictWriter(sink, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A ZIP archive."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def jpeg(image: Image.Image, orientation: int | None = None) -> bytes:
    """A JPEG file in the image's mode (RGB, L, CMYK), with an EXIF orientation where one is given."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=85, exif=exif)
    return sink.getvalue()


def png(image: Image.Image) -> bytes:
    """A PNG file."""
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


def card(content: Mapping[str, Any], text: str = "# A dataset\n") -> bytes:
    """A README with this YAML block."""
    return f"---\n{yaml.safe_dump(dict(content), sort_keys=False)}---\n{text}".encode()
