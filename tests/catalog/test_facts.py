"""Typed facts have the JSON of the working fields, to the key, and come back from it unchanged."""

import json
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from wattlab.catalog.facts import DatasetFacts, ModelFacts, masked_word
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_tasks
from wattlab.foundation.schema import Facts, working_fields
from wattlab.study.cells import Cell
from wattlab.study.uncatalogued import uncatalogued

CATALOG = load_catalog(CATALOG_ROOT)


def check(schema: type[Facts], working: dict[str, Any]) -> None:
    facts = schema.model_validate(working)
    assert facts.model_dump(mode="json") == json.loads(facts.model_dump_json()) == working
    again = schema.model_validate_json(json.dumps(working))
    assert again == facts and again.model_dump(mode="json") == working


@pytest.mark.parametrize("mode", ["architecture", "hub"])
def test_facts_of_every_model(mode: Literal["architecture", "hub"]) -> None:
    for entry in CATALOG.models.values():
        check(ModelFacts, working_fields(entry, mode))


@pytest.mark.parametrize("mode", ["surrogate", "hub"])
def test_facts_of_every_dataset(mode: Literal["surrogate", "hub"]) -> None:
    for entry in CATALOG.datasets.values():
        check(DatasetFacts, working_fields(entry, mode))


def test_facts_of_a_model_that_the_catalog_lacks() -> None:
    for task, entry in read_tasks().items():
        for purpose in ("task-specific", "multi-purpose"):
            cell = Cell(task=task, dataset="a-dataset", model="an-org--a-model", purpose=purpose)  # type: ignore[arg-type]
            working = working_fields(uncatalogued(cell, entry), "hub")
            assert "hub_config" not in working
            check(ModelFacts, working)


def test_what_is_not_set_has_a_value_and_no_key() -> None:
    facts = ModelFacts(library="transformers")
    assert (facts.environment, facts.revision) == ("main", None)
    assert facts.model_dump(mode="json") == {"library": "transformers"}
    with pytest.raises(ValidationError, match="libary"):
        ModelFacts.model_validate({"libary": "transformers"})


def test_the_word_under_a_mask() -> None:
    assert [masked_word(mask) for mask in (None, "append", "last-of-20-words")] == [None, None, 20]
