"""Every figure in the widths of one and two columns: nothing cut or covered, type that can be read, fonts embedded."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox

from support import hand_tables
from support.drawn import drawn, gids, points
from wattlab.figures.listing import figures_of
from wattlab.figures.palette import task_title
from wattlab.figures.style import LAYOUTS, ONE_COLUMN, Layout, save
from wattlab.tables.listing import TABLES

pytestmark = pytest.mark.slow

FIGURES = figures_of(TABLES)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("crowd", [1.0, 0.35, 0.0])
def test_labels_of_the_comparison_cover_neither_each_other_nor_a_point(crowd: float, layout: Layout) -> None:
    tables = hand_tables.tables()
    table = tables["comparison"]
    near = table["paper_energy_kwh_per_1000"] ** (1 - crowd) * table["energy_kwh_per_1000"] ** crowd
    figure = drawn("comparison", tables | {"comparison": table.assign(energy_kwh_per_1000=near)}, layout)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts if text.get_gid() == "label"]
    centres = axes.transData.transform(points(axes, "tasks"))
    assert len(boxes) == 10
    for place, box in enumerate(boxes):
        assert not any(box.contains(*centre) for centre in centres)
        assert not any(overlap(box, other) > 0 for other in boxes[place + 1 :])
        assert axes.get_window_extent().padded(1).contains(box.x0, box.y0)
        assert axes.get_window_extent().padded(1).contains(box.x1, box.y1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_reaches_beyond_the_page(name: str, layout: Layout) -> None:
    figure = drawn(name, hand_tables.tables(), layout)
    figure.draw_without_rendering()
    drawn_in = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    width, height = figure.get_size_inches()
    assert drawn_in.x0 >= 0 and drawn_in.y0 >= 0
    assert drawn_in.x1 <= width and drawn_in.y1 <= height
    legends = [legend.get_window_extent() for legend in figure.findobj(matplotlib.legend.Legend)]
    # The legend of figure 1 stands in a free corner.
    apart = legends + ([axes.get_tightbbox() for axes in figure.axes] if name != "tasks" or layout.narrow else [])
    for place, box in enumerate(apart):
        assert not any(overlap(box, other) > 1 for other in apart[place + 1 :])
    for text in figure.findobj(matplotlib.text.Text):
        assert text.get_fontsize() >= 7, text.get_text()


def test_a_column_is_as_wide_as_a_column_and_keys_the_tasks_by_number() -> None:
    tables = hand_tables.tables()
    figure = drawn("comparison", tables, ONE_COLUMN)
    assert figure.get_size_inches()[0] == 3.3
    assert drawn("comparison", tables).get_size_inches()[0] == 7.0
    (axes,) = figure.axes
    numbers = sorted((text for text in axes.texts if text.get_gid() == "label"), key=lambda text: int(text.get_text()))
    assert [text.get_text() for text in numbers] == [str(n) for n in range(1, 11)]
    figure.draw_without_rendering()
    centres = axes.transData.transform(points(axes, "tasks"))
    for place, number in enumerate(numbers):
        box = number.get_window_extent()
        nearest = np.clip(centres, [box.x0, box.y0], [box.x1, box.y1])
        assert np.hypot(*(centres - nearest).T).argmin() == place  # no number can be taken for another point's
    (key,) = figure.findobj(matplotlib.legend.Legend)
    by_paper = tables["comparison"].sort_values(["paper_energy_kwh_per_1000", "energy_kwh_per_1000"])
    assert [text.get_text() for text in key.get_texts()][:10] == [
        f"{place} {task_title(task)}" for place, task in enumerate(by_paper["task"], 1)
    ]


def test_panels_of_a_column_stand_one_below_the_other_with_the_same_points() -> None:
    tables = hand_tables.tables()
    for name in ("multipurpose_vs_specific", "multipurpose_vs_specific_by_dataset", "output_length"):
        wide, narrow = drawn(name, tables), drawn(name, tables, ONE_COLUMN)
        assert len({axes.get_position().y0 for axes in wide.axes}) == 1
        assert len({axes.get_subplotspec().rowspan.start for axes in narrow.axes}) == 3
        for one, other in zip(wide.axes, narrow.axes, strict=True):
            assert one.get_title() == other.get_title() and gids(one) == gids(other)
            for gid in gids(one):
                if not gid.startswith("interval"):
                    assert points(one, gid) == pytest.approx(points(other, gid))


def overlap(box: Bbox, other: Bbox) -> float:
    """Area in common, square pixels."""
    common = Bbox.intersection(box, other)
    return 0.0 if common is None else common.width * common.height


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_pdf_has_its_size_and_truetype_fonts_embedded(layout: Layout, tmp_path: Path) -> None:
    save(drawn("tasks", hand_tables.tables(), layout), tmp_path, "tasks", "A title", "A caption.")
    content = (tmp_path / "tasks.pdf").read_bytes()
    (box,) = re.findall(rb"/MediaBox \[ ([\d. ]+) \]", content)
    assert float(box.split()[2]) == pytest.approx(72 * layout.width_in)
    assert b"/FontFile2" in content and b"/Subtype /Type3" not in content and b"/Subtype /Image" not in content
