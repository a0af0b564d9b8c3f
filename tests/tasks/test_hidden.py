"""What an answer does not show: that NaN is behind it, and how much of the text the model could read."""

import math
from typing import Any

import pytest
import torch

from support.adapters import ready
from support.tiny_models import TEXT, row_of, tiny_spec
from wattlab.tasks.contract import finite

GPT2 = ("text-generation", "oscar", "openai-community--gpt2")
SQUAD = ("question-answering", "squad", "deepset--electra-base-squad2")
CONLL = ("token-classification", "conll2003", "dslim--bert-base-NER")
FLAN = ("question-answering", "squad", "google--flan-t5-base")


def answered(adapter: Any, spec: Any) -> tuple[Any, Any]:
    sample = adapter.prepare(row_of(spec))
    return sample, adapter.infer([sample])[0]


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler", "ignore:invalid value encountered")
@pytest.mark.parametrize(
    ("cell", "weight"),
    [
        (GPT2, "transformer.ln_f.weight"),
        (("summarization", "xsum", "google--pegasus-xsum"), "model.decoder.layer_norm.weight"),
        (("image-to-text", "coco-captions", "nlpconnect--vit-gpt2-image-captioning"), "decoder.transformer.ln_f.weight"),
        (("image-to-text", "coco-captions", "Salesforce--blip-image-captioning-base"), "vision_model.post_layernorm.weight"),
        (CONLL, "classifier.bias"),
        (("object-detection", "coco", "hustvl--yolos-tiny"), "vit.layernorm.weight"),
        (("text-to-image", "sd-prompts", "segmind--tiny-sd"), "vae.decoder.conv_in.weight"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_an_answer_from_nan_is_seen_where_its_value_hides_it(cell: tuple[str, str, str], weight: str) -> None:
    small = {"image_size": [64, 64], "steps": 1} if cell[0] == "text-to-image" else {}
    spec = tiny_spec(*cell, **small)
    adapter = ready(spec)
    if adapter.output_unit == "label":
        adapter.model.config.id2label[0] = "O"
    if cell == GPT2:
        adapter.model.generation_config.do_sample = False  # a draw from NaN fails
    assert adapter.is_finite(*answered(adapter, spec))
    part, _, name = weight.partition(".") if spec.model.library == "diffusers" else ("", "", weight)
    model = getattr(adapter.model, part) if part else adapter.model
    with torch.no_grad():
        model.get_parameter(name).fill_(math.nan)
    sample, answer = answered(adapter, spec)
    assert finite(answer.value) == answer.value, "the value hides it"
    assert not adapter.is_finite(sample, answer)


def test_several_beams_are_watched_while_they_write_again() -> None:
    spec = tiny_spec(*GPT2, max_new_tokens=4)
    adapter = ready(spec)
    adapter.model.generation_config.update(num_beams=3, do_sample=False)
    sample, answer = answered(adapter, spec)
    assert 0 not in answer.tokens and adapter.is_finite(sample, answer)
    with torch.no_grad():
        adapter.model.get_parameter("transformer.ln_f.weight").fill_(math.nan)
    assert not adapter.is_finite(sample, answer)


@pytest.mark.parametrize(("cell", "role"), [(SQUAD, "context"), (CONLL, "tokens")], ids=["context", "tokens"])
def test_words_beyond_the_models_own_length_are_counted(cell: tuple[str, str, str], role: str) -> None:
    spec = tiny_spec(*cell, max_input_words=None)
    adapter = ready(spec)
    adapter.max_tokens = 24
    words = [f"word{number}" for number in range(40)]
    text: Any = words if role == "tokens" else " ".join(words)
    read = adapter.words_read(row_of(spec, question="Who?", **{role: text}))
    assert 0 < read < 24
    sample = adapter.prepare(row_of(spec, question="Who?", **{role: text}))
    ids = adapter.encoded([sample])["input_ids"][0] if role == "context" else adapter.encode([sample])["input_ids"][0]
    seen = adapter.tokenizer.decode(ids).replace(" ", "")
    assert "".join(words[:read]) in seen and "".join(words[: read + 1]) not in seen
    few: Any = words[:3] if role == "tokens" else " ".join(words[:3])
    assert adapter.words_read(row_of(spec, question="Who?", **{role: few})) is None, "all of them"


def test_words_that_a_prompt_lost_are_counted() -> None:
    spec = tiny_spec(*FLAN, prompted=True, max_input_words=None)
    adapter = ready(spec)
    row = row_of(spec, context=TEXT * 40)
    prompt, read = adapter.prepare(row), adapter.words_read(row)
    context = prompt.partition(': "')[2].rpartition('". Answer:')[0]
    assert len(context.split()) == read and 100 < read < len((TEXT * 40).split())
    assert adapter.words_read(row_of(spec)) is None
