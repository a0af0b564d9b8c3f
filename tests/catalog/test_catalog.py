"""The catalog loads, holds the paper's facts, and refuses each kind of mistake in one message."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.surrogates import papers_catalog
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog, read_tasks, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.foundation.schema import working_fields

TASKS = list(read_tasks())
MULTI_PURPOSE = ("flan-t5", "bloomz")
COUNT_EXCEPTIONS = {
    "ydshieh--vit-gpt2-coco-en",
    "sshleifer--distilbart-xsum-12-6",
    "bigscience--bloomz-7b1",
}

#: Table 6 of the paper, three names a task: the spelling there must find the model.
TABLE_6 = [
    ("microsoft/beit-base-patch16-224", "microsoft--beit-base-patch16-224-pt22k-ft22k"),
    ("sbcBI/sentiment_analysis_mode", "sbcBI--sentiment_analysis_model"),
    ("twitter-roberta-base-sentiment-latest", "cardiffnlp--twitter-roberta-base-sentiment-latest"),
    ("runwayml/stable-diffusion-v1-5", "stable-diffusion-v1-5--stable-diffusion-v1-5"),
    ("polejowska/detr-r50-cd45rb-8ah-6l", "polejowska--detr-r50-cd45rb-8ah-6l-gelu-corrected"),
    ("gpt2", "openai-community--gpt2"),
    ("roberta-base", "FacebookAI--roberta-base"),
    ("albert-base-v2", "albert--albert-base-v2"),
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The entries of the paper's study: a person's own stand beside them."""
    return papers_catalog()


def test_models_are_the_88_of_the_paper(catalog: Catalog) -> None:
    assert len(catalog.models) == 88
    multi_purpose = [entry for entry in catalog.models.values() if entry.family in MULTI_PURPOSE]
    specific = Counter(
        task for entry in catalog.models.values() if entry.family not in MULTI_PURPOSE for task in entry.tasks
    )
    assert len(multi_purpose) == 8
    assert specific == dict.fromkeys(TASKS, 8)
    assert {task for entry in multi_purpose for task in entry.tasks} == {
        "text-classification",
        "question-answering",
        "summarization",
    }


@pytest.mark.parametrize(("spelling", "stem"), TABLE_6)
def test_table_6_spelling_is_an_alias(catalog: Catalog, spelling: str, stem: str) -> None:
    assert spelling in catalog.models[stem].aliases


def test_every_name_is_unique(catalog: Catalog) -> None:
    names = [name for stem, e in catalog.models.items() for name in (stem, e.hub_id, *e.aliases)]
    assert len(names) == len(set(names))
    assert len({entry.hub_id.lower() for entry in catalog.models.values()}) == 88


def test_counts_differ_from_the_published_ones_by_half_a_percent_but_for_three(catalog: Catalog) -> None:
    far = {
        stem
        for stem, entry in catalog.models.items()
        if abs((entry.built_parameters or 0) / entry.published_parameters - 1) > 0.005
    }
    explained = {stem for stem, entry in catalog.models.items() if entry.count_exception}
    assert far == explained == COUNT_EXCEPTIONS


def test_components_sum_to_the_count(catalog: Catalog) -> None:
    pipelines = [entry for entry in catalog.models.values() if entry.library == "diffusers"]
    assert len(pipelines) == 8
    for entry in pipelines:
        assert entry.component_parameters is not None and entry.counted_components is not None
        assert sum(entry.component_parameters[name] for name in entry.counted_components) == entry.built_parameters


def test_one_model_needs_another_environment(catalog: Catalog) -> None:
    assert [stem for stem, e in catalog.models.items() if e.environment != "main"] == ["jozhang97--deta-swin-large"]


@pytest.mark.parametrize(
    ("stem", "tokens"),
    [
        ("FacebookAI--roberta-base", 512),
        ("finiteautomata--bertweet-base-sentiment-analysis", 128),
        ("google--flan-t5-base", 512),
        ("bigscience--bloomz-560m", 2048),
        ("pszemraj--led-large-book-summary", 16384),
        ("distilbert--distilgpt2", 1024),
        ("ainize--bart-base-cnn", 1024),
        ("segmind--tiny-sd", 77),
        ("microsoft--resnet-18", None),
    ],
)
def test_longest_input(catalog: Catalog, stem: str, tokens: int | None) -> None:
    assert catalog.models[stem].max_input_tokens == tokens


def test_models_have_what_their_task_reads(catalog: Catalog) -> None:
    for stem, entry in catalog.models.items():
        reads_images = catalog.tasks[entry.tasks[0]].reads_images
        assert (entry.image_processor is not None) == reads_images, stem
        handles_text = entry.tasks[0] not in ("image-classification", "object-detection")
        assert (entry.tokenizer is not None) == handles_text, stem
        assert (entry.max_input_tokens is not None) == handles_text, stem


def test_datasets_are_the_26_of_the_paper_in_27_repositories(catalog: Catalog) -> None:
    assert len(catalog.datasets) == 27
    assert len(set(catalog.datasets) - {"coco-captions"}) == 26
    assert len({entry.hub.id for entry in catalog.datasets.values()}) == 27
    served = Counter(task for entry in catalog.datasets.values() for task in entry.tasks)
    assert served == dict.fromkeys(TASKS, 3)


def test_datasets_hold_the_roles_that_their_tasks_read(catalog: Catalog) -> None:
    roles: dict[str, set[str]] = {
        "text-classification": {"text", "label"},
        "question-answering": {"question", "context", "answers"},
        "fill-mask": {"text"},
        "text-generation": {"text"},
        "summarization": {"text", "summary"},
        "image-classification": {"image", "label"},
        "object-detection": {"image", "objects"},
        "image-to-text": {"image"},
        "text-to-image": {"prompt"},
    }
    for name, entry in catalog.datasets.items():
        for task in entry.tasks:
            assert roles.get(task, set()) <= set(entry.fields), name
            assert task != "token-classification" or {"tokens", "text"} & set(entry.fields), name
            assert task != "fill-mask" or entry.mask is not None, name


def distributions(value: Any) -> list[dict[str, Any]]:
    """Every distribution inside a surrogate's parameters."""
    if isinstance(value, dict):
        own = [value] if "distribution" in value else []
        return own + [found for part in value.values() for found in distributions(part)]
    return []


KEYS = {
    "normal": {"mean", "sd", "min", "max"},
    "lognormal": {"mu", "sigma", "min", "max"},
    "gamma": {"shape", "scale", "min", "max"},
    "uniform": {"min", "max"},
    "poisson": {"mean", "plus"},
    "choice": {"values"},
}


def test_distributions_have_the_documented_keys(catalog: Catalog) -> None:
    found = [d for entry in catalog.datasets.values() for d in distributions(entry.surrogate.parameters)]
    assert len(found) > 40
    for distribution in found:
        kind = distribution["distribution"]
        assert set(distribution) - {"distribution", "empty_share"} == KEYS[kind], distribution


def test_generators_and_parameters_are_documented(catalog: Catalog) -> None:
    readme = (CATALOG_ROOT / "README.md").read_text()
    for name, entry in catalog.datasets.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{entry.surrogate.generator}` "))
        for parameter in entry.surrogate.parameters:
            assert f"`{parameter}" in row or f"{parameter}:" in row, (name, parameter)


def test_image_size_mixtures_are_shares(catalog: Catalog) -> None:
    sizes = [s for e in catalog.datasets.values() if (s := e.surrogate.parameters.get("size")) is not None]
    assert len(sizes) == 8
    for size in sizes:
        total = sum(share for _, _, share in size["mixture"])
        assert total == pytest.approx(1) if "otherwise" not in size else total < 1


def test_prompts_are_the_authors(catalog: Catalog) -> None:
    assert {name: entry.prompt for name, entry in catalog.tasks.items() if entry.prompt} == {
        "text-classification": "what is the binary sentiment of the following sentence? {text}",
        "question-answering": '{question}? Find the answer to the question in the following text: "{context}". Answer:',
        "summarization": "summarize the following text: {text}",
    }


def test_table_2_ascends_and_names_every_task(catalog: Catalog) -> None:
    means = [entry.energy_kwh_per_1000 for entry in catalog.paper.tasks.values()]
    assert set(catalog.paper.tasks) == set(TASKS)
    assert means == sorted(means)
    assert (means[0], means[-1]) == (0.002, 2.907)


def test_table_5_parity_follows_from_its_printed_energies(catalog: Catalog) -> None:
    printed = {
        model: (e.training_energy_kwh + e.fine_tuning_energy_kwh) / e.printed_inference_energy_kwh
        - e.printed_inferences
        for model, e in catalog.training.items()
    }
    # The table's own slip: its 395,602,740 for BLOOMz-3B rests on 3 kWh more than the energies that it prints.
    slip = printed.pop("bigscience--bloomz-3b")
    assert slip * 7.3e-5 == pytest.approx(-3, abs=1e-3)
    assert len(printed) == 3
    assert all(abs(difference) <= 1 for difference in printed.values())


def test_equivalents_give_the_paper_s_own_comparisons(catalog: Catalog) -> None:
    found = catalog.equivalents
    assert (
        round(11.49 / found["smartphone-charge"].energy_kwh) == 522
    )  # section 4.1: "522 smartphone charges (11.49 kWh)"
    assert round(1594 / found["car-km"].emissions_g / 1.609344, 1) == 4.1  # "1,594 grams … 4.1 miles"
    assert round(393 / 1.609344, 1) == found["car-km"].emissions_g
    assert round(1 * 85 * 4.186 / 3600, 4) == found["kettle"].energy_kwh


def test_grids(catalog: Catalog) -> None:
    assert catalog.grids["us-oregon-2023-codecarbon"].intensity_g_per_kwh == 138.75
    assert catalog.grids["us-oregon-paper-text"].intensity_g_per_kwh == 297.6


def test_caps_of_laptop_are_the_set_lengths(catalog: Catalog) -> None:
    for name, task in catalog.tasks.items():
        for length in task.set_lengths:
            caps = [
                override.set
                for override in catalog.protocols["laptop"].overrides
                if override.where.matches(task=name, purpose=length.purpose) and override.set.keys() & length.set.keys()
            ]
            assert caps == [length.set], name


def test_words_for_people_do_not_work(catalog: Catalog) -> None:
    model = catalog.models["google--flan-t5-base"]
    dataset = catalog.datasets["imdb"]
    for mode in ("architecture", "hub", "surrogate"):
        shown = str(working_fields(model, mode)) + str(working_fields(dataset, mode))
        for text in (model.notes, model.sources, model.published_row + "'", dataset.notes, dataset.surrogate.source):
            assert str(text) not in shown.replace(f"'hub_id': '{model.hub_id}'", "")
    assert set(working_fields(dataset, "surrogate")["surrogate"]) == {"generator", "parameters"}
    told = {"gated", "loads", "revision_source", "source", "labels", "replaces", "other_rows", "licence"}
    assert set(working_fields(dataset, "hub")["hub"]) == set(type(dataset.hub).model_fields) - told
    assert "architecture" not in working_fields(model, "hub")
    assert "hub_id" not in working_fields(model, "architecture")


# ---------------------------------------------------------------- mistakes

Edit = Callable[[dict[str, Any]], Any]
MISTAKES: list[tuple[str, Edit, list[str]]] = [
    (
        "models/microsoft--resnet-18.yaml",
        lambda e: e.update(strcture="convnet"),
        ["strcture", "did you mean 'structure'"],
    ),
    (
        "models/microsoft--resnet-18.yaml",
        lambda e: e.update(structure="convent"),
        ["structure = 'convent'", "'convnet'"],
    ),
    ("models/microsoft--resnet-18.yaml", lambda e: e.pop("family"), ["family", "missing"]),
    ("models/microsoft--resnet-18.yaml", lambda e: e.update(hub_id="resnet-18"), ["hub_id = 'resnet-18'"]),
    (
        "models/microsoft--resnet-18.yaml",
        lambda e: e.update(hub_id="a/b"),
        ["hub_id = 'a/b'", "must be named a--b.yaml"],
    ),
    (
        "models/openai-community--gpt2.yaml",
        lambda e: e.update(aliases=["distilgpt2"]),
        ["'distilgpt2'", "belongs to", "remove one"],
    ),
    (
        "models/microsoft--resnet-18.yaml",
        lambda e: e.update(published_parameters="11"),
        ["published_parameters = '11'"],
    ),
    ("models/microsoft--resnet-18.yaml", lambda e: e.update(published_parameters=0), ["published_parameters = 0"]),
    ("models/microsoft--resnet-18.yaml", lambda e: e.pop("auto_class"), ["auto_class"]),
    (
        "models/microsoft--resnet-18.yaml",
        lambda e: e["image_processor"].update(szie=1),
        ["image_processor.szie", "'size'"],
    ),
    ("datasets/imdb.yaml", lambda e: e.update(tasks=["sentiment"]), ["tasks.0 = 'sentiment'", "allowed: fill-mask"]),
    ("datasets/imdb.yaml", lambda e: e["hub"].update(revision="main"), ["hub.revision = 'main'"]),
    ("datasets/imdb.yaml", lambda e: e["hub"].update(id="imdb"), ["hub.id = 'imdb'"]),
    ("tasks.yaml", lambda e: e["fill-mask"].update(modality="text"), ["fill-mask", "modality = 'text'"]),
    ("tasks.yaml", lambda e: e.update({"Fill mask": e["fill-mask"]}), ["'Fill mask'", "small letters"]),
    (
        "tasks.yaml",
        lambda e: e["fill-mask"].update(adapter="wattlab.tasks.fill_mas:FillMask"),
        ["fill-mask: adapter = 'wattlab.tasks.fill_mas:FillMask'", "no module", "PYTHONPATH"],
    ),
    (
        "tasks.yaml",
        lambda e: e["fill-mask"].update(adapter="wattlab.tasks.fill_mask:FilMask"),
        ["fill-mask: adapter = ", "defines no 'FilMask'", "did you mean 'FillMask'"],
    ),
    ("tasks.yaml", lambda e: e["fill-mask"].update(metric="accuracy"), ["fill-mask: metric = 'accuracy'"]),
    ("tasks.yaml", lambda e: e["fill-mask"].pop("metric"), ["fill-mask", "either metric or no_metric"]),
    ("tasks.yaml", lambda e: e["fill-mask"].pop("auto_class"), ["fill-mask", "either auto_class or pipeline_class"]),
    (
        "protocols.yaml",
        lambda e: e["paper"]["overrides"][0]["where"].update(task="fillmask"),
        ["where.task = 'fillmask'", "'fill-mask'"],
    ),
    ("protocols.yaml", lambda e: e["paper"]["values"].update(repeats=1), ["paper", "values.repeats = 1"]),
    ("protocols.yaml", lambda e: e["strict"]["values"].update(warmup_inferences=0), ["strict", "warmup_inferences"]),
    ("protocols.yaml", lambda e: e["paper"]["overrides"][3]["where"].update(family="flan"), ["'flan'", "'flan-t5'"]),
    ("grids.yaml", lambda e: e["world-codecarbon-3"].update(intensity_g_per_kwh=-1), ["world-codecarbon-3", "= -1"]),
    ("equivalents.yaml", lambda e: e["kettle"].update(emissions_g=1), ["kettle", "either energy_kwh or emissions_g"]),
    ("equivalents.yaml", lambda e: e["kettle"].pop("source"), ["kettle", "source"]),
    (
        "training.yaml",
        lambda e: e.update({"bloomz-7b1": e["bigscience--bloomz-7b1"]}),
        ["'bloomz-7b1'", "bigscience--"],
    ),
    ("paper.yaml", lambda e: e["tasks"].update(captioning=e["tasks"]["fill-mask"]), ["captioning"]),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CATALOG_ROOT, tmp_path / "catalog"))


@pytest.mark.parametrize(("file", "edit", "words"), MISTAKES)
def test_mistake_is_told_in_one_message(copy: Path, file: str, edit: Edit, words: list[str]) -> None:
    content = read_yaml(copy / file)
    edit(content)
    (copy / file).write_text(yaml.safe_dump(content))
    with pytest.raises(InputError) as caught:
        load_catalog(copy)
    message = str(caught.value)
    assert message.startswith(f"catalog/{file}: ")
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_task_that_is_taken_out_is_missed_by_what_names_it(copy: Path) -> None:
    content = read_yaml(copy / "tasks.yaml")
    del content["fill-mask"]
    (copy / "tasks.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=r"^catalog/models/\S+\.yaml: tasks\.0 = 'fill-mask': "):
        load_catalog(copy)


def test_key_written_twice_is_told(copy: Path) -> None:
    path = copy / "datasets/imdb.yaml"
    path.write_text(path.read_text() + "title: again\n")
    with pytest.raises(InputError, match=r"imdb\.yaml: not YAML: the key 'title' stands twice"):
        load_catalog(copy)


def test_whole_numbers_are_taken_where_a_float_is_asked_for(catalog: Catalog) -> None:
    assert catalog.protocols["laptop"].values.min_window_s == 1.0
    assert isinstance(catalog.grids["world-codecarbon-3"].intensity_g_per_kwh, float)
