"""Figures as small images, for pages that stand alone."""

import base64
import io
from pathlib import Path

from PIL import Image

#: Pixels: of a figure in a page that has no script to draw with, and of one in the documentation.
PAGE_WIDTH, DOCS_WIDTH = 760, 1050


def small_image(content: bytes, width: int = DOCS_WIDTH, colours: int = 256) -> bytes:
    """A PNG scaled to a width (pixels) and reduced to so many colours."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    scaled = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    scaled.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def embedded_image(path: Path) -> str:
    """A figure's file as text for an `img` of the page."""
    return base64.b64encode(small_image(path.read_bytes(), PAGE_WIDTH, 32)).decode()
