"""Freeze the rows of a dataset. From a sample spec of `study.json` to a manifest and the Parquet file beside it.

Where the rows can not be had for a reason of the data, the manifest says so (`status: unavailable`, reason and
remedy) and the job succeeds: the cells that wait for the rows take that status over.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError, Unavailable, near_matches, tell
from wattlab.foundation.verbs import verb
from wattlab.hub.receipts import Receipt, read_receipt
from wattlab.hub.requests import samples_receipt
from wattlab.samples.manifest import Manifest, Row, write_samples
from wattlab.samples.surrogate.generate import notes_on, surrogate_rows
from wattlab.study.cells import ResolvedStudy, SampleSpec
from wattlab.study.resolve import read_study


def sample_spec(study: ResolvedStudy, dataset: str, key: str) -> SampleSpec:
    """The sample spec of that dataset and key; an `InputError` where no cell of the study has it."""
    specs = [cell.spec.samples for cell in study.cells if cell.spec is not None]
    of_dataset = [spec for spec in specs if spec.dataset == dataset]
    if not of_dataset:
        raise InputError(
            f"--dataset {dataset}: no cell of the study has it; {near_matches(dataset, [s.dataset for s in specs])}"
        )
    for spec in of_dataset:
        if spec.key == key:
            return spec
    keys = ", ".join(sorted({spec.key for spec in of_dataset}))
    raise InputError(f"--key {key}: the samples of {dataset} in this study have {keys}; write study.json again")


def sample(spec: SampleSpec, path: Path, receipt: Receipt | None = None) -> Manifest:
    """Write the rows of a spec and the manifest at `path`, which is returned; `receipt`: of the dataset, under data: hub."""
    assert (spec.data == "hub") == (receipt is not None), "rows of the hub are drawn from a receipt"
    try:
        return write_samples(path, *_found(spec, receipt))
    except Unavailable as error:
        nothing = Manifest.of(spec, 0, status="unavailable", reason=error.reason, remedy=error.remedy, row_ids=[])
        return write_samples(path, nothing, [])


def _found(spec: SampleSpec, receipt: Receipt | None) -> tuple[Manifest, Iterator[Row]]:
    if receipt is None:
        return Manifest.of(spec, spec.n, row_ids=list(range(spec.n)), notes=notes_on(spec)), surrogate_rows(spec)
    # Surrogates must not wait for the hub's libraries, nor need them.
    from wattlab.samples.from_hub.sampling import hub_samples

    return hub_samples(spec, receipt)


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/study.json; receipts lie beside {study}"],
    dataset: Annotated[str, "name of the catalog entry"],
    key: Annotated[str, "key of the sample spec"],
    manifest: Annotated[Path, "manifest to write, rows beside it"],
) -> None:
    """Sample one dataset of a study."""
    spec = sample_spec(read_study(study), dataset, key)
    place = samples_receipt(study.parents[1], spec)
    sampled = sample(spec, manifest, None if place is None else read_receipt(place))
    skipped = f", {len(sampled.skipped)} skipped" if sampled.skipped else ""
    print(f"{spec.dataset}: {sampled.reason or f'{sampled.n_rows} rows{skipped}, sha256 {str(sampled.sha256)[:12]}'}")


if __name__ == "__main__":
    tell(main)
