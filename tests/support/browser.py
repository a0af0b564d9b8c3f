"""Debian's Chromium by Playwright, for the tests of the page: opened from disk, without any network."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

#: Charts of the page, by name.
CHARTS = ("tasks", "choose", "energy", "training", "comparison", "factors", "flops")

CHROMIUM = shutil.which("chromium")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # where /dev/shm is small, as in a container, the browser stops drawing
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; skips the test where Chromium is not installed."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, file: Path, width: int = 1400, height: int = 900, *, fragment: str = "", scheme: str = "light"
) -> Iterator[Page]:
    """The page, ready, at this state of its address; at the end it must have asked for nothing and complained of nothing."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    # A click waits for two drawn frames, which a busy machine has kept back for half a minute.
    page.set_default_timeout(90_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri() + (f"#{fragment}" if fragment else ""))
    page.wait_for_selector("body[data-ready=yes]")
    yield page
    others = [url for url in asked if not url.startswith(("data:", "blob:"))]
    assert (said, [url.partition("#")[0] for url in others]) == ([], [file.as_uri()])
    page.close()


def drawn(page: Page, chart: str) -> None:
    """Scroll to a chart and wait until it is there."""
    page.locator(f"#chart-{chart}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#chart-{chart} svg, #chart-{chart} canvas")


def to(page: Page, section: str) -> None:
    """Scroll to a section and wait until it is drawn."""
    page.locator(f"#{section}").scroll_into_view_if_needed()
    page.evaluate("name => document.getElementById(name).scrollIntoView()", section)
    page.wait_for_timeout(150)


def rows(page: Page, table: str) -> list[list[str]]:
    """The rows of a table as they are shown."""
    script = "all => all.map(row => [...row.children].map(one => one.textContent))"
    return [list(row) for row in page.eval_on_selector_all(f"#{table} tbody tr", script)]


def counted(page: Page) -> int:
    """Cells that the search leaves."""
    found = re.search(r"of ([\d,]+) rows?", page.locator("#cells-rows [role=status]").inner_text())
    return int(found[1].replace(",", "")) if found else 0


def saved(page: Page, name: str) -> bytes:
    with page.expect_download() as given:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(given.value.path()).read_bytes()
