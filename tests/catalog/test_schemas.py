"""The committed JSON schemas are those of the models, and accept what is committed beside them."""

import json
import re

import jsonschema
import pytest
import yaml

from support.imports import ROOT
from wattlab.catalog.entries import DatasetEntry, ModelEntry
from write_schemas import SCHEMAS, schema_text


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_that_of_the_model(name: str) -> None:
    assert (ROOT / name).read_text() == schema_text(SCHEMAS[name]), "`make schema` repairs it"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("config.schema.json", "config.yaml"),
        ("catalog/schema/model.json", "catalog/models/*.yaml"),
        ("catalog/schema/dataset.json", "catalog/datasets/*.yaml"),
    ],
)
def test_a_schema_accepts_what_is_committed_and_refuses_a_misspelt_key(name: str, files: str) -> None:
    check = jsonschema.Draft202012Validator(json.loads((ROOT / name).read_text()))
    paths = sorted(ROOT.glob(files))
    assert paths
    for path in paths:
        content = yaml.safe_load(path.read_text())
        assert [error.message for error in check.iter_errors(content)] == [], path.name
        assert not check.is_valid(content | {"protcol": 1})


def test_the_schema_of_a_claim_accepts_every_entry_and_refuses_a_misspelt_key() -> None:
    check = jsonschema.Draft202012Validator(json.loads((ROOT / "catalog/schema/claim.json").read_text()))
    entries = yaml.safe_load((ROOT / "catalog/claims.yaml").read_text())
    for name, entry in entries.items():
        assert [error.message for error in check.iter_errors(entry)] == [], name
        assert not check.is_valid(entry | {"treshold": 1})


def test_the_page_for_people_names_every_key_of_an_entry() -> None:
    page = (ROOT / "docs/catalog.md").read_text()
    named = set(re.findall(r"`(\w+)`", page))
    assert {*ModelEntry.model_fields, *DatasetEntry.model_fields} - named == set()
