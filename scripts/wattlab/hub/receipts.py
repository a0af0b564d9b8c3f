"""Receipts of fetches: what of a model or a dataset the hub gave, or why it gave nothing.

    results/fetched/models/{name}/{revision}-{key}.json
    results/fetched/datasets/{name}/{revision}-{key}.json

All studies of the work directory share them. `revision` is the pinned commit, or `main` where none is pinned: then the
receipt's `commit` says what `main` was, and holds until the receipt is deleted. `key` is a hash of all that determines
the fetch: with another value it has another receipt, since Snakemake would plan a changed fetch alone, and nothing that
rests on it. The files themselves lie in the hub
client's own cache (HF_HOME).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import Unavailable
from wattlab.foundation.files import write_json
from wattlab.foundation.hashing import key_of
from wattlab.foundation.schema import Closed, Origin, Outcome, Structure, TaskName, fact, is_hub
from wattlab.foundation.shared import Shared
from wattlab.foundation.stored import read_json

#: Revision of what is not pinned.
UNPINNED = "main"


class Fetch(Closed):
    """What determines a fetch."""

    hub_id: str = fact("namespaced hub id")
    revision: str | None = fact("pinned commit; null: whatever `main` is", None)
    source: Origin = fact("hub, or this machine: local", "hub", exclude_if=is_hub)

    @property
    def key(self) -> str:
        """Part of the receipt's name."""
        return key_of(self.model_dump(mode="json"))


class ModelFetch(Fetch):
    """What determines the fetch of a model."""

    library: Literal["transformers", "diffusers"] = fact("library that runs it")
    structure_for: TaskName | None = fact("task of a model that the catalog lacks: its structure is looked up", None)


class DatasetFetch(Fetch):
    """What determines the fetch of a dataset: one split of one configuration."""

    config: str | None = fact("configuration name", None)
    split: str = fact("split that the study reads")
    files: list[str] = fact("files of that split, relative to the repository (globs); empty: as the card says", [])


class FetchedFile(Closed):
    """A file of a repository."""

    path: str = fact("relative to the repository")
    size_bytes: int = fact("size", unit="bytes", ge=0)
    sha256: str | None = fact("of its content; null where the file was listed and not downloaded", None)


class Receipt(Outcome):
    """What a fetch gave."""

    kind: Literal["model", "dataset"]
    source: Origin = fact("hub, or this machine: local", "hub", exclude_if=is_hub)
    hub_id: str = fact("namespaced id, as asked")
    revision: str | None = fact("revision, as asked", None)
    commit: str | None = fact("commit that the hub gave, 40 hexadecimal digits", None, pattern=r"^[0-9a-f]{40}$")
    endpoint: str | None = fact("hub, where it is another than the public one", None)
    fetched_at_utc: str = fact("when")
    split: DatasetFetch | None = fact("of a dataset: the split that was looked up", None)
    files: list[FetchedFile] = fact("files of a model, downloaded and verified; of a dataset, those of the split", [])
    structure: Structure | None = fact("of a model that the catalog lacks, from its configuration", None)
    notes: list[str] = fact("what a person should know of it: another name today, weights that are a pickle", [])

    @model_validator(mode="after")
    def _is_consistent(self) -> "Receipt":
        if self.status == "complete" and not (self.commit and self.files):
            raise ValueError("status complete needs a commit and files")
        if self.kind == "dataset" and self.split is None:
            raise ValueError("kind dataset needs a split")
        return self


def receipt_by(
    find: Callable[[], dict[str, Any]],
    fetch: ModelFetch | DatasetFetch,
    hindrance: Unavailable | None,
    endpoint: str | None = None,
) -> Receipt:
    """The receipt of a fetch: what `find` found (commit, files and what else a receipt has), or why nothing could be had.

    `hindrance`: why it is not tried. `endpoint`: the hub that is asked, where it is another than the public one.
    """
    split = fetch if isinstance(fetch, DatasetFetch) else None
    asked: dict[str, Any] = {
        **fetch.model_dump(include={"hub_id", "revision", "source"}),
        "kind": "model" if split is None else "dataset",
        "split": split,
        "endpoint": endpoint,
        "fetched_at_utc": utc_now(),
    }
    try:
        if hindrance:
            raise hindrance
        return Receipt(status="complete", **asked, **find())
    except Unavailable as error:
        return Receipt(status="unavailable", reason=error.reason, remedy=error.remedy, **asked)


def receipt_path(
    results: Path, kind: Literal["models", "datasets"], name: str, fetch: ModelFetch | DatasetFetch
) -> Path:
    """Where the receipt of a fetch lies; `name` is the cell's model, or the dataset's entry."""
    return results / Shared.FETCHED / kind / name / _name(fetch)


def _name(fetch: ModelFetch | DatasetFetch) -> str:
    return f"{fetch.revision or UNPINNED}-{fetch.key}.json"


def earlier_place(path: Path) -> Path:
    """Where the receipt of a fetch lay when its name was the revision alone."""
    return path.with_name(f"{path.stem.rpartition('-')[0]}.json")


def take_over(path: Path, fetch: ModelFetch | DatasetFetch) -> Receipt | None:
    """Move the receipt of the same fetch from its earlier place to `path`, whatever it says, or that of the commit which is
    pinned today from when it was main; null without one.

    Moved, so that nothing is in the way of fetching again once the receipt at `path` is deleted.
    """
    unpinned = fetch.model_copy(update={"revision": None})
    at_main = path.with_name(_name(unpinned))
    for earlier, asked in ((earlier_place(path), fetch), (at_main, unpinned), (earlier_place(at_main), unpinned)):
        receipt = read_receipt(earlier) if earlier != path and earlier.exists() else None
        if receipt is not None and _answers(receipt, asked) and fetch.revision in (asked.revision, receipt.commit):
            earlier.unlink()
            split = fetch if isinstance(fetch, DatasetFetch) else None
            return write_receipt(path, receipt.model_copy(update={"revision": fetch.revision, "split": split}))
    return None


def _answers(receipt: Receipt, fetch: ModelFetch | DatasetFetch) -> bool:
    if (receipt.hub_id, receipt.revision) != (fetch.hub_id, fetch.revision):
        return False
    if isinstance(fetch, DatasetFetch):
        return receipt.split == fetch
    return receipt.status != "complete" or fetch.structure_for is None or receipt.structure is not None


def write_receipt(path: Path, receipt: Receipt) -> Receipt:
    """Write the receipt as JSON, atomically, and return it."""
    write_json(path, receipt.model_dump(mode="json"))
    return receipt


def read_receipt(path: Path) -> Receipt:
    """The receipt at `path`; an `InputError` names the file."""
    return read_json(path, Receipt, f"run the fetching rule (`snakemake {path}`)")
