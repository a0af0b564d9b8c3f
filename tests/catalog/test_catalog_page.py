"""`docs/catalog.md`: it is what the catalog gives today, and it says what a reader looks for."""

import re
from pathlib import Path

from describe_catalog import main as describe_catalog
from support.imports import ROOT
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.workflow.catalog_page.fields import SCHEMAS, schemas_within
from wattlab.workflow.catalog_page.page import difference, page

CATALOG = load_catalog(CATALOG_ROOT)
PAGE = (ROOT / "docs/catalog.md").read_text()


def test_the_committed_page_is_that_of_the_catalog(tmp_path: Path) -> None:
    describe_catalog(["--page", str(tmp_path / "catalog.md")])
    assert (tmp_path / "catalog.md").read_text() == PAGE, "make catalog-docs"


def test_every_model_and_dataset_is_in_one_row() -> None:
    rows = re.findall(r"^\| \[.*?\]\(https://huggingface\.co/([\w./-]+)\)", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(entry.hub_id for entry in CATALOG.models.values()) and len(rows) == 88
    copies = re.findall(r"^\| `([\w-]+)` \|.*?\]\(https://huggingface\.co/datasets/", PAGE, re.MULTILINE)
    assert copies == sorted(CATALOG.datasets) and len(copies) == 27


def test_a_count_that_differs_is_shown_with_its_reason() -> None:
    assert difference(CATALOG.models["bigscience--bloomz-7b1"]) == " (built: 7,069,016,064, +0.99%, see below)"
    assert difference(CATALOG.models["google-bert--bert-base-uncased"]) == ""
    assert PAGE.count("see below)") == sum(entry.count_exception is not None for entry in CATALOG.models.values()) == 3


def test_what_is_gated_and_what_is_replaced_is_said() -> None:
    gated = [line for line in PAGE.splitlines() if line.endswith("| terms to accept, and a token |")]
    assert len(gated) == 1 and "imagenet-1k" in gated[0]
    assert PAGE.count("\n- replaced: ") == sum(entry.hub.replaces is not None for entry in CATALOG.datasets.values())


def test_every_field_has_a_row_with_its_meaning() -> None:
    for schema in {part for top in SCHEMAS.values() for part in schemas_within(top)}:
        for name, field in schema.model_fields.items():
            extra = field.json_schema_extra
            assert isinstance(extra, dict) and field.description
            row = rf"^\| `{name}` \|.*\| {extra['unit'] or ''} \| {extra['works'] or ''} \| "
            assert re.search(row, PAGE, re.MULTILINE), (schema, name)


def test_an_edit_changes_the_page() -> None:
    models = CATALOG.models | {"x--y": CATALOG.models["openai-community--gpt2"].model_copy(update={"hub_id": "x/y"})}
    assert "89 models" in page(CATALOG.model_copy(update={"models": models}))
