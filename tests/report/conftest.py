"""A browser, and a page in it. Imported where they are asked for: the other tests here run without Playwright."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import hand_tables
from support.pages import more_tables, page_of
from wattlab.report.explorer import Beside

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from support.browser import chromium

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


@pytest.fixture
def page(browser: "Browser", file: Path) -> "Iterator[Page]":
    from support.browser import opened

    with opened(browser, file) as shown:
        yield shown
