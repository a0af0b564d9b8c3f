"""Models of 2024 to 2026 as the hub has them: one of each kind of files that the paper's models lack, fetched, loaded, asked once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from support.hub_clients import connect
from support.hub_models import hub_cell
from support.mock_hub import MockHub
from support.mock_hub.models import make_twins, twins
from support.surrogates import papers_catalog
from support.tiny_models import DATASETS, TEXT, row_of
from wattlab.catalog.entries import ModelEntry
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.hub.models import fetch_model
from wattlab.hub.requests import model_fetch
from wattlab.hub.snapshots import snapshot_of
from wattlab.models.checkpoint import HubSource
from wattlab.tasks import adapter_for

pytestmark = pytest.mark.slow

PAPER = papers_catalog().models
TODAY = {stem: entry for stem, entry in load_catalog(CATALOG_ROOT).models.items() if stem not in PAPER}


def layout_of(entry: ModelEntry) -> str | None:
    return None if entry.tokenizer is None else entry.tokenizer.class_name


def kinds() -> dict[tuple[Any, ...], str]:
    """A tokenizer's layout, a prompt around an image, and a network that reads no text -> a model; one that chats, if any does."""
    known, found = {layout_of(entry) for entry in PAPER.values()} - {None}, {}
    for stem, entry in sorted(TODAY.items(), key=lambda item: item[1].chat_template is None):
        layout = layout_of(entry)
        if layout not in known or entry.image_prompt:
            reads_images = entry.image_processor is not None
            found.setdefault((layout, entry.architecture.config_class if reads_images else None), stem)
    return found


KINDS = kinds()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockHub]:
    folder = tmp_path_factory.mktemp("today")
    make_twins(folder / "twins", {stem: TODAY[stem] for stem in KINDS.values()})
    with MockHub(twins(folder / "twins")) as mock_hub, pytest.MonkeyPatch.context() as patch:
        connect(patch, mock_hub, folder / "home")
        yield mock_hub


@pytest.mark.parametrize("stem", KINDS.values())
def test_a_model_of_today_is_fetched_loaded_and_answers(hub: MockHub, tmp_path: Path, stem: str) -> None:
    entry = TODAY[stem]
    task = entry.tasks[0]
    cell = hub_cell(task, DATASETS[task], stem, prompted=len(entry.tasks) > 1)
    receipt = fetch_model(model_fetch(cell))
    assert receipt.status == "complete", receipt.reason
    assert ("chat_template.jinja" in {file.path for file in receipt.files}) == (entry.chat_template is not None)
    source = HubSource(cell.spec.model, snapshot_of(receipt, tmp_path / "receipt.json"))
    adapter: Any = adapter_for(cell.spec)(cell.spec, source, torch.device("cpu"))
    adapter.load()
    adapter.transfer()
    assert type(adapter.model).__name__ == entry.model_class
    row = row_of(cell.spec)
    sample = adapter.prepare(row)
    (answer,) = adapter.infer([sample])
    assert answer.n_output_units >= (cell.spec.protocol.min_new_tokens or 0)
    assert source.told([TEXT]) == {}, "its tokenizer reads a text as its tokenizer.json does"
    if entry.chat_template is not None:
        text = adapter.text(row, "text")
        own = source.tokenizer().apply_chat_template([{"role": "user", "content": "?"}], tokenize=False)
        assert text in sample and sample.startswith(own.partition("?")[0])
