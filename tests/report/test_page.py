"""The report's page: self-contained, escaped, honest about what is missing, with the tables' numbers in it."""

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import write_report
from support import hand_tables
from support.pages import EMOJI, EVIL, LONG, RIGHT_TO_LEFT, WORDS, Page, data_of, more_tables, page_of, visible
from support.records import write_study
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.figures import captions, tasks
from wattlab.figures.figure import Drawn
from wattlab.figures.listing import figures_of
from wattlab.report import answer
from wattlab.report.bundle import page_script, vega_script
from wattlab.report.charts import charts
from wattlab.report.explorer import Beside, script_json, task_rows
from wattlab.report.numbers import grams, interval_words, three_digits, value_text
from wattlab.report.shown import MOST_ROWS, shown

pytestmark = pytest.mark.slow

ENERGY = "energy_kwh_per_1000"


def test_the_page_is_well_formed_and_loads_nothing(tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "tasks.png").write_bytes(b"\x89PNG a picture")
    captions.write(figures, "tasks", "laptop", tasks.FIGURE, Drawn("A note.", "a picture"))
    study = write_study(tmp_path, hand_tables.study())
    folder = hand_tables.write(tmp_path / "tables", hand_tables.tables())
    report = tmp_path / "report.html"
    given = {"--study": study, "--tables": folder, "--figures": figures, "--report": report}
    assert write_report.main([str(part) for pair in given.items() for part in pair]) == 0
    text = report.read_text()
    page = Page(text)
    assert page.open == [] and page.handlers == [] and "link" not in page.seen
    assert len(page.ids) == len(set(page.ids))
    assert [load for load in page.loads if not load.startswith("#")] == [
        "data:image/png;base64," + base64.b64encode(b"\x89PNG a picture").decode()
    ]
    assert not re.search(r"@import|url\(|https?://", re.sub(r"<pre.*?</pre>", "", visible(text), flags=re.DOTALL))
    listed = figures_of(hand_tables.tables())
    assert text.count("is not drawn") == len(listed) - 1 == 6
    assert f"{tasks.FIGURE.caption} A note." in text
    assert "Nothing: every cell has its full number of valid repeats." in text
    assert all(one.caption.split(".")[0].replace("'", "&#39;") in text for one in listed.values())
    assert data_of(text)["cells_csv"] == (folder / "cells.csv").read_text()


def test_the_policy_names_just_the_scripts_of_the_page(tmp_path: Path) -> None:
    page = Page(page_of(hand_tables.tables(), tmp_path))
    data, specifications, *programs = page.scripts
    assert programs == [vega_script(), page_script()]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in programs}
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert set(rules["script-src"].split()) == hashes
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    assert "unsafe-eval" not in page.policy and "connect-src" not in rules


def test_text_of_models_and_datasets_is_escaped(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    plain = page_of(tables, tmp_path).count("<script")
    for place, name in enumerate((EVIL, EMOJI, RIGHT_TO_LEFT, LONG)):
        tables["cells"].loc[place, ["model", "dataset"]] = name
    tables["missing"] = hand_tables.missing(("fill-mask", EVIL, LONG, "failed", EVIL, f"{EMOJI} {RIGHT_TO_LEFT}", 0))
    tables["provenance"] = hand_tables.provenance(cpu_model=EVIL)
    page = page_of(tables, tmp_path)
    assert page.count("<script") == plain and "<img" not in visible(page) and "onerror=&#34;" in visible(page)
    assert Page(page).handlers == [] and Page(page).open == []
    assert EMOJI in page and RIGHT_TO_LEFT in page and LONG in page
    assert EVIL.replace('"', '""') in data_of(page)["cells_csv"]  # to the letter, where it is data


def test_data_can_not_end_its_element() -> None:
    value = {"</script><!--": "\u2028&\u2029"}
    text = script_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json([float("nan")])


def test_the_answer_has_the_tables_numbers_and_the_paper_s_smartphone(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    rows = answer.answers(hand_tables.study(), tables, load_catalog(CATALOG_ROOT).equivalents)
    by_task = tables["tasks"].set_index("task")
    assert [row.task for row in rows] == list(by_task.sort_values(ENERGY, ascending=False).index)
    image = rows[0]
    # 8.4 g at 138.75 g/kWh are 0.0605 kWh, 2.75 charges of 0.022 kWh
    assert (image.task, image.energy) == ("text-to-image", "0.0605")
    car = f'<span class="g" data-kwh="{8.4 / 138.75!r}" data-per="244.2">{three_digits(8.4 / 244.2)}</span>'
    assert image.equivalents == [("smartphone charges", "2.75"), ("kettles", "0.613"), ("km by car", car)]
    assert (
        (image.spread, image.energy_bounds) == ("one model", None)
        and image.n_models == 1
        and image.models == "segmind--tiny-sd"
    )
    assert ">8.40</span>" in image.emissions and image.method == "modelled"
    text = next(row for row in rows if row.task == "text-classification")
    low, high = by_task.loc["text-classification", [f"min_models_{ENERGY}", f"max_models_{ENERGY}"]]
    assert text.spread == "range of 2 models" and text.is_range
    assert text.energy_bounds == f"{three_digits(low)} to {three_digits(high)}"
    interval = tables | {"tasks": hand_tables.with_interval(tables["tasks"])}
    (text, *_) = [row for row in answer.answers(hand_tables.study(), interval, {}) if row.task == "text-classification"]
    mean = by_task.loc["text-classification", ENERGY]
    assert text.spread == "95 % interval"
    assert text.energy_bounds == f"{three_digits(0.7 * mean)} to {three_digits(1.3 * mean)}"
    assert 0 <= text.left < text.at < text.left + text.width <= 100
    page = visible(page_of(tables, tmp_path))
    assert "(one model alone, segmind--tiny-sd, energy modelled)" in page
    assert (
        "g CO₂eq): 2.75 smartphone charges, 0.613 kettles or" in page and "0.022 kWh (section 4.1 of the paper" in page
    )
    assert "weights: architecture" in page and "data: surrogate" in page and "energy: modelled" in page


def test_a_task_without_a_value_is_missing_and_not_zero(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    tables["tasks"] = tables["tasks"][tables["tasks"]["task"] != "fill-mask"]
    page = visible(page_of(tables, tmp_path))
    assert '<th scope="row" role="rowheader">fill mask</th><td role="cell" class="whole" colspan="8">missing' in page
    empty = tables | {"tasks": tables["tasks"][:0], "comparison": tables["comparison"][:0]}
    empty["cells"] = tables["cells"].assign(n_valid=0, **{ENERGY: np.nan})
    assert "No task has a value yet." in page_of(empty, tmp_path)


def test_tasks_of_the_explorer_are_those_of_the_table_and_per_unit_is_by_units() -> None:
    cells = hand_tables.cells()
    rows = {row["task"]: row for row in task_rows(cells)}
    table = hand_tables.tasks(cells).set_index("task")
    for task, row in rows.items():
        assert row["per_inference"]["node"][0] == pytest.approx(table.loc[task, ENERGY])
        assert row["per_inference"]["device"] == [None, None, None]  # no such column: missing, not zero
    assert rows["text-classification"]["per_inference"]["node"] == pytest.approx(
        [table.loc["text-classification", name] for name in (ENERGY, f"min_models_{ENERGY}", f"max_models_{ENERGY}")]
    )
    summaries = rows["summarization"]
    assert summaries["per_unit"]["node"][0] == pytest.approx(summaries["per_inference"]["node"][0] / 15)


def test_each_choice_of_the_page_has_its_own_conditions(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    device = tables["cells"]["energy_node_kwh_per_1000"] / 2
    tables["cells"] = tables["cells"].assign(energy_device_kwh_per_1000=device, net_energy_device_kwh_per_1000=device)
    found = {name: one["conditions"] for name, one in data_of(page_of(tables, tmp_path))["quantities"].items()}
    assert found["node"].startswith("Energy modelled (CPU load model, constant RAM power), node (CPU and RAM), gross;")
    assert found["device"].startswith("Energy modelled (CPU load model), device (CPU), gross;")
    assert found["net_device"].startswith("Energy modelled (CPU load model), device (CPU), net of idle;")
    assert found["net_node"].startswith("No energy is known;") and found["duration"].startswith("Time by the clock;")


def test_parity_of_no_model_of_the_study_claims_none_of_its_conditions(tmp_path: Path) -> None:
    printed = more_tables()["parity"][1:]
    assert "No row rests on a cell of this study." in visible(page_of(more_tables() | {"parity": printed}, tmp_path))
    assert "No row rests on a cell of this study." not in visible(page_of(more_tables(), tmp_path))


def test_a_quantity_that_one_cell_lacks_has_no_mean() -> None:
    cells = hand_tables.cells()
    first = cells.index[cells["task"] == "fill-mask"][0]
    cells.loc[first, "energy_node_kwh_per_1000"] = np.nan
    row = next(row for row in task_rows(cells) if row["task"] == "fill-mask")
    assert row["per_inference"]["node"] == [None, None, None]
    assert row["per_inference"]["duration"][0] is not None


def test_grams_carry_their_energy(tmp_path: Path) -> None:
    assert grams(0.02, 100.0) == '<span class="g" data-kwh="0.02" data-per="1">2.00</span>'
    assert ">1.50 kg</span>" in grams(15.0, 100.0, None) and ">0.00200</span>" in grams(0.02, 100.0, 1000.0)
    assert grams(float("nan"), 100.0) == "missing"
    table = pd.DataFrame({"emissions_g_per_1000": [13.875], ENERGY: [0.1], "emissions_kg": [1.0], "energy_kwh": [7.2]})
    assert [str(value)[:28] for value in shown("x", table, 138.75).rows[0]] == [
        '<span class="g" data-kwh="0.',
        "0.1000",
        '<span class="g" data-kwh="7.',
        "7.200",
    ]
    page = page_of(hand_tables.tables(), tmp_path)
    assert re.search(r'\(<span class="g" data-kwh="0\.05" data-per="">6\.94 g</span> CO₂eq at <span class="int', page)


def test_every_grid_stands_in_the_page_with_its_source(tmp_path: Path) -> None:
    grids = data_of(page_of(hand_tables.tables(), tmp_path))["grids"]
    assert len(grids) >= 6 and all(grid["source"] and grid["intensity_g_per_kwh"] >= 0 for grid in grids)


def test_a_second_study_stands_beside(tmp_path: Path) -> None:
    other = hand_tables.tasks(hand_tables.cells())
    other[ENERGY] *= 2
    study = hand_tables.study(beside=["another", "a-third"])
    page = page_of(hand_tables.tables(), tmp_path, study, Beside("another", other))
    ((name, energies),) = [(one["study"], one["energies"]) for one in data_of(page)["beside"]]
    rows = data_of(page)["comparison"]
    assert name == "another" and len(rows) == 10
    assert energies == {row["task"]: pytest.approx(2 * row[ENERGY]) for row in rows}
    assert "and the study another" in page
    assert "The study a-third is to stand beside this one and has no tables yet." in page
    assert data_of(page_of(hand_tables.tables(), tmp_path))["beside"] == []


def test_the_verb_reads_the_studies_beside(tmp_path: Path) -> None:
    for name in ("laptop", "another"):
        study = write_study(tmp_path / name, hand_tables.study(study=name))
        hand_tables.write(tmp_path / name / "tables", hand_tables.tables())
        study.rename(tmp_path / name / "tables" / study.name)
    own, report = tmp_path / "laptop", tmp_path / "report.html"
    given = [
        "--study",
        next(own.glob("tables/study-*.json")),
        "--tables",
        own / "tables",
        "--figures",
        own,
        "--report",
        report,
    ]
    assert write_report.main([str(part) for part in [*given, "--beside", tmp_path / "another"]]) == 0
    assert [one["study"] for one in data_of(report.read_text())["beside"]] == ["another"]


def test_charts_have_both_axes_and_no_data() -> None:
    for name, by_scale in charts().items():
        assert set(by_scale) == {"log", "linear"}, name
        assert "datasets" not in by_scale["log"] and by_scale["log"]["width"] == "container"
        assert by_scale["log"] != by_scale["linear"] or name == "totals"


def test_mixed_measurements_are_flagged(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    assert "The cells differ in" not in page_of(tables, tmp_path)
    mixed = tables["provenance"].copy()
    mixed["mixed"] = mixed["aspect"] == "software.torch"
    page = page_of(tables | {"provenance": mixed}, tmp_path)
    assert "The cells differ in what they were measured by: software.torch." in page


def test_values_for_people() -> None:
    assert [value_text(value) for value in (None, float("nan"), pd.NA, "", True)] == ["", "", "", "", "yes"]
    assert [value_text(value) for value in (0.00061234567, 1234567, 3.0, 12345.678, 0.0)] == [
        "0.0006123",
        "1,234,567",
        "3",
        "12,350",
        "0",
    ]


def test_numbers_in_words() -> None:
    assert {value: three_digits(value) for value in WORDS} == WORDS
    assert three_digits(None) == three_digits(float("nan")) == "missing"
    assert interval_words(1.0, float("nan")) == "no interval" and interval_words(1.0, 2.0) == "1.00 to 2.00"


def test_long_tables_are_cut_and_say_so() -> None:
    table = shown("runs", pd.DataFrame({"index": range(MOST_ROWS + 5)}), 138.75)
    assert len(table.rows) == MOST_ROWS and table.n_hidden == 5
