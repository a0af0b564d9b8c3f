"""Scores of small answers, worked out by hand: a changed answer changes the number."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from wattlab.catalog.reading import read_tasks
from wattlab.foundation.members import load_member
from wattlab.quality.answered import Answered, Score, Unscorable
from wattlab.quality.entities import tags_of
from wattlab.quality.scoring import metric_of
from wattlab.quality.spans import exact, f1, normalised
from wattlab.study.cells import Cell

ADAPTER_FIELDS: dict[str, dict[str, str]] = {
    "text-classification": {"text": "text", "label": "label"},
    "question-answering": {"question": "question", "context": "context", "answers": "answers"},
    "token-classification": {"tokens": "tokens", "label": "ner_tags"},
    "fill-mask": {"text": "text"},
    "summarization": {"text": "document", "summary": "summary"},
    "image-classification": {"image": "img", "label": "label"},
    "object-detection": {"image": "image", "objects": "objects"},
    "image-to-text": {"image": "image", "caption": "caption"},
}


def answered(
    task: str, rows: Sequence[dict[str, Any]], answers: Sequence[Any], purpose: str = "task-specific", **more: Any
) -> Answered:
    cell = Cell(task=task, dataset="a-dataset", model="a--model", purpose=purpose)
    given = {"label_names": {}, "fields": ADAPTER_FIELDS.get(task, {})} | more
    return Answered(cell=cell, rows=rows, answers=answers, **given)


def scores(case: Answered) -> list[Score]:
    """By the metric that the catalog names for the task."""
    return metric_of(read_tasks()[case.cell.task])(case)


def values(case: Answered) -> dict[str, float]:
    return {score.metric: score.value for score in scores(case)}


def labelled(*labels: Any) -> list[dict[str, Any]]:
    return [{"text": "", "label": label} for label in labels]


def said(*labels: str) -> list[dict[str, Any]]:
    return [{"label": label, "score": 0.9} for label in labels]


def boxed(boxes: list[list[float]], classes: list[Any]) -> dict[str, Any]:
    return {"image": None, "objects": {"bbox": boxes, "category": classes}}


SENTIMENT = {"label": ["neg", "pos"]}

#: The head of a classifier without names.
LABELS = ["LABEL_0", "LABEL_1", "LABEL_2"]


def test_every_task_has_a_metric_or_a_reason() -> None:
    for entry in read_tasks().values():
        assert entry.no_metric if entry.metric is None else callable(load_member(entry.metric))
    with pytest.raises(Unscorable, match="no reference"):
        scores(answered("text-generation", [], []))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("POSITIVE", "NEGATIVE", "POSITIVE", "POSITIVE"), 0.75),
        (("5 stars", "1 star", "4 stars", "2 stars"), 1.0),
        (("POS", "NEG", "NEU", "NEG"), 0.75),
        (("LABEL_1", "LABEL_0", "LABEL_0", "LABEL_0"), 0.75),
    ],
)
def test_accuracy_by_the_names_of_the_classes(labels: tuple[str, ...], expected: float) -> None:
    case = answered("text-classification", labelled(1, 0, 1, 0), said(*labels), label_names=SENTIMENT, head=LABELS[:2])
    assert values(case) == {"accuracy": expected}


def test_a_neutral_sentiment_is_wrong_and_counted() -> None:
    case = answered("text-classification", labelled(1, 0), said("neutral", "negative"), label_names=SENTIMENT)
    (score,) = scores(case)
    assert (score.value, score.n_scored, score.n_unscored, score.n_unparsed) == (0.5, 2, 0, 1)


def test_unnamed_labels_of_more_classes_have_no_meaning() -> None:
    case = answered("text-classification", labelled(1), said("LABEL_1"), label_names=SENTIMENT, head=LABELS)
    with pytest.raises(Unscorable, match=r"label scheme: the model answers 'LABEL_1'; .* 'neg', 'pos'"):
        scores(case)


def test_classes_that_are_texts_are_those_of_the_head_and_not_of_the_sample() -> None:
    """A sample has two of its three classes; an answer of the third is wrong, and no other scheme."""
    rows, head = labelled("Suzuki coupling", "Esterification"), ["Esterification", "Methylation", "Suzuki coupling"]
    case = answered("text-classification", rows, said("Suzuki coupling", "Methylation"), head=head)
    (score,) = scores(case)
    assert (score.value, score.n_scored, score.n_unparsed) == (0.5, 2, 0)
    with pytest.raises(Unscorable, match="label scheme: the model answers 'Methylation'"):
        scores(replace(case, head=None))
    with pytest.raises(Unscorable, match="label scheme: the model answers 'LABEL_1'"):
        scores(replace(case, answers=said("LABEL_1", "LABEL_1"), head=LABELS[:2]))


def test_hidden_labels_name_the_split_that_has_them() -> None:
    case = answered(
        "text-classification", labelled(-1, -1), said("POSITIVE", "NEGATIVE"), label_names=SENTIMENT,
        labels_hidden="test labels are -1; validation has them",
    )  # fmt: skip
    with pytest.raises(Unscorable, match="hidden: .*validation has them"):
        scores(case)
    (score,) = scores(replace(case, rows=labelled(1, -1)))
    assert (score.value, score.n_scored, score.n_unscored) == (1.0, 1, 1)


def test_generated_answers_are_read_for_one_class() -> None:
    answers = ["Positive.", " negative", "positive or negative?", "I do not know", "It is not great: negative"]
    case = answered("text-classification", labelled(1, 0, 1, 0, 0), answers, "multi-purpose", label_names=SENTIMENT)
    (score,) = scores(case)
    assert (score.value, score.n_unparsed) == (0.6, 2)


def test_images_need_the_same_classes_in_any_spelling() -> None:
    names = {"label": ["tabby, tabby cat", "sports_car, sport car", "crane"]}
    rows = [{"label": 0}, {"label": 1}, {"label": 2}]
    case = answered("image-classification", rows, said("tabby", "Sports car", "tabby, tabby cat"), label_names=names)
    assert values(case) == {"accuracy": pytest.approx(2 / 3)}
    with pytest.raises(Unscorable, match="label scheme: the model answers 'airliner'"):
        scores(replace(case, answers=said("airliner", "crane", "crane")))


def test_squad_normalisation_is_the_official_one() -> None:
    assert normalised("  The Cat's  a 'hat'. ") == "cats hat"
    assert exact("The Beatles", "beatles!") == 1.0
    # Two shared words of three said and four right: 2 x 2 / 7.
    assert f1("the big red fox", "a red fox jumped high") == pytest.approx(4 / 7)
    assert (f1("", ""), f1("a", "fox"), f1("fox", "")) == (1.0, 0.0, 0.0)


def test_exact_match_and_f1_take_the_best_reference() -> None:
    rows = [
        {"answers": {"text": ["Denver Broncos", "the Broncos"], "answer_start": [0, 0]}},
        {"answers": {"text": [], "answer_start": []}},
    ]
    texts = [{"text": "Broncos"}, {"text": "1066"}]
    found = values(answered("question-answering", rows, texts))
    assert found["exact match"] == 0.5 and found["F1"] == 0.5
    assert found["F1, has answer"] == 1.0 and found["F1, no answer"] == 0.0
    found = values(answered("question-answering", rows, ["Denver", "Unanswerable."], "multi-purpose"))
    assert found["exact match, has answer"] == 0.0 and found["F1, has answer"] == pytest.approx(2 / 3)
    assert found["exact match, no answer"] == 1.0
    assert set(values(answered("question-answering", [{"answers": "water"}], [{"text": "Water"}]))) == {
        "exact match",
        "F1",
    }


def test_an_answer_beyond_the_cut_is_not_asked_for() -> None:
    context = "The fox sat on the wall. It saw a crow."
    rows = [
        {"context": context, "answers": {"text": ["the wall"], "answer_start": [15]}},
        {"context": context, "answers": {"text": ["a crow"], "answer_start": [32]}},
        {"context": context, "answers": {"text": [], "answer_start": []}},
        {"context": context, "answers": "no span of the text"},
    ]
    case = answered("question-answering", rows, [{"text": text} for text in ("wall", "", "", "")], max_input_words=6)
    score = scores(case)[0]
    assert (score.metric, score.value, score.n_scored, score.n_unscored) == ("exact match", pytest.approx(2 / 3), 3, 1)
    assert scores(replace(case, max_input_words=None))[0].value == 0.5
    by_tokens = replace(case, max_input_words=None, words_read=[6, 6, None, None])
    assert scores(by_tokens) == scores(case), "the model's own length cuts as the protocol's words do"


NER = {"ner_tags": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]}
TOKENS = ["Ada", "Lovelace", "saw", "New", "York", "."]


def entity(label: str, start: int, end: int) -> dict[str, Any]:
    return {"label": label, "score": 1.0, "start": start, "end": end, "text": ""}


def test_entities_lie_on_the_tokens_of_their_first_letters() -> None:
    assert tags_of(TOKENS, [entity("PER", 0, 12), entity("LOC", 17, 25)]) == [
        "B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O",
    ]  # fmt: skip
    # A piece of a word that does not hold its first letter marks nothing.
    assert tags_of(["Lovelace"], [entity("PER", 4, 8)]) == ["O"]


def test_entity_f1() -> None:
    rows = [{"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 4, 0]}]
    right = [entity("PERSON", 0, 12), entity("LOC", 17, 25)]
    case = answered("token-classification", rows, [right], label_names=NER)
    assert values(case) == {"entity F1": 1.0}
    # One of two found, half of two said is right: precision 1/2, recall 1/2.
    assert values(replace(case, answers=[[right[0], entity("LOC", 17, 20)]])) == {"entity F1": 0.5}
    # WikiANN-like: MISC is not marked, and left out.
    assert values(replace(case, answers=[[*right, entity("MISC", 13, 16)]])) == {"entity F1": 1.0}


def test_entities_beyond_the_cut_are_not_missed() -> None:
    """Four of six words reach the model: New York is half in them."""
    rows = [{"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 4, 0]}]
    answers = [[entity("PER", 0, 12), entity("LOC", 17, 20)]]
    case = answered("token-classification", rows, answers, label_names=NER, max_input_words=4)
    assert values(case) == {"entity F1": 1.0}
    assert values(replace(case, max_input_words=None)) == {"entity F1": 0.5}
    assert values(replace(case, max_input_words=None, words_read=[4])) == {"entity F1": 1.0}


def test_other_schemes_of_entities_have_no_score() -> None:
    rows = [{"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 4, 0]}]
    with pytest.raises(Unscorable, match="label scheme: 'PATIENT'"):
        scores(answered("token-classification", rows, [[entity("PATIENT", 0, 3)]], label_names=NER))
    passages = answered("token-classification", [{"passage": "x"}], [[]], fields={"text": "passage"})
    with pytest.raises(Unscorable, match="have no label"):
        scores(passages)
    with pytest.raises(Unscorable, match="validation"):
        scores(replace(passages, labels_hidden="validation has answers"))


def test_masked_words() -> None:
    rows = [{"text": f"{'w ' * 19}River. more"}, {"text": "one two"}, {"text": ""}]
    first = [{"text": " river", "score": 0.5}, {"text": "sea", "score": 0.2}]
    second = [{"text": "three", "score": 0.5}, {"text": "two", "score": 0.2}]
    case = answered("fill-mask", rows, [first, second, second], mask="last-of-20-words")
    found = scores(case)
    assert values(case) == {"masked word": 0.5, "masked word, in five": 1.0}
    assert (found[0].n_scored, found[0].n_unscored) == (2, 1)
    with pytest.raises(Unscorable, match="appended"):
        scores(replace(case, mask="append"))


def test_a_masked_article_is_a_word_as_any_other() -> None:
    """Without its articles, as answers to questions are compared, a text that ends in one would have no word under its mask."""
    rows = [{"text": "w " * 19 + "the"}, {"text": "w " * 19 + "A"}]
    said = [[{"text": "the", "score": 0.5}], [{"text": "an", "score": 0.5}, {"text": "a", "score": 0.2}]]
    case = answered("fill-mask", rows, said, mask="last-of-20-words")
    assert values(case) == {"masked word": 0.5, "masked word, in five": 1.0}
    assert scores(case)[0].n_unscored == 0


def test_rouge_by_hand() -> None:
    rows = [{"summary": "the cat sat on the mat"}]
    found = values(answered("summarization", rows, ["the cat on mats"]))
    # Four words said, six right, four shared (mats is stemmed): 2 x 4 / 10. Pairs: one of three and five: 2 / 8.
    assert found == {
        "ROUGE-1": pytest.approx(0.8),
        "ROUGE-2": pytest.approx(0.25),
        "ROUGE-L": pytest.approx(0.8),
    }
    captions = answered("image-to-text", [{"caption": ["a dog", "the cat sat"]}], ["the cat"])
    assert values(captions)["ROUGE-L"] == pytest.approx(0.8)


def boxes(label: str, *corners: float, score: float = 0.9) -> list[dict[str, Any]]:
    return [{"label": label, "score": score, "box": list(corners)}]


def test_mean_average_precision() -> None:
    names = {"objects.category": ["mask", "glove"]}
    rows = [
        {"objects": {"bbox": [[10.0, 20.0, 100.0, 50.0]], "category": [0]}},
        {"objects": {"bbox": [[0.0, 0.0, 40.0, 40.0]], "category": [1]}},
    ]
    # The first image is 320 x 240 and was shown as 640 x 480: its boxes are twice as large in the answer.
    answers = [boxes("Mask", 20, 40, 220, 140), boxes("glove", 0, 0, 40, 40)]
    case = answered(
        "object-detection",
        rows,
        answers,
        label_names=names,
        image_sizes=[(320, 240), (640, 480)],
        shown_size=(640, 480),
    )
    assert values(case) == {"mAP": pytest.approx(1.0), "mAP at IoU 0.5": pytest.approx(1.0)}
    # Of the glove, three quarters overlap: right at the IoUs 0.5, 0.55, …, 0.75, six of ten; the mask is missed.
    worse = replace(case, answers=[[], boxes("glove", 0, 0, 40, 30)])
    assert values(worse) == {"mAP": pytest.approx(0.3), "mAP at IoU 0.5": pytest.approx(0.5)}
    with pytest.raises(Unscorable, match="label scheme: the model answers 'person'"):
        scores(replace(case, answers=[boxes("person", 0, 0, 1, 1), []]))
    with pytest.raises(Unscorable, match="open vocabulary"):
        scores(replace(case, rows=[{"objects": {"bbox": [], "names": []}}] * 2))
    with pytest.raises(Unscorable, match="no answer has a box"):
        scores(replace(case, answers=[[], []]))


@pytest.mark.parametrize(
    ("task", "rows", "said_of_it"),
    [
        ("text-classification", labelled(0, float("nan")), "its label 'nan' is no number of a class"),
        ("text-classification", labelled(0.5), "its label '0.5'"),
        ("text-classification", labelled([0]), r"its label '\[0\]'"),
        ("text-classification", labelled("good", None), "its label 'good'.*none of 'neg', 'pos'"),
        ("token-classification", [{"tokens": "one two", "ner_tags": [0, 0]}], "holds 'one two': no tokens"),
        ("token-classification", [{"tokens": ["one"], "ner_tags": ["O"]}], "its tags are not one number for each"),
        ("token-classification", [{"tokens": ["one"], "ner_tags": []}], "its tags are not one number for each"),
        ("question-answering", [{"question": "", "context": "", "answers": [1]}], "no answers"),
        ("summarization", [{"document": "", "summary": 7}], "holds '7': no summary"),
        ("object-detection", [boxed([[1, 2, 3]], ["cat"])], "no objects"),
        ("object-detection", [boxed([[1, 2, 3, 4]], [])], "have not one category each"),
        ("object-detection", [boxed([[1, 2, 3, 4]] * 2, ["cat", 1])], "have not one category each"),
    ],
)
def test_references_of_another_shape_are_a_reason(task: str, rows: list[dict[str, Any]], said_of_it: str) -> None:
    names = {"label": ["neg", "pos"], "ner_tags": ["O", "B-PER"]}
    answers = said(*["pos"] * len(rows)) if task == "text-classification" else [[]] * len(rows)
    with pytest.raises(Unscorable, match=said_of_it):
        scores(answered(task, rows, answers, label_names=names))
