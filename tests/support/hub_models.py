"""Small published checkpoints: a narrow model of a catalog entry, saved as its authors would, served by a mock hub."""

import json
from pathlib import Path
from typing import Any, cast

import torch

from support.mock_hub import MockHub, Repo
from support.tiny_models import cell_on, row_of, tiny_spec, tokenizer_of, with_model
from wattlab.hub.models import fetch_model
from wattlab.hub.receipts import ModelFetch, Receipt, write_receipt
from wattlab.hub.snapshots import Snapshot, snapshot_of
from wattlab.models.checkpoint import HubSource
from wattlab.models.choice import source_of
from wattlab.models.random_weights.build import build, build_pipeline
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.study.cells import MeasuredCell, Spec
from wattlab.tasks import adapter_for

#: Two cells: task, dataset and model.
BERT = ("token-classification", "conll2003", "dslim--bert-base-NER")
SST2 = ("text-classification", "imdb", "distilbert--distilbert-base-uncased-finetuned-sst-2-english")


def hub_cell(task: str, dataset: str, model: str, **more: Any) -> MeasuredCell:
    """A cell on published weights."""
    return cell_on("hub", task, dataset, model, **more)


def hub_spec(task: str, dataset: str, model: str, *, prompted: bool = False, **protocol: Any) -> Spec:
    """The spec of `hub_cell`."""
    return hub_cell(task, dataset, model, prompted=prompted, **protocol).spec


def publish(folder: Path, task: str, dataset: str, model: str, *, prompted: bool = False) -> Any:
    """Save a narrow model of a catalog entry with all that belongs to it; gives the model (or the pipeline)."""
    spec = tiny_spec(task, dataset, model, prompted=prompted)
    source = ArchitectureSource(spec, tokenizer_of(spec))
    if spec.model.library == "diffusers":
        pipeline = build_pipeline(spec, source.tokenizer())
        pipeline.save_pretrained(folder)
        return pipeline
    built: Any = build(spec)
    built.save_pretrained(folder)
    if spec.tokenizer is not None:
        source.tokenizer().save_pretrained(folder)
    if spec.model.image_processor is not None:
        source.processor().save_pretrained(folder)
    return built


def repo_of(folder: Path, commit: str | None = None) -> Repo:
    """Its files as a repository, its main at this commit."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return Repo(dict(files), commit=commit or "")


def pickled(folder: Path) -> None:
    """Let the weights be a pickle, as older checkpoints have it."""
    from safetensors.torch import load_file

    whole = folder / "model.safetensors"
    torch.save(load_file(whole), folder / "pytorch_model.bin")
    whole.unlink()


def edit_json(path: Path, **values: Any) -> None:
    """Change keys of a JSON file; null takes one out."""
    content = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def fetch(spec: Spec, receipt: Path) -> Receipt:
    """Fetch the model of a spec and write its receipt."""
    # Whatever its main is: nobody has a twin at the commit that the catalog pins.
    fetched = fetch_model(ModelFetch(hub_id=str(spec.model.hub_id), library=spec.model.library))
    write_receipt(receipt, fetched)
    return fetched


def source_on(spec: Spec, fetched: Snapshot) -> HubSource:
    """What measuring reads a fetched model by."""
    return cast(HubSource, source_of(spec, None, fetched))


class Published:
    """A small checkpoint on the mock hub: change its files in `folder`, then `source()` fetches and opens it."""

    def __init__(self, hub: MockHub, tmp_path: Path, *cell: str, prompted: bool = False, **protocol: Any) -> None:
        self.hub = hub
        self.spec = hub_spec(*cell, prompted=prompted, **protocol)
        self.folder, self.receipt = tmp_path / "published", tmp_path / "receipt.json"
        self.original = publish(self.folder, *cell, prompted=prompted)

    def source(self, **model: Any) -> HubSource:
        self.hub.models[str(self.spec.model.hub_id)] = repo_of(self.folder)
        fetched = fetch(self.spec, self.receipt)
        assert fetched.status == "complete", fetched.reason
        self.hub.requests.clear()
        return source_on(with_model(self.spec, **model), snapshot_of(fetched, self.receipt))


def answer(spec: Spec, source: HubSource, **values: Any) -> tuple[Any, Any]:
    """The adapter, loaded, and its answer to a row."""
    adapter = cast(Any, adapter_for(spec)(spec, source, torch.device("cpu")))
    adapter.load()
    adapter.transfer()
    return adapter, adapter.infer([adapter.prepare(row_of(spec, **values))])[0]


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    ours, theirs = dict(one.named_parameters()), dict(other.named_parameters())
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
