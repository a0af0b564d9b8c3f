"""Copy the small results of the published study to `docs/published/`, so that a reader sees them before running anything.

    python -m publish_docs --results results/published --docs docs/published
    python -m publish_docs --results results/factors --docs docs/factors
    python -m publish_docs --results results/today-laptop --docs docs/today

Tables as they are; figures as images of half the size and few colours. More than `MAX_BYTES` in all is refused.
"""

import io
from pathlib import Path
from typing import Annotated

from PIL import Image

from wattlab.figures.listing import FIGURES
from wattlab.foundation.errors import InputError, entry_of
from wattlab.foundation.files import write_bytes
from wattlab.foundation.verbs import tell, verb

#: Tables, with the forms that are small enough to keep: the rest is a run of seconds away.
TABLES = {
    "audit": ("csv", "md"),
    "claims": ("csv", "md"),
    "power": ("csv", "md"),
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

#: Study -> its tables and figures that are kept.
KEPT: dict[str, tuple[dict[str, tuple[str, ...]], set[str]]] = {
    "published": (TABLES, FIGURES.keys() - {"flops", "factors", "then_and_now", "comparison"}),
    "factors": ({"factors": ("csv", "md"), "functional_units": ("csv", "md"), "cells": ("csv",)}, {"factors"}),
    "today-laptop": (
        {
            "then_and_now": ("csv", "md"),
            "then_and_now_claims": ("csv", "md"),
            "tasks": ("csv", "md"),
            "multipurpose": ("csv", "md"),
            "cells": ("csv",),
        },
        {"then_and_now", "multipurpose_vs_specific"},
    ),
}

#: Of all files together.
MAX_BYTES = 900_000


def small_image(content: bytes, width: int = 1050) -> bytes:
    """A PNG scaled to a width (pixels) and reduced to 256 colours."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    scaled = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    scaled.quantize(256, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _content(path: Path) -> bytes:
    if not path.exists():
        raise InputError(f"{path}: no such file; run its study first (`make published`)")
    return path.read_bytes()


def chosen(results: Path) -> dict[str, bytes]:
    """Name below the docs folder -> content; an `InputError` names what has not been made yet."""
    files = {}
    tables, figures = entry_of(KEPT, results.name, f"{results}: no study whose results docs/ keeps")
    for name, forms in tables.items():
        for form in forms:
            path = results / "tables" / f"{name}.{form}"
            files[path.name] = _content(path)
    for name in sorted(figures):
        path = results / "figures" / f"{name}.png"
        files[f"figures/{path.name}"] = small_image(_content(path))
    size = sum(len(content) for content in files.values())
    if size > MAX_BYTES:
        raise InputError(f"{results}: {size} bytes are more than {MAX_BYTES}; take a table or a figure out of the list")
    return files


@verb
def main(
    *,
    results: Annotated[Path, "the study's results"] = Path("results/published"),
    docs: Annotated[Path, "folder to write to"] = Path("docs/published"),
) -> None:
    """Choose, write, remove what is not made any more."""
    files = chosen(results)
    for name, content in files.items():
        write_bytes(docs / name, content)
    for path in docs.rglob("*"):
        known = path.relative_to(docs).as_posix() in files or path.name == "README.md"
        if path.is_file() and not known:
            path.unlink()
    print(f"{docs}: {len(files)} files, {sum(map(len, files.values())) // 1000} kB")


if __name__ == "__main__":
    tell(main)
