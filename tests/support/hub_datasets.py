"""Datasets for a mock hub, and a client in this process that talks to it; for tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sample_dataset
from support.hub_clients import point_at
from support.mock_hub import Content, MockHub, Repo
from support.mock_hub.formats import card as card
from support.mock_hub.formats import json_lines_gz as json_lines_gz
from support.mock_hub.formats import parquet as parquet
from support.samples import read_samples
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.schema import working_fields
from wattlab.hub import client
from wattlab.hub.datasets import look_up
from wattlab.hub.receipts import DatasetFetch, Receipt
from wattlab.hub.requests import dataset_fetch
from wattlab.samples.manifest import Manifest, Row
from wattlab.study.cells import SampleSpec


def talk_to(hub: MockHub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the client of this process at the hub; it tries once more, at once."""
    point_at(hub, cache, monkeypatch)
    monkeypatch.setattr(client, "WAITS_S", (0.0,))


def add(hub: MockHub, hub_id: str, files: dict[str, Any], **more: Any) -> Repo:
    """Serve a dataset of these files."""
    repo = Repo(files, **more)
    hub.datasets[hub_id] = repo  # type: ignore[index]
    return repo


def refusal(refused: Manifest | Receipt) -> str:
    """Why there is nothing, and the remedy."""
    assert refused.status == "unavailable"
    return f"{refused.reason} -> {refused.remedy}"


def card_of_splits(config: str = "default", **globs: str) -> bytes:
    """A README whose only configuration has these splits."""
    files = [{"split": split, "path": glob} for split, glob in globs.items()]
    return card({"configs": [{"config_name": config, "data_files": files}]})


def texts(n: int, tag: str = "row", label: Callable[[int], int] = lambda row: row % 2) -> list[dict[str, Any]]:
    """Rows `text, label`; the text is `{tag}{number}`."""
    return [{"text": f"{tag}{row}", "label": label(row)} for row in range(n)]


def fetch_of(hub_id: str, split: str = "test", **more: Any) -> DatasetFetch:
    return DatasetFetch(hub_id=hub_id, split=split, **more)


def small(n: int = 3) -> Content:
    """A small Parquet file."""
    return parquet(texts(n))


def spec_of_hub(name: str, n: int = 4, seed: int = 0, selection: str = "seeded", **hub: Any) -> SampleSpec:
    """The sample spec of a dataset of the catalog under `data: hub`, some of its `hub` values changed."""
    entry = working_fields(load_catalog(CATALOG_ROOT).datasets[name], "hub")
    unpinned = {"revision": None}
    return SampleSpec(
        dataset=name,
        data="hub",
        entry=entry | {"hub": entry["hub"] | unpinned | hub},
        selection=selection,  # type: ignore[arg-type]
        seed=seed,
        n=n,
        generator_version=1,
    )


def sampled(spec: SampleSpec, folder: Path) -> tuple[Manifest, list[Row]]:
    """What the two verbs give for a spec: the split looked up, its rows drawn, written and read back."""
    path = folder / f"{spec.dataset}-{spec.key}.json"
    sample_dataset.sample(spec, path, look_up(dataset_fetch(spec)))
    return read_samples(path)
