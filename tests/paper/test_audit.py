"""The audit: every printed number, its verdict, and that a changed log changes a verdict."""

import math

import pandas as pd
import pytest

from support import published_logs
from wattlab.catalog.reading import CATALOG_ROOT
from wattlab.foundation.errors import InputError
from wattlab.logs.imported import repeats_frame
from wattlab.paper.audit import audit_table, by_chance, caption, summary
from wattlab.paper.chance import chance
from wattlab.paper.definitions import Logs
from wattlab.paper.printed import Statement, load_printed, rounded, truncated
from wattlab.records.record import Record

pytestmark = pytest.mark.slow

PRINTED = CATALOG_ROOT / "published" / "printed.yaml"

ANOTHER, NOT, OUTSIDE = "reproduced under another definition", "not reproduced", "not checkable from the logs"

#: Every number that does not come out as the paper says it does: what comes out instead, rounded as printed.
OTHERS = {
    "s3.2-bloomz-1b": "2",
    "s3.2-region": "2",
    "s3.2-energy": "1290.04",
    "s3.2-emissions": "178.98",
    "ethics-energy": "1290.04",
    "ethics-emissions": "178.98",
    "s4.1-median-image-classification": "0.0069",
    "s4.1-smartphone-text-generation": "67",
    "s4.1-smartphone-image-generation": "513",
    "s4.1-least-efficient": "11.29",
    "s4.1-most-carbon": "1567",
    "s4.1-miles": "4.0",
    "s4.1-factor": "1268",
    "s4.1-generation-masked": "14",
    "table2-question-answering-sd": "0.002",
    "table2-object-detection-sd": "0.03",
    "table2-summarization-sd": "0.02",
    "table3-flan-t5-base-parameters": "223",
    "table3-flan-t5-base-emissions": "3.68",
    "table3-flan-t5-base-energy": "0.027",
    "table3-flan-t5-xl-emissions": "8.09",
    "table3-bloomz-3b-emissions": "10.18",
    "table3-bloomz-7b-emissions": "14.47",
    "table5-bloomz-7b-parity": "568377442",
    "table5-bloomz-3b-parity": "393739505",
    "table5-bloomz-1b-parity": "290639744",
    "table5-bloomz-560m-parity": "203576501",
    "s5-bloomz-qa": "2.35",
    "s5-bert-sentiment": "0.33",
    "s1-datasets": "27",
}

NOT_REPRODUCED = {
    "s3.2-intensity",
    "table6-models",
    "table6-fullstop-punctuation-multilang-large",
    "table6-keyphrase-extraction-distilbert-inspec",
    "table6-deid-roberta-i2b2",
    "table6-distilbart-xsum-12-6",
    "table6-beit-base-patch16-224",
    "table6-detr-r50-cd45rb-8ah-6l",
    "table6-sentiment-analysis-mode",
}


def logs_of(result) -> Logs:
    return Logs(repeats_frame(result.records), result.account)


@pytest.fixture(scope="module")
def audit() -> pd.DataFrame:
    return audit_table(load_printed(PRINTED).statements, logs_of(published_logs.imported())).set_index("id", drop=False)


def test_every_row_has_a_place_a_verdict_and_a_sentence(audit):
    assert len(audit) == 173
    assert audit[["place", "text", "printed", "verdict", "why"]].notna().all().all()
    assert summary(audit) == (
        "173 printed numbers: 106 reproduced, 32 reproduced under another definition, "
        "26 not checkable from the logs, 9 not reproduced"
    )
    checked = audit[audit["verdict"] != OUTSIDE]
    assert checked["definition"].notna().all() and checked["recomputed_as_printed"].notna().all()


def test_all_of_tables_2_3_and_5_are_there(audit):
    tables = audit["place"].value_counts()
    assert tables["Table 2"] == 21 and tables["Table 3"] == 24 and tables["Table 5"] == 16
    for place in ("Section 3.2", "Section 4.1", "Section 4.2.2", "Section 4.3", "Section 5"):
        assert tables[place] >= 3
    assert tables["Ethical considerations statement"] == 5


def test_what_does_not_come_out_as_stated(audit):
    another = audit[audit["verdict"] == ANOTHER]
    bounds = {"s4.3-parity-high", "s5-bert-qa-times"}
    assert set(another["id"]) == set(OTHERS) | bounds
    for name, value in OTHERS.items():
        row = audit.loc[name]
        assert str(rounded(row["stated_value"], row["printed"])) == value, name
    assert set(audit.loc[audit["verdict"] == NOT, "id"]) == NOT_REPRODUCED


def test_known_findings_say_why(audit):
    assert audit.loc["s3.2-energy", "definition"] == "GPU component alone, every logged row"
    assert audit.loc["s3.2-emissions", "definition"].endswith("truncated")
    assert audit.loc["s3.2-intensity", "stated_value"] == pytest.approx(138.75, abs=0.001)
    assert audit.loc["s4.1-median-image-classification", "definition"].startswith("median over cells")
    assert audit.loc["s4.1-median-image-generation", "verdict"] == "reproduced"
    assert audit.loc["table5-bloomz-7b-parity", "definition"] == "from rounded numbers: 59257 divided by 0.0001"
    assert "28,879" in audit.loc["table5-bloomz-3b-parity", "why"]
    assert audit.loc["table6-distilbart-xsum-12-6", "recomputed_as_printed"] == "sshleifer/distilbart-cnn-6-6"
    assert audit.loc["table6-models", "stated_value"] == 73
    assert audit.loc["s4.1-least-efficient", "definition"].startswith("max over repeats")


def test_the_search_says_how_far_it_went(audit):
    searched = audit[audit["id"].str.startswith("table2-")]
    searched = searched[searched["unit"] != ""]
    assert (searched["n_definitions"] >= 48).all()
    # Either every definition gives 0.001, which so says nothing: none is counted twice.
    assert list(audit.loc["table2-image-classification-sd", ["n_definitions", "n_matching"]]) == [96, 96]
    assert (searched["n_matching"] >= 1).all() and (searched["n_matching"] <= searched["n_definitions"]).all()


def test_the_caption_names_what_the_copy_lacks_and_what_chance_gives(audit):
    said = caption(audit, load_printed(PRINTED))
    assert "Table 4" in said and "the page around figure 2" in said and "the abstract" in said
    assert by_chance(audit) in said and "of the 140 " not in by_chance(audit)
    assert "19 would still be reproduced by chance, and 42 under that or another definition" in said
    for name in ("s4.1-most-carbon", "s4.1-miles"):
        assert audit.loc[name, "source"] == "recalled, not checked against the paper"
    assert "(`source`): 69 in a table, 102 in the text, 2 recalled, not checked against the paper." in said


def test_zeros_that_end_a_whole_number_may_be_no_digits_and_those_of_a_count_are(audit):
    """559.2 million is 560 at two digits and 38.4 is 40 at one, as 204 million is "around 200 million"."""
    for name, value in (("s3.2-bloomz-560m", "559"), ("s4.3-bloom-times", "38"), ("s4.3-parity-low", "203576501")):
        assert list(audit.loc[name, ["verdict", "recomputed_as_printed"]]) == ["reproduced", value]
    assert audit.loc["s1-datasets", "verdict"] == ANOTHER  # 27 names are no 30


def test_a_count_typed_from_a_name_says_so(audit):
    typed = audit[audit["why"].str.contains("The published count is a round number")]
    assert set(typed["id"]) == {
        *("s3.2-bloomz-1b", "s3.2-bloomz-3b", "s3.2-bloomz-7b", "s4.2.2-size-bloomz-3b"),
        *("table3-bloomz-1b-parameters", "table3-bloomz-3b-parameters", "table3-bloomz-7b-parameters"),
        "s4.3-bloom-bigger",
    }
    assert not audit["definition"].str.contains("exact operands").any()


def statement(printed: str, relation: str = "equal", **more) -> Statement:
    total = {"kind": "total", "of": "energy"}
    content = {"id": "a", "place": "p", "text": "t", "printed": printed, "unit": "kWh", "relation": relation}
    return Statement.model_validate({**content, "definition": total, **more})


@pytest.mark.parametrize(
    ("printed", "relation", "values", "expected"),
    [
        ("7", "equal", [9.2], math.log(9.5 / 8.5)),  # of 3.5 to 14, the part that rounds to 9
        ("7", "equal", [9.2, 9.4, 30.0], math.log(9.5 / 8.5)),  # the same number twice, and one that is too far
        ("7", "equal", [9.7], math.log(10.5 / 8.5)),  # rounded 10, cut 9
        ("70", "equal", [92.0], math.log(95 / 85)),  # its zero may be no digit
        ("7", "over", [7.0], math.log(2)),
        ("7", "under", [3.5], math.log(4)),
        ("7", "over", [1.0], 0.0),
        ("a week or two", "within", [10.0], math.log(14 / 7)),
    ],
)
def test_chance_is_the_share_of_unrelated_numbers_that_would_match(printed, relation, values, expected):
    more = {"bounds": [7.0, 14.0]} if relation == "within" else {}
    found = chance(statement(printed, relation, **more), [(relation, value) for value in values])
    assert found == pytest.approx(expected / math.log(4))


def test_a_print_in_words_needs_its_bounds():
    with pytest.raises(ValueError, match="within and bounds belong together"):
        statement("a few weeks", "within")


def changed(records: list[Record], task: str, factor: float) -> list[Record]:
    """The records with the GPU energy of one task multiplied."""
    found = []
    for record in records:
        if record.task == task:
            repeats = [
                repeat.model_copy(update={"energy_gpu_j": [joules * factor for joules in repeat.energy_gpu_j or []]})
                for repeat in record.repeats
            ]
            record = record.model_copy(update={"repeats": repeats})
        found.append(record)
    return found


def test_other_logs_get_other_verdicts():
    result = published_logs.imported()
    frame = repeats_frame(changed(result.records, "text-to-image", 1.5))
    table = audit_table(load_printed(PRINTED).statements, Logs(frame, result.account)).set_index("id")
    assert table.loc["table2-text-to-image-mean", "verdict"] == NOT
    assert table.loc["table2-summarization-mean", "verdict"] == "reproduced"


@pytest.mark.parametrize(
    ("value", "printed", "as_rounded", "as_truncated"),
    [
        (0.0015465, "0.001", "0.002", "0.001"),
        (8.08999, "8.08", "8.09", "8.08"),
        (0.00010425, "1.0e-4", "0.00010", "0.00010"),
        (2.5, "2", "3", "2"),
        (292467741.9, "292467741", "292467742", "292467741"),
        (1e-7, "0.000", "0.000", "0.000"),
    ],
)
def test_digits_as_printed(value, printed, as_rounded, as_truncated):
    assert str(rounded(value, printed)) == as_rounded
    assert str(truncated(value, printed)) == as_truncated


def test_mistakes_in_the_printed_numbers_are_named(tmp_path):
    path = tmp_path / "printed.yaml"
    row = "- {id: a, place: x, text: y, printed: '1,000', unit: kWh, definition: {kind: total, of: energy}}\n"
    head = "covers: all\nlacks: nothing\nstatements:\n"
    path.write_text(head + row)
    with pytest.raises(InputError, match="no number; write 1.0e-4, and no separators"):
        load_printed(path)
    path.write_text(head + row.replace("1,000", "1000") * 2)
    with pytest.raises(InputError, match="id = 'a' is there twice"):
        load_printed(path)


def test_logs_without_a_task_say_so():
    result = published_logs.imported()
    frame = repeats_frame(record for record in result.records if record.task != "text-generation")
    table = audit_table(load_printed(PRINTED).statements, Logs(frame, result.account)).set_index("id")
    assert table.loc["table2-text-generation-mean", "verdict"] == NOT
    assert table.loc["table2-text-generation-mean", "why"] == "The logs hold no run that it speaks of."
    assert table.loc["s4.1-generation-masked", "verdict"] == NOT
    assert table.loc["table2-fill-mask-mean", "verdict"] == "reproduced"
