"""The page in a browser: three readers find what they came for, and it asks the network for nothing."""

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
from wattlab.records.record import OTHER_MODEL
from wattlab.report.explorer import Beside
from wattlab.tables.reading import Tables

pytestmark = pytest.mark.slow

CHARTS = ("tasks", "choose", "energy", "training", "comparison")

#: Nodes when the page is ready.
MOST_NODES = 5_000


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


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    with opened(browser, file) as shown:
        yield shown


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
        == "Cheapest: ainize/bart-base-cnn, 9.4 Wh per 1,000, ROUGE-L 0.30. 1 model below 0.25 or without a score left out."
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
        "30,000,000 a month of summarization with ainize/bart-base-cnn: 340 kWh (300 to 370 kWh over 3 datasets), 47 kg CO₂eq, 100 at 0.3 per kWh."
        in text
    )
    assert "bigscience/bloomz-560m takes 2.7 times as much, with ROUGE-L 0.40 against 0.30." in text
    assert "30,000,000 / 1,000 × 9.369 Wh × PUE 1.2 = 337.3 kWh; × 138.75 g CO₂eq per kWh = 47 kg; × 0.3 = 100." in text
    address = page.url.partition("#")[2]
    with opened(browser, file, fragment=address) as again:
        assert again.locator("#calc-answer").inner_text() == text
        to(again, "choose")
        assert again.input_value("#choose-least") == "0.25" and len(rows(again, "choose-rows")) == 2
    page.go_back()  # what was typed is one step with the choice before it
    assert "google/flan-t5-base" in answer.inner_text()


def test_the_reviewer_finds_the_verdict_of_a_claim_and_its_numbers_in_the_csv(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    claims = tables["claims"].copy()
    claims.loc[0, "verdict"] = "holds"
    numbers = {"claim_effect": 15.3, "ci95_low_claim_effect": 12.1, "ci95_high_claim_effect": 19.0}
    for name, value in numbers.items():
        claims.loc[0, name] = value
    path = tmp_path / "report.html"
    path.write_text(page_of(tables | {"claims": claims}, tmp_path))
    with opened(browser, path) as page:
        assert (
            "generative tasks" in page.locator("header").inner_text()
            and "1 hold here" in page.locator("header").inner_text()
        )
        page.locator("a[href='#claims']").first.click()
        page.wait_for_selector("#claims-rows tbody tr")
        assert "at=claims" in page.url
        page.select_option("#claims-verdict", "holds")
        (shown,) = rows(page, "claims-rows")
        assert shown[0] == "holds" and shown[2].startswith("15.3") and shown[3:5] == ["12.1", "19.0"]
        (row,) = csv.DictReader(io.StringIO(saved(page, "claims as CSV").decode()))
        assert row["verdict"] == "holds" and (row["effect"], row["interval, low"], row["interval, high"]) == (
            "15.3",
            "12.1",
            "19",
        )
        assert row["direction"] == "above" and row["section"] and {"effect_unit", "interval_kind", "reason"} < set(row)


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
        assert page.locator("details:not([data-table]):not([open])").count() == 0
        assert len(rows(page, "claims-rows")) > 10
        page.pdf(path=tmp_path / "page.pdf", format="A4")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#card:not([open])").count() == 1
    assert (tmp_path / "page.pdf").stat().st_size > 50_000


def test_paper_has_the_heads_of_tables_and_whole_numbers(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#choose-rows th button", has_text="Wh per 1,000")).to_be_visible()
    expect(page.locator("#training-rows td", has_text="bigscience/bloomz-7b1")).to_be_visible()
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
        assert "Flagged: another model: listed as it; short." in page.locator("#calc-answer").inner_text()
        page.evaluate(
            "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.told = text; }}})"
        )
        page.click("#calc-copy")
        assert "Flagged: another model: listed as it; short." in page.evaluate("window.told")
        to(page, "choose")
        said = page.locator("#choose-said").inner_text()
        assert said.startswith("Cheapest: ainize/bart-base-cnn") and "1 model not considered" in said
        page.click("#choose-take")
        assert "with ainize/bart-base-cnn" in page.locator("#calc-answer").inner_text()


def test_the_tasks_have_their_models_as_points_and_a_table(page: Page) -> None:
    drawn(page, "tasks")
    points = page.locator("#chart-tasks .points_marks path")
    assert points.count() == 11
    assert {point.get_attribute("fill-opacity") for point in points.all()} == {"0"}  # estimated: hollow
    page.locator("#chart-tasks [data-as=table]").click()
    shown = {row[0]: row[1:] for row in rows(page, "chart-tasks")}
    assert shown["text to image"] == ["61 Wh", "one model", "8.4 g", "1", "estimated"]
    assert shown["text classification"][1] == "range of 2 models: 0.43 to 0.79 Wh"
    assert "tasks-as=table" in page.url
    page.go_back()
    assert page.locator("#chart-tasks .canvas").is_visible()


def test_points_are_reached_by_keys_and_taken_to_the_calculator(page: Page) -> None:
    drawn(page, "tasks")
    page.locator("#chart-tasks .canvas").focus()
    page.keyboard.press("ArrowRight")
    read = page.locator("#chart-tasks .read")
    assert read.inner_text() == "1 of 11: text to image, segmind/tiny-sd: 61 Wh per 1,000, estimated"
    assert page.locator("#chart-tasks .ring").is_visible()
    page.keyboard.press("Enter")
    assert "with segmind/tiny-sd" in page.locator("#calc-answer").inner_text() and "model=segmind--tiny-sd" in page.url


def test_models_are_compared_and_have_a_card(page: Page) -> None:
    to(page, "choose")
    for name in ("ainize/bart-base-cnn", "bigscience/bloomz-560m"):
        page.get_by_label(f"compare {name}").click()
    text = page.locator("#compare").inner_text()
    assert "bigscience/bloomz-560m takes 2.7 times the energy of ainize/bart-base-cnn (2.7 by dataset)." in text
    page.get_by_label("card of bigscience/bloomz-560m").click()
    card = page.locator("#card-inside").inner_text()
    assert "co2_eq_emissions:\n  emissions: 3.5 # g CO2eq per 1,000 inferences at 138.75 g CO₂eq per kWh" in card
    assert 'hardware_used: "CPU (Example Silicon 9000)"' in card and "95 % interval" in card


def test_options_that_can_not_be_used_say_why(page: Page) -> None:
    assert page.locator("#scope option:disabled").all_text_contents() == ["device, gross (no cell has it)", "node, net of idle (no cell has it)", "device, net of idle (no cell has it)"]  # fmt: skip
    to(page, "energy")
    assert "the machine has none" in str(page.locator("#energy-gpus").text_content())


def test_the_energy_follows_its_reading(browser: Browser, tmp_path: Path) -> None:
    shares = {
        "gpu_above_idle_share": 0.1,
        "gpu_idle_share": 0.4,
        "gpu_idle_others_share": 0.35,
        "ram_share": 0.4,
        "cpu_share": 0.1,
        "low_gpu_above_idle_share": 0.05,
        "idle_gpu_power_w": 443.0,
        "high_idle_gpu_power_w": 483.0,
    }
    made = [
        {"level": "task", "task": task, "purpose": "task-specific", "energy_kwh_per_1000": kwh, "codecarbon3_ram_kwh_per_1000": 0.7 * kwh, **shares}
        for task, kwh in (("fill-mask", 0.001), ("summarization", 0.01))
    ]  # fmt: skip
    path = tmp_path / "report.html"
    path.write_text(page_of(more_tables() | {"decomposition": pd.DataFrame(made)}, tmp_path))
    with opened(browser, path) as page:
        to(page, "energy")
        drawn(page, "energy")
        sums = page.locator("#chart-energy .mark-text.role-mark text")
        assert sums.all_text_contents() == ["1.0 Wh", "10 Wh"]
        page.select_option("#energy-gpus", "one")
        expect(sums.first).to_have_text("0.65 Wh")
        page.select_option("#energy-ram", "other")
        expect(sums.first).to_have_text("0.35 Wh")
        page.select_option("#energy-idle", "out")
        expect(sums.first).to_have_text("0.30 Wh")
        assert (
            "RAM by CodeCarbon 3, one GPU, without the power" in page.locator("#chart-energy figcaption").inner_text()
        )


def test_training_against_arithmetic(page: Page) -> None:
    to(page, "training")
    out = page.locator("#training-day")

    def days() -> float:
        return float(str(out.get_attribute("data-days")))

    training = 10505 + 543  # BLOOMz-560m, kWh
    assert days() == pytest.approx(training / (1e6 * 1.0e-5), rel=1e-9)
    page.fill("#training-perday", "10000000")
    assert days() == pytest.approx(training / (1e7 * 1.0e-5), rel=1e-9)
    page.select_option("#training-task", "summarization")
    assert days() == pytest.approx(training / (1e7 * 3.5 / 138.75 / 1e3), rel=1e-9)
    page.fill("#training-kwh", "1000")
    assert days() == pytest.approx(1000 / (1e7 * 3.5 / 138.75 / 1e3), rel=1e-9)
    page.locator("#training-printed summary").click()
    assert [row[0] for row in rows(page, "training-rows")] == ["bigscience/bloomz-7b1"]


def test_cells_are_searched_sorted_and_saved_to_the_byte(page: Page) -> None:
    to(page, "cells")
    assert counted(page) == 52 and len(rows(page, "cells-rows")) == 25
    page.locator("#cells-rows [data-key=on]").click()
    assert "26 to 50 of 52" in page.locator("#cells-rows").inner_text()
    page.fill("#search", "flan-t5 squad")
    assert counted(page) == 2  # squad and squad-v2
    page.fill("#search", "flan-t5 squad, yolos")
    assert counted(page) == 5
    page.fill("#search", "no such model")
    assert rows(page, "cells-rows") == []
    page.fill("#search", "yolos")
    expected = more_tables()["cells"].to_csv(index=False, lineterminator="\n")
    some = list(csv.DictReader(io.StringIO(saved(page, "all cells as CSV").decode())))
    assert some == [row for row in csv.DictReader(io.StringIO(expected)) if "yolos" in row["model"]] and len(some) == 3
    page.click("#cells-clear")
    assert saved(page, "all cells as CSV").decode() == expected
    head = page.locator("#cells-rows th", has_text="g CO₂eq")
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert rows(page, "cells-rows")[0][6] == "0.054"  # 0.9 of distilbert's 0.060 g
    page.locator("[data-table=totals] summary").click()
    page.wait_for_selector("[data-table=totals] tbody tr")
    assert len(rows(page, "table-totals")) == 6


def test_every_chart_is_svg_png_and_csv(page: Page) -> None:
    drawn(page, "tasks")
    assert b"<desc>Wh per 1,000 inferences" in saved(page, "1,000 inferences of each task as SVG")
    assert saved(page, "1,000 inferences of each task as PNG").startswith(b"\x89PNG")
    assert (
        saved(page, "1,000 inferences of each task as CSV")
        .decode()
        .splitlines()[0]
        .startswith('"1,000 inferences of",')
    )


def test_the_comparison_names_every_task_and_every_study(page: Page) -> None:
    to(page, "paper")
    drawn(page, "comparison")
    shown = set(page.locator("#chart-comparison svg text").all_text_contents())
    assert {"the paper", "laptop", "wide", "text to image"} <= shown
    assert page.locator("#chart-comparison .points_marks path").count() == 30


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
    context.close()


def test_numbers_are_written_as_in_the_static_page(page: Page) -> None:
    script = (Path(__file__).parents[2] / "scripts/wattlab/report/assets/core.js").read_text()
    start, end = script.index("const SUPERSCRIPT"), script.index("// An amount in the unit")
    found = page.evaluate(f"values => {{ {script[start:end]}; return values.map((one) => words(one)); }}", list(WORDS))
    assert found == list(WORDS.values())


def test_missing_cells_are_shown_as_missing(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    cells = tables["cells"]
    gone = cells["task"] == "fill-mask"
    cells.loc[gone, [column for column in cells if "per_1000" in column]] = float("nan")
    cells.loc[gone, ["n_valid", "status"]] = [0, "failed"]
    by_task = hand_tables.tasks(cells[~gone])
    tables |= {"tasks": by_task, "comparison": hand_tables.comparison(by_task)}
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    with opened(browser, path) as page:
        assert (
            page.locator("#calc-task option[value=fill-mask]").text_content() == "fill mask (no energy of this scope)"
        )
        to(page, "cells")
        page.select_option("#cells-status", "missing")
        expect(page.locator("#cells-rows tbody tr")).to_have_count(3)
        assert all(row[4:7] == ["failed", "none", "missing"] for row in rows(page, "cells-rows"))


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
