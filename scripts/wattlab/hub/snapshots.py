"""A fetched model's files in the hub client's cache, as its receipt says. Without torch."""

from dataclasses import dataclass
from pathlib import Path

from wattlab.foundation.errors import InputError, Unavailable
from wattlab.hub.local import place_with
from wattlab.hub.receipts import Receipt


class FilesGone(InputError):
    """What a receipt says was fetched does not lie in the cache any more."""


@dataclass(frozen=True)
class Snapshot:
    """A fetched model: its receipt, and the folder of its files."""

    receipt: Receipt
    folder: Path


def snapshot_of(receipt: Receipt, path: Path) -> Snapshot:
    """The files of a complete receipt; `FilesGone` names the one that is not there as it was fetched.

    `path`: where the receipt lies, `results/fetched/models/{name}/….json`.
    """
    # Like pyarrow only where it is needed: a cell with random weights has no use for the client of the hub.
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    assert receipt.commit is not None
    if receipt.source == "local":
        try:
            return Snapshot(receipt, Path(place_with(path.parents[3], receipt.commit, receipt.hub_id).folder))
        except Unavailable as error:
            raise FilesGone(f"{path}: {error}") from error
    repository = repo_folder_name(repo_id=receipt.hub_id, repo_type="model")
    folder = Path(constants.HF_HUB_CACHE) / repository / "snapshots" / receipt.commit
    for file in receipt.files:
        there = folder / file.path
        size_bytes = there.stat().st_size if there.exists() else None
        if size_bytes != file.size_bytes:
            found = "is not" if size_bytes is None else f"has {size_bytes} bytes, not {file.size_bytes},"
            raise FilesGone(
                f"{path}: {receipt.hub_id}: {file.path} {found} in the cache below HF_HOME any more; "
                "set HF_HOME to where it was fetched to, then `make retry`; with another one `make retry` fetches it again"
            )
    return Snapshot(receipt, folder)
