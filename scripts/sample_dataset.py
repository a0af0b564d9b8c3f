"""Freeze the rows of a dataset. From a sample spec to a manifest and the Parquet file beside it.

Where the rows can not be had for a reason of the data, the manifest says so (`status: unavailable`, reason and
remedy) and the job succeeds: the cells that wait for the rows take that status over.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import Unavailable, checked
from wattlab.foundation.verbs import tell, verb
from wattlab.hub.local import in_own_words
from wattlab.hub.receipts import Receipt, read_receipt
from wattlab.runs.deaths import unavailable_by
from wattlab.samples.manifest import Manifest, Row, take_over, write_samples
from wattlab.samples.surrogate.generate import notes_on, surrogate_rows
from wattlab.study.cells import SampleSpec


def sample(
    spec: SampleSpec, path: Path, receipt: Receipt | None = None, hindrance: Unavailable | None = None
) -> Manifest:
    """Write the rows of a spec and the manifest at `path`, which is returned.

    `receipt`: of the dataset, under data: hub. `hindrance`: why there can be no rows.
    """
    assert (spec.data == "hub") == (receipt is not None), "rows of the hub are drawn from a receipt"
    results = path.absolute().parents[2]
    try:
        if hindrance:
            raise hindrance
        return write_samples(path, *_found(spec, receipt, results))
    except Unavailable as error:
        told = {"reason": error.reason, "remedy": error.remedy}
        if receipt is not None and receipt.source == "local":
            told = {key: in_own_words(text, results, receipt.commit, receipt.hub_id) for key, text in told.items()}
        nothing = Manifest.of(spec, 0, status="unavailable", row_ids=[], **told)
        return write_samples(path, nothing, [])


def _found(spec: SampleSpec, receipt: Receipt | None, results: Path) -> tuple[Manifest, Iterator[Row]]:
    if receipt is None:
        return Manifest.of(spec, spec.n, row_ids=list(range(spec.n)), notes=notes_on(spec)), surrogate_rows(spec)
    # Surrogates must not wait for the hub's libraries, nor need them.
    from wattlab.samples.from_hub.sampling import hub_samples

    return hub_samples(spec, receipt, results)


@verb
def main(
    *,
    spec: Annotated[str, "sample spec of a cell, as JSON"],
    manifest: Annotated[Path, "manifest to write, rows beside it"],
    receipt: Annotated[Sequence[Path], "receipt of the dataset, under data: hub"] = (),
    died: Annotated[int | None, "do not sample: write why not, from the exit status of the program that tried"] = None,
    log: Annotated[Path, "of that program"] = Path(os.devnull),
) -> None:
    """Sample one dataset, for all studies."""
    asked = checked(SampleSpec, spec, "--spec", is_json=True)
    fetched = read_receipt(receipt[0]) if receipt else None
    hindrance = unavailable_by(died, log)
    sampled = None if hindrance else take_over(manifest)
    sampled = sampled or sample(asked, manifest, fetched, hindrance)
    skipped = f", {len(sampled.skipped)} skipped" if sampled.skipped else ""
    print(f"{asked.dataset}: {sampled.reason or f'{sampled.n_rows} rows{skipped}, sha256 {str(sampled.sha256)[:12]}'}")


if __name__ == "__main__":
    tell(main)
