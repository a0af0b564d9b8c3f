"""The page in a browser: nothing foreign runs, everybody can read it, and large studies stay usable."""

from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from support import hand_tables
from support.browser import CHARTS, counted, drawn, opened, rows, to
from support.pages import EMOJI, EVIL, LONG, RIGHT_TO_LEFT, more_tables, page_of
from wattlab.tables.reading import Tables

pytestmark = pytest.mark.slow


#: Nodes when the page is ready.
MOST_NODES = 5_000


def test_names_that_would_run_are_text(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    for place, name in enumerate((EVIL, EMOJI, RIGHT_TO_LEFT, LONG)):
        tables["cells"].loc[3 * place : 3 * place + 2, ["model", "dataset", "hub_id", "flags"]] = name
    tables["missing"] = hand_tables.missing(("fill-mask", EVIL, LONG, "failed", EVIL, f"{EMOJI} {RIGHT_TO_LEFT}", 0))
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    for width in (1400, 400):
        with opened(browser, path, width) as page:
            page.select_option("#calc-task", "text-classification")
            to(page, "choose")
            assert EVIL in page.locator("#choose-rows").inner_text()
            for name in CHARTS:
                drawn(page, name)
            for point in page.locator("#chart-tasks .points_marks path").all()[:12]:
                point.hover(force=True)
            to(page, "cells")
            page.fill("#search", "onerror")
            assert rows(page, "cells-rows")[0][0] == EVIL
            assert page.title() == "wattlab: study laptop" and page.locator("img").count() == 0
            assert page.locator("a[href*=onerror], a[href*=script]").count() == 0
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


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (900, "dark"), (400, "light")])
def test_accessible_and_nothing_wider_than_the_window(browser: Browser, file: Path, width: int, scheme: str) -> None:
    with opened(browser, file, width, scheme=scheme) as page:
        for name in CHARTS:
            drawn(page, name)
        for place in page.locator("details > summary").all():
            place.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:160]) for one in found] == []


def test_without_scripts_the_figures_stand_in_their_places(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert "Without JavaScript the page shows the figures" in page.locator("main").inner_text()
    assert (
        page.locator("section#tasks #figure-tasks").is_visible()
        and page.locator("section#paper #figure-comparison").is_visible()
    )
    assert not page.locator("#calc-task").is_visible() and not page.locator("#cells-clear").is_visible()
    assert page.locator("#claims-rows li:visible .verdict").all_text_contents() == ["not decidable here"] * 25
    assert page.locator("section#training td", has_text="bigscience/bloomz-560m").is_visible()
    page.locator("#table-totals summary").click()
    assert page.locator("#table-totals a").get_attribute("href") == "tables/totals.csv"
    assert {"tables/cells.csv", "tables/claims.csv"} <= {
        str(one.get_attribute("href")) for one in page.locator("#cells a:visible").all()
    }
    context.close()


def multiplied(times: int) -> Tables:
    """The hand-written tables with each cell so many times, every copy with a model of its own."""
    tables = more_tables()
    cells = tables["cells"]
    copies = [
        cells.assign(model=cells["model"] + f"-{place}", cell=cells["cell"] + f"-{place}") for place in range(times)
    ]
    return tables | {"cells": pd.concat(copies, ignore_index=True)}


@pytest.mark.parametrize(("times", "most_mb"), [(1, 1.2), (60, 4)], ids=["52 cells", "3,120 cells"])
def test_large_studies_stay_small_and_usable(browser: Browser, tmp_path: Path, times: int, most_mb: float) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(multiplied(times), tmp_path))
    assert path.stat().st_size < most_mb * 1e6
    with opened(browser, path) as page:
        assert page.evaluate("document.querySelectorAll('*').length") < MOST_NODES
        to(page, "cells")
        assert counted(page) == 52 * times
        page.fill("#search", "flan")
        assert counted(page) == 9 * times
        assert page.evaluate("document.querySelectorAll('*').length") < 2 * MOST_NODES
