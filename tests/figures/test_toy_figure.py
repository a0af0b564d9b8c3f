"""A figure from outside the package is one file and its name: from the dry run to its PDF and the page."""

from pathlib import Path

import pytest

import draw_figures
from support import hand_tables
from support.drawn import drawn, note_of
from support.records import write_study
from support.toy_figure import toy_figure
from support.workflow import Project, run_with
from wattlab.figures.listing import FIGURES, figures_of

pytestmark = pytest.mark.slow

TOY = "support.toy_figure.toy_figure:FIGURE"


def test_it_is_drawn_where_its_tables_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIGURES, "toy", TOY)
    assert figures_of({"cells", "provenance"})["toy"].caption == toy_figure.FIGURE.caption
    assert "toy" not in figures_of({"cells"})
    tables = hand_tables.tables()
    figure = drawn("toy", tables)
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(list(tables["cells"]["energy_kwh_per_1000"]))
    assert "Example Silicon 9000" in note_of("toy", tables)
    study, folder = write_study(tmp_path, hand_tables.study()), hand_tables.write(tmp_path / "tables", tables)
    given = {"--study": study, "--tables": folder, "--figure": "toy", "--figures": tmp_path / "figures"}
    assert draw_figures.main([str(part) for pair in given.items() for part in pair]) == 0
    assert (tmp_path / "figures/toy_column.pdf").read_bytes().startswith(b"%PDF")


def test_from_the_dry_run_to_the_page(finished: Project, tmp_path: Path) -> None:
    project = run_with(
        finished, tmp_path / "project", toy_figure, due="Drawing the figures", not_due="Building the tables"
    )
    assert (project.results / "small/figures/toy.png").is_file()
    page = (project.results / "small/report.html").read_text()
    assert toy_figure.FIGURE.title in page and toy_figure.FIGURE.caption in page
    assert "is not drawn" not in page
