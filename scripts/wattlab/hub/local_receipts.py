"""Receipts of what lies on this machine: nothing is copied, and nothing is asked of the hub."""

from pathlib import Path
from typing import Any

from wattlab.catalog.reading import read_tasks
from wattlab.foundation.errors import Unavailable
from wattlab.hub.choice import notes_on
from wattlab.hub.local import in_own_words, place_with
from wattlab.hub.receipts import DatasetFetch, FetchedFile, ModelFetch, Receipt, receipt_by
from wattlab.hub.structures import structure_of
from wattlab.hub.tensors import check_file


def receipt_of(fetch: ModelFetch | DatasetFetch, hindrance: Unavailable | None, results: Path) -> Receipt:
    """What of a model's folder or of a file of rows is used, or why it can not be. `hindrance`: why nothing can."""
    receipt = receipt_by(lambda: _found(fetch, results), fetch, hindrance)
    told = {"reason": receipt.reason, "remedy": receipt.remedy}
    words = {key: in_own_words(text, results, fetch.revision, fetch.hub_id) for key, text in told.items() if text}
    return receipt.model_copy(update=words)


def _found(fetch: ModelFetch | DatasetFetch, results: Path) -> dict[str, Any]:
    place = place_with(results, fetch.revision, fetch.hub_id)
    files = [FetchedFile(**file.model_dump(exclude={"mtime_ns"})) for file in place.files]
    found: dict[str, Any] = {"commit": fetch.revision, "files": files}
    if isinstance(fetch, ModelFetch):
        folder, paths = Path(place.folder), [file.path for file in files]
        for path in paths:
            check_file(folder / path, path)
        task = fetch.structure_for
        found["structure"] = None if task is None else structure_of(read_tasks()[task], folder)
        found["notes"] = notes_on(paths)
    return found
