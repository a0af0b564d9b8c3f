"""Fetch a model from the hub: its files, verified, into the hub client's cache (HF_HOME), and a receipt of them.

Where the hub or the disk does not let it be had, the receipt says so (`status: unavailable`, reason and remedy) and the
job succeeds: the cells that wait for the model take that status over.
"""

import argparse
from pathlib import Path

from pydantic import ValidationError

from wattlab.foundation.errors import explain, tell
from wattlab.hub.models import fetch_model
from wattlab.hub.receipts import ModelFetch, take_over, write_receipt


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
    receipt = take_over(arguments.receipt, fetch) or write_receipt(arguments.receipt, fetch_model(fetch))
    size_gb = sum(file.size_bytes for file in receipt.files) / 10**9
    print(receipt.reason or f"{fetch.hub_id}: {len(receipt.files)} files, {size_gb:.3f} GB, commit {receipt.commit}")
    for note in receipt.notes:
        print(f"note: {note}")
    return 0


if __name__ == "__main__":
    tell(main)
