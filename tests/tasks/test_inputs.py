"""What each task's adapter prepares of a row: cut texts, masks, prompts and images."""

from typing import Any, cast

import pytest

from support.adapters import CPU, ready
from support.tiny_models import full_spec, photo, row_of, source_of, tiny_spec
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.models.image_processors import image_processor
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.study.cells import Spec
from wattlab.tasks import adapter_for
from wattlab.tasks.fill_mask import FillMask

pytestmark = pytest.mark.slow


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
    adapter.infer([adapter.prepare({"text": "town " * 2000})])[0]
    ids = adapter.encode(["town " * 2000 + "[MASK]"])["input_ids"][0]
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
    assert adapter.encode([""])["input_ids"].tolist() == [[adapter.tokenizer.bos_token_id]]


def row_asked(spec: Spec, **values: Any) -> Any:
    """As the worker does: a prompt is cut to what the loaded model takes."""
    return ready(spec).prepare(row_of(spec, **values))


def test_the_prompt_stands_around_the_cut_text():
    t5 = "google--flan-t5-base"
    spec = tiny_spec("summarization", "xsum", t5, prompted=True, max_input_words=2)
    assert row_asked(spec, text="A {b} c") == "summarize the following text: A {b}"
    spec = tiny_spec("question-answering", "sciq", t5, prompted=True, max_input_words=2)
    asked = row_asked(spec, question="Who came", context="Mr Smith came")
    assert asked == 'Who came? Find the answer to the question in the following text: "Mr Smith". Answer:'
    assert row_asked(spec, question="Who", context=None).endswith('text: "". Answer:')
    spec = tiny_spec("summarization", "xsum", t5, prompted=True, max_input_words=1, prompt="{{{summary}}} or {text}?")
    assert row_asked(spec, text="A b", summary="C d") == "{C} or A?"


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
        if entry.image_processor is not None
        and entry.environment == "main"
        and entry.image_processor.patch_size is None
    }
    assert len(processors) > 5
    for facts in processors.values():
        pixels = image_processor(facts)(images=photo(640, 480), return_tensors="pt")["pixel_values"]
        assert list(pixels.shape[2:]) == (facts.input_hw or facts.input_hw_for_640x480), facts


def test_a_text_adapter_needs_a_tokenizer():
    spec = full_spec("text-generation", "oscar", "distilbert--distilgpt2")
    with pytest.raises(ValueError, match="needs a tokenizer"):
        adapter_for(spec)(spec, ArchitectureSource(spec, None), CPU)
