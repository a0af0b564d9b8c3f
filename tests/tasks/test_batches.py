"""A batch gives each sample the answer that it has alone, on a narrow model of every architecture."""

from typing import Any

import numpy as np
import pytest
import torch

from support.adapters import ready
from support.tiny_models import DATASETS, TEXT, photo, row_of, tiny_spec
from wattlab.tasks.generation import generating_part, sequences_of, written

pytestmark = pytest.mark.slow

#: Three lengths, none sorted, and a text without a word.
TEXTS = [TEXT, "A fine film.", TEXT * 3, ""]

CASES = [
    ("text-classification", "distilbert--distilbert-base-uncased-finetuned-sst-2-english"),
    ("text-classification", "cardiffnlp--twitter-roberta-base-sentiment-latest"),
    ("text-classification", "cardiffnlp--twitter-xlm-roberta-base-sentiment"),
    ("question-answering", "distilbert--distilbert-base-uncased-distilled-squad"),
    ("question-answering", "deepset--electra-base-squad2"),
    ("question-answering", "timpal0l--mdeberta-v3-base-squad2"),
    ("token-classification", "dslim--bert-base-NER"),
    ("token-classification", "Jean-Baptiste--roberta-large-ner-english"),
    ("fill-mask", "albert--albert-base-v2"),
    ("fill-mask", "microsoft--deberta-base"),
    ("text-generation", "distilbert--distilgpt2"),
    ("text-generation", "EleutherAI--gpt-neo-125m"),
    ("text-generation", "bigscience--bloom-560m"),
    ("text-generation", "facebook--opt-1.3b"),
    ("summarization", "ainize--bart-base-cnn"),
    ("summarization", "google--pegasus-xsum"),
    ("summarization", "pszemraj--led-large-book-summary"),
    ("summarization", "google--flan-t5-base"),
    ("question-answering", "bigscience--bloomz-560m"),
    ("image-classification", "microsoft--resnet-18"),
    ("image-classification", "google--mobilenet_v1_0.75_192"),
    ("image-classification", "google--vit-base-patch16-224"),
    ("image-classification", "facebook--convnextv2-tiny-1k-224"),
    ("object-detection", "facebook--detr-resnet-50"),
    ("object-detection", "SenseTime--deformable-detr"),
    ("object-detection", "hustvl--yolos-tiny"),
    ("image-to-text", "microsoft--git-base"),
    ("image-to-text", "Salesforce--blip-image-captioning-base"),
    ("image-to-text", "Salesforce--blip2-opt-2.7b"),
    ("image-to-text", "Salesforce--blip2-flan-t5-xl"),
    ("image-to-text", "nlpconnect--vit-gpt2-image-captioning"),
    ("text-to-image", "segmind--tiny-sd"),
    ("text-to-image", "stabilityai--stable-diffusion-xl-base-1.0"),
]


def adapter_and_samples(task: str, model: str) -> tuple[Any, list[Any]]:
    prompted = "flan-t5-base" in model or "bloomz" in model
    small = {"image_size": [64, 64]} if task == "text-to-image" else {}
    adapter = ready(tiny_spec(task, DATASETS[task], model, prompted=prompted, batch_size=1, **small))
    rows = [
        row_of(adapter.spec, text=text, context=text, prompt=text, tokens=text.split(), image=photo(320, 200 + 20 * n))
        for n, text in enumerate(TEXTS)
    ]
    return adapter, [adapter.prepare(row) for row in rows]


def assert_same(found: Any, alone: Any) -> None:
    """Equal within the arithmetic's tolerance: sums in another order."""
    if isinstance(alone, dict):
        assert found.keys() == alone.keys()
        for key in alone:
            assert_same(found[key], alone[key])
    elif isinstance(alone, list):
        assert len(found) == len(alone)
        for one, other in zip(found, alone, strict=True):
            assert_same(one, other)
    elif isinstance(alone, float):
        assert found == pytest.approx(alone, abs=1e-4, rel=1e-4)
    elif hasattr(alone, "tobytes"):  # a picture, in steps of brightness
        assert np.abs(np.asarray(found, dtype=int) - np.asarray(alone, dtype=int)).max() <= 1
    else:
        assert found == alone


@pytest.mark.parametrize(("task", "model"), CASES)
def test_a_batch_has_the_answers_of_its_samples_alone(task: str, model: str) -> None:
    adapter, samples = adapter_and_samples(task, model)
    if adapter.generation:
        generating_part(adapter.model).generation_config.do_sample = False  # a batch shares its draws
    alone = [adapter.infer([sample])[0] for sample in samples]
    adapter.hindrance(samples)
    found = adapter.infer(samples)
    assert [answer.n_output_units for answer in found] == [answer.n_output_units for answer in alone]
    for one, other in zip(found, alone, strict=True):
        assert_same(one.value, other.value)


def test_a_detector_is_given_no_images_of_several_sizes_at_once() -> None:
    adapter = ready(tiny_spec("object-detection", "coco", "hustvl--yolos-tiny"))
    assert "several sizes" in str(adapter.hindrance([photo(320, 200), photo(200, 320)]))
    assert adapter.hindrance([photo(320, 200)] * 2) is None


def test_tokens_behind_the_end_of_a_sequence_are_padding() -> None:
    class Words:
        def decode(self, tokens: list[int], skip_special_tokens: bool) -> str:
            return " ".join(map(str, tokens))

    new = torch.tensor([[5, 6, 2, 2], [5, 6, 7, 8], [2, 1, 1, 1]])
    found = [(answer.value, answer.n_output_units) for answer in written(sequences_of(new, 2), Words())]
    assert found == [("5 6 2", 3), ("5 6 7 8", 4), ("2", 1)]
    assert list(map(len, sequences_of(new, [7, 2]))) == [3, 3, 1]
    assert list(map(len, sequences_of(new, None))) == [4, 4, 4]


def test_a_caption_of_blip_ends_with_the_separator_at_which_it_stops() -> None:
    """Not with the end of sequence of its defaults, an ordinary token to it."""
    adapter, samples = adapter_and_samples("image-to-text", "Salesforce--blip-image-captioning-base")
    text = adapter.model.text_decoder.config
    sequences = torch.full((2, 8), 7)
    sequences[0, 3], sequences[0, 4:], sequences[1, 2] = text.sep_token_id, text.pad_token_id, 2
    assert text.sep_token_id not in (2, 7)
    adapter.model.generate = lambda **inputs: sequences
    assert [answer.n_output_units for answer in adapter.infer(samples[:2])] == [3, 7]
