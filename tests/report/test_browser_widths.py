"""The page on a desk and on a phone: what stands beside, what is missing, and that nothing is cut."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from support import hand_tables
from support.browser import chromium, drawn, opened
from support.pages import more_tables, page_of
from wattlab.figures.palette import task_title
from wattlab.report.explorer import Beside

pytestmark = pytest.mark.slow

CHARTS = ("tasks", "models", "datasets", "lengths", "quality", "parity", "comparison", "totals")
WIDTHS = (1400, 400)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with another one beside it that takes three times the energy."""
    folder = tmp_path_factory.mktemp("report")
    other = hand_tables.tasks(hand_tables.cells())
    other["energy_kwh_per_1000"] *= 3
    path = folder / "report.html"
    path.write_text(page_of(more_tables(), folder, hand_tables.study(beside=["wide"]), Beside("wide", other)))
    return path


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, file: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(browser, file, request.param) as shown:
        yield shown


def texts(page: Page, chart: str) -> list[str]:
    """Every text that is drawn in a chart."""
    return [str(text) for text in page.locator(f"#chart-{chart} svg text").all_text_contents() if text]


def test_no_text_of_a_chart_is_cut(page: Page) -> None:
    script = """chart => {
      const frame = document.querySelector(`#chart-${chart} svg`).getBoundingClientRect();
      return [...document.querySelectorAll(`#chart-${chart} svg text`)].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
          || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
      }).map(text => text.textContent);
    }"""
    for chart in CHARTS:
        drawn(page, chart)
        assert (chart, page.evaluate(script, chart)) == (chart, [])


def all_shown(page: Page) -> bool:
    """Whether the answer's table is as wide as its frame."""
    shown = page.locator("#answer").evaluate("it => it.parentElement.scrollWidth <= it.parentElement.clientWidth")
    return bool(shown)


def test_the_answer_needs_no_scrolling_sideways(page: Page) -> None:
    assert all_shown(page)
    cell = page.locator("#answer tr[data-task=text-to-image] td.amount").first
    head = str(cell.evaluate("cell => getComputedStyle(cell, '::before').content"))
    width = page.evaluate("innerWidth")
    assert head == ('"smartphone charges"' if width == 400 else "none") and cell.inner_text() == "2.75"


@pytest.mark.parametrize("width", [*WIDTHS, 1240, 1000, 780])
def test_nor_where_numbers_have_many_digits(browser: Browser, tmp_path: Path, width: int) -> None:
    tables = more_tables()
    for bound, value in (("", 7.04e-6), ("min_models_", 6.00e-6), ("max_models_", 7.93e-6)):
        tables["tasks"][f"{bound}energy_kwh_per_1000"] = value
    tables["tasks"][["interval_kind", "n_models"]] = ["range", 4]
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    with opened(browser, path, width) as page:
        assert "(range of 4 models, 0.00000600 to 0.00000793)" in " ".join(page.locator("#answer").inner_text().split())
        assert all_shown(page)


def test_kilometres_follow_the_grid_and_charges_do_not(page: Page) -> None:
    amounts = page.locator("#answer tr[data-task=text-to-image] td.amount")
    before = amounts.all_inner_texts()
    page.fill("#intensity", "277.5")  # twice the study's
    assert before == ["2.75", "0.613", "0.0344"] and amounts.all_inner_texts() == ["2.75", "0.613", "0.0688"]


def test_the_comparison_names_every_task_and_every_study(page: Page) -> None:
    drawn(page, "comparison")
    shown = texts(page, "comparison")
    assert {task_title(task) for task in hand_tables.MODELS} <= set(shown)
    assert [text for text in shown if text in ("the paper", "laptop", "wide")] == ["the paper", "laptop", "wide"]
    points = page.locator("#chart-comparison .mark-symbol.role-mark path")
    assert points.count() == 30
    label = str(page.locator("#chart-comparison").get_attribute("aria-label"))
    assert "text to image, laptop: 0.0605 kWh, paper 2.91 kWh; text to image, wide: 0.182 kWh, paper 2.91 kWh" in label
    assert "and the study wide" in page.locator("h2#comparison").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_missing_cells_are_shown_as_missing(browser: Browser, tmp_path: Path, width: int) -> None:
    tables = more_tables()
    cells = tables["cells"]
    gone = (cells["task"] == "fill-mask") | ((cells["dataset"] == "xsum") & (cells["purpose"] == "task-specific"))
    cells.loc[gone, [column for column in cells if "per_1000" in column]] = float("nan")
    cells.loc[gone, ["n_valid", "status"]] = [0, "failed"]
    by_task = hand_tables.tasks(cells[~gone])
    rows = [(cell.task, cell.dataset, cell.model, "failed", "out of memory", "add memory", 0)
            for cell in cells[gone].itertuples()]  # fmt: skip
    tables |= {"tasks": by_task, "missing": hand_tables.missing(*rows), "comparison": hand_tables.comparison(by_task)}
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    with opened(browser, path, width) as page:
        missing = page.locator("#answer tr.missing").inner_text()
        assert "fill mask" in missing and "missing: see what is missing, and why" in missing
        page.select_option("#cells-status", "missing")
        shown = page.locator("#cells-rows tr.missing")
        assert shown.count() == int(gone.sum()) == 4
        values = [text.split("\t") for text in shown.all_inner_texts()]
        assert all(row[5:8] == ["missing", "no interval", "missing"] and "failed" in row[-1] for row in values)
        page.select_option("#cells-status", "all")
        drawn(page, "tasks")
        assert "fill mask" not in texts(page, "tasks")
        assert page.locator("h2#missing ~ .scroll").first.locator("tbody tr").count() == 4
    assert pd.isna(tables["cells"].loc[gone, "energy_kwh_per_1000"]).all()
