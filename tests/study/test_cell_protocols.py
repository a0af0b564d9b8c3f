"""The protocol of a cell: its lengths, samples, prompt and every value, from the study, its overrides and the catalog."""

from collections import Counter
from typing import Any

import pytest

from support.studies import FLAN, SST2, hashes, protocol, resolved, study_content
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError
from wattlab.study.cells import ResolvedStudy

# ---------------------------------------------------------------- lengths


def lengths(study: ResolvedStudy) -> Counter[Any]:
    """Cells by purpose, task and family, with most and least new tokens."""
    return Counter(
        (
            cell.cell.purpose,
            cell.cell.task,
            cell.facts.family,
            cell.spec.protocol.max_new_tokens,
            cell.spec.protocol.min_new_tokens,
        )
        for cell in study.cells
        if cell.spec is not None and cell.spec.protocol.max_new_tokens is not None
    )


def test_the_set_lengths_of_the_default_study(catalog: Catalog) -> None:
    """Nine of its cells have a start token beside what a max_length of 15 or 20 leaves."""
    assert lengths(resolved(catalog)) == {
        ("task-specific", "summarization", "bart", 14, 14): 3,
        ("task-specific", "image-to-text", "git", 19, 19): 3,
        ("task-specific", "text-generation", "gpt2", 10, 10): 3,
        ("multi-purpose", "text-classification", "flan-t5", 1, 1): 3,
        ("multi-purpose", "question-answering", "flan-t5", 3, 3): 3,
        ("multi-purpose", "summarization", "flan-t5", 14, 14): 3,
    }


def test_the_caps_of_the_papers_study(catalog: Catalog) -> None:
    """24 task-specific summarization cells, and 36 of Flan-T5, have a start token that the authors' max_length counts."""
    caps: Counter[Any] = Counter()
    for (purpose, task, family, most, least), n in lengths(
        resolved(catalog, study_content("studies/paper.yaml"))
    ).items():
        caps[purpose, task if family == "bloomz" or purpose == "task-specific" else family, most, least] += n
    assert caps == {
        ("task-specific", "summarization", 14, 9): 24,
        ("task-specific", "text-generation", 10, None): 24,
        ("multi-purpose", "flan-t5", 19, None): 36,
        ("multi-purpose", "text-classification", 1, None): 12,
        ("multi-purpose", "question-answering", 65, None): 12,
        ("multi-purpose", "summarization", 15, None): 12,
    }


def test_a_study_may_say_max_length_too(catalog: Catalog) -> None:
    study = resolved(
        catalog, overrides=[{"where": {"task": ["summarization", "text-generation"]}, "set": {"max_length": 30}}]
    )
    assert protocol(study, "summarization/xsum/ainize--bart-base-cnn").max_new_tokens == 29
    assert protocol(study, "text-generation/wikitext/distilbert--distilgpt2").max_new_tokens == 30


# ---------------------------------------------------------------- the protocol of a cell


@pytest.mark.parametrize(
    ("cell_id", "tokens"),
    [
        (f"text-classification/imdb/{FLAN}", 1),
        (f"question-answering/squad/{FLAN}", 3),
        (f"summarization/xsum/{FLAN}", 14),
        ("summarization/xsum/ainize--bart-base-cnn", 14),
        ("text-generation/wikitext/distilbert--distilgpt2", 10),
        ("image-to-text/red-caps/microsoft--git-base", 19),
        (f"text-classification/imdb/{SST2}", None),
        ("fill-mask/c4/albert--albert-base-v2", None),
        ("text-to-image/sd-prompts/segmind--tiny-sd", None),
    ],
)
def test_set_lengths(catalog: Catalog, cell_id: str, tokens: int | None) -> None:
    values = protocol(resolved(catalog), cell_id)
    assert (values.min_new_tokens, values.max_new_tokens) == (tokens, tokens)


@pytest.mark.parametrize(
    ("cell_id", "n_inferences"),
    [
        (f"text-classification/imdb/{SST2}", 8),
        (f"text-classification/imdb/{FLAN}", 4),
        (f"question-answering/sciq/{FLAN}", 4),
        (f"summarization/samsum/{FLAN}", 2),
        ("summarization/samsum/ainize--bart-base-cnn", 2),
        ("text-generation/oscar/distilbert--distilgpt2", 4),
        ("object-detection/coco/hustvl--yolos-tiny", 4),
        ("image-to-text/coco-captions/microsoft--git-base", 2),
        ("text-to-image/diffusiondb/segmind--tiny-sd", 1),
    ],
)
def test_samples_drawn_in_laptop(catalog: Catalog, cell_id: str, n_inferences: int) -> None:
    assert protocol(resolved(catalog), cell_id).n_inferences == n_inferences


def test_laptop_values(catalog: Catalog) -> None:
    values = protocol(resolved(catalog), f"text-classification/imdb/{SST2}")
    assert values.model_dump() == {
        "repeats": 3,
        "max_redo": 2,
        "n_inferences": 8,
        "min_window_s": 1.0,
        "invalid_below_s": 0.5,
        "warmup_inferences": 2,
        "warmup_s": 0.0,
        "idle_window_s": 0.5,
        "batch_size": 1,
        "dtype": "float32",
        "seed": 0,
        "cpu_threads": 1,
        "max_other_load_cores": None,
        "max_input_words": 50,
        "image_size": [640, 480],
        "steps": None,
        "max_new_tokens": None,
        "min_new_tokens": None,
        "prompt": None,
    }


def test_image_generation_in_laptop_and_paper(catalog: Catalog) -> None:
    cell_id = "text-to-image/diffusiondb/segmind--tiny-sd"
    laptop, paper = protocol(resolved(catalog), cell_id), protocol(resolved(catalog, protocol="paper"), cell_id)
    assert (laptop.image_size, laptop.steps, laptop.warmup_inferences) == ([256, 256], 2, 1)
    assert (paper.image_size, paper.steps, paper.n_inferences) == (None, None, 1000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paper", (10, 3, 1000, 0, 0, 0, 0, 2, 0.5, None)),
        ("paper-50", (10, 3, 1000, 0, 0, 0, 0, 2, 0.5, 50)),
        ("strict", (10, 5, 1000, 10, 8, 20, 5, 10, 0.1, None)),
    ],
)
def test_values_of_the_other_protocols(catalog: Catalog, name: str, expected: tuple[Any, ...]) -> None:
    study = resolved(catalog, protocol=name)
    values = protocol(study, f"text-classification/imdb/{SST2}")
    assert expected == (
        values.repeats,
        values.max_redo,
        values.n_inferences,
        values.min_window_s,
        values.invalid_below_s,
        values.warmup_inferences,
        values.warmup_s,
        values.idle_window_s,
        values.max_other_load_cores,
        values.max_input_words,
    )
    assert protocol(study, f"question-answering/squad/{FLAN}").max_input_words is None
    assert protocol(study, "image-classification/cifar10/microsoft--resnet-18").image_size == [640, 480]


BLOOMZ = "bigscience--bloomz-560m"


@pytest.mark.parametrize("name", ["paper", "paper-50", "strict"])
@pytest.mark.parametrize(
    ("cell_id", "least", "most"),
    [
        (f"text-classification/imdb/{FLAN}", None, 19),
        (f"question-answering/sciq/{FLAN}", None, 19),
        (f"summarization/xsum/{FLAN}", None, 19),
        (f"text-classification/imdb/{BLOOMZ}", None, 1),
        (f"question-answering/sciq/{BLOOMZ}", None, 65),
        (f"summarization/xsum/{BLOOMZ}", None, 15),
        ("summarization/xsum/ainize--bart-base-cnn", 9, 14),
        ("text-generation/oscar/distilbert--distilgpt2", None, 10),
        ("image-to-text/red-caps/microsoft--git-base", None, None),
    ],
)
def test_caps_of_the_paper(catalog: Catalog, name: str, cell_id: str, least: int | None, most: int | None) -> None:
    study = resolved(catalog, study_content("studies/wide.yaml"), protocol=name, weights="hub")
    values = protocol(study, cell_id)
    assert (values.min_new_tokens, values.max_new_tokens) == (least, most)


def test_under_random_weights_a_lower_cap_wins_over_the_set_length(catalog: Catalog) -> None:
    cell_id = "text-generation/oscar/distilbert--distilgpt2"
    overrides = [{"where": {"task": "text-generation"}, "set": {"max_new_tokens": 4}}]
    values = protocol(resolved(catalog, protocol="paper", overrides=overrides), cell_id)
    assert (values.min_new_tokens, values.max_new_tokens) == (4, 4)
    assert protocol(resolved(catalog, protocol="paper"), f"question-answering/squad/{FLAN}").max_new_tokens == 3


def test_prompts_stand_in_multi_purpose_cells_alone(catalog: Catalog) -> None:
    for cell in resolved(catalog).cells:
        assert cell.spec is not None
        expected = catalog.tasks[cell.cell.task].prompt if cell.cell.purpose == "multi-purpose" else None
        assert cell.spec.protocol.prompt == expected
        assert (cell.spec.protocol.prompt is not None) == (cell.cell.purpose == "multi-purpose")


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (
            "say {txt}",
            r"config\.yaml: text-classification/imdb/\S+: prompt = 'say {txt}': {txt} is no role of imdb; did you",
        ),
        (
            "say {text",
            "prompt = 'say {text': expected '}' before end of string; write a brace of the text itself twice",
        ),
        (None, "prompt = None: a multi-purpose model needs one"),
    ],
)
def test_a_prompt_names_roles_of_the_dataset(catalog: Catalog, prompt: str | None, words: str) -> None:
    override = {"where": {"task": "text-classification", "purpose": "multi-purpose"}, "set": {"prompt": prompt}}
    with pytest.raises(InputError, match=words):
        resolved(catalog, overrides=[override])


def test_native_images_keep_their_size_and_are_not_selected(catalog: Catalog) -> None:
    content = study_content()
    content["tasks"][6]["datasets"].append("cifar10@native")
    study = resolved(catalog, content)
    native = study.cell("image-classification/cifar10@native/microsoft--resnet-18")
    assert native.spec is not None
    assert native.spec.protocol.image_size is None
    assert native.facts.selected is False
    assert (native.cell.dataset, native.cell.variant) == ("cifar10", "native")


def test_the_later_override_wins(catalog: Catalog) -> None:
    overrides = [
        {"where": {}, "set": {"repeats": 4}},
        {"where": {"model": SST2}, "set": {"repeats": 6}},
        {"where": {"purpose": "multi-purpose", "task": ["summarization", "fill-mask"]}, "set": {"repeats": 8}},
    ]
    study = resolved(catalog, overrides=overrides)
    assert protocol(study, f"text-classification/imdb/{SST2}").repeats == 6
    assert protocol(study, f"summarization/xsum/{FLAN}").repeats == 8
    assert protocol(study, f"question-answering/squad/{FLAN}").repeats == 4


def test_time_limit_by_task_and_known_missing(catalog: Catalog) -> None:
    known = [{"where": {"dataset": "imdb", "purpose": "multi-purpose"}, "reason": "too large"}]
    study = resolved(catalog, time_limit_s={"fill-mask": 60}, known_missing=known)
    assert study.cell("fill-mask/c4/albert--albert-base-v2").time_limit_s == 60
    assert study.cell(f"text-classification/imdb/{SST2}").time_limit_s is None
    reasons = {cell.cell.id for cell in study.cells if cell.facts.known_missing == "too large"}
    assert reasons == {f"text-classification/imdb/{FLAN}"}
    assert hashes(study) == hashes(resolved(catalog))
