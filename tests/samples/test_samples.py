"""Surrogate rows: the same for all time, of the right schema and lengths, with true spans and valid tags."""

from statistics import mean, median
from typing import Any

import pytest

from support.surrogates import DATASETS, rows_of, spec_of
from wattlab.foundation.errors import InputError
from wattlab.samples.draws import Choice, Draws, Gamma, LogNormal, Normal, Poisson, Uniform
from wattlab.samples.manifest import samples_sha256
from wattlab.samples.surrogate.generate import surrogate_rows
from wattlab.samples.surrogate.text import prose, prose_text, spaced_tokens

pytestmark = pytest.mark.slow

#: Columns by hand from the datasets' cards (facts, section 3): what a reader of the real rows would look for.
COLUMNS = {
    "bookcorpus": {"text"},
    "c4": {"text", "timestamp", "url"},
    "cifar10": {"img", "label"},
    "cifar100": {"img", "fine_label", "coarse_label"},
    "cnn-dailymail": {"article", "highlights", "id"},
    "coco": {"image", "image_id", "width", "height", "objects"},
    "coco-captions": {"image", "answer", "id", "width", "height"},
    "conll2003": {"tokens", "ner_tags", "id", "pos_tags", "chunk_tags"},
    "cppe-5": {"image", "image_id", "width", "height", "objects"},
    "diffusiondb": {"prompt"},
    "image-reward": {"prompt_id", "prompt"},
    "imagenet-1k": {"image", "label"},
    "imdb": {"text", "label"},
    "oscar": {"id", "text"},
    "record": {"passage", "query", "entities", "entity_spans", "answers", "idx"},
    "red-caps": {"image", "image_url", "caption", "subreddit"},
    "rotten-tomatoes": {"text", "label"},
    "samsum": {"id", "dialogue", "summary"},
    "sciq": {"question", "support", "correct_answer", "distractor1", "distractor2", "distractor3"},
    "sd-prompts": {"Prompt"},
    "squad": {"id", "title", "context", "question", "answers"},
    "squad-v2": {"id", "title", "context", "question", "answers"},
    "sst2": {"idx", "sentence", "label"},
    "visual-genome": {"image", "image_id", "url", "width", "height", "objects"},
    "wikiann": {"tokens", "ner_tags", "langs", "spans"},
    "wikitext": {"text"},
    "xsum": {"id", "document", "summary"},
}

#: Words: mean and median of the real split (facts, section 2), and how far a sample of 1,500 may be off, relatively.
#: None: no figure there. Means of heavy tails get 12 %, the rest 8 %; whole numbers as medians of short texts 8 %.
LENGTHS = {
    "rotten-tomatoes": (21.1, 21, 0.08),
    "sst2": (19.3, 19, 0.08),
    "squad": (123.0, 117, 0.08),
    "squad-v2": (104.8, 97, 0.08),
    "imdb": (229, 178, 0.08),
    "samsum": (97, 72, 0.08),
    "xsum": (431, 310, 0.12),
    "cnn-dailymail": (690, 610, 0.08),
    "bookcorpus": (13, 11, 0.08),
    "c4": (350, 210, 0.12),
    "oscar": (709, 365, 0.12),
    "record": (210, 200, 0.08),
    "wikiann": (8.0, 6, 0.08),
    "conll2003": (15.8, 12, 0.08),
    "diffusiondb": (25, 19, 0.08),
    "image-reward": (27, 22, 0.08),
    "sd-prompts": (27, 23, 0.08),
}


def n_words(name: str, row: dict[str, Any]) -> int:
    fields = DATASETS[name].fields
    if "tokens" in fields:
        return len(row[fields["tokens"]])
    roles = ["question", "context"] if "question" in fields else ["prompt"] if "prompt" in fields else ["text"]
    return sum(len(row[fields[role]].split()) for role in roles)


# ---------------------------------------------------------------- generators


@pytest.mark.parametrize("name", sorted(DATASETS))
@pytest.mark.parametrize("selection", ["seeded", "first"])
def test_rows_have_the_columns_of_the_dataset_and_row_k_does_not_depend_on_n(name: str, selection: str) -> None:
    few, more = rows_of(name, 3, selection=selection), rows_of(name, 4, selection=selection)
    expected = COLUMNS.get(name, set(more[0]))  # a dataset that was added later brings its own
    assert all(set(row) == expected >= set(DATASETS[name].fields.values()) for row in more)
    assert samples_sha256(few) == samples_sha256(more[:3])
    assert samples_sha256(more) != samples_sha256(rows_of(name, 4, selection=selection, seed=1))


@pytest.mark.parametrize("name", sorted(LENGTHS))
def test_lengths_are_those_of_the_dataset(name: str) -> None:
    lengths = [n_words(name, row) for row in rows_of(name, 1500)]
    expected_mean, expected_median, tolerance = LENGTHS[name]
    assert mean(lengths) == pytest.approx(expected_mean, rel=tolerance)
    assert median(lengths) == pytest.approx(expected_median, rel=tolerance)


def test_the_check_of_lengths_can_fail() -> None:
    shifted = {"distribution": "normal", "mean": 24.0, "sd": 9.7, "min": 1, "max": 51}
    lengths = [n_words("rotten-tomatoes", row) for row in rows_of("rotten-tomatoes", 1500, words=shifted)]
    assert mean(lengths) != pytest.approx(21.1, rel=0.08)


def test_sciq_has_empty_supports_and_the_lengths_of_the_rest() -> None:
    supports = [row["support"] for row in rows_of("sciq", 1500)]
    present = [len(support.split()) for support in supports if support]
    assert supports.count("") / 1500 == pytest.approx(0.116, abs=0.03)
    assert mean(present) == pytest.approx(78, rel=0.08)
    assert median(present) == pytest.approx(70, rel=0.08)


def test_wikitext_keeps_its_blank_lines_and_headings() -> None:
    texts = [row["text"] for row in rows_of("wikitext", 1500)]
    headings = [text for text in texts if text.startswith(" = ")]
    assert texts.count("") / 1500 == pytest.approx(0.337, abs=0.04)
    assert len(headings) / 1500 == pytest.approx(0.16, abs=0.03)
    assert all(heading.endswith(" = \n") and 3 <= len(heading.split()) <= 6 for heading in headings)
    paragraphs = [len(text.split()) for text in texts if text and text not in headings]
    assert mean(paragraphs) == pytest.approx(113, rel=0.08)  # exp(4.45 + 0.75**2 / 2), facts: about 100


@pytest.mark.parametrize("name", ["squad", "squad-v2"])
def test_answers_are_true_spans_of_their_context(name: str) -> None:
    rows = rows_of(name, 300)
    answered = [row for row in rows if row["answers"]["text"]]
    for row in answered:
        (text,), (start,) = row["answers"]["text"], row["answers"]["answer_start"]
        assert row["context"][start : start + len(text)] == text
        assert 1 <= len(text.split()) <= 6
        assert not text[0].isspace()
    assert all(row["answers"]["answer_start"] == [] for row in rows if not row["answers"]["text"])
    share = 1.0 if name == "squad" else 0.499
    assert len(answered) / 300 == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("name", ["wikiann", "conll2003"])
def test_tags_are_valid_bio_and_mark_what_is_a_name(name: str) -> None:
    tags = DATASETS[name].surrogate.parameters["tags"]
    seen = set()
    for row in rows_of(name, 400):
        names = [tags[number] for number in row["ner_tags"]]
        assert len(names) == len(row["tokens"])
        seen.update(names)
        for before, tag in zip(["O", *names], names, strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:]
        if name == "wikiann":
            starts = [tag[2:] for tag in names if tag.startswith("B-")]
            assert [span.split(": ")[0] for span in row["spans"]] == starts
    assert seen == set(tags) - {"I-LOC", "I-MISC"}  # surrogate places are single words


def test_record_marks_its_entities_and_ends_in_highlights() -> None:
    for row in rows_of("record", 100):
        assert row["passage"].count("\n@highlight\n") == 3
        spans = row["entity_spans"]
        cut = [row["passage"][a:b] for a, b in zip(spans["start"], spans["end"], strict=True)]
        assert cut == spans["text"]
        assert set(row["entities"]) == set(cut)
        assert row["query"].count("@placeholder") == 1
        assert row["answers"] == []


def test_dialogues_are_turns_with_names() -> None:
    for row in rows_of("samsum", 100):
        turns = row["dialogue"].split("\r\n")
        assert all(turn.split()[0].endswith(":") and len(turn.split()) > 1 for turn in turns)


def test_imdb_breaks_lines_as_html() -> None:
    texts = [row["text"] for row in rows_of("imdb", 50)]
    assert sum("<br /><br />" in text for text in texts) > 25


def test_file_order_has_the_quirks_of_the_files() -> None:
    tomatoes = [row["label"] for row in rows_of("rotten-tomatoes", 600, selection="first")]
    assert tomatoes == [1] * 533 + [0] * 67
    assert {row["label"] for row in rows_of("imdb", 1000, selection="first")} == {0}
    assert {row["label"] for row in rows_of("imdb", 100)} == {0, 1}
    assert {row["label"] for row in rows_of("sst2", 20)} == {-1}
    rewards = rows_of("image-reward", 18, selection="first")
    assert [row["prompt"] for row in rewards] == [rewards[k // 6 * 6]["prompt"] for k in range(18)]
    assert len({(row["prompt"], row["prompt_id"]) for row in rewards}) == 3
    assert len({row["prompt"] for row in rows_of("image-reward", 18)}) == 18
    squad = rows_of("squad", 10, selection="first")
    assert [row["context"] for row in squad] == [squad[k // 5 * 5]["context"] for k in range(10)]
    assert len({row["question"] for row in squad}) == 10
    assert len({row["context"] for row in rows_of("squad", 10)}) == 10


def test_images_have_the_native_sizes_and_boxes_inside_them() -> None:
    assert {row["img"].size for row in rows_of("cifar10", 5)} == {(32, 32)}
    for name, is_corners in (("coco", True), ("cppe-5", False)):
        for row in rows_of(name, 5):
            assert row["image"].size == (row["width"], row["height"])
            for a, b, c, d in row["objects"]["bbox"]:
                right, bottom = (c, d) if is_corners else (a + c, b + d)
                assert 0 <= a < right <= row["width"] + 0.02
                assert 0 <= b < bottom <= row["height"] + 0.02
    assert all(max(row["image"].size) == 640 for row in rows_of("coco", 5))
    assert rows_of("imagenet-1k", 2, grey_share=1.0)[0]["image"].mode == "L"
    assert all(len(row["answer"]) == 5 for row in rows_of("coco-captions", 2))


def test_images_are_photographs_of_many_colours() -> None:
    (row,) = rows_of("coco", 1)
    colours = row["image"].convert("RGB").getcolors(maxcolors=10**6)
    assert colours is not None and len(colours) > 1000


@pytest.mark.parametrize(
    ("distribution", "low", "high", "expected_mean"),
    [
        (Normal(distribution="normal", mean=20.0, sd=5.0), None, None, 20),
        (LogNormal(distribution="lognormal", mu=2.0, sigma=0.5), None, None, 8.37),
        (Gamma(distribution="gamma", shape=4.0, scale=10.0, max=60.0), None, 60, 37.7),
        (Uniform(distribution="uniform", min=1, max=3), 1, 3, 2),
        (Poisson(distribution="poisson", mean=6.4, plus=1), 1, None, 7.4),
        (Choice(distribution="choice", values=[(3.0, 0.25), (7.0, 0.75)]), 3, 7, 6),
        (Uniform(distribution="uniform", min=4, max=4, empty_share=0.25), 0, 4, 3),
    ],
)
def test_distributions(distribution: Any, low: float | None, high: float | None, expected_mean: float) -> None:
    draws = Draws.of(0, "test", 0)
    values = [draws.count(distribution) for _ in range(4000)]
    assert mean(values) == pytest.approx(expected_mean, rel=0.03)
    assert low is None or min(values) == low
    assert high is None or max(values) == high


def test_a_uniform_count_takes_every_number_alike() -> None:
    draws = Draws.of(0, "test", 0)
    values = [draws.count(Uniform(distribution="uniform", min=1, max=3)) for _ in range(3000)]
    assert all(values.count(number) == pytest.approx(1000, rel=0.1) for number in (1, 2, 3))


def test_text_has_exactly_its_words_and_a_mark_in_about_eight() -> None:
    for n in (1, 2, 9, 400):
        assert len(prose_text(Draws.of(0, "test", n), n).split()) == n
        assert len(spaced_tokens(Draws.of(0, "test", n), n)) == n
    words = prose_text(Draws.of(0, "test", 0), 8000).split()
    assert sum(word[-1] in ".,;:?!" for word in words) / 8000 == pytest.approx(1 / 8, rel=0.1)
    assert sum(any(c.isdigit() for c in word) for word in words) / 8000 == pytest.approx(0.02, rel=0.3)


def test_the_prose_is_the_one_that_the_vocabularies_were_cut_for() -> None:
    # Patch releases of CPython change words of it, not its size.
    assert len(prose().words) == pytest.approx(28_614, rel=0.03)
    assert len(prose().places) == pytest.approx(2_201, rel=0.05)


def test_unknown_generators_parameters_and_columns_are_told() -> None:
    spec = spec_of("imdb")
    surrogate = spec.entry.surrogate.model_copy(update={"generator": "reviews"})
    spec = spec.model_copy(update={"entry": spec.entry.model_copy(update={"surrogate": surrogate})})
    with pytest.raises(InputError, match=r"imdb.yaml: surrogate.generator = 'reviews'.*did you mean 'review'"):
        list(surrogate_rows(spec))
    with pytest.raises(InputError, match=r"imdb.yaml: surrogate.parameters: hiden_labels.*hidden_labels"):
        rows_of("imdb", hiden_labels=True)
    with pytest.raises(InputError, match=r"parameters.columns.x = 'width': the generator 'review' can not fill it"):
        rows_of("imdb", columns={"x": "width"})
    with pytest.raises(InputError, match="give O, and B- and I- of each"):
        rows_of("wikiann", tags=["O", "B-PER"])
