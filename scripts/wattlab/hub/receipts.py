"""Receipts of fetches: what of a model or a dataset the hub gave, or why it gave nothing.

    results/fetched/models/{name}/{revision}.json
    results/fetched/datasets/{name}/{revision}.json

All studies of the work directory share them. `revision` is the pinned commit, or `main` where none is pinned: then the
receipt's `commit` says what `main` was, and holds until the receipt is deleted. The files themselves lie in the hub
client's own cache (HF_HOME).
"""

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from wattlab.foundation.files import write_json
from wattlab.foundation.schema import Closed, Outcome, Structure, TaskName, fact
from wattlab.foundation.stored import read_json

#: Revision of what is not pinned.
UNPINNED = "main"


class ModelFetch(Closed):
    """What determines the fetch of a model."""

    hub_id: str = fact("namespaced hub id")
    revision: str | None = fact("pinned commit; null: whatever `main` is", None)
    library: Literal["transformers", "diffusers"] = fact("library that runs it")
    structure_for: TaskName | None = fact("task of a model that the catalog lacks: its structure is looked up", None)


class DatasetFetch(Closed):
    """What determines the fetch of a dataset: one split of one configuration."""

    hub_id: str = fact("namespaced dataset id")
    revision: str | None = fact("pinned commit; null: whatever `main` is", None)
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
    hub_id: str = fact("namespaced id, as asked")
    revision: str | None = fact("revision, as asked", None)
    commit: str | None = fact("commit that the hub gave", None, pattern=r"^[0-9a-f]{40}$")
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


def model_receipt(results: Path, name: str, revision: str | None) -> Path:
    """Where the receipt of a model lies; `name` is the cell's model."""
    return results / "fetched/models" / name / f"{revision or UNPINNED}.json"


def dataset_receipt(results: Path, name: str, revision: str | None) -> Path:
    """Where the receipt of a dataset lies; `name` is that of the catalog entry."""
    return results / "fetched/datasets" / name / f"{revision or UNPINNED}.json"


def write_receipt(path: Path, receipt: Receipt) -> None:
    """The receipt as JSON, atomically."""
    write_json(path, receipt.model_dump(mode="json"))


def read_receipt(path: Path) -> Receipt:
    """The receipt at `path`; an `InputError` names the file."""
    return read_json(path, Receipt, f"run the fetching rule (`snakemake {path}`)")
