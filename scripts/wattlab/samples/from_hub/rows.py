"""From a row of a hub's copy to a row as the adapters and the quality metrics read it: the columns that `fields` names.

One form for all copies: a list of records (objects, answers) becomes a mapping of lists; boxes are x, y, width, height
in pixels; images are PIL images; classes stay numbers (their names stand in the manifest).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from datasets import ClassLabel, Features, LargeList, List
from datasets import Image as ImageFeature
from PIL import Image

from wattlab.foundation.errors import near_matches
from wattlab.hub.failures import HubUnavailable
from wattlab.samples.manifest import Row
from wattlab.study.cells import SampleSpec

#: Roles that make an input: a row without one of them is no sample.
_NEEDED = ("text", "question", "tokens", "prompt", "image")

#: Roles whose values are texts.
_TEXTS = ("text", "question", "context", "prompt", "summary")

#: What stands for itself in a text.
_SCALARS = (int, float, Decimal, date, time, timedelta)

#: Modes that PNG holds as they are; others become RGB.
_STORED_MODES = ("1", "L", "LA", "RGB", "RGBA", "I;16")

#: Boxes may end a pixel outside their image.
_TOLERANCE_PX = 1.0

#: Share of a sample's boxes that must fit the form that the catalog states.
_FITTING_SHARE = 0.9


class Refused(Exception):
    """A row that is no sample; its text is the reason."""


@dataclass(frozen=True)
class Picture:
    """An image as it was stored, its size (pixels) known, so that it is sure to open."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def image(self) -> Image.Image:
        """Opened, turned as its EXIF orientation says, as datasets 5.2 does."""
        opened = ImageFeature().decode_example({"bytes": self.content, "path": None})
        return opened if opened.mode in _STORED_MODES else opened.convert("RGB")


def picture(content: bytes) -> Picture:
    """The image that bytes are; `Refused` where they are none."""
    try:
        image = ImageFeature().decode_example({"bytes": content, "path": None})
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(f"its image does not open: {type(error).__name__}") from error
    return Picture(content, image.width, image.height)


@dataclass(frozen=True)
class Layout:
    """Which columns of a copy become which columns of a sample."""

    spec: SampleSpec

    @property
    def fields(self) -> dict[str, str]:
        """Role to the sample's column."""
        return dict(self.spec.entry.fields)

    def source(self, column: str) -> str:
        """Name in this copy of a sample's column."""
        return str(self.spec.hub.columns.get(column, column))

    @property
    def texts(self) -> list[str]:
        """Columns of this copy that hold texts."""
        return [self.source(column) for role, column in self.fields.items() if role in _TEXTS]

    def columns(self, there: Sequence[str]) -> list[str]:
        """The sample's columns, of a copy with these. Raises `HubUnavailable` where one is missing."""
        wanted = list(dict.fromkeys(self.fields.values()))
        if self.fetches_images(there):
            wanted.remove(self.fields["image"])
        for column in wanted:
            if self.source(column) not in there:
                raise HubUnavailable(
                    f"{self.spec.hub.id} has no column {self.source(column)}; {near_matches(self.source(column), there)}",
                    f"correct `fields` or `hub.columns` in catalog/datasets/{self.spec.dataset}.yaml",
                )
        return wanted

    def fetches_images(self, there: Sequence[str]) -> bool:
        """Whether the copy has addresses where its images would be."""
        fields = self.fields
        return "image" in fields and "image_url" in fields and self.source(fields["image"]) not in there

    def accept(self, raw: Row, columns: Sequence[str]) -> Row:
        """The sample's columns of a row, its image as a `Picture`. Raises `Refused`."""
        roles = {column: role for role, column in self.fields.items()}
        needed = _NEEDED if "image" in map(roles.get, columns) else (*_NEEDED, "image_url")
        row: Row = {}
        for column in columns:
            value, role = raw[self.source(column)], roles[column]
            if value is None and role in needed:
                raise Refused(f"its {role} is null")
            if role in _TEXTS and value is not None and not isinstance(value, str):
                value = self._as_text(value, role)
            row[column] = picture(_bytes_of(value)) if role == "image" else value
        return row

    def _as_text(self, value: Any, role: str) -> Any:
        """Nobody looked at the types of one's own file: a text may be digits alone. What has parts is no text."""
        if value != value:
            raise Refused(f"its {role} is NaN")
        if not isinstance(value, _SCALARS):
            raise Refused(f"its {role} is a {type(value).__name__} and no text")
        return str(value) if self.spec.hub.source == "local" else value


def _bytes_of(value: Any) -> bytes:
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        # A path would be one on the machine of whoever made the file.
        raise Refused("its image has no bytes")
    return content


# ---------------------------------------------------------------- one form


def uniform(rows: list[Row], layout: Layout) -> list[Row]:
    """Rows in the one form, images left as they are; as Parquet gives them back, so that their hash is that of what is
    stored. Raises `HubUnavailable` for boxes that are not as the catalog says."""
    rows = _as_mappings_of_lists(rows)
    objects = layout.fields.get("objects")
    if objects is not None:
        rows = [{**row, objects: _with_boxes(row[objects], layout)} for row in rows]
        if layout.spec.hub.boxes is not None:
            rows = _as_xywh(rows, objects, layout.spec.hub.boxes, layout)
    plain = [{name: value for name, value in row.items() if not isinstance(value, Picture)} for row in rows]
    stored = _as_stored(plain, layout) if plain and plain[0] else plain
    return [row | back for row, back in zip(rows, stored, strict=True)]


def _as_stored(rows: list[Row], layout: Layout) -> list[Row]:
    try:
        stored: list[Row] = pa.Table.from_pylist(rows).to_pylist()
    except (pa.ArrowException, UnicodeEncodeError, OverflowError) as error:
        raise HubUnavailable(
            f"rows of {layout.spec.hub.id} mix types in a column, or hold what none has: {str(error).splitlines()[0]}",
            f"read another copy, or correct `fields` in catalog/datasets/{layout.spec.dataset}.yaml",
        ) from error
    return stored


def _as_mappings_of_lists(rows: list[Row]) -> list[Row]:
    columns = {name for row in rows for name, value in row.items() if _is_records(value)}
    changed = {}
    for name in columns:
        keys = dict.fromkeys(key for row in rows for record in row[name] or [] for key in record)
        changed[name] = [{key: [record.get(key) for record in row[name] or []] for key in keys} for row in rows]
    return [row | {name: values[place] for name, values in changed.items()} for place, row in enumerate(rows)]


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)


def _with_boxes(objects: Any, layout: Layout) -> Row:
    """A mapping of lists with `bbox`, also where the copy has four columns x, y, w, h."""
    sides, objects = ("x", "y", "w", "h"), objects or {}
    if all(side in objects for side in sides):
        boxes = [list(box) for box in zip(*(objects[side] for side in sides), strict=True)]
        return {"bbox": boxes} | {name: values for name, values in objects.items() if name not in sides}
    if "bbox" not in objects and any(objects.values()):
        raise HubUnavailable(
            f"objects of {layout.spec.hub.id} have no bbox, and no x, y, w, h; they have {', '.join(objects)}",
            f"correct `hub.columns` in catalog/datasets/{layout.spec.dataset}.yaml, or read another copy",
        )
    return {"bbox": [], **objects}


def _as_xywh(rows: list[Row], objects: str, stated: str, layout: Layout) -> list[Row]:
    shares = fitting_shares(rows, objects, layout.fields["image"])
    other = "xyxy" if stated == "xywh" else "xywh"
    if shares and shares[stated] < _FITTING_SHARE and shares[other] > shares[stated]:
        raise HubUnavailable(
            f"boxes of {layout.spec.hub.id} are not {stated}: {shares[stated]:.0%} of them fit into their images so, and {shares[other]:.0%} as {other}",
            f"set `hub.boxes: {other}` in catalog/datasets/{layout.spec.dataset}.yaml",
        )
    changed = []
    for row in rows:
        boxes = [[float(side) for side in box] for box in row[objects]["bbox"]]
        if stated == "xyxy":
            boxes = [[left, top, right - left, bottom - top] for left, top, right, bottom in boxes]
        changed.append(row | {objects: row[objects] | {"bbox": boxes}})
    return changed


def fitting_shares(rows: Iterable[Row], objects: str, image: str) -> dict[str, float]:
    """Share of the boxes that lie in their image if read as xywh, and as xyxy; empty where there is no box."""
    fits: dict[str, list[bool]] = {"xywh": [], "xyxy": []}
    for row in rows:
        width, height = row[image].width + _TOLERANCE_PX, row[image].height + _TOLERANCE_PX
        for left, top, third, fourth in row[objects]["bbox"]:
            fits["xywh"].append(left + third <= width and top + fourth <= height)
            fits["xyxy"].append(left <= third <= width and top <= fourth <= height)
    return {form: sum(found) / len(found) for form, found in fits.items() if found}


# ---------------------------------------------------------------- class names


def label_names(features: Features | None, layout: Layout, columns: Iterable[str]) -> dict[str, list[str]]:
    """Class names by the sample's column (`label`, `ner_tags`, `objects.category`), in the order of their numbers."""
    stated = [(column, (features or {}).get(layout.source(column))) for column in columns]
    return {path: names for column, feature in stated for path, names in _names(feature, column).items()}


def _names(feature: Any, path: str) -> dict[str, list[str]]:
    if isinstance(feature, ClassLabel):
        return {path: list(feature.names)}
    if isinstance(feature, List | LargeList):
        return _names(feature.feature, path)
    if isinstance(feature, Mapping):
        return {name: names for key, part in feature.items() for name, names in _names(part, f"{path}.{key}").items()}
    return {}
