"""Rows with an image: classified, annotated with boxes, or with captions."""

from typing import Any, Literal

from pydantic import model_validator

from wattlab.foundation.schema import Closed, fact
from wattlab.samples.draws import Distribution, Draws
from wattlab.samples.surrogate.images import photograph
from wattlab.samples.surrogate.source import Parameters, Row, Source, further_columns
from wattlab.samples.surrogate.text import prose_text


class OtherSize(Closed):
    """Sizes outside a mixture: one side and the shape."""

    width: Distribution | None = fact("width", None, unit="pixels")
    long_side: Distribution | None = fact("longer side", None, unit="pixels")
    aspect: Distribution = fact("width / height")

    @model_validator(mode="after")
    def _has_one_side(self) -> "OtherSize":
        if (self.width is None) == (self.long_side is None):
            raise ValueError("give one of width and long_side")
        return self


class Size(Closed):
    """Native sizes of a dataset's images (pixels)."""

    mixture: list[tuple[int, int, float]] = fact("[width, height, share]", [])
    otherwise: OtherSize | None = fact("the rest; null: the mixture's last size", None)

    @model_validator(mode="after")
    def _is_there(self) -> "Size":
        if not self.mixture and self.otherwise is None:
            raise ValueError("give a mixture, otherwise, or both")
        return self


def draw_size(draws: Draws, size: Size) -> tuple[int, int]:
    """Width and height (pixels)."""
    share = draws.share()
    for width, height, weight in size.mixture:
        if share < weight:
            return width, height
        share -= weight
    if size.otherwise is None:
        return size.mixture[-1][:2]
    aspect = draws.value(size.otherwise.aspect)
    if size.otherwise.width is not None:
        width = draws.count(size.otherwise.width)
        return width, max(1, round(width / aspect))
    assert size.otherwise.long_side is not None
    long_side = draws.count(size.otherwise.long_side)
    short_side = max(1, round(long_side * min(aspect, 1 / aspect)))
    return (long_side, short_side) if aspect >= 1 else (short_side, long_side)


class CoarseLabel(Closed):
    """A second, coarser class."""

    column: str = fact("column")
    n_classes: int = fact("classes", ge=1)


class ClassifiedParameters(Parameters):
    """Parameters of `classified-image`."""

    size: Size = fact("native sizes")
    n_classes: int = fact("classes", ge=1)
    coarse_label: CoarseLabel | None = fact("second class", None)
    hidden_labels: bool = fact("every label is -1, as in splits without answers", False)
    grey_share: float = fact("share of images of mode L", 0.0, ge=0, le=1)


def classified_image(source: Source, parameters: ClassifiedParameters, row: int) -> Row:
    """`image, label`."""
    draws = source.draws(row)
    width, height = draw_size(draws, parameters.size)
    mode = "L" if draws.share() < parameters.grey_share else "RGB"
    label = draws.index(parameters.n_classes)
    coarse = parameters.coarse_label
    return {
        source.column("image"): photograph(source.draws(row, "image"), width, height, mode),
        source.column("label"): -1 if parameters.hidden_labels else label,
        **({} if coarse is None else {coarse.column: label * coarse.n_classes // parameters.n_classes}),
        **further_columns(source, parameters.columns, row, {"width": width, "height": height}),
    }


class AnnotatedParameters(Parameters):
    """Parameters of `annotated-image`."""

    size: Size = fact("native sizes")
    n_objects: Distribution = fact("boxes of an image")
    n_classes: int = fact("classes of boxes", ge=1)
    boxes: Literal["xywh", "xyxy"] = fact("corner and size, or two corners (pixels)")


def annotated_image(source: Source, parameters: AnnotatedParameters, row: int) -> Row:
    """`image, objects`: a mapping of lists, as datasets gives it: `id, bbox, category, area`."""
    draws = source.draws(row)
    width, height = draw_size(draws, parameters.size)
    objects: dict[str, list[Any]] = {"id": [], "bbox": [], "category": [], "area": []}
    for place in range(draws.count(parameters.n_objects)):
        box_width, box_height = width * _box_share(draws), height * _box_share(draws)
        left, top = (width - box_width) * draws.share(), (height - box_height) * draws.share()
        is_corners = parameters.boxes == "xyxy"
        box = [left, top, left + box_width if is_corners else box_width, top + box_height if is_corners else box_height]
        objects["id"].append(place)
        objects["bbox"].append([round(value, 2) for value in box])
        objects["category"].append(draws.index(parameters.n_classes))
        objects["area"].append(round(box_width * box_height, 2))
    return {
        source.column("image"): photograph(source.draws(row, "image"), width, height),
        source.column("objects"): objects,
        **further_columns(source, parameters.columns, row, {"width": width, "height": height}),
    }


def _box_share(draws: Draws) -> float:
    """Side of a box as a share of the image's: 5 to 60 %, small ones more often."""
    return 0.05 + 0.55 * draws.share() ** 2


class CaptionedParameters(Parameters):
    """Parameters of `captioned-image`."""

    size: Size = fact("native sizes")
    n_captions: int = fact("captions of an image; above 1: a list", ge=1)
    caption_words: Distribution = fact("words of a caption", unit="words")


def captioned_image(source: Source, parameters: CaptionedParameters, row: int) -> Row:
    """`image, caption`."""
    draws = source.draws(row)
    width, height = draw_size(draws, parameters.size)
    captions = [prose_text(draws, draws.count(parameters.caption_words)) for _ in range(parameters.n_captions)]
    return {
        source.column("image"): photograph(source.draws(row, "image"), width, height),
        source.column("caption"): captions if parameters.n_captions > 1 else captions[0],
        **further_columns(source, parameters.columns, row, {"width": width, "height": height}),
    }
