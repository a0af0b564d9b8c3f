"""One inference of each kind of model of 2024 to 2026, few narrow layers: its answer, and the prompt that it reads."""

import pytest
import torch

from support.adapters import ready
from support.surrogates import papers_catalog
from support.tiny_models import row_of, spec_of, tiny_spec
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.tasks.image_to_text import image_tokens

pytestmark = pytest.mark.slow

#: One model of each task, configuration class and tokenizer that the paper's study lacks.
KINDS = {
    (entry.tasks[0], entry.architecture.config_class, entry.tokenizer and entry.tokenizer.class_name): stem
    for stem, entry in load_catalog(CATALOG_ROOT).models.items()
    if stem not in papers_catalog().models and entry.library == "transformers"
}


@pytest.mark.parametrize("stem", KINDS.values())
def test_each_kind_answers(stem: str) -> None:
    spec = spec_of(stem)
    adapter = ready(spec)
    (answer,) = adapter.infer([adapter.prepare(row_of(spec))])
    assert answer.n_output_units >= (spec.protocol.max_new_tokens or 0)


def test_a_reranker_has_one_label_with_a_share_of_its_own() -> None:
    spec = tiny_spec("text-classification", "imdb", "cross-encoder--ms-marco-MiniLM-L6-v2")
    adapter = ready(spec)
    (answer,) = adapter.infer([adapter.prepare(row_of(spec))])
    assert answer.value["label"] == "LABEL_0" and 0 < answer.value["score"] < 1


@pytest.mark.parametrize(
    ("stem", "n_image"),
    [
        ("florence-community--Florence-2-base", 24 * 24 + 1),
        ("Qwen--Qwen3-VL-2B-Instruct", 20 * 15),
        ("Qwen--Qwen2.5-VL-3B-Instruct", 23 * 17),
    ],
)
def test_a_model_that_is_asked_about_its_image_reads_as_many_tokens_of_it_as_it_makes(stem: str, n_image: int) -> None:
    """At 640 x 480; another number would be an error of the model's own."""
    spec = spec_of(stem)
    adapter = ready(spec)
    sample = adapter.prepare(row_of(spec))
    pixels = adapter.pixels([sample])
    assert image_tokens(adapter.model.config, pixels) == n_image
    asked = adapter._asked(pixels, 1)
    of_image = asked["input_ids"][0] == adapter.model.config.image_token_id
    assert int(of_image.sum()) == n_image
    words = adapter.tokenizer.decode(asked["input_ids"][0][~of_image], skip_special_tokens=True)
    assert words.replace("user", "").replace("assistant", "").strip() in (
        "What does the image describe?",
        "Describe this image.",
    )
    other = adapter.infer([adapter.prepare(row_of(spec))])[0]
    assert other == adapter.infer([sample])[0]
    assert len(adapter.infer([sample, sample])) == 2
    assert torch.is_tensor(asked["pixel_values"])
