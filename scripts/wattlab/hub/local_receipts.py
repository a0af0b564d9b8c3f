"""Receipts of what lies on this machine: nothing is copied, and nothing is asked of the hub."""

from pathlib import Path
from typing import Any

from wattlab.catalog.reading import read_tasks
from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import Unavailable
from wattlab.hub.choice import is_pickle
from wattlab.hub.local import place_with
from wattlab.hub.receipts import DatasetFetch, FetchedFile, ModelFetch, Receipt
from wattlab.hub.structures import structure_of
from wattlab.hub.tensors import check_weights


def receipt_of(fetch: ModelFetch | DatasetFetch, hindrance: Unavailable | None, results: Path) -> Receipt:
    """What of a model's folder or of a file of rows is used, or why it can not be. `hindrance`: why nothing can."""
    is_model = isinstance(fetch, ModelFetch)
    receipt: dict[str, Any] = {
        "kind": "model" if is_model else "dataset",
        "source": "local",
        "hub_id": fetch.hub_id,
        "revision": fetch.revision,
        "split": None if is_model else fetch,
        "fetched_at_utc": utc_now(),
    }
    try:
        if hindrance:
            raise hindrance
        place = place_with(results, fetch.revision, fetch.hub_id)
        files = [FetchedFile(path=f.path, size_bytes=f.size_bytes, sha256=f.sha256) for f in place.files]
        if isinstance(fetch, ModelFetch):
            receipt |= _of_model(fetch, Path(place.folder), [file.path for file in files])
    except Unavailable as error:
        return Receipt(status="unavailable", reason=error.reason, remedy=error.remedy, **receipt)
    return Receipt(status="complete", commit=fetch.revision, files=files, **receipt)


def _of_model(fetch: ModelFetch, folder: Path, paths: list[str]) -> dict[str, Any]:
    for path in paths:
        check_weights(folder / path, path)
    pickles = [path for path in paths if is_pickle(path)]
    notes = [f"weights are a pickle, read with weights_only: {', '.join(pickles)}"] if pickles else []
    task = fetch.structure_for
    return {"structure": None if task is None else structure_of(read_tasks()[task], folder), "notes": notes}
