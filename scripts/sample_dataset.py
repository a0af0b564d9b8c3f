"""Freeze the rows of a dataset. From a sample spec to a manifest and the Parquet file beside it.

Where the rows can not be had for a reason of the data, the manifest says so (`status: unavailable`, reason and
remedy) and the job succeeds: the cells that wait for the rows take that status over.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from wattlab.foundation.errors import explain, tell
from wattlab.hub.receipts import Receipt, read_receipt
from wattlab.samples.manifest import Manifest, Row, take_over, write_samples
from wattlab.samples.surrogate.generate import notes_on, surrogate_rows
from wattlab.samples.surrogate.text import SourceUnavailable
from wattlab.study.cells import SampleSpec


def sample(spec: SampleSpec, path: Path, receipt: Receipt | None = None) -> Manifest:
    """Write the rows of a spec and the manifest at `path`, which is returned; `receipt`: of the dataset, under data: hub."""
    assert (spec.data == "hub") == (receipt is not None), "rows of the hub are drawn from a receipt"
    try:
        manifest, rows = _from_hub(spec, receipt) if receipt else (_manifest(spec), surrogate_rows(spec))
        return write_samples(path, manifest, rows)
    except SourceUnavailable as error:
        return write_samples(path, _unavailable(spec, error), [])


def _from_hub(spec: SampleSpec, receipt: Receipt) -> tuple[Manifest, Iterator[Row]]:
    # Surrogates must not wait for the hub's libraries, nor need them.
    from wattlab.hub.failures import HubUnavailable
    from wattlab.samples.from_hub.sampling import hub_samples

    try:
        return hub_samples(spec, receipt)
    except HubUnavailable as error:
        raise SourceUnavailable(error.reason, error.remedy) from error


def _manifest(spec: SampleSpec) -> Manifest:
    return Manifest(
        status="complete",
        dataset=spec.dataset,
        data=spec.data,
        selection=spec.selection,
        seed=spec.seed,
        n_wanted=spec.n,
        n_rows=spec.n,
        cycled=False,
        row_ids=list(range(spec.n)),
        generator_version=spec.generator_version,
        key=spec.key,
        notes=notes_on(spec),
    )


def _unavailable(spec: SampleSpec, error: SourceUnavailable) -> Manifest:
    return Manifest(
        status="unavailable",
        reason=error.reason,
        remedy=error.remedy,
        dataset=spec.dataset,
        data=spec.data,
        selection=spec.selection,
        seed=spec.seed,
        n_wanted=spec.n,
        n_rows=0,
        cycled=False,
        row_ids=[],
        generator_version=spec.generator_version,
        key=spec.key,
    )


def main(argv: list[str] | None = None) -> int:
    """Sample one dataset. All studies share the samples, so the spec is given and no study is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", required=True, help="sample spec of a cell, as JSON")
    parser.add_argument("--receipt", type=Path, nargs="?", help="receipt of the dataset, under data: hub")
    parser.add_argument("--manifest", type=Path, required=True, help="manifest to write, rows beside it")
    arguments = parser.parse_args(argv)
    try:
        spec = SampleSpec.model_validate_json(arguments.spec)
    except ValidationError as error:
        raise explain(error, SampleSpec, "--spec") from error
    receipt = None if arguments.receipt is None else read_receipt(arguments.receipt)
    manifest = take_over(arguments.manifest) or sample(spec, arguments.manifest, receipt)
    skipped = f", {len(manifest.skipped)} skipped" if manifest.skipped else ""
    print(
        f"{spec.dataset}: {manifest.reason or f'{manifest.n_rows} rows{skipped}, sha256 {str(manifest.sha256)[:12]}'}"
    )
    return 0


if __name__ == "__main__":
    tell(main)
