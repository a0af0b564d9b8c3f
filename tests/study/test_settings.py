"""Settings of a study: the cells that they make, their ids, what is shared, and what is refused."""

from typing import Any

import pytest
from snakemake.target_jobs import parse_target_jobs_cli_args
from snakemake_interface_executor_plugins.utils import TargetSpec, encode_target_jobs_cli_args

from support.studies import SST2, hashes, resolved
from wattlab.catalog.factors import setting_text, setting_values
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError
from wattlab.study.cells import CellId

GPT2 = "distilbert--distilgpt2"
TASKS = [
    {"task": "text-generation", "datasets": ["oscar"], "models": [GPT2]},
    {"task": "text-classification", "datasets": ["imdb"], "models": [SST2]},
]
BASE: dict[str, Any] = {
    "tasks": TASKS,
    "multi_purpose": [],
    "overrides": [{"where": {}, "set": {"n_inferences": 16}}],
}


def test_a_setting_adds_cells_and_changes_none(catalog: Catalog) -> None:
    before = hashes(resolved(catalog, **BASE))
    study = resolved(catalog, **BASE, settings=[{"name": "b", "set": {"batch_size": 16}}])
    after = hashes(study)
    assert {cell: after[cell] for cell in before} == before
    assert set(after) - set(before) == {f"{cell}@batch_size=16" for cell in before}
    samples = {cell.cell.dataset: set() for cell in study.measured}  # type: ignore[var-annotated]
    for cell in study.measured:
        samples[cell.cell.dataset].add(cell.spec.samples.key)
        assert cell.facts.selected == (cell.cell.setting is None)
    assert {len(keys) for keys in samples.values()} == {1}


def test_factors_are_all_combinations_but_for_the_protocols_own(catalog: Catalog) -> None:
    study = resolved(catalog, **BASE, factors={"dtype": ["float32", "bfloat16"], "batch_size": [1, 8]})
    found = [cell.cell.setting for cell in study.cells if cell.cell.task == "text-generation"]
    assert found == [None, "batch_size=8", "dtype=bfloat16", "batch_size=8+dtype=bfloat16"]


def test_set_lengths_follow_the_setting(catalog: Catalog) -> None:
    where = {"task": "text-generation"}
    study = resolved(catalog, **BASE, settings=[{"name": "x", "where": where, "set": {"max_new_tokens": 5}}])
    values = study.cell(f"text-generation/oscar/{GPT2}@max_new_tokens=5").spec
    assert values is not None and (values.protocol.min_new_tokens, values.protocol.max_new_tokens) == (5, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": {"steps": [2]}}, "has no such thing"),
        ({"factors": {"stepz": [2]}}, "did you mean 'steps'"),
        ({"factors": {"batch_size": [0]}}, "give 1 or more"),
        ({"factors": {"batch_size": []}}, "factors.batch_size"),
        ({"settings": [{"name": "q", "set": {"batch_size": 3}}]}, "set n_inferences: 18"),
        ({"settings": [{"name": "q", "set": {"seed": 3}}]}, "is no factor"),
        ({"settings": [{"name": "q", "set": {"max_input_words": 5}}]}, "read a number of words of their own"),
        ({"known_missing": [{"where": {"setting": "batch_size=3"}, "reason": "q"}]}, "matches no cell"),
    ],
)
def test_what_makes_no_sense_is_one_message(catalog: Catalog, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolved(catalog, **BASE, **changes)


def test_a_setting_may_be_known_to_be_missing(catalog: Catalog) -> None:
    known = [{"where": {"setting": "batch_size=16"}, "reason": "too slow"}]
    study = resolved(catalog, **BASE, settings=[{"name": "b", "set": {"batch_size": 16}}], known_missing=known)
    assert [cell.facts.known_missing for cell in study.cells] == [None, "too slow"] * 2


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"batch_size": 16, "dtype": "bfloat16"},
        {"image_size": [640, 480], "steps": None},
        {"image_size": None, "max_input_words": None},
    ],
)
def test_a_setting_is_read_as_it_is_written(values: dict[str, Any]) -> None:
    assert setting_values(setting_text(values)) == values


def test_a_cluster_is_handed_the_whole_setting() -> None:
    """Snakemake's executors name a job by `rule:wildcard=value,wildcard=value`."""
    setting = setting_text({"batch_size": 16, "dtype": "bfloat16", "image_size": [640, 480]})
    given = TargetSpec("measure_cell", {"model": GPT2, "setting": f"@{setting}"})
    (read,) = parse_target_jobs_cli_args(encode_target_jobs_cli_args([given]))
    assert read.wildcards_dict == given.wildcards_dict


def test_an_id_is_read_into_its_parts() -> None:
    written = "object-detection/coco@native/hustvl--yolos-tiny@batch_size=4+dtype=float16"
    assert CellId.read(written)[2:] == ("native", "hustvl--yolos-tiny", "batch_size=4+dtype=float16")
    assert CellId.read(written).under_protocol == written.rpartition("@")[0]
    for wrong in (
        "dtype=float16+batch_size=4",
        "batch_size=4,dtype=float16",
        "batch_size=04",
        "batch_size=0",
        "seed=3",
        "image_size=640",
        "x",
    ):
        with pytest.raises(ValueError):
            CellId.read(f"a/b/c@{wrong}")


def test_text_adapters_read_the_words_that_the_catalog_states(catalog: Catalog) -> None:
    from wattlab.tasks import text_generation, text_to_image

    assert catalog.tasks["text-generation"].fixed_input_words == text_generation.FIRST_WORDS
    assert catalog.tasks["text-to-image"].fixed_input_words == text_to_image.FIRST_WORDS
