"""Look up one split of a dataset on the hub. From what determines the fetch to a receipt.

The receipt says which commit the revision is and which files of it hold the split, with their sizes; sampling downloads
those that it needs. Where the hub does not have the split or does not give it, the receipt says so (`status:
unavailable`, reason and remedy) and the job succeeds: the cells that wait for it take that status over.
"""

import os
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import checked, tell
from wattlab.foundation.verbs import verb
from wattlab.hub.datasets import look_up
from wattlab.hub.receipts import DatasetFetch, take_over, write_receipt
from wattlab.runs.deaths import unavailable_by


@verb
def main(
    *,
    spec: Annotated[str, "what determines the fetch, as JSON (wattlab.hub.receipts.DatasetFetch)"],
    receipt: Annotated[Path, "receipt to write"],
    died: Annotated[int | None, "do not fetch: write why not, from the exit status of the program that tried"] = None,
    log: Annotated[Path, "of that program"] = Path(os.devnull),
) -> None:
    """Write the receipt of one split."""
    fetch = checked(DatasetFetch, spec, "--spec", is_json=True)
    hindrance = unavailable_by(died, log)
    found = None if hindrance else take_over(receipt, fetch)
    found = found or write_receipt(receipt, look_up(fetch, hindrance))
    if found.status == "complete":
        size_mb = sum(file.size_bytes for file in found.files) / 1e6
        print(f"{fetch.hub_id}: {len(found.files)} files of split {fetch.split}, {size_mb:,.1f} MB, at {found.commit}")
    else:
        print(f"{fetch.hub_id}: {found.reason}; {found.remedy}")


if __name__ == "__main__":
    tell(main)
