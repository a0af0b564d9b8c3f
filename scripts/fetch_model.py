"""Fetch a model from the hub: its files, verified, into the hub client's cache (HF_HOME), and a receipt of them.

Where the hub or the disk does not let it be had, the receipt says so (`status: unavailable`, reason and remedy) and the
job succeeds: the cells that wait for the model take that status over.
"""

import os
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import checked, tell
from wattlab.foundation.verbs import verb
from wattlab.hub.models import fetch_model
from wattlab.hub.receipts import ModelFetch, take_over, write_receipt
from wattlab.runs.deaths import unavailable_by


@verb
def main(
    *,
    spec: Annotated[str, "what to fetch, as JSON (wattlab.hub.receipts.ModelFetch)"],
    receipt: Annotated[Path, "receipt to write"],
    died: Annotated[int | None, "do not fetch: write why not, from the exit status of the program that tried"] = None,
    log: Annotated[Path, "of that program"] = Path(os.devnull),
) -> None:
    """Fetch one model."""
    fetch = checked(ModelFetch, spec, "--spec", is_json=True)
    hindrance = unavailable_by(died, log)
    found = None if hindrance else take_over(receipt, fetch)
    found = found or write_receipt(receipt, fetch_model(fetch, hindrance))
    size_gb = sum(file.size_bytes for file in found.files) / 10**9
    print(found.reason or f"{fetch.hub_id}: {len(found.files)} files, {size_gb:.3f} GB, commit {found.commit}")
    for note in found.notes:
        print(f"note: {note}")


if __name__ == "__main__":
    tell(main)
