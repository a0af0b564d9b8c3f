"""A spec changes exactly with what determines a measurement, and samples with what determines them."""

from typing import Any

import pytest

from support.studies import FLAN, SST2, Content, edited, hashes, resolved
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog
from wattlab.foundation.schema import Closed
from wattlab.study.cells import ResolvedStudy


def test_resolving_twice_gives_the_same_specs(catalog: Catalog) -> None:
    assert hashes(resolved(catalog)) == hashes(resolved(catalog))
    load_catalog.cache_clear()
    assert hashes(resolved(load_catalog(CATALOG_ROOT))) == hashes(resolved(catalog))


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


def test_parallel_cells_are_possible_with_device_scope(catalog: Catalog) -> None:
    study = resolved(catalog, parallel_cells=2, exclusive=False, headline_scope="device")
    assert len(study.cells) == 48
    assert not set(hashes(study).values()) & set(hashes(resolved(catalog)).values())
