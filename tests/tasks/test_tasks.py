"""Each task's adapter on a narrow model of every kind: the answer's unit and length, and what is prepared."""

import json
import subprocess
import sys
from typing import Any, cast, get_args

import pytest
import torch
from transformers import GenerationConfig

from support.tiny_models import TEXT, full_spec, photo, row_of, source_of, tiny_spec, tokenizer_of
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_tasks
from wattlab.foundation.members import load_member
from wattlab.foundation.schema import OutputUnit
from wattlab.models.image_processors import image_processor
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.study.cells import Spec
from wattlab.tasks import adapter_for
from wattlab.tasks.contract import Adapter
from wattlab.tasks.fill_mask import FillMask
from wattlab.tasks.generation import generating_part
from wattlab.tasks.question_answering import MAX_ANSWER_TOKENS, best_span
from wattlab.tasks.token_classification import entities

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

CPU = torch.device("cpu")


def ready(spec: Spec) -> Any:
    """The spec's adapter, its model loaded."""
    adapter = cast(Any, adapter_for(spec)(spec, source_of(spec), CPU))
    adapter.load()
    adapter.transfer()
    return adapter


def answer(spec: Spec, **values: Any) -> Any:
    """One inference on a row with these values by role."""
    adapter = ready(spec)
    return adapter.infer(adapter.prepare(row_of(spec, **values)))


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
    got = adapter.infer(adapter.prepare(row_of(spec, context=empty)))
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
    got = adapter.infer(adapter.prepare(row_of(spec, text=TEXT * 40)))
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
    assert adapter.infer(adapter.prepare(row_of(spec))).n_output_units == max_length - 1 == spec.protocol.max_new_tokens


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
    got = adapter.infer(photo(640, 480))
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
    adapter.infer("a town by the sea")
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
    first = adapter.infer(sample)
    torch.rand(3)
    assert adapter.infer(sample) == first
    assert capfd.readouterr() == ("", "")


def test_text_to_image_repeats_itself_and_prints_nothing(capfd):
    spec = tiny_spec("text-to-image", "sd-prompts", "CompVis--stable-diffusion-v1-4", image_size=[32, 32])
    adapter = ready(spec)
    capfd.readouterr()
    images = [adapter.infer(TEXT * 5).value.tobytes() for _ in range(2)]
    assert images[0] == images[1]
    assert capfd.readouterr() == ("", "")


# ---------------------------------------------------------------- what is prepared


def prepared(spec: Spec, **values: Any) -> Any:
    return adapter_for(spec)(spec, source_of(spec), CPU).prepare(row_of(spec, **values))


def test_words_are_cut_by_the_protocol():
    model = "distilbert--distilbert-base-uncased-finetuned-sst-2-english"
    text = " ".join(f"w{i}" for i in range(100))
    cut = prepared(tiny_spec("text-classification", "imdb", model, max_input_words=3), text=text)
    assert cut == "w0 w1 w2"
    assert prepared(tiny_spec("text-classification", "imdb", model, max_input_words=None), text=text) == text


def test_question_answering_cuts_the_context_alone():
    spec = tiny_spec("question-answering", "squad", "deepset--tinyroberta-squad2", max_input_words=2)
    assert prepared(spec, question="Who came back ?", context="Mr Smith came") == ("Who came back ?", "Mr Smith")


def test_token_classification_reads_tokens_or_a_passage():
    model = "dslim--bert-base-NER"
    wikiann = tiny_spec("token-classification", "wikiann", model, max_input_words=3)
    assert prepared(wikiann, tokens=["EU", "rejects", "German", "call"]) == "EU rejects German"
    record = tiny_spec("token-classification", "record", model, max_input_words=2)
    assert prepared(record, text="By Reporter Daily") == "By Reporter"


def test_fill_mask_appends_the_mask_to_a_text_without_full_stops():
    spec = tiny_spec("fill-mask", "bookcorpus", "distilbert--distilbert-base-uncased")
    assert prepared(spec, text="mr. smith left .") == "mr smith left [MASK]"
    assert prepared(spec, text="") == "[MASK]"


def test_fill_mask_masks_the_last_of_20_words():
    spec = tiny_spec("fill-mask", "c4", "FacebookAI--roberta-base", max_input_words=5)
    words = [f"w{i}" for i in range(30)]
    assert prepared(spec, text=" ".join(words)) == " ".join([*words[:19], "<mask>"])
    assert prepared(spec, text="one two") == "one <mask>"
    assert prepared(spec, text="") == "<mask>"


def test_fill_mask_keeps_the_mask_of_a_text_beyond_the_model():
    adapter = cast(FillMask, ready(tiny_spec("fill-mask", "bookcorpus", "distilbert--distilbert-base-uncased")))
    adapter.infer(adapter.prepare({"text": "town " * 2000}))
    ids = adapter.encode("town " * 2000 + "[MASK]")["input_ids"][0]
    assert len(ids) == 512
    assert int((ids == adapter.tokenizer.mask_token_id).sum()) == 1


def test_text_generation_and_image_generation_read_the_authors_number_of_words():
    words = [f"w{i}" for i in range(100)]
    text = tiny_spec("text-generation", "oscar", "distilbert--distilgpt2")
    assert prepared(text, text=" ".join(words)).split() == words[:20]
    image = tiny_spec("text-to-image", "sd-prompts", "segmind--tiny-sd")
    assert prepared(image, prompt=" ".join(words)).split() == words[:50]


def test_an_empty_text_is_one_bos_token():
    adapter = ready(tiny_spec("text-generation", "wikitext", "distilbert--distilgpt2"))
    assert adapter.encode("")["input_ids"].tolist() == [[adapter.tokenizer.bos_token_id]]


def test_the_prompt_stands_around_the_cut_text():
    t5 = "google--flan-t5-base"
    spec = tiny_spec("summarization", "xsum", t5, prompted=True, max_input_words=2)
    assert prepared(spec, text="A {b} c") == "summarize the following text: A {b}"
    spec = tiny_spec("question-answering", "sciq", t5, prompted=True, max_input_words=2)
    asked = prepared(spec, question="Who came", context="Mr Smith came")
    assert asked == 'Who came? Find the answer to the question in the following text: "Mr Smith". Answer:'
    assert prepared(spec, question="Who", context=None).endswith('text: "". Answer:')
    spec = tiny_spec("summarization", "xsum", t5, prompted=True, max_input_words=1, prompt="{{{summary}}} or {text}?")
    assert prepared(spec, text="A b", summary="C d") == "{C} or A?"


def test_an_image_is_resized_to_the_protocols_size_or_left():
    model = "microsoft--resnet-18"
    resized = prepared(tiny_spec("image-classification", "cifar10", model), image=photo().convert("L"))
    assert (resized.mode, resized.size) == ("RGB", (640, 480))
    assert len(resized.getcolors()) <= len(photo().convert("L").getcolors()), "nearest makes no new colour"
    native = prepared(tiny_spec("image-classification", "cifar10@native", model), image=photo())
    assert native.size == (320, 200)


def test_every_image_processor_gives_the_stated_size():
    processors = {
        entry.image_processor.model_dump_json(): entry.image_processor
        for entry in load_catalog(CATALOG_ROOT).models.values()
        if entry.image_processor is not None and entry.environment == "main"
    }
    assert len(processors) > 5
    for facts in processors.values():
        pixels = image_processor(facts)(images=photo(640, 480), return_tensors="pt")["pixel_values"]
        assert list(pixels.shape[2:]) == (facts.input_hw or facts.input_hw_for_640x480), facts


def test_a_text_adapter_needs_a_tokenizer():
    spec = full_spec("text-generation", "oscar", "distilbert--distilgpt2")
    with pytest.raises(ValueError, match="needs a tokenizer"):
        adapter_for(spec)(spec, ArchitectureSource(spec, None), CPU)
