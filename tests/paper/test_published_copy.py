"""The published copy in docs/published: what a fresh run gives, small, with every figure."""

import io
import re

import pandas as pd
import pytest
from PIL import Image, ImageColor

from publish_docs import KEPT, MAX_BYTES, TABLES
from publish_docs import main as publish_docs
from support import published_logs
from wattlab.figures.palette import MODALITY_COLOURS, STRUCTURE_COLOURS
from wattlab.foundation.errors import InputError
from wattlab.paper.audit import by_chance, summary
from wattlab.paper.decomposition import finding
from wattlab.report.images import small_image
from wattlab.tables.claims.table import counted
from wattlab.tables.reading import read_table

pytestmark = pytest.mark.slow

DOCS = published_logs.ROOT / "docs" / "published"


@pytest.mark.parametrize("name", [name for name, forms in TABLES.items() if "csv" in forms])
def test_the_published_copy_is_what_a_fresh_run_gives(tables, name):
    kept = read_table(DOCS / f"{name}.csv")
    pd.testing.assert_frame_equal(kept, tables[name], rtol=1e-9, check_dtype=False)


def test_the_published_copy_is_small_and_its_page_tells_the_counts(tables):
    assert sum(path.stat().st_size for path in DOCS.rglob("*") if path.is_file()) < MAX_BYTES + 10_000
    page = " ".join((DOCS / "README.md").read_text().split())
    assert summary(tables["audit"]) in page and by_chance(tables["audit"]) in page
    assert finding(tables["decomposition"]) in page
    verdicts = counted(tables["claims"])
    assert verdicts == "of 25 claims of the paper, 17 hold here, 0 fail and 8 are not decidable here"
    assert verdicts[1:] in page


def test_the_published_copy_shows_every_figure_at_a_modest_size():
    for name in KEPT["published"][1]:
        with Image.open(DOCS / "figures" / f"{name}.png") as image:
            assert image.width == 1050 and image.mode == "P", name
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (DOCS / "README.md").read_text())
    assert shown and all((DOCS / path).is_file() for path in shown)


def test_what_has_not_been_made_is_not_published(tmp_path):
    with pytest.raises(InputError, match="audit.csv: no such file; run its study first [(]`make published`[)]"):
        publish_docs(["--results", str(tmp_path / "published"), "--docs", str(tmp_path / "docs")])
    assert not (tmp_path / "docs").exists()


def test_a_small_image_keeps_the_colours_apart():
    colours = [ImageColor.getrgb(colour) for colour in {*MODALITY_COLOURS.values(), *STRUCTURE_COLOURS.values()}]
    image = Image.new("RGB", (2100, 100 * len(colours)), "white")
    for place, colour in enumerate(colours):
        image.paste(colour, (0, 100 * place, 40, 100 * place + 100))
    written = io.BytesIO()
    image.save(written, "PNG")
    small = Image.open(io.BytesIO(small_image(written.getvalue()))).convert("RGB")
    assert small.size == (1050, 50 * len(colours))
    assert [small.getpixel((5, 50 * place + 25)) for place in range(len(colours))] == colours
    assert small.getpixel((500, 25)) == (255, 255, 255)
