"""Fetch a model from the hub: its files, verified, into the hub client's cache (HF_HOME), and a receipt of them.

Where the hub or the disk does not let it be had, the receipt says so (`status: unavailable`, reason and remedy) and the
job succeeds: the cells that wait for the model take that status over.
"""

import argparse
from pathlib import Path

from pydantic import ValidationError

from wattlab.foundation.errors import explain, tell
from wattlab.hub.models import fetch_model
from wattlab.hub.receipts import ModelFetch, Receipt, earlier_receipt, write_receipt
from wattlab.hub.snapshots import FilesGone, snapshot_of


def still_there(path: Path, fetch: ModelFetch) -> Receipt | None:
    """The receipt of an older layout, where the files that it names are in the cache; null without one."""
    earlier = earlier_receipt(path, fetch)
    try:
        if earlier is not None and earlier.status == "complete":
            snapshot_of(earlier, path)
    except FilesGone:
        return None
    return earlier


def main(argv: list[str] | None = None) -> int:
    """Fetch one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", required=True, help="what to fetch, as JSON (wattlab.hub.receipts.ModelFetch)")
    parser.add_argument("--receipt", type=Path, required=True, help="receipt to write")
    arguments = parser.parse_args(argv)
    try:
        fetch = ModelFetch.model_validate_json(arguments.spec)
    except ValidationError as error:
        raise explain(error, ModelFetch, "--spec") from error
    receipt = still_there(arguments.receipt, fetch) or fetch_model(fetch)
    write_receipt(arguments.receipt, receipt)
    size_gb = sum(file.size_bytes for file in receipt.files) / 10**9
    print(receipt.reason or f"{fetch.hub_id}: {len(receipt.files)} files, {size_gb:.3f} GB, commit {receipt.commit}")
    for note in receipt.notes:
        print(f"note: {note}")
    return 0


if __name__ == "__main__":
    tell(main)
