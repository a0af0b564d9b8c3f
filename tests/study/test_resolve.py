"""Studies resolve to the right cells, and a spec changes exactly with what determines a measurement."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from support.surrogates import papers_catalog
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.foundation.schema import Closed
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import check_config, resolve

ROOT = CATALOG_ROOT.parent
SST2 = "distilbert--distilbert-base-uncased-finetuned-sst-2-english"
FLAN = "google--flan-t5-base"
Content = dict[str, Any]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(CATALOG_ROOT)


def study_content(*files: str) -> Content:
    """The merged configuration; the shipped studies replace whole keys."""
    merged: Content = {}
    for file in ("config.yaml", *files):
        merged.update(read_yaml(ROOT / file))
    return merged


def resolved(catalog: Catalog, content: Content | None = None, **changes: Any) -> ResolvedStudy:
    content = {**(content or study_content()), **changes}
    return resolve(check_config(content, "config.yaml"), catalog, "config.yaml")


def hashes(study: ResolvedStudy) -> dict[str, str]:
    return {cell.cell.id: cell.spec.sha256 for cell in study.cells if cell.spec is not None}


def protocol(study: ResolvedStudy, cell_id: str) -> Any:
    spec = study.cell(cell_id).spec
    assert spec is not None
    return spec.protocol


# ---------------------------------------------------------------- the shipped studies


def test_laptop_has_48_cells(catalog: Catalog) -> None:
    study = resolved(catalog)
    assert len(study.cells) == 48
    assert study.config.study == "laptop"
    purposes = Counter(cell.cell.purpose for cell in study.cells)
    assert purposes == {"task-specific": 39, "multi-purpose": 9}
    datasets: dict[str, set[str]] = {}
    models: dict[str, set[str]] = {}
    for cell in study.cells:
        datasets.setdefault(cell.cell.task, set()).add(cell.cell.dataset)
        if cell.cell.purpose == "task-specific":
            models.setdefault(cell.cell.task, set()).add(cell.cell.model)
    assert {task: len(names) for task, names in datasets.items()} == dict.fromkeys(catalog.tasks, 3)
    assert sorted(len(names) for names in models.values()) == [1] * 7 + [2] * 3
    assert {cell.cell.model for cell in study.cells if cell.cell.purpose == "multi-purpose"} == {FLAN}


def test_wide_has_75_cells_and_all_of_laptop(catalog: Catalog) -> None:
    laptop, wide = hashes(resolved(catalog)), hashes(resolved(catalog, study_content("studies/wide.yaml")))
    assert len(wide) == 75
    assert laptop.items() <= wide.items()  # the same specs: nothing is measured twice


def test_wide_holds_only_what_differs() -> None:
    base, wide = read_yaml(ROOT / "config.yaml"), read_yaml(ROOT / "studies/wide.yaml")
    assert set(wide) == {"study", "tasks", "multi_purpose"}
    assert all(base[key] != wide[key] for key in wide)


def test_every_key_of_a_study_stands_in_the_default_one(catalog: Catalog) -> None:
    content = read_yaml(ROOT / "config.yaml")
    assert set(content) == set(type(resolved(catalog).config).model_fields) - {"logs"}


def test_the_papers_study_has_312_cells() -> None:
    catalog = papers_catalog()
    datasets = {task: [name for name, e in catalog.datasets.items() if task in e.tasks] for task in catalog.tasks}
    specific = [stem for stem, e in catalog.models.items() if e.family not in ("flan-t5", "bloomz")]
    tasks = [
        {"task": task, "datasets": names, "models": [m for m in specific if catalog.models[m].tasks == [task]]}
        for task, names in datasets.items()
    ]
    multi = [
        {"task": task, "datasets": datasets[task], "models": sorted(set(catalog.models) - set(specific))}
        for task in ("text-classification", "question-answering", "summarization")
    ]
    study = resolved(catalog, tasks=tasks, multi_purpose=multi, protocol="paper", weights="hub", data="hub")
    assert len(study.cells) == 312
    assert sum(cell.spec.protocol.repeats for cell in study.cells if cell.spec is not None) == 3120


def test_aliases_and_hub_ids_name_the_same_cells(catalog: Catalog) -> None:
    content = study_content()
    expected = hashes(resolved(catalog, content))
    content["tasks"][0]["models"] = ["distilbert-base-uncased-finetuned-sst-2-english"]
    content["multi_purpose"][0]["models"] = ["google/flan-t5-base"]
    assert hashes(resolved(catalog, content)) == expected


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


# ---------------------------------------------------------------- specs


def test_resolving_twice_gives_the_same_specs(catalog: Catalog) -> None:
    assert hashes(resolved(catalog)) == hashes(resolved(catalog))
    load_catalog.cache_clear()
    assert hashes(resolved(load_catalog(CATALOG_ROOT))) == hashes(resolved(catalog))


def edited(catalog: Catalog, section: str, name: str, **changes: Any) -> Catalog:
    """The catalog with one entry changed."""
    entries = dict(getattr(catalog, section))
    entries[name] = type(entries[name]).model_validate({**entries[name].model_dump(), **changes})
    return catalog.model_copy(update={section: entries})


def part(entry: Closed, name: str, **changes: Any) -> dict[str, Any]:
    nested: Closed = getattr(entry, name)
    return {name: {**nested.model_dump(), **changes}}


def changed(catalog: Catalog, other: Catalog, **mode: str) -> set[str]:
    before, after = hashes(resolved(catalog, **mode)), hashes(resolved(other, **mode))
    return {cell_id for cell_id in before if before[cell_id] != after[cell_id]}


ARCHITECTURE, HUB = {"weights": "architecture"}, {"weights": "hub"}
SURROGATE, HUB_DATA = {"data": "surrogate"}, {"data": "hub"}


@pytest.mark.parametrize(
    "changes",
    [
        {"notes": "another"},
        {"sources": "another"},
        {"published_parameters": 1},
        {"published_row": "another"},
        {"built_parameters": 1},
        {"hub_weights": "another"},
        {"positions": "another"},
        {"aliases": ["another"]},
    ],
)
@pytest.mark.parametrize("mode", [ARCHITECTURE, HUB])
def test_words_about_a_model_change_no_spec(catalog: Catalog, changes: Content, mode: dict[str, str]) -> None:
    assert changed(catalog, edited(catalog, "models", SST2, **changes), **mode) == set()


SST2_CELLS = {f"text-classification/{name}/{SST2}" for name in ("imdb", "rotten-tomatoes", "sst2")}


@pytest.mark.parametrize(
    ("changes", "architecture", "hub"),
    [
        ({"max_input_tokens": 128}, True, True),
        ({"revision": "a" * 40}, False, True),
        ({"generation": {"num_beams": 2}}, True, False),
        ({"architecture": {"config_class": "DistilBertConfig", "config": {"n_layers": 3}}}, True, False),
    ],
)
def test_working_fields_of_a_model_work_in_their_mode(
    catalog: Catalog, changes: Content, architecture: bool, hub: bool
) -> None:
    other = edited(catalog, "models", SST2, **changes)
    assert changed(catalog, other, **ARCHITECTURE) == (SST2_CELLS if architecture else set())
    assert changed(catalog, other, **HUB) == (SST2_CELLS if hub else set())


@pytest.mark.parametrize(("field", "works"), [("note", False), ("vocab_size", True), ("do_lower_case", True)])
def test_parts_of_a_tokenizer(catalog: Catalog, field: str, works: bool) -> None:
    value = {"note": "another", "vocab_size": 7, "do_lower_case": False}[field]
    other = edited(catalog, "models", SST2, **part(catalog.models[SST2], "tokenizer", **{field: value}))
    assert changed(catalog, other, **ARCHITECTURE) == (SST2_CELLS if works else set())
    assert changed(catalog, other, **HUB) == set()


IMDB_CELLS = {f"text-classification/imdb/{model}" for model in (SST2, FLAN)}


@pytest.mark.parametrize(
    ("name", "changes", "surrogate", "hub"),
    [
        ("hub", {"revision": "a" * 40}, False, True),
        ("hub", {"split": "train"}, False, True),
        ("hub", {"loads": "another"}, False, False),
        ("hub", {"gated": True}, False, False),
        ("surrogate", {"parameters": {"words": 3}}, True, False),
        ("surrogate", {"source": "another"}, False, False),
    ],
)
def test_parts_of_a_dataset_work_in_their_mode(
    catalog: Catalog, name: str, changes: Content, surrogate: bool, hub: bool
) -> None:
    other = edited(catalog, "datasets", "imdb", **part(catalog.datasets["imdb"], name, **changes))
    assert changed(catalog, other, **SURROGATE) == (IMDB_CELLS if surrogate else set())
    assert changed(catalog, other, **HUB_DATA) == (IMDB_CELLS if hub else set())


def test_words_about_a_dataset_change_no_spec(catalog: Catalog) -> None:
    other = edited(catalog, "datasets", "imdb", title="x", paper="x", licence="x", notes="x", labels_hidden="x")
    assert changed(catalog, other) == changed(catalog, other, **HUB_DATA) == set()


@pytest.mark.parametrize("key", ["repeats", "seed", "max_input_words", "n_inferences"])
def test_an_override_changes_the_specs_that_it_names(catalog: Catalog, key: str) -> None:
    before = hashes(resolved(catalog))
    after = hashes(resolved(catalog, overrides=[{"where": {"dataset": "imdb"}, "set": {key: 5}}]))
    assert {cell_id for cell_id in before if before[cell_id] != after[cell_id]} == IMDB_CELLS


def test_samples_have_a_key_of_their_own(catalog: Catalog) -> None:
    def key(study: ResolvedStudy) -> str:
        spec = study.cell(f"text-classification/imdb/{SST2}").spec
        assert spec is not None
        return spec.samples.key

    plain = key(resolved(catalog))
    assert key(resolved(catalog, overrides=[{"where": {}, "set": {"repeats": 5}}])) == plain
    assert key(resolved(catalog, overrides=[{"where": {}, "set": {"seed": 5}}])) != plain
    assert key(resolved(catalog, selection="first")) != plain


def test_the_grid_changes_no_spec(catalog: Catalog) -> None:
    study = resolved(catalog, grid=20)
    assert (study.grid.grid, study.grid.intensity_g_per_kwh) == ("stated", 20.0)
    assert hashes(study) == hashes(resolved(catalog))


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


# ---------------------------------------------------------------- mistakes

Edit = Callable[[Content], Any]


def override(**kwargs: Any) -> Edit:
    return lambda content: content.update(overrides=[kwargs])


def task(**changes: Any) -> Edit:
    return lambda content: content["tasks"][0].update(changes)


MISTAKES: list[tuple[Edit, list[str]]] = [
    (lambda c: c.update(wieghts="hub"), ["wieghts = 'hub'", "did you mean 'weights'"]),
    (lambda c: c.pop("protocol"), ["protocol", "missing"]),
    (lambda c: c.update(weights="hubb"), ["weights = 'hubb'", "did you mean 'hub'"]),
    (lambda c: c.update(study="My Study"), ["study = 'My Study': give a name", "small letters, digits and hyphens"]),
    (lambda c: c.update(parallel_cells="2"), ["parallel_cells = '2': give a whole number without quotes"]),
    (lambda c: c.update(parallel_cells=0), ["parallel_cells = 0", "give 1 or more"]),
    (lambda c: c.update(parallel_cells=2), ["parallel_cells = 2", "needs exclusive: false"]),
    (lambda c: c.update(exclusive=False), ["exclusive: false", "needs headline_scope: device"]),
    (lambda c: c.update(device="GPU 0"), ["device = 'GPU 0'"]),
    (lambda c: c.update(grid="world"), ["grid = 'world'", "world-codecarbon-3"]),
    (lambda c: c.update(grid=-1), ["grid = -1", "0 or more"]),
    (lambda c: c.update(grid=[1]), ["grid = [1]: give a text or a number (entry of catalog/grids.yaml"]),
    (lambda c: c.update(protocol="papr"), ["protocol = 'papr'", "'paper'"]),
    (lambda c: c.update(time_limit_s="10"), ["time_limit_s = '10': give a number without quotes or keys with values"]),
    (lambda c: c.update(time_limit_s=0), ["time_limit_s = 0", "more than 0"]),
    (lambda c: c.update(time_limit_s={"fillmask": 3}), ["time_limit_s.fillmask", "did you mean 'fill-mask'"]),
    (lambda c: c.update(source="codecarbon-logs"), ["source: codecarbon-logs", "needs logs"]),
    (task(task="text-clasification"), ["tasks.0.task = 'text-clasification'", "'text-classification'"]),
    (task(datasets=["imbd"]), ["tasks.0.datasets", "'imbd'", "did you mean 'imdb'"]),
    (task(datasets=["squad"]), ["'squad' serves question-answering, not text-classification", "take it out"]),
    (task(datasets=["imdb@native"]), ["'imdb@native'", "tasks that read images"]),
    (task(datasets=[]), ["tasks.0.datasets = []: give at least 1 (names of catalog/datasets"]),
    (task(models=["distilbert-imbd"]), ["tasks.0.models", "'distilbert-imbd'", "distilbert-imdb"]),
    (task(models=["gpt2"]), ["'gpt2' answers text-generation", "openai-community--gpt2.yaml"]),
    (task(modles=["gpt2"]), ["tasks.0.modles", "did you mean 'models'"]),
    (
        lambda c: c["tasks"].append(copy.deepcopy(c["tasks"][0])),
        ["tasks.10 and tasks.0", f"imdb/{SST2}", "listed twice", "keep one"],
    ),
    (
        lambda c: c["tasks"][0]["models"].append(SST2.split("--")[1]),
        [f"tasks.0.models = '{SST2}', '{SST2.split('--')[1]}'", "listed twice"],
    ),
    (
        lambda c: c["multi_purpose"][0]["datasets"].append("imdb"),
        ["multi_purpose.0.datasets = 'imdb', 'imdb'", "listed twice"],
    ),
    (override(where={"task": "fillmask"}, set={"repeats": 4}), ["overrides.0.where.task = 'fillmask'", "'fill-mask'"]),
    (override(where={"tsk": "fill-mask"}, set={"repeats": 4}), ["overrides.0.where.tsk", "did you mean 'task'"]),
    (override(where={"model": "gpt2"}, set={"repeats": 4}), ["overrides.0.where.model = 'gpt2'", "no cell"]),
    (override(where={"family": ["bert", "led"]}, set={"repeats": 4}), ["overrides.0.where.family = 'led'", "no cell"]),
    (
        override(where={"task": "fill-mask", "family": "resnet"}, set={"repeats": 4}),
        ["overrides.0.where", "'family': 'resnet'", "no cell", "take a key out"],
    ),
    (override(where={}, set={"repeat": 4}), ["overrides.0", "'repeat' is no key", "did you mean 'repeats'"]),
    (
        override(where={}, set={"repeats": "4"}),
        ["overrides.0", "set.repeats = '4': give a whole number without quotes"],
    ),
    (override(where={"task": 5}, set={"repeats": 4}), ["overrides.0.where.task = 5: give a text or a list (tasks)"]),
    (override(where={}, set={"repeats": 1}), ["overrides.0", "set.repeats = 1", "give 2 or more"]),
    (override(where={}, set={"image_size": [640]}), ["set.image_size = [640]"]),
    (override(where={}, set={"warmup_inferences": 0}), ["min_window_s above 0 needs warmup_inferences of at least 1"]),
    (override(where={}, set={}), ["overrides.0.set = {}"]),
    (
        lambda c: c.update(known_missing=[{"where": {"dataset": "c5"}, "reason": "gone"}]),
        ["known_missing.0.where.dataset = 'c5'", "no cell"],
    ),
]


@pytest.mark.parametrize(("edit", "words"), MISTAKES)
def test_mistake_is_told_in_one_message(catalog: Catalog, edit: Edit, words: list[str]) -> None:
    content = study_content()
    edit(content)
    with pytest.raises(InputError) as caught:
        resolved(catalog, content)
    message = str(caught.value)
    assert message.startswith("config.yaml: ")
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_parallel_cells_are_possible_with_device_scope(catalog: Catalog) -> None:
    study = resolved(catalog, parallel_cells=2, exclusive=False, headline_scope="device")
    assert len(study.cells) == 48
    assert not set(hashes(study).values()) & set(hashes(resolved(catalog)).values())


def test_cell_that_lacks_a_set_length_is_told(catalog: Catalog) -> None:
    other = edited(catalog, "tasks", "text-generation", set_lengths=[])
    with pytest.raises(InputError, match=r"catalog/tasks\.yaml: text-generation: set_lengths has none for purpose"):
        resolved(other)
