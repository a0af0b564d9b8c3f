"""The page in a browser, clicked through: what it shows follows the arithmetic, and it asks the network for nothing."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from support import hand_tables
from support.browser import chromium, drawn, opened
from support.pages import EMOJI, EVIL, LONG, RIGHT_TO_LEFT, WORDS, more_tables, page_of
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.report.numbers import three_digits
from wattlab.tables.reading import Tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    path = folder / "report.html"
    path.write_text(page_of(more_tables(), folder))
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    with opened(browser, file) as shown:
        yield shown


def grams_shown(page: Page) -> list[tuple[float, str, str]]:
    """Energy (kWh), grams that are counted as one (empty: text has a unit) and text of every gram outside the explorers."""
    script = "places => places.map(place => [Number(place.dataset.kwh), place.dataset.per, place.textContent])"
    return [tuple(place) for place in page.eval_on_selector_all(".g", script)]


def rows(page: Page) -> list[dict[str, str]]:
    """The table of cells as it is shown, by the names of its columns."""
    heads = page.eval_on_selector_all("#cells-head button", "all => all.map(one => one.dataset.sort)")
    lines = page.eval_on_selector_all(
        "#cells-rows tr", "all => all.map(row => [...row.children].map(one => one.textContent))"
    )
    return [dict(zip(heads, line, strict=True)) for line in lines]


def counted(page: Page) -> int:
    """Cells that the search leaves."""
    found = re.search(r"of (\d+) cells", page.locator("#cells-count").inner_text())
    return int(found[1]) if found else 0


def only(page: Page, task: str) -> None:
    page.locator("#boxes summary").click()
    page.get_by_role("button", name="none", exact=True).click()
    page.get_by_label(task, exact=True).check()


def test_every_gram_follows_the_chosen_grid(page: Page) -> None:
    before = grams_shown(page)
    assert len(before) > 20
    for name, grid in load_catalog(CATALOG_ROOT).grids.items():
        page.select_option("#grid", name)
        assert page.input_value("#intensity") == f"{grid.intensity_g_per_kwh:g}"
        shown = grams_shown(page)
        assert {"", "1", "1000", "244.2"} == {per for _, per, _ in shown}
        for kwh, per, text in shown:
            grams = kwh * grid.intensity_g_per_kwh
            in_kg = f"{three_digits(grams / 1000)} kg" if grams >= 1000 else f"{three_digits(grams)} g"
            assert text == (three_digits(grams / float(per)) if per else in_kg)
        assert grid.source in page.locator("#grid-source").inner_text()
    page.fill("#intensity", "277.5")  # twice the study's
    assert page.input_value("#grid") == ""
    first = rows(page)[0]
    assert (first["model"], first["energy"], first["grams"]) == ("microsoft--resnet-18", "5.60", "1,550")  # 777 g
    assert "grid 277.5 g/kWh" in page.locator("main").inner_text()


def test_emissions_in_the_charts_follow_the_grid_and_energy_does_not(page: Page) -> None:
    def label(name: str) -> str:
        page.wait_for_timeout(300)
        return str(page.locator(f"#chart-{name}").get_attribute("aria-label"))

    drawn(page, "tasks")
    energy = label("tasks")
    assert f"text to image {three_digits(8.4 / 138.75)} kWh" in energy
    page.fill("#intensity", "1000")
    assert label("tasks") == energy
    page.select_option("#metric", "emissions")
    assert f"text to image {three_digits(1000 * 8.4 / 138.75)} g CO₂eq" in label("tasks")
    page.select_option("#per", "one")
    assert f"text to image {three_digits(8.4 / 138.75)} g CO₂eq" in label("tasks")


def test_the_conditions_follow_the_choice(page: Page) -> None:
    below = page.locator(".conditions").first
    assert "node (CPU and RAM), gross;" in below.inner_text()
    page.select_option("#metric", "duration")
    assert below.inner_text().startswith("Time by the clock;")


def test_only_one_task(page: Page) -> None:
    drawn(page, "tasks")
    only(page, "fill mask")
    expect(page.locator("#chart-tasks .mark-symbol.role-mark path")).to_have_count(1)  # one model is its task's mean
    assert counted(page) == 3 and {row["task"] for row in rows(page)} == {"fill mask"}
    assert page.locator("#tasks-shown").inner_text() == "1 of 10"
    page.get_by_role("button", name="all", exact=True).click()
    assert counted(page) == 52


def test_search_sort_and_pages(page: Page) -> None:
    assert counted(page) == 52 and len(rows(page)) == 25
    page.get_by_role("button", name="next").click()
    assert page.locator("#cells-count").inner_text().startswith("26 to 50 of 52")
    page.fill("#search", "flan-t5 squad")
    assert counted(page) == 2  # squad and squad-v2
    page.fill("#search", "no such model")
    assert page.locator("#cells-count").inner_text() == "No cell matches." and rows(page) == []
    page.fill("#search", "")
    head = page.locator("#cells-head th", has_text="g CO₂eq")
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    shown = [float(row["grams"]) for row in rows(page)]
    assert shown == sorted(shown) and shown[0] == 0.054  # 0.9 of distilbert's 0.060 g


def test_a_point_says_what_it_is_and_filters_the_table(page: Page) -> None:
    drawn(page, "models")
    page.select_option("#models-purpose", "multi-purpose")
    expect(page.locator("#chart-models .mark-symbol.role-mark path")).to_have_count(18)
    point = page.locator("#chart-models .mark-symbol.role-mark path").first
    point.hover()
    tip = page.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    text = tip.inner_text()
    model = next(model for model, *_ in hand_tables.MULTI if model in text)
    for word in ("dataset", "95 % interval", "valid repeats", "energy from", "model+constant", "kWh"):
        assert word in text, (word, text)
    point.click()
    assert page.input_value("#search") == model and counted(page) == 9
    assert {row["model"] for row in rows(page)} == {model}


def test_download_is_cells_csv_to_the_byte(page: Page) -> None:
    expected = more_tables()["cells"].to_csv(index=False, lineterminator="\n")
    with page.expect_download() as given:
        page.get_by_role("button", name="download as CSV").click()
    assert given.value.suggested_filename == "cells.csv"
    assert Path(given.value.path()).read_text() == expected
    page.fill("#search", "yolos")
    with page.expect_download() as given:
        page.get_by_role("button", name="download as CSV").click()
    some = list(csv.DictReader(io.StringIO(Path(given.value.path()).read_text())))
    wanted = [row for row in csv.DictReader(io.StringIO(expected)) if "yolos" in row["model"]]
    assert some == wanted and len(some) == 3


def test_parity_slider_against_arithmetic(page: Page) -> None:
    out = page.locator("#parity-day")

    def days() -> float:
        return float(str(out.get_attribute("data-days")))

    def slide(name: str, value: float) -> None:
        page.locator(f"#parity-{name}").evaluate(
            "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
            str(value),
        )

    training = 10505 + 543  # BLOOMz-560m, kWh
    assert days() == pytest.approx(training / (1e6 * 1.0e-5), rel=1e-9)
    slide("perday", 7)
    assert days() == pytest.approx(training / (1e7 * 1.0e-5), rel=1e-9)
    low, high = training / (1e7 * 1.2e-5), training / (1e7 * 0.9e-5)
    assert (
        f"day {three_digits(training / 100)}, 95 % interval of the repeats alone {three_digits(low)} to {three_digits(high)}"
        in out.inner_text()
    )
    slide("training", 3)
    assert days() == pytest.approx(1000 / (1e7 * 1.0e-5), rel=1e-9)
    page.locator("#parity-training").press("ArrowRight")
    assert days() == pytest.approx(10**3.01 / (1e7 * 1.0e-5), rel=1e-9)
    page.select_option("#parity-model", "1")
    assert "no interval" in out.inner_text()
    assert days() == pytest.approx((51686 + 7571) / (1e7 * 1.0e-4), rel=1e-9)
    assert page.locator("#parity-rows tr").count() == 2


def test_every_chart_is_drawn_or_says_why_not(page: Page) -> None:
    names = page.eval_on_selector_all("[role=img][id^=chart-]", "all => all.map(one => one.id.slice(6))")
    assert set(names) == {"tasks", "models", "datasets", "lengths", "quality", "parity", "comparison", "totals"}
    for name in names:
        drawn(page, name)
    for axis in ("linear", "log"):
        for metric in ("energy", "emissions", "duration"):
            page.select_option("#axis", axis)
            page.select_option("#metric", metric)
            for name in names:
                drawn(page, name)
                assert len(str(page.locator(f"#chart-{name}").get_attribute("aria-label"))) > 30
    page.select_option("#metric", "energy")
    page.select_option("#scope", "net_device")  # the hand-written tables have no such columns
    page.locator("h2#tasks").scroll_into_view_if_needed()
    page.wait_for_selector("#empty-tasks:not([hidden])")
    assert "no cell of this choice has a value" in page.locator("#empty-tasks").inner_text()


def test_names_that_would_run_are_text(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    for place, name in enumerate((EVIL, EMOJI, RIGHT_TO_LEFT, LONG)):
        tables["cells"].loc[3 * place : 3 * place + 2, ["model", "dataset"]] = name
    tables["missing"] = hand_tables.missing(("fill-mask", EVIL, LONG, "failed", EVIL, f"{EMOJI} {RIGHT_TO_LEFT}", 0))
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    for width in (1400, 400):
        with opened(browser, path, width) as page:
            assert page.title() == "wattlab: study laptop"
            page.fill("#search", "onerror")
            assert rows(page)[0]["model"] == EVIL
            page.fill("#search", EMOJI)
            assert rows(page)[0]["model"] == EMOJI
            page.fill("#search", "")
            for name in ("tasks", "models", "datasets"):
                drawn(page, name)
            for point in page.locator("#chart-models .mark-symbol.role-mark path").all()[:12]:
                point.hover(force=True)
            assert page.title() == "wattlab: study laptop"
            assert page.locator("img").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_script_but_the_page_s_own_can_run(browser: Browser, file: Path) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    page.evaluate(
        "() => { addEventListener('securitypolicyviolation', event => { window.refused = event.violatedDirective; });"
        " const one = document.createElement('script'); one.textContent = 'document.title = 1';"
        " document.body.append(one); }"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.refused") == "script-src-elem"
    assert page.title() == "wattlab: study laptop"
    page.close()


@pytest.mark.parametrize("width", [1400, 400])
def test_accessible_and_nothing_wider_than_the_window(browser: Browser, file: Path, width: int) -> None:
    with opened(browser, file, width) as page:
        for name in ("tasks", "models", "datasets", "lengths", "quality", "parity", "comparison", "totals"):
            drawn(page, name)
        page.locator("#boxes summary").click()
        for place in page.locator("details:not(#boxes) > summary").all():
            place.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:120]) for one in found] == []


def test_keyboard_reaches_every_control(page: Page) -> None:
    controls = page.locator("#bar select, #bar input:visible, #search, #cells-status, #cells-head button")
    wanted = set(controls.evaluate_all("all => all.map(one => one.id || one.dataset.sort)"))
    reached = set()
    page.locator("body").press("Tab")
    for _ in range(60):
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.dataset.sort"))
        page.keyboard.press("Tab")
    assert wanted - reached == set()


def test_numbers_are_written_as_in_the_static_page(page: Page) -> None:
    script = (Path(__file__).parents[2] / "scripts/wattlab/report/assets/core.js").read_text()
    start, end = script.index("const SUPERSCRIPT"), script.index("const interval")
    found = page.evaluate(f"values => {{ {script[start:end]}; return values.map(words); }}", list(WORDS))
    assert found == list(WORDS.values())


def multiplied(times: int) -> Tables:
    """The hand-written tables with each cell so many times, every copy with a model of its own."""
    tables = more_tables()
    cells = tables["cells"]
    copies = [
        cells.assign(model=cells["model"] + f"-{place}", cell=cells["cell"] + f"-{place}") for place in range(times)
    ]
    return tables | {"cells": pd.concat(copies, ignore_index=True)}


@pytest.mark.parametrize(("times", "most_mb"), [(6, 12), (60, 24)], ids=["312 cells", "3,120 cells"])
def test_large_studies_stay_small_and_quick(browser: Browser, tmp_path: Path, times: int, most_mb: float) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(multiplied(times), tmp_path))
    assert path.stat().st_size < most_mb * 1e6
    with opened(browser, path) as page:
        (paint,) = page.evaluate("performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)")
        assert paint < 2000  # ms
        assert counted(page) == 52 * times
        drawn(page, "models")
        script = (
            "() => { const start = performance.now(); const box = document.getElementById('search');"
            " box.value = 'flan'; box.dispatchEvent(new Event('input')); return performance.now() - start; }"
        )
        assert page.evaluate(script) < 500  # ms
        assert counted(page) == 9 * times
