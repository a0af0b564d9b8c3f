"""The page in a browser: an engineer, a reviewer and a policy person find what they came for."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import CHARTS, drawn, opened, rows, saved, to
from support.pages import more_tables, page_of
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.records.record import OTHER_MODEL

pytestmark = pytest.mark.slow


def test_the_engineer_finds_the_cheapest_summarizer_above_a_score_and_shares_the_link(
    browser: Browser, file: Path, page: Page
) -> None:
    to(page, "choose")
    page.select_option("#choose-task", "summarization")
    # Means of the cells: 1.2, 1.3 and 3.5 g at 138.75 g/kWh are 8.6, 9.4 and 25 Wh.
    assert [row[1:3] for row in rows(page, "choose-rows")] == [
        ["google/flan-t5-basemulti-purpose", "8.6 Wh"],
        ["ainize/bart-base-cnn", "9.4 Wh"],
        ["bigscience/bloomz-560mmulti-purpose", "25 Wh"],
    ]
    page.fill("#choose-least", "-5")
    assert page.locator("#choose-why").inner_text() == "not taken: from 0 to 1,000"
    page.fill("#choose-least", "0.25")
    said = page.locator("#choose-said").inner_text()
    assert (
        said
        == "Cheapest for summarization (ROUGE-L of at least 0.25): ainize/bart-base-cnn, 9.4 Wh per 1,000, ROUGE-L 0.30. 1 model below 0.25 or without a score left out."
    )
    page.click("#choose-take")
    page.fill("#n", "30000000")
    page.fill("#price", "0.30")
    page.fill("#pue", "1.2")
    answer = page.locator("#calc-answer")
    kwh = 30_000 * 1.3 / 138.75 * 1.2
    assert float(str(answer.get_attribute("data-kwh"))) == pytest.approx(kwh, rel=1e-9)
    text = answer.inner_text()
    assert (
        "30,000,000 a month of summarization with ainize/bart-base-cnn: 340 kWh (range 300 to 370 kWh over 3 datasets), 47 kg CO₂eq, cost 100 at a price of 0.3 per kWh."
        in text
    )
    assert "Of the models that Which model leaves: ROUGE-L of at least 0.25." in text
    assert "bigscience/bloomz-560m takes 2.69 times the energy of ainize/bart-base-cnn (" in text
    assert "by dataset 2.69). ROUGE-L: 0.40 against 0.30." in text
    assert "30,000,000 / 1,000 × 9.369 Wh × PUE 1.2 = 337.3 kWh; × 138.75 g CO₂eq per kWh = 47 kg; × 0.3 = 100." in text
    address = page.url.partition("#")[2]
    with opened(browser, file, fragment=address) as again:
        assert again.locator("#calc-answer").inner_text() == text
        to(again, "choose")
        assert again.input_value("#choose-least") == "0.25" and len(rows(again, "choose-rows")) == 2
    page.go_back()  # what was typed is one step with the choice before it
    assert "google/flan-t5-base" in answer.inner_text()


def test_the_calculator_follows_dataset_and_score(browser: Browser, file: Path, page: Page) -> None:
    """xsum is the third dataset: 1.1 times the mean of 1.2, 1.3 and 3.5 g at 138.75 g/kWh."""
    answer = page.locator("#calc-answer")
    to(page, "choose")
    page.select_option("#choose-dataset", "xsum")
    for name in ("ainize/bart-base-cnn", "google/flan-t5-base"):
        page.get_by_label(f"compare {name}").press("Space")
    compared = {row[0]: row[1:] for row in rows(page, "compare")}
    scores = {row[1].removesuffix("multi-purpose"): row[3] for row in rows(page, "choose-rows")}
    assert "mean over datasets" not in compared and "xsum" in compared
    assert compared["ROUGE-L"] == [scores["ainize/bart-base-cnn"], scores["google/flan-t5-base"]]
    to(page, "tasks")
    assert (
        "summarization with google/flan-t5-base: 9.5 kWh (on xsum alone; 95 % interval over 3 repeats"
        in answer.inner_text()
    )
    page.fill("#choose-least", "0.35")
    to(page, "tasks")
    text = answer.inner_text()
    assert "with bigscience/bloomz-560m: 28 kWh (on xsum alone" in text and "on xsum, ROUGE-L of at least 0.35." in text
    assert float(str(answer.get_attribute("data-kwh"))) == pytest.approx(1000 * 3.5 * 1.1 / 138.75, rel=1e-9)
    assert page.locator("#calc-model option").all_text_contents() == [
        "bigscience/bloomz-560m: 28 Wh per 1,000, ROUGE-L 0.40, the cheapest"
    ]
    with opened(browser, file, fragment=page.url.partition("#")[2]) as again:
        assert again.locator("#calc-answer").inner_text() == text
        to(again, "choose")
        assert (again.input_value("#choose-dataset"), again.input_value("#choose-least")) == ("xsum", "0.35")
    page.fill("#choose-least", "0.9")
    to(page, "tasks")
    assert answer.inner_text().startswith("No model is left: on xsum, ROUGE-L of at least 0.9.")
    page.click("#calc-all")
    assert "with google/flan-t5-base: 8.6 kWh (range 7.8 to 9.5 kWh over 3 datasets)" in answer.inner_text()
    assert "dataset=" not in page.url and "least=" not in page.url


def test_the_reviewer_finds_the_verdict_of_a_claim_and_its_numbers_in_the_csv(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    claims = tables["claims"].copy()
    claims.loc[0, "verdict"] = "holds"
    numbers = {"claim_effect": 15.3, "ci95_low_claim_effect": 12.1, "ci95_high_claim_effect": 19.0}
    words = "Holds: generative tasks: 15.3 (95 % interval over models: 12.1 to 19.0) times the other six tasks."
    for name, value in {**numbers, "sentence": words}.items():
        claims.loc[0, name] = value
    path = tmp_path / "report.html"
    path.write_text(page_of(tables | {"claims": claims}, tmp_path))
    with opened(browser, path) as page:
        assert (
            "generative tasks" in page.locator("header").inner_text()
            and "1 hold here" in page.locator("header").inner_text()
        )
        page.locator("a[href='#claims']").first.click()
        shown = page.locator("#claims-rows li:visible")
        assert "at=claims" in page.url
        expect(shown).to_have_count(25)
        page.select_option("#claims-verdict", "holds")
        expect(shown).to_have_count(1)
        assert shown.locator(".verdict").inner_text() == "holds" and "15.3" in shown.inner_text()
        (row,) = csv.DictReader(io.StringIO(saved(page, "claims as CSV").decode()))
        assert row["verdict"] == "holds" and (row["effect"], row["interval, low"], row["interval, high"]) == (
            "15.3",
            "12.1",
            "19",
        )
        assert (
            row["direction"] == "above"
            and row["section"]
            and {"unit of the effect", "interval_kind", "reason"} < set(row)
        )


def test_the_policy_person_changes_the_grid_and_prints(browser: Browser, file: Path, tmp_path: Path) -> None:
    with opened(browser, file) as page:
        page.select_option("#calc-task", "text-to-image")
        assert "8.4 kg CO₂eq" in page.locator("#calc-answer").inner_text()
        for name, grid in load_catalog(CATALOG_ROOT).grids.items():
            page.select_option("#grid", name)
            assert float(page.input_value("#g")) == grid.intensity_g_per_kwh
            assert grid.source in page.locator("#grid-source").inner_text()
        page.fill("#g", "277.5")  # twice the study's
        assert page.input_value("#grid") == "" and "17 kg CO₂eq" in page.locator("#calc-answer").inner_text()
        page.fill("#g", "-5")
        assert "not taken" in page.locator("#g-said").inner_text()
        assert "17 kg CO₂eq" in page.locator("#calc-answer").inner_text()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.wait_for_timeout(600)
        widths = page.eval_on_selector_all(".canvas svg", "all => all.map(one => one.getBoundingClientRect().width)")
        assert len(widths) == len(CHARTS) and all(width <= 690 for width in widths)
        assert page.locator("details:not([data-table], .screen):not([open])").count() == 0
        assert page.locator("#claims-rows li:visible").count() == 25
        heads = page.locator("#choose-rows th").all_text_contents()
        assert heads[0] == "model" and "details" not in heads  # no column of controls
        assert (
            page.locator("#cells-rows [role=status]").inner_text()
            == "52 rows not printed: in tables/cells.csv, and on the page."
        )
        assert page.locator("#compared").is_hidden()
        page.pdf(path=tmp_path / "page.pdf", format="A4")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#card:not([open])").count() == 1
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert 5 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 12


def test_paper_has_the_heads_of_tables_and_whole_numbers(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#choose-rows th button", has_text="Wh per 1,000")).to_be_visible()
    expect(page.locator("#training td", has_text="bigscience/bloomz-7b1")).to_be_visible()
    expect(page.locator("#choose-take")).to_be_hidden()
    assert page.eval_on_selector("#choose-rows td.n", "one => getComputedStyle(one).overflowWrap") == "normal"


@pytest.mark.parametrize("section", ["training", "cells", "methods"])
def test_links_lead_to_their_section(browser: Browser, file: Path, page: Page, section: str) -> None:
    top = f"document.getElementById('{section}').getBoundingClientRect().top"
    page.locator(f"nav a[href='#{section}']").click()
    with opened(browser, file, fragment=f"at={section}") as other:
        for shown in (page, other):
            shown.wait_for_timeout(800)
            atop = shown.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
            assert atop or 0 <= shown.evaluate(top) < 100


def test_the_address_keeps_what_tables_to_come_are_sorted_by(browser: Browser, file: Path) -> None:
    with opened(browser, file, fragment="cells-sort=g&search=yolos") as page:
        page.fill("#n", "5000")
        assert "cells-sort=g" in page.url
        to(page, "cells")
        assert page.locator("#cells-rows th", has_text="g CO₂eq").get_attribute("aria-sort") == "ascending"


def test_a_model_with_the_energy_of_another_one_is_not_recommended(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    cells = tables["cells"].copy()
    cells.loc[cells["model"] == "google--flan-t5-base", "flags"] = f"{OTHER_MODEL}listed as it; short"
    path = tmp_path / "report.html"
    path.write_text(page_of(tables | {"cells": cells}, tmp_path))
    with opened(browser, path) as page:
        assert "of summarization with ainize/bart-base-cnn" in page.locator("#calc-answer").inner_text()
        page.select_option("#calc-model", "google--flan-t5-base")
        marked = "google/flan-t5-base (energy of another model)"
        assert f"of summarization with {marked}:" in page.locator("#calc-answer").inner_text()
        assert page.locator("#calc-model option:checked").inner_text().startswith(f"{marked}: 8.6 Wh")
        assert "Flagged: another model: listed as it; short." in page.locator("#calc-answer").inner_text()
        page.evaluate(
            "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.told = text; }}})"
        )
        page.click("#calc-copy")
        assert "Flagged: another model: listed as it; short." in page.evaluate("window.told")
        to(page, "choose")
        said = page.locator("#choose-said").inner_text()
        assert said.startswith("Cheapest for summarization: ainize/bart-base-cnn") and "1 model not considered" in said
        drawn(page, "choose")
        assert (
            "1 model with the energy of another model: a cross" in page.locator("#chart-choose figcaption").inner_text()
        )
        assert "energy of another model" in str(page.locator("#chart-choose svg").text_content())
        for name in ("ainize/bart-base-cnn", "google/flan-t5-base"):
            page.get_by_label(f"compare {name}").click()
        assert f"times the energy of {marked} (" in page.locator("#compare").inner_text()
        page.click("#choose-take")
        assert "with ainize/bart-base-cnn" in page.locator("#calc-answer").inner_text()
