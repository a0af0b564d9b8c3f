"""Claims put to studies that are made by hand: each kind of reason, a planted change that turns a verdict, one more entry."""

import math

import numpy as np
import pandas as pd
import pytest

from support import hand_tables, records
from wattlab.catalog.claims import ClaimEntry
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError, checked
from wattlab.tables.claims.alone import PARTS
from wattlab.tables.claims.table import claims, counted, holm
from wattlab.tables.evidence import Evidence

ENERGY = "energy_kwh_per_1000"
ENTRY = {
    "text": "summaries take over twice the energy of labels",
    "test": {
        "kind": "group-ratio",
        "first": {"title": "summaries", "task": ["summarization"]},
        "second": {"title": "labels", "task": ["text-classification"]},
    },
    "direction": "above",
    "threshold": 2.0,
    "section": "9",
    "quote": "a toy",
}


def many(n: int = 6, scale: float = 1.0, **facts: object) -> pd.DataFrame:
    """`n` models for each cell of the hand-written study, 10 % apart from one another; counted, lengths as produced."""
    own = hand_tables.cells().assign(lengths="produced", **facts)
    copies = []
    for place in range(n):
        copy = own.copy()
        copy["model"] += f"-{place}"
        for name in (ENERGY, f"sd_{ENERGY}"):
            copy[name] *= 1.1**place * np.where(copy["task"] == "text-to-image", scale, 1.0)
        copies.append(copy)
    return pd.concat(copies, ignore_index=True)


def judged(cells: pd.DataFrame, **entries: dict) -> pd.DataFrame:
    """The table over the whole catalog, or over these entries."""
    catalog = records.catalog()
    if entries:
        given = {name: checked(ClaimEntry, entry, name) for name, entry in entries.items()}
        catalog = catalog.model_copy(update={"claims": given})
    return claims(Evidence(hand_tables.study(), catalog, []), {"cells": cells}).set_index("claim")


def specific(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[cells["purpose"] == "task-specific"]


COUNTED = {"energy_cpu_method": "counter", "energy_ram_method": "counter", "energy_method": "counter"}


@pytest.mark.slow
def test_the_laptops_claims_are_decided_or_say_why_not() -> None:
    """One small model a task, set lengths, modelled energy: the spread of the models alone has an interval, and can not refute."""
    table = judged(hand_tables.cells().assign(lengths="set"))
    assert set(table["verdict"]) == {"not decidable here"}
    spread = table.loc["spread-of-models"]
    assert spread["claim_effect"] == pytest.approx(140.0)  # 8.4 / 0.06, and not 1,450
    assert spread["holm_p"] < 0.05 and spread["reason"].startswith("the claim is on the span of the paper's own models")
    entry = records.catalog().claims["spread-of-models"].model_dump() | {"refutable": True}
    assert judged(hand_tables.cells().assign(lengths="set"), spread=entry).loc["spread", "verdict"] == "fails"
    assert "energy modelled: time and load at an assumed power" in table.loc["spread-of-models", "sentence"]
    assert table.loc[table["verdict"] == "not decidable here", "reason"].str.len().min() > 10
    why = table["reason"]
    assert why["text-writing-tenfold"].startswith("the protocol sets the lengths")
    assert why["images-classified-threefold"] == (
        "too few models, of 5 needed: image classification 1, text classification 2"
    )
    assert why["longer-output-costs-more"].startswith(
        "the protocol sets the lengths of the output, and so decides it; too"
    )
    assert why["classification-below-a-hundredth"].startswith(
        "the energy is modelled: its level follows from an assumed"
    )
    assert counted(table) == ("of 25 claims of the paper, 0 hold here, 0 fail and 25 are not decidable here")


@pytest.mark.slow
def test_a_task_that_is_absent_is_named() -> None:
    cells = many()
    table = judged(cells[cells["task"] != "text-to-image"])
    assert table.loc["image-generation-top", "reason"] == "task absent: text-to-image"
    none = judged(cells[cells["purpose"] == "task-specific"])
    assert none.loc["decoder-at-equal-size-summaries", "reason"] == "task absent of multi-purpose models: summarization"
    assert none.loc["training-is-hundreds-of-millions-of-inferences", "reason"].startswith("no model whose training")


@pytest.mark.slow
def test_a_planted_change_turns_a_verdict() -> None:
    """Image generation above all others: 8.4 g against 1.7 g; at a hundredth of it, below them."""
    name = "image-generation-top"
    assert judged(many(**COUNTED)).loc[name, ["verdict", "claim_effect"]].tolist() == [
        "holds",
        pytest.approx(8.4 / 1.7),
    ]
    turned = judged(many(scale=0.01, **COUNTED)).loc[name]
    assert turned["verdict"] == "fails" and turned["claim_effect"] == pytest.approx(0.084 / 1.7)
    assert turned["sentence"].startswith("Fails: image generation: 0.0494 (95 % interval over models: ")


@pytest.mark.slow
def test_factors_between_set_lengths_are_open_and_produced_ones_are_judged() -> None:
    names = [
        "image-generation-sixtyfold",
        "text-writing-tenfold",
        "multi-purpose-question-answering",
        "decoder-at-equal-size",
    ]
    by_set = judged(many(**COUNTED).assign(lengths="set")).loc[names]
    assert set(by_set["verdict"]) == {"not decidable here"}
    assert by_set["reason"].str.startswith("the protocol sets the lengths").all()
    assert "holds" in set(judged(many(**COUNTED)).loc[names, "verdict"])


def test_one_more_entry_is_one_more_row() -> None:
    """1.3 g against 0.06 and 0.11 g: the geometric mean of the latter is 0.0812."""
    table = judged(many(**COUNTED), toy=ENTRY)
    row = table.loc["toy"]
    assert row["verdict"] == "holds" and row["claim_effect"] == pytest.approx(1.3 / math.sqrt(0.06 * 0.11))
    assert row[["n_models", "n_cells", "n_tested", "section"]].tolist() == [18, 54, 1, "9"]
    assert row["sentence"].startswith("Holds: summaries: 16.0 (95 % interval over models: ") and row[
        "sentence"
    ].endswith("above 2.")
    other = judged(many(**COUNTED), toy=ENTRY | {"threshold": 20.0, "direction": "below"}).loc["toy"]
    assert other["verdict"] == "not decidable here" and other["reason"] == "the threshold lies inside the interval"


def test_what_the_protocol_sets_is_no_finding() -> None:
    cells = many(**COUNTED)
    entry = ENTRY | {"needs_produced_lengths": True}
    assert judged(cells, toy=entry).loc["toy", "verdict"] == "holds"
    found = judged(cells.assign(lengths="set"), toy=entry).loc["toy"]
    assert found["verdict"] == "not decidable here" and math.isnan(found["two_sided_p"])
    assert found["reason"] == "the protocol sets the lengths of the output, and so decides it"
    assert found["claim_effect"] == pytest.approx(16.0, rel=1e-3)  # the number stays


@pytest.mark.slow
def test_a_level_needs_energy_that_is_counted_and_a_ratio_does_not() -> None:
    level = ENTRY | {
        "test": {"kind": "level", "group": {"title": "labels", "task": ["text-classification"]}},
        "direction": "below",
        "threshold": 0.01,
    }
    modelled, counted_by = judged(many(), level=level, ratio=ENTRY), judged(many(**COUNTED), level=level, ratio=ENTRY)
    assert counted_by["verdict"].tolist() == ["holds", "holds"]
    assert modelled["verdict"].tolist() == ["not decidable here", "holds"]
    assert "energy modelled: time and load at an assumed power" in modelled.loc["ratio", "sentence"]


def test_rows_of_another_setting_stay_out() -> None:
    cells = many(**COUNTED)
    other = cells.assign(setting="batch 8", **{ENERGY: cells[ENERGY] * 1000})
    both = judged(pd.concat([cells.assign(setting=None), other], ignore_index=True), toy=ENTRY)
    pd.testing.assert_frame_equal(both, judged(cells, toy=ENTRY))


def test_holm_by_hand() -> None:
    """Four p values: 4 x 0.005, 3 x 0.01, then 2 x 0.03, which 0.04 may not fall below."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == [] and holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"threshold": 0.0}, "0 is no group-ratio; give a number above zero"),
        ({"direction": "over"}, "direction"),
        ({"test": ENTRY["test"] | {"kind": "group-ration"}}, "kind"),
        (
            {"test": {"kind": "length-slope", "group": ENTRY["test"]["first"], "first": "decoder"}},
            "both first and second",
        ),
        (
            {"test": ENTRY["test"] | {"first": {"title": "all", "task": ["summarization"], "purpose": "multi"}}},
            "purpose",
        ),
    ],
)
def test_a_wrong_entry_is_told_with_its_key(change: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        checked(ClaimEntry, ENTRY | change, "catalog/claims.yaml: toy")


def test_the_catalogs_claims_quote_the_paper_and_differ() -> None:
    entries = load_catalog(CATALOG_ROOT).claims
    assert len(entries) == 25 and len({entry.text for entry in entries.values()}) == 25
    assert {entry.test.kind for entry in entries.values()} == {
        "group-ratio", "same-models", "gap-ratio", "rank-top", "task-spread", "parity-slope", "spread", "level", "size-slope", "equal-size", "length-slope", "training-parity",
    }  # fmt: skip
    assert all(entry.section and len(entry.quote) > 20 for entry in entries.values())
    pooled = [
        entry.text
        for entry in entries.values()
        if entry.test.kind in {*PARTS, "gap-ratio", "task-spread"} - {"group-ratio"}
        or entry.test.kind == "group-ratio"
        and ("multi-purpose" in entry.text or len(entry.test.first.task + entry.test.second.task) > 2)
    ]
    assert len(pooled) == 18 and all("average" in text for text in pooled)


def test_what_lies_on_the_other_side_of_a_mean_is_named() -> None:
    """The mean of two ratios of tasks lies above the threshold, one of the two alone below it."""
    group = {"title": "both", "task": ["summarization", "text-classification"]}
    test = {"kind": "group-ratio", "first": group, "second": {"title": "masks", "task": ["fill-mask"]}}
    cells = many(**COUNTED)
    means = {
        task: np.exp(np.log(of.groupby("model")[ENERGY].mean()).mean()) for task, of in specific(cells).groupby("task")
    }
    ratios = [means[task] / means["fill-mask"] for task in group["task"]]
    row = judged(cells, toy=ENTRY | {"test": test, "threshold": 1.1 * min(ratios)}).loc["toy"]
    assert row["verdict"] == "holds" and min(ratios) < 1.1 * min(ratios) < row["claim_effect"] < max(ratios)
    named = f"text classification over masked language modeling ({min(ratios):.3g})"
    assert row["exceptions"] == f"1 of 2 pairs of tasks alone on the other side: {named}"
    assert row["sentence"].endswith(f"{row['exceptions']}.")
