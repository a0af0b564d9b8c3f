"""What a cell asks of the hub: which model, which dataset, and where the receipts of both lie."""

from pathlib import Path

from wattlab.hub.receipts import DatasetFetch, ModelFetch, receipt_path
from wattlab.study.cells import MeasuredCell, SampleSpec


def samples_receipt(results: Path, spec: SampleSpec) -> Path | None:
    """Where the receipt lies that the samples of a dataset are drawn from; null for surrogate rows."""
    return None if spec.data != "hub" else receipt_path(results, "datasets", spec.dataset, dataset_fetch(spec))


def model_receipt(results: Path, cell: MeasuredCell) -> Path | None:
    """Where the receipt of a cell's model lies; null for random weights."""
    return None if cell.spec.weights != "hub" else receipt_path(results, "models", cell.cell.model, model_fetch(cell))


def model_fetch(cell: MeasuredCell) -> ModelFetch:
    """What determines the fetch of a cell's model (hub weights)."""
    model = cell.spec.model
    assert model.hub_id is not None, "hub weights have one"
    return ModelFetch(
        hub_id=model.hub_id,
        revision=model.revision,
        source=model.source,
        library=model.library,
        structure_for=None if cell.facts.structure else cell.cell.task,
    )


def dataset_fetch(spec: SampleSpec) -> DatasetFetch:
    """What determines the fetch of the dataset that samples are drawn from (hub data)."""
    hub = spec.hub
    return DatasetFetch(
        hub_id=hub.id, revision=hub.revision, source=hub.source, config=hub.config, split=hub.split, files=hub.files
    )
