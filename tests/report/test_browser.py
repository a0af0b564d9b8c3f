"""The page in a browser: charts, tables and choices follow the reader."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from support import hand_tables
from support.browser import counted, drawn, opened, rows, saved, to
from support.pages import WORDS, more_tables, page_of
from wattlab.records.record import OTHER_MODEL
from wattlab.tables.intervals import ratio_estimate

pytestmark = pytest.mark.slow


def test_the_tasks_have_their_models_as_points_and_a_table(page: Page) -> None:
    drawn(page, "tasks")
    points = page.locator("#chart-tasks .points_marks path")
    assert points.count() == 11
    assert {point.get_attribute("fill-opacity") for point in points.all()} == {"0"}  # estimated: hollow
    page.locator("#chart-tasks [data-as=table]").click()
    shown = {row[0]: row[1:] for row in rows(page, "chart-tasks")}
    assert shown["text to image"] == ["61 Wh", "one model", "8.4 g", "1"]
    assert "The same in every row: energy is: estimated." in page.locator("#as-tasks").inner_text()
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
    # Three datasets, three repeats with a spread of 1.6 % on each side: the table's own statistics give the bounds.
    side = [[1.0] * 3, [0.016] * 3, [3] * 3]
    found = ratio_estimate([[3.5 / 1.3] * 3, [0.016 * 3.5 / 1.3] * 3, [3] * 3], side)
    assert (
        f"bigscience/bloomz-560m takes {found.mean:.2f} times the energy of ainize/bart-base-cnn ({found.low:.2f} to {found.high:.2f}: 95 % interval"
        in text
    )
    assert "18 valid repeats; geometric mean over 3 datasets, by dataset 2.69)." in text and "separable" not in text
    page.get_by_label("card of bigscience/bloomz-560m").click()
    card = page.locator("#card-inside").inner_text()
    assert "co2_eq_emissions:\n  emissions: 3.5 # g CO₂eq per 1,000 inferences at 138.75 g CO₂eq per kWh" in card
    assert 'hardware_used: "CPU (Example Silicon 9000)"' in card and "95 % interval" in card


def test_models_whose_ratio_holds_1_are_not_separable(browser: Browser, tmp_path: Path) -> None:
    tables = more_tables()
    cells = tables["cells"]
    bart = (cells["model"] == "ainize--bart-base-cnn").to_numpy()
    kwh = "energy_node_kwh_per_1000"
    cells.loc[bart, f"sd_{kwh}"] = 0.2 * cells.loc[bart, kwh]
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    with opened(browser, path, fragment="compare=ainize--bart-base-cnn,google--flan-t5-base") as page:
        to(page, "choose")
        text = page.locator("#compare p").inner_text()
    found = ratio_estimate([[1.3 / 1.2] * 3, [0.2 * 1.3 / 1.2] * 3, [3] * 3], [[1.0] * 3, [0.016] * 3, [3] * 3])
    assert found.low < 1 < found.high
    assert (
        f"takes 1.08 times the energy of google/flan-t5-base ({found.low:.3f} to {found.high:.2f}: 95 % interval"
        in text
    )
    assert text.endswith(": not separable, since the interval holds 1.")


def test_settings_stand_beside_the_protocol_with_their_interval(page: Page) -> None:
    to(page, "settings")
    drawn(page, "factors")
    assert page.locator("#chart-factors .points_marks path").count() == 6  # four cells, two means
    caption = page.locator("#chart-factors figcaption").inner_text()
    assert (
        "(4 cells in 2 means). 2 of 2 intervals hold 1" in caption
        and "95 % interval by Student's t over the repeats" in caption
    )
    page.locator("#chart-factors .canvas").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    read = "2 of 6: text classification, dtype=bfloat16, 2 cells: 0.791 (0.600 to 1.04) times the protocol’s"
    assert page.locator("#chart-factors .read").inner_text() == read
    page.locator("#chart-factors [data-as=table]").click()
    assert rows(page, "chart-factors")[2][:4] == [
        "text classification",
        "batch_size=4",
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english, imdb",
        "0.8000",
    ]


def test_energy_stands_against_operations_and_the_caption_has_the_rank_correlation(
    browser: Browser, tmp_path: Path
) -> None:
    tables = more_tables()
    tables["cells"].loc[tables["cells"]["model"] == "ainize--bart-base-cnn", "flags"] = f"{OTHER_MODEL}listed as it"
    path = tmp_path / "report.html"
    path.write_text(page_of(tables, tmp_path))
    with opened(browser, path) as page:
        to(page, "settings")
        drawn(page, "flops")
        marks, caption = page.locator("#chart-flops .points_marks path"), page.locator("#chart-flops figcaption")
        assert marks.count() == 10  # eleven models, but the one that carries another's energy
        assert (
            "of a task: fill mask 0.50 (3 models); over all tasks 0.82 (11 models, 95 % interval 0.40 to 0.95)"
            in caption.inner_text()
        )
        assert "1 model with the energy of another model: left out" in caption.inner_text()
        page.select_option("#flops-task", "text-classification")
        expect(marks).to_have_count(2)
        page.select_option("#flops-purpose", "multi-purpose")
        page.locator("#chart-flops [data-as=table]").click()
        assert rows(page, "chart-flops")[0] == ["text classification", "google/flan-t5-base", "4.95e+8", "1.802"]


def test_options_that_can_not_be_used_say_why(page: Page) -> None:
    assert page.locator("#scope option[disabled]").all_text_contents() == ["device, gross (no cell has it)", "node, net of idle (no cell has it)", "device, net of idle (no cell has it)"]  # fmt: skip
    assert page.locator("#scope").is_disabled()
    assert page.locator("#scope-why").inner_text() == "One scope alone is known: node, gross."
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


def test_what_differs_is_not_said_once_for_all_rows(browser: Browser, tmp_path: Path) -> None:
    """Intervals that share their lower bound (they are sorted by it) are other intervals; numbers stand beside the model."""
    tables = more_tables()
    cells = tables["cells"].copy()
    for name in ("energy", "energy_node"):
        cells[f"ci95_low_{name}_kwh_per_1000"] = 0.0
        cells[f"ci95_high_{name}_kwh_per_1000"] = [0.001 * (10 + place) for place in range(len(cells))]
    file = tmp_path / "report.html"
    file.write_text(page_of(tables | {"cells": cells}, tmp_path))
    with opened(browser, file, 400, 800) as page:
        to(page, "cells")
        once = page.locator("#cells-rows .note").first.inner_text()
        assert "energy is: estimated" in once and "interval" not in once
        assert {row[2] for row in rows(page, "cells-rows")} <= {f"0 to {place} Wh" for place in range(10, 70)}
        assert len({row[2] for row in rows(page, "cells-rows")}) == 25
        head = page.locator("#cells-rows th", has_text="Wh per 1,000").bounding_box()
        assert head is not None and head["x"] + head["width"] < 400


def test_a_narrow_page_cuts_no_word_of_the_energy_chart(browser: Browser, file: Path) -> None:
    with opened(browser, file, 400, 800) as page:
        drawn(page, "energy")
        edges = page.eval_on_selector_all(
            "#chart-energy svg text",
            "all => all.filter(one => one.textContent).map(one => [one.textContent, one.getBoundingClientRect().right"
            " - one.ownerSVGElement.getBoundingClientRect().right])",
        )
        assert len(edges) > 10 and [edge for edge in edges if edge[1] > 0] == []
        assert "100%" in dict(edges) and "120%" not in dict(edges)  # no share above the whole


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
        assert all([*row[1:3], row[6]] == ["failed", "none", "missing"] for row in rows(page, "cells-rows"))
