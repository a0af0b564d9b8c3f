"""Fetch a model from the hub, or look up one split of a dataset. From what determines the fetch to a receipt.

Of a model the files come, verified, into the hub client's cache (HF_HOME). Of a dataset the receipt says which commit the
revision is and which files of it hold the split, with their sizes; sampling downloads those that it needs. Where the hub
or the disk does not let it be had, the receipt says so (`status: unavailable`, reason and remedy) and the job succeeds:
the cells that wait for it take that status over.
"""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import checked
from wattlab.foundation.members import load_member
from wattlab.foundation.verbs import tell, verb
from wattlab.hub.receipts import DatasetFetch, ModelFetch, take_over, write_receipt
from wattlab.runs.deaths import unavailable_by

#: What finds a folder or a file of one's own.
LOCAL = "wattlab.hub.local_receipts:receipt_of"

#: What looks whether a model that came is whole.
WHOLE = "wattlab.models.whole:hindrance_of"

#: What determines a fetch of this kind, and what does it: neither waits for the other's libraries.
KINDS: dict[str, tuple[type[ModelFetch | DatasetFetch], str]] = {
    "model": (ModelFetch, "wattlab.hub.models:fetch_model"),
    "dataset": (DatasetFetch, "wattlab.hub.datasets:look_up"),
}


@verb
def main(
    *,
    kind: Annotated[str, "model or dataset"],
    spec: Annotated[str, "what determines the fetch, as JSON (of wattlab.hub.receipts)"],
    receipt: Annotated[Path, "receipt to write"],
    died: Annotated[int | None, "do not fetch: write why not, from the exit status of the program that tried"] = None,
    log: Annotated[Path, "of that program"] = Path(os.devnull),
) -> None:
    """Fetch, write the receipt, say what came or why nothing did."""
    schema, target = KINDS[kind]
    asked = checked(schema, spec, "--spec", is_json=True)
    hindrance = unavailable_by(died, log)
    found = None if hindrance else take_over(receipt, asked)
    if found is None:
        find = load_member(target)
        if asked.source == "local":
            find = partial(load_member(LOCAL), results=receipt.absolute().parents[3])
        found = find(asked, hindrance)
        if kind == "model" and found.status == "complete":
            hindrance = load_member(WHOLE)(asked, found, receipt.absolute())
        found = write_receipt(receipt, find(asked, hindrance) if hindrance else found)
    size_gb = sum(file.size_bytes for file in found.files) / 10**9
    came = f"{len(found.files)} files, {size_gb:.3f} GB, commit {found.commit}"
    print("\n".join([f"{asked.hub_id}: {f'{found.reason}; {found.remedy}' if found.reason else came}", *found.notes]))


if __name__ == "__main__":
    tell(main)
