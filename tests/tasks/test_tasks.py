"""Each task's adapter on a narrow model of every kind: the answer's unit and length."""

import json
import subprocess
import sys
from typing import Any, get_args

import pytest
import torch
from transformers import GenerationConfig

from support.adapters import ready
from support.tiny_models import TEXT, photo, row_of, tiny_spec, tokenizer_of
from wattlab.catalog.reading import CATALOG_ROOT, read_tasks
from wattlab.foundation.members import load_member
from wattlab.foundation.schema import OutputUnit
from wattlab.study.cells import Spec
from wattlab.tasks import adapter_for
from wattlab.tasks.contract import Adapter
from wattlab.tasks.generation import generating_part
from wattlab.tasks.question_answering import MAX_ANSWER_TOKENS, best_span
from wattlab.tasks.token_classification import entities

pytestmark = pytest.mark.slow


def answer(spec: Spec, **values: Any) -> Any:
    """One inference on a row with these values by role."""
    adapter = ready(spec)
    return adapter.infer([adapter.prepare(row_of(spec, **values))])[0]


# ---------------------------------------------------------------- the registry


def test_listing_the_adapters_loads_no_torch():
    code = "import sys, wattlab.tasks.contract, wattlab.catalog.reading as r; r.read_tasks(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "scripts"}, cwd=CATALOG_ROOT.parent)


def test_every_task_has_an_adapter_with_an_output_unit():
    for task, entry in read_tasks().items():
        adapter = load_member(entry.adapter)
        assert issubclass(adapter, Adapter), task
        assert adapter.output_unit in get_args(OutputUnit), task


def test_multi_purpose_cells_are_prompted():
    spec = tiny_spec("text-classification", "imdb", "google--flan-t5-base", prompted=True)
    assert adapter_for(spec).__name__ == "Prompted"


# ---------------------------------------------------------------- one inference of each kind of model


@pytest.mark.parametrize(
    "model",
    [
        "distilbert--distilbert-base-uncased-finetuned-sst-2-english",
        "nlptown--bert-base-multilingual-uncased-sentiment",
        "cardiffnlp--twitter-roberta-base-sentiment-latest",
        "cardiffnlp--twitter-xlm-roberta-base-sentiment",
        "finiteautomata--bertweet-base-sentiment-analysis",
    ],
)
def test_text_classification_gives_one_label_also_of_a_text_beyond_the_model(model):
    spec = tiny_spec("text-classification", "imdb", model, max_input_words=None)
    got = answer(spec, text=TEXT * 50)
    assert got.n_output_units == 1
    assert got.value["label"] in {f"LABEL_{i}" for i in range(5)}
    assert 0 < got.value["score"] <= 1
    json.dumps(got.value, allow_nan=False)


@pytest.mark.parametrize(
    "model",
    [
        "distilbert--distilbert-base-uncased-distilled-squad",
        "deepset--tinyroberta-squad2",
        "deepset--electra-base-squad2",
        "timpal0l--mdeberta-v3-base-squad2",
    ],
)
def test_question_answering_gives_a_span_of_the_context(model):
    spec = tiny_spec("question-answering", "squad", model, max_input_words=None)
    got = answer(spec, context=TEXT * 40)
    assert 1 <= got.n_output_units <= MAX_ANSWER_TOKENS
    assert got.value["text"] == (TEXT * 40)[got.value["start"] : got.value["end"]] != ""


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_context_is_an_empty_answer_without_a_forward_pass(empty):
    spec = tiny_spec("question-answering", "sciq", "deepset--tinyroberta-squad2")
    adapter = ready(spec)
    adapter.model = None
    got = adapter.infer([adapter.prepare(row_of(spec, context=empty))])[0]
    assert got.n_output_units == 0
    assert got.value["text"] == ""


def test_best_span_is_the_likeliest_allowed_one():
    start = torch.tensor([9.0, 0.0, 3.0, 0.0, 0.0])
    end = torch.tensor([9.0, 8.0, 0.0, 4.0, 0.0])
    allowed = torch.tensor([False, True, True, True, True])
    # The likeliest start is 2 and the likeliest end is 1, before it. P(2, 3) ~ e^3 e^4 stands against P(1, 1) ~ e^0 e^8.
    assert best_span(start, end, allowed)[:2] == (1, 1)
    assert best_span(start, torch.tensor([9.0, 6.0, 0.0, 4.0, 0.0]), allowed)[:2] == (2, 3)


def test_best_span_is_no_longer_than_the_limit():
    scores = torch.full((40,), -10.0)
    start, end = scores.clone(), scores.clone()
    start[0], end[MAX_ANSWER_TOKENS] = 5.0, 5.0
    first, last, _ = best_span(start, end, torch.ones(40, dtype=torch.bool))
    assert last - first + 1 <= MAX_ANSWER_TOKENS
    end[MAX_ANSWER_TOKENS - 1] = 4.0
    assert best_span(start, end, torch.ones(40, dtype=torch.bool))[:2] == (0, MAX_ANSWER_TOKENS - 1)


@pytest.mark.parametrize("model", ["dslim--bert-base-NER", "Jean-Baptiste--roberta-large-ner-english"])
def test_token_classification_labels_every_token_but_the_special_ones(model):
    spec = tiny_spec("token-classification", "conll2003", model)
    got = answer(spec)
    tokens = tokenizer_of(spec)(" ".join(TEXT.split()), add_special_tokens=False)["input_ids"]
    assert got.n_output_units == len(tokens)
    for entity in got.value:
        assert entity["text"] == TEXT[entity["start"] : entity["end"]]


def test_entities_join_neighbours_and_leave_out_what_is_none():
    text = "New York is in the USA."
    tokens = [
        ("B-LOC", 0.9, [0, 3]),
        ("I-LOC", 0.7, [4, 8]),
        ("O", 1.0, [9, 11]),
        ("O", 1.0, [12, 14]),
        ("B-LOC", 0.5, [19, 20]),
        ("B-LOC", 0.5, [20, 22]),
    ]
    assert [(e["label"], e["text"], pytest.approx(e["score"])) for e in entities(tokens, text)] == [
        ("LOC", "New York", 0.8),
        ("LOC", "U", 0.5),
        ("LOC", "SA", 0.5),
    ]


@pytest.mark.parametrize(
    "model",
    [
        "distilbert--distilbert-base-uncased",
        "albert--albert-base-v2",
        "FacebookAI--roberta-base",
        "microsoft--deberta-base",
    ],
)
@pytest.mark.parametrize("dataset", ["bookcorpus", "c4"])
def test_fill_mask_gives_five_candidates_for_one_place(model, dataset):
    got = answer(tiny_spec("fill-mask", dataset, model), text=TEXT * 100)
    assert got.n_output_units == 1
    scores = [candidate["score"] for candidate in got.value]
    assert len(scores) == 5 and scores == sorted(scores, reverse=True) and scores[-1] > 0


@pytest.mark.parametrize(
    "model",
    [
        "distilbert--distilgpt2",
        "EleutherAI--gpt-neo-125m",
        "facebook--opt-1.3b",
        "bigscience--bloom-560m",
    ],
)
@pytest.mark.parametrize("text", [TEXT, ""])
def test_text_generation_gives_the_set_number_of_new_tokens(model, text):
    spec = tiny_spec("text-generation", "wikitext", model)
    assert spec.protocol.min_new_tokens == spec.protocol.max_new_tokens == 10
    got = answer(spec, text=text)
    assert got.n_output_units == 10
    assert isinstance(got.value, str)


@pytest.mark.parametrize(
    "model",
    [
        "ainize--bart-base-cnn",
        "sshleifer--distilbart-xsum-12-6",
        "google--pegasus-xsum",
        "pszemraj--led-large-book-summary",
    ],
)
def test_summarization_gives_the_set_number_of_new_tokens_with_the_models_own_beams(model):
    spec = tiny_spec("summarization", "cnn-dailymail", model, max_input_words=None)
    adapter = ready(spec)
    got = adapter.infer([adapter.prepare(row_of(spec, text=TEXT * 40))])[0]
    assert got.n_output_units == spec.protocol.max_new_tokens == 14
    assert adapter.model.generation_config.num_beams == spec.model.generation["num_beams"]
    assert adapter.model.generation_config.max_length is None


@pytest.mark.parametrize(
    ("task", "dataset", "model"),
    [
        ("summarization", "cnn-dailymail", "ainize--bart-base-cnn"),
        ("image-to-text", "coco-captions", "microsoft--git-base"),
        ("image-to-text", "coco-captions", "Salesforce--blip-image-captioning-base"),
        ("image-to-text", "coco-captions", "nlpconnect--vit-gpt2-image-captioning"),
    ],
)
def test_a_set_length_is_what_the_librarys_max_length_gives(task, dataset, model):
    """The authors' scripts pass max_length=15 to summarization models and nothing (20) to captioners."""
    spec, max_length = tiny_spec(task, dataset, model), {"summarization": 15, "image-to-text": 20}[task]
    adapter = ready(spec)
    part = generating_part(adapter.model)
    stated = {key: value for key, value in part.generation_config.to_dict().items() if "new_tokens" not in key}
    part.generation_config = GenerationConfig(**{**stated, "max_length": max_length, "min_length": max_length})
    assert (
        adapter.infer([adapter.prepare(row_of(spec))])[0].n_output_units
        == max_length - 1
        == spec.protocol.max_new_tokens
    )


@pytest.mark.parametrize("model", ["google--flan-t5-base", "bigscience--bloomz-560m"])
@pytest.mark.parametrize(
    ("task", "dataset", "n_tokens"),
    [("text-classification", "imdb", 1), ("question-answering", "sciq", 3), ("summarization", "samsum", 15)],
)
def test_a_prompted_model_gives_the_set_number_of_new_tokens(model, task, dataset, n_tokens):
    spec = tiny_spec(task, dataset, model, prompted=True)
    starts = n_tokens == 15 and model == "google--flan-t5-base"  # BLOOMz continues its prompt: all 15 are new
    assert answer(spec).n_output_units == n_tokens - starts


@pytest.mark.parametrize(
    "model",
    [
        "microsoft--resnet-18",
        "google--mobilenet_v1_0.75_192",
        "google--vit-base-patch16-224",
        "microsoft--beit-base-patch16-224-pt22k-ft22k",
        "facebook--convnextv2-tiny-1k-224",
    ],
)
def test_image_classification_gives_one_label(model):
    spec = tiny_spec("image-classification", "cifar10", model)
    got = answer(spec)
    n_labels = spec.model.architecture.config["num_labels"]
    assert got.n_output_units == 1
    assert got.value["score"] > 1.0001 / n_labels, "logits are all alike: the signal died out on the way"


@pytest.mark.parametrize(
    "model",
    [
        "hustvl--yolos-tiny",
        "facebook--detr-resnet-50",
        "polejowska--detr-r50-cd45rb-1ah-6l",
        "SenseTime--deformable-detr",
    ],
)
def test_object_detection_gives_as_many_boxes_as_it_counts(model):
    spec = tiny_spec("object-detection", "coco", model)
    got = answer(spec)
    assert got.n_output_units == len(got.value)
    for box in got.value:
        assert box["score"] > 0.5 and len(box["box"]) == 4


def test_object_detection_gives_boxes_in_pixels_of_the_sample():
    adapter = ready(tiny_spec("object-detection", "coco", "polejowska--detr-r50-cd45rb-1ah-6l"))
    with torch.no_grad():
        adapter.model.class_labels_classifier.bias.copy_(torch.tensor([9.0, 0.0]))
        last = adapter.model.bbox_predictor.layers[-1]
        last.weight.zero_()
        last.bias.zero_()  # every box is (0.5, 0.5, 0.5, 0.5) of width and height
    got = adapter.infer([photo(640, 480)])[0]
    assert got.n_output_units == 10
    assert got.value[0]["box"] == pytest.approx([160, 120, 480, 360])


@pytest.mark.parametrize(
    "model",
    [
        "microsoft--git-base",
        "Salesforce--blip-image-captioning-base",
        "Salesforce--blip2-opt-2.7b",
        "Salesforce--blip2-flan-t5-xl",
        "nlpconnect--vit-gpt2-image-captioning",
    ],
)
def test_image_to_text_gives_the_set_number_of_new_tokens(model):
    spec = tiny_spec("image-to-text", "coco-captions", model, max_new_tokens=7)
    assert answer(spec).n_output_units == 7


@pytest.mark.parametrize("model", ["segmind--tiny-sd", "CompVis--stable-diffusion-v1-4"])
def test_text_to_image_gives_one_image_of_the_protocols_size(model):
    spec = tiny_spec("text-to-image", "sd-prompts", model, image_size=[64, 32])
    got = answer(spec)
    assert got.n_output_units == 1
    assert (got.value.width, got.value.height) == (64, 32)


def test_text_to_image_makes_the_steps_of_the_protocol():
    spec = tiny_spec("text-to-image", "sd-prompts", "segmind--tiny-sd", image_size=[32, 32], steps=3)
    adapter = ready(spec)
    calls = []
    adapter.model.unet.register_forward_hook(lambda *_: calls.append(1))
    adapter.infer(["a town by the sea"])[0]
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("task", "dataset", "model"),
    [
        ("text-generation", "wikitext", "distilbert--distilgpt2"),  # samples: do_sample
        ("summarization", "xsum", "ainize--bart-base-cnn"),
        ("image-classification", "cifar10", "microsoft--resnet-18"),
    ],
)
def test_an_inference_repeats_itself_and_prints_nothing(task, dataset, model, capfd):
    spec = tiny_spec(task, dataset, model)
    adapter = ready(spec)
    sample = adapter.prepare(row_of(spec))
    capfd.readouterr()
    first = adapter.infer([sample])[0]
    torch.rand(3)
    assert adapter.infer([sample])[0] == first
    assert capfd.readouterr() == ("", "")


def test_text_to_image_repeats_itself_and_prints_nothing(capfd):
    spec = tiny_spec("text-to-image", "sd-prompts", "CompVis--stable-diffusion-v1-4", image_size=[32, 32])
    adapter = ready(spec)
    capfd.readouterr()
    images = [adapter.infer([TEXT * 5])[0].value.tobytes() for _ in range(2)]
    assert images[0] == images[1]
    assert capfd.readouterr() == ("", "")
