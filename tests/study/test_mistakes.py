"""A mistake in a study is told in one message that names file, key, value and remedy."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from support.studies import SST2, Content, edited, resolved, study_content
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError

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


def test_cell_that_lacks_a_set_length_is_told(catalog: Catalog) -> None:
    other = edited(catalog, "tasks", "text-generation", set_lengths=[])
    with pytest.raises(InputError, match=r"catalog/tasks\.yaml: text-generation: set_lengths has none for purpose"):
        resolved(other)
