"""The twins of the 88 models and 27 datasets: each is fetched, loaded, and answers once, as in a study on the hub."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import sample_dataset
from measure_cell import record_of
from support import records
from support.hub_clients import connect
from support.hub_models import source_on
from support.imports import ROOT
from support.mock_hub import MockHub
from support.mock_hub.datasets import add_datasets, fetched_traps
from support.mock_hub.models import make_twins, twins
from support.mock_hub.twin_weights import SHARDED_ABOVE
from support.samples import read_samples
from support.surrogates import papers_catalog
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.hub.datasets import look_up
from wattlab.hub.models import fetch_model
from wattlab.hub.receipts import write_receipt
from wattlab.hub.requests import dataset_fetch, model_fetch
from wattlab.hub.snapshots import snapshot_of
from wattlab.models.environments import missing_environment
from wattlab.runs.places import input_paths
from wattlab.samples.manifest import Row
from wattlab.study.cells import MeasuredCell, ResolvedStudy, SampleSpec
from wattlab.tasks import adapter_for
from wattlab.workflow.loading import study_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:The configuration file of this scheduler", "ignore:Using the model-agnostic default"
    ),
]

MODELS = papers_catalog().models
DETA = "jozhang97--deta-swin-large"


def rehearsal() -> ResolvedStudy:
    return study_of(ROOT / "config.yaml", ROOT / "studies/paper.yaml", ROOT / "studies/rehearsal.yaml")


def one_cell_of_each_model(study: ResolvedStudy) -> dict[str, MeasuredCell]:
    """By model; the models of a task take its datasets in turn."""
    chosen: dict[str, MeasuredCell] = {}
    for task in dict.fromkeys(cell.cell.task for cell in study.measured):
        cells = [cell for cell in study.measured if cell.cell.task == task]
        datasets = list(dict.fromkeys(cell.cell.dataset for cell in cells))
        for number, model in enumerate(dict.fromkeys(cell.cell.model for cell in cells)):
            dataset = datasets[number % len(datasets)]
            here = [cell for cell in cells if cell.cell.model == model and cell.cell.dataset == dataset]
            chosen.setdefault(model, here[0])
    return chosen


CELLS = one_cell_of_each_model(rehearsal())


@dataclass
class Rehearsed:
    """A hub of twins, and where this process keeps what it fetched and drew."""

    hub: MockHub
    twins: Path
    folder: Path
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def rows_of(self, spec: SampleSpec) -> list[Row]:
        """The frozen rows of a dataset, drawn when first asked for."""
        if spec.key not in self.rows:
            receipt = look_up(dataset_fetch(spec))
            assert receipt.status == "complete", receipt.reason
            path = self.folder / "samples" / spec.dataset / f"{spec.key}.json"
            manifest = sample_dataset.sample(spec, path, receipt)
            assert manifest.status == "complete", manifest.reason
            self.rows[spec.key] = list(read_samples(path)[1])
        return self.rows[spec.key]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    folder = tmp_path_factory.mktemp("rehearsal")
    make_twins(folder / "twins")
    with MockHub(twins(folder / "twins")) as hub, pytest.MonkeyPatch.context() as patch:
        add_datasets(hub)
        connect(patch, hub, folder / "home")
        patch.setenv("HF_TOKEN", "marker")  # for what is gated
        yield Rehearsed(hub, folder / "twins", folder)


def files(folder: Path) -> dict[str, int]:
    """Sizes in bytes of a folder's files, by path."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def test_the_cells_cover_every_model_and_every_dataset() -> None:
    assert set(CELLS) == set(MODELS)
    assert len(CELLS) == 88
    assert {cell.cell.dataset for cell in CELLS.values()} == set(load_catalog(CATALOG_ROOT).datasets)


def test_every_model_has_a_small_twin_in_the_published_format(rehearsed: Rehearsed) -> None:
    assert {path.name for path in rehearsed.twins.iterdir()} == set(MODELS)
    for stem, entry in MODELS.items():
        there = files(rehearsed.twins / stem)
        assert sum(there.values()) < 2_500_000, stem
        ending = ".bin" if entry.hub_weights.startswith("pickle") else ".safetensors"
        weights = {path for path in there if path.endswith((".bin", ".safetensors"))}
        assert weights, stem
        assert all(path.endswith(ending) for path in weights), stem
        sharded = entry.library == "transformers" and (entry.task_model_parameters or 0) > SHARDED_ABOVE
        assert any(path.endswith(".index.json") for path in there) == sharded, stem
        assert ("tf_model.h5" in there) == ("TF" in entry.hub_weights), stem


@pytest.mark.parametrize("stem", ["bigscience--bloom-560m", "google-bert--bert-base-cased"])
def test_weights_have_the_published_precision(rehearsed: Rehearsed, stem: str) -> None:
    tensors = load_file(rehearsed.twins / stem / "model.safetensors")
    assert {str(tensor.dtype) for tensor in tensors.values()} == {f"torch.{MODELS[stem].hub_dtype}"}


def test_what_the_catalog_adds_to_a_published_configuration_is_not_in_it(rehearsed: Rehearsed) -> None:
    changed = {stem: entry.hub_config for stem, entry in MODELS.items() if entry.hub_config}
    assert changed
    for stem, changes in changed.items():
        assert not set(changes) & set(json.loads((rehearsed.twins / stem / "config.json").read_text())), stem


@pytest.mark.parametrize("stem", [stem for stem in CELLS if stem != DETA])
def test_a_twin_is_fetched_loaded_and_answers(rehearsed: Rehearsed, tmp_path: Path, stem: str) -> None:
    spec = CELLS[stem].spec
    receipt = fetch_model(model_fetch(CELLS[stem]))
    assert receipt.status == "complete", receipt.reason
    chosen = {file.path for file in receipt.files}
    assert rehearsed.hub.downloaded(spec.model.hub_id) <= chosen  # files of the same content come once
    assert not {"tf_model.h5", "flax_model.msgpack", "README.md"} & chosen
    source = source_on(spec, snapshot_of(receipt, tmp_path / "receipt.json"))
    adapter: Any = adapter_for(spec)(spec, source, torch.device("cpu"))
    adapter.load()
    adapter.transfer()
    assert type(adapter.model).__name__ == (spec.model.model_class or spec.model.pipeline_class)
    assert {p.dtype for network in adapter.networks() for p in network.parameters()} == {torch.float32}
    assert 1000 < adapter.parameters < 1_500_000
    answer = adapter.infer([adapter.prepare(rehearsed.rows_of(spec.samples)[0])])[0]
    assert answer.n_output_units >= 0
    if spec.protocol.min_new_tokens is not None:
        assert answer.n_output_units >= spec.protocol.min_new_tokens


def test_no_file_is_fetched_that_has_no_rows_of_a_split(rehearsed: Rehearsed) -> None:
    for cell in CELLS.values():
        assert len(rehearsed.rows_of(cell.spec.samples)) == cell.spec.samples.n
    assert fetched_traps(rehearsed.hub) == {}


def test_deta_is_fetched_and_its_cells_wait_for_transformers_4(rehearsed: Rehearsed, tmp_path: Path) -> None:
    cell = CELLS[DETA]
    receipt = fetch_model(model_fetch(cell))
    assert receipt.status == "complete", receipt.reason
    job = records.job_of(tmp_path / "results/rehearsal", rehearsal(), cell)
    paths = input_paths(job.results, cell)
    assert paths.receipt is not None
    write_receipt(paths.receipt, receipt)
    sample_dataset.sample(cell.spec.samples, paths.manifest, look_up(dataset_fetch(cell.spec.samples)))
    if missing_environment(cell.spec) is None:
        pytest.skip("transformers 4 is installed: `make rehearse` measures it")
    record = record_of(job)
    assert record.status == "waiting"
    assert record.failure is not None
    assert record.failure.remedy is not None
    assert "make env-transformers4" in record.failure.remedy
