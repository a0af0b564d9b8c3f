"""The report's page: self-contained, escaped, honest about what is missing, with the tables' numbers in it."""

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import write_report
from support import hand_tables
from support.pages import EMOJI, EVIL, LONG, RIGHT_TO_LEFT, WORDS, Page, data_of, more_tables, page_of, visible
from support.records import write_study
from wattlab.figures import captions, tasks
from wattlab.figures.figure import Drawn
from wattlab.figures.listing import figures_of
from wattlab.report.bundle import page_script, vega_script
from wattlab.report.charts import charts
from wattlab.report.explorer import Beside, script_json, task_rows
from wattlab.report.images import PAGE_WIDTH
from wattlab.report.lead import lead
from wattlab.report.numbers import three_digits
from wattlab.report.sections import sections_of
from wattlab.report.shown import MOST_ROWS, head, said_once, shown
from wattlab.tables import flags

pytestmark = pytest.mark.slow

ENERGY = "energy_kwh_per_1000"


def test_the_page_is_well_formed_and_loads_nothing(tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    figures.mkdir()
    Image.new("RGB", (2100, 900), "white").save(figures / "tasks.png")
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
    (image,) = [load for load in page.loads if load.startswith("data:image/png;base64,")]
    assert Image.open(io.BytesIO(base64.b64decode(image.partition(",")[2]))).width == PAGE_WIDTH
    files = [load for load in page.loads if load.startswith("tables/")]
    assert {*files} == {f"tables/{path.name}" for path in folder.glob("*.csv")}
    assert [load for load in page.loads if not load.startswith(("#", "data:", "tables/"))] == [
        "https://doi.org/10.1145/3630106.3658542",
        "https://huggingface.co/docs/hub/model-cards-co2",
    ]
    assert not re.search(r"@import|url\(", visible(text))
    listed = figures_of(hand_tables.tables())
    assert text.count("is not drawn") == len(listed) - 1 == 6
    assert f"{tasks.FIGURE.caption} A note." in text
    assert "Nothing: every cell has its full number of valid repeats." in text
    assert all(one.caption.split(".")[0].replace("'", "&#39;") in text for one in listed.values())
    assert data_of(text)["cells_csv"] == (folder / "cells.csv").read_text()


def test_the_words_explain_every_flag_and_what_a_cell_is(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    cells = tables["cells"].assign(flags="short; several_sessions")
    cells.loc[cells.index[0], "flags"] = "another model: listed as it; outlier"
    text = visible(page_of(tables | {"cells": cells}, tmp_path))
    words = dict(re.findall(r"<dt><dfn>(.*?)</dfn></dt><dd>(.*?)</dd>", text))
    assert words["several sessions"] == "the repeats are of several processes" and "trend" not in words
    assert "20 %" in words["outlier"] and "energy is less certain" in words["short"] and "another model" in words
    assert words["cell"].endswith("measured by a process of its own")
    study = hand_tables.study(source="codecarbon-logs", logs={"path": None, "mapping": "m"})
    imported = visible(page_of(tables, tmp_path, study))
    assert "<dfn>cell</dfn></dt><dd>one task, one dataset and one model, as the logs name them</dd>" in imported
    # Every flag that docs/protocol.md names has words.
    protocol = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
    passage = protocol[protocol.index("**A repeat is `short`**") : protocol.index("**How a model writes**")]
    named = set(re.findall(r"`([a-z_]+)`", passage)) - {"effective_cores_share", "published_parameters"}
    assert named == set(flags.MEANINGS) - {"another model"}


def test_the_policy_names_just_the_scripts_of_the_page(tmp_path: Path) -> None:
    page = Page(page_of(hand_tables.tables(), tmp_path))
    data, specifications, *programs = page.scripts
    assert programs == [vega_script(), page_script(sections_of(hand_tables.study(), hand_tables.tables()))]
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


def test_a_quantity_that_one_cell_lacks_has_no_mean() -> None:
    cells = hand_tables.cells()
    first = cells.index[cells["task"] == "fill-mask"][0]
    cells.loc[first, "energy_node_kwh_per_1000"] = np.nan
    row = next(row for row in task_rows(cells) if row["task"] == "fill-mask")
    assert row["energies"]["node"] == [None, None, None]


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
    assert "Beside it the study another." in page
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


def test_mixed_measurements_are_flagged(tmp_path: Path) -> None:
    tables = hand_tables.tables()
    assert "The cells differ in" not in page_of(tables, tmp_path)
    mixed = tables["provenance"].copy()
    mixed["mixed"] = mixed["aspect"] == "software.torch"
    page = page_of(tables | {"provenance": mixed}, tmp_path)
    assert "The cells differ in what they were measured by: software.torch." in page


def test_numbers_in_words() -> None:
    assert {value: three_digits(value) for value in WORDS} == WORDS
    assert three_digits(None) == three_digits(float("nan")) == "missing"


def test_long_tables_are_cut_and_say_so() -> None:
    table = shown("runs", pd.DataFrame({"index": range(MOST_ROWS + 5)}))
    assert len(table["rows"]) == MOST_ROWS and table["n_hidden"] == 5


def test_tasks_of_the_page_are_those_of_the_table() -> None:
    cells = hand_tables.cells()
    rows = {row["task"]: row for row in task_rows(cells)}
    table = hand_tables.tasks(cells).set_index("task")
    for task, row in rows.items():
        assert row["energies"]["node"][0] == pytest.approx(table.loc[task, ENERGY], rel=1e-5)
        assert row["energies"]["device"] == [None, None, None]  # no such column: missing, not zero
    bounds = [
        table.loc["text-classification", name] for name in (ENERGY, f"min_models_{ENERGY}", f"max_models_{ENERGY}")
    ]
    assert rows["text-classification"]["energies"]["node"] == pytest.approx(bounds, rel=1e-5)
    assert rows["text-classification"]["spread"] == "range of 2 models"


def test_the_first_sentence_says_what_the_numbers_are() -> None:
    tables = hand_tables.tables()
    kind, rest = lead(hand_tables.study(), tables)
    assert kind == "Estimated, not metered"
    assert (
        rest == "CPU (Example Silicon 9000), random weights, surrogate data, 13 models. Use the order, not the height."
    )
    runs = {"runs": pd.DataFrame({"started_at_utc": ["2026-11-26T23:59:00+00:00", "2026-11-27T00:10:00.5+00:00"]})}
    assert "26 Nov 2026 to 27 Nov 2026" in lead(hand_tables.study(), tables | runs)[1]
    metered = tables["cells"].assign(energy_cpu_method="counter", energy_ram_method="counter", energy_method="counter")
    assert lead(hand_tables.study(), tables | {"cells": metered})[0] == "Metered"
    partly = tables["cells"].assign(energy_cpu_method="counter", modelled_share=0.38)
    assert lead(hand_tables.study(), tables | {"cells": partly})[0] == "Partly estimated (modelled share 38 %)"
    own = hand_tables.study(source="codecarbon-logs", logs={"path": "logs", "mapping": "m"})
    assert lead(own, tables)[0] == "Imported, not measured here"
    empty = tables | {"cells": tables["cells"].assign(**{ENERGY: np.nan})}
    assert lead(hand_tables.study(), empty)[0] == "Nothing has a value yet"


def test_imported_logs_of_ones_own_say_whose_they_are_and_nothing_of_the_paper(tmp_path: Path) -> None:
    tables = more_tables()
    tables["claims"] = tables["claims"].assign(verdict="not decidable here")
    tables["import_problems"] = pd.DataFrame({"file": ["a.csv"], "problem": ["doubled"], "n_rows": [7]})
    own = hand_tables.study(source="codecarbon-logs", logs={"path": "/data/logs", "mapping": "m"})
    page = visible(page_of(tables, tmp_path, own))
    assert "Imported, not measured here." in page and "/data/logs" in page and "7 rows of the logs" in page
    assert not {"claims", "paper", "training"} & set(sections_of(own, tables))
    assert "Of 22 claims" not in page and "in the paper" not in page
    measured = sections_of(hand_tables.study(), tables)
    assert {"claims", "paper", "training", "settings"} <= set(measured)
    assert "settings" not in sections_of(hand_tables.study(), hand_tables.tables())


def test_an_emission_follows_the_grid_and_heads_are_words() -> None:
    table = pd.DataFrame(
        {"emissions_g_per_1000": [13.875], ENERGY: [0.1234567], "emissions_kg": [1.0], "energy_kwh": [7.2]}
    )
    found = shown("x", table)
    assert found["rows"] == [[{"kwh": 0.123457, "per": 1.0}, 0.123457, {"kwh": 7.2, "per": 1000.0}, 7.2]]
    assert found["heads"][:2] == ["emissions (g CO₂eq per 1,000)", "energy (kWh per 1,000)"]
    assert head(f"ci95_low_{ENERGY}") == "95 % interval, low: energy (kWh per 1,000)"
    assert [head(name) for name in ("n_valid", "modelled_share", "hub_id")] == [
        "number of valid",
        "modelled share",
        "hub id",
    ]


def test_charts_hold_no_data() -> None:
    for name, by_scale in charts().items():
        assert all("datasets" not in chart and "layer" in chart for chart in by_scale.values()), name


def test_what_all_rows_of_a_static_table_share_is_rounded_as_its_rows_are() -> None:
    rows = [("a", 1.234567, None, "cpu"), ("b", 1.234567, None, "gpu")]
    heads = ["model", "energy (kWh)", "reason", "device"]
    table = said_once({"heads": heads, "columns": heads, "numeric": [False, True, False, False], "rows": rows})
    assert table["once"] == "energy (kWh): 1.235"
    assert table["heads"] == ["model", "device"] and table["rows"] == [["a", "cpu"], ["b", "gpu"]]
