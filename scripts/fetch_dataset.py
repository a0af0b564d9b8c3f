"""Look up one split of a dataset on the hub. From what determines the fetch to a receipt.

The receipt says which commit the revision is and which files of it hold the split, with their sizes; sampling downloads
those that it needs. Where the hub does not have the split or does not give it, the receipt says so (`status:
unavailable`, reason and remedy) and the job succeeds: the cells that wait for it take that status over.
"""

import argparse
from pathlib import Path

from wattlab.foundation.errors import tell
from wattlab.hub.datasets import look_up
from wattlab.hub.receipts import DatasetFetch, take_over, write_receipt


def main(argv: list[str] | None = None) -> int:
    """Write the receipt of one split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--spec", required=True, help="what determines the fetch, as JSON (wattlab.hub.receipts.DatasetFetch)"
    )
    parser.add_argument("--receipt", type=Path, required=True, help="receipt to write")
    arguments = parser.parse_args(argv)
    fetch = DatasetFetch.model_validate_json(arguments.spec)
    receipt = take_over(arguments.receipt, fetch) or write_receipt(arguments.receipt, look_up(fetch))
    if receipt.status == "complete":
        size_mb = sum(file.size_bytes for file in receipt.files) / 1e6
        print(
            f"{fetch.hub_id}: {len(receipt.files)} files of split {fetch.split}, {size_mb:,.1f} MB, at {receipt.commit}"
        )
    else:
        print(f"{fetch.hub_id}: {receipt.reason}; {receipt.remedy}")
    return 0


if __name__ == "__main__":
    tell(main)
