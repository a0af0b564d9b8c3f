"""Freeze the rows of a dataset. From a sample spec of `study.json` to a manifest and the Parquet file beside it.

Where the rows can not be had for a reason of the data, the manifest says so (`status: unavailable`, reason and
remedy) and the job succeeds: the cells that wait for the rows take that status over.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from wattlab.foundation.errors import InputError, Unavailable, near_matches, tell
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


def main(argv: list[str] | None = None) -> int:
    """Sample one dataset of a study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--study", type=Path, required=True, help="results/{study}/study.json; receipts lie beside {study}"
    )
    parser.add_argument("--dataset", required=True, help="name of the catalog entry")
    parser.add_argument("--key", required=True, help="key of the sample spec")
    parser.add_argument("--manifest", type=Path, required=True, help="manifest to write, rows beside it")
    arguments = parser.parse_args(argv)
    spec = sample_spec(read_study(arguments.study), arguments.dataset, arguments.key)
    place = samples_receipt(arguments.study.parents[1], spec)
    manifest = sample(spec, arguments.manifest, None if place is None else read_receipt(place))
    skipped = f", {len(manifest.skipped)} skipped" if manifest.skipped else ""
    print(
        f"{spec.dataset}: {manifest.reason or f'{manifest.n_rows} rows{skipped}, sha256 {str(manifest.sha256)[:12]}'}"
    )
    return 0


if __name__ == "__main__":
    tell(main)
