"""Copy the small results of the published study to `docs/published/`, so that a reader sees them before running anything.

    python -m publish_docs --results results/published --docs docs/published

Tables as they are; figures as images of half the size and few colours. More than `MAX_BYTES` in all is refused.
"""

import argparse
import io
from pathlib import Path

from PIL import Image, ImageColor

from wattlab.figures.listing import FIGURES
from wattlab.figures.palette import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, YELLOW
from wattlab.foundation.errors import InputError, tell
from wattlab.foundation.files import write_bytes

#: Tables, with the forms that are small enough to keep: the rest is a run of seconds away.
TABLES = {
    "audit": ("csv", "md"),
    "tasks": ("csv", "md"),
    "multipurpose": ("csv", "md"),
    "parity": ("csv", "md"),
    "comparison": ("csv", "md"),
    "totals": ("csv", "md"),
    "decomposition": ("md",),
    "ranks": ("csv",),
    "rank_stability": ("csv", "md"),
    "quality": ("csv", "md"),
    "lengths": ("csv", "md"),
    "import_problems": ("csv",),
}

#: Of all files together.
MAX_BYTES = 900_000

#: Steps from white to a colour; tenths hold the markers' opacity of 0.9.
BLENDS = 10


def figure_palette() -> Image.Image:
    """The figures' own colours and their blends with white: none is taken for another, as chosen palettes may do."""
    names = (BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE, GREY)
    colours = [ImageColor.getrgb(name) for name in names]
    levels = [
        round(255 - (255 - value) * step / BLENDS)
        for colour in colours
        for step in range(1, BLENDS + 1)
        for value in colour
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([255, 255, 255, *levels])
    return palette


def small_image(content: bytes, width: int = 1050) -> bytes:
    """A PNG scaled to a width (pixels) and reduced to the figures' palette."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    scaled = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    scaled.quantize(palette=figure_palette(), dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _content(path: Path) -> bytes:
    if not path.exists():
        raise InputError(f"{path}: no such file; run `make published` first")
    return path.read_bytes()


def chosen(results: Path) -> dict[str, bytes]:
    """Name below the docs folder -> content; an `InputError` names what has not been made yet."""
    files = {}
    for name, forms in TABLES.items():
        for form in forms:
            path = results / "tables" / f"{name}.{form}"
            files[path.name] = _content(path)
    for name in FIGURES:
        path = results / "figures" / f"{name}.png"
        files[f"figures/{path.name}"] = small_image(_content(path))
    size = sum(len(content) for content in files.values())
    if size > MAX_BYTES:
        raise InputError(f"{results}: {size} bytes are more than {MAX_BYTES}; take a table or a figure out of the list")
    return files


def main(argv: list[str] | None = None) -> int:
    """Choose, write, remove what is not made any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results/published"), help="the study's results")
    parser.add_argument("--docs", type=Path, default=Path("docs/published"), help="folder to write to")
    arguments = parser.parse_args(argv)
    files = chosen(arguments.results)
    for name, content in files.items():
        write_bytes(arguments.docs / name, content)
    for path in arguments.docs.rglob("*"):
        known = path.relative_to(arguments.docs).as_posix() in files or path.name == "README.md"
        if path.is_file() and not known:
            path.unlink()
    print(f"{arguments.docs}: {len(files)} files, {sum(map(len, files.values())) // 1000} kB")
    return 0


if __name__ == "__main__":
    tell(main)
