"""Measure again what is missing: every record that is not complete or is stale, and the inputs that made it so.

A removed record is not enough: the tables below it are newer, and Snakemake would take it for an intermediate file. So
records are named to Snakemake as jobs to run again (`--forcerun`), in one call; with nothing to do it starts nothing.
Inputs that hold nothing but why there is nothing are removed: what lies below a job that is due by force, and reads it as
`ancient`, Snakemake does not look at, forced or not; a missing file it makes first.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError
from wattlab.foundation.verbs import tell, verb
from wattlab.hub.receipts import Receipt, earlier_place, read_receipt
from wattlab.hub.requests import samples_receipt
from wattlab.models.tokenizers.file import TokenizerFile, read_tokenizer
from wattlab.records.record import read_record
from wattlab.runs.places import input_paths
from wattlab.samples.manifest import Manifest, read_manifest
from wattlab.samples.places import earlier_places
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.workflow.loading import study_of

CONFIG = Path("config.yaml")


def records_to_make_again(study: ResolvedStudy, results: Path) -> list[Path]:
    """Records that are not complete or not of today's spec."""
    return [record for _, record in _bad_records(study, results)]


def inputs_to_make_again(study: ResolvedStudy, results: Path) -> list[Path]:
    """The samples, tokenizers and receipts that are not complete, of these records; with those of an earlier layout."""
    found = [path for resolved, _ in _bad_records(study, results) for path in _bad_inputs(resolved, results)]
    return list(dict.fromkeys(found))


def _bad_records(study: ResolvedStudy, results: Path) -> Iterator[tuple[MeasuredCell, Path]]:
    for resolved in study.measured:
        record = results / study.config.study / "runs" / f"{resolved.cell.id}.json"
        if record.exists() and not _is_good(record, resolved):
            yield resolved, record


def _is_good(path: Path, resolved: MeasuredCell) -> bool:
    try:
        record = read_record(path)
    except InputError:
        return False  # unreadable: the store beside it still has its repeats
    return record.status == "complete" and record.spec == resolved.spec


def _bad_inputs(cell: MeasuredCell, results: Path) -> Iterator[Path]:
    paths = input_paths(results, cell)
    yield from _not_complete(read_manifest, paths.manifest, *earlier_places(paths.manifest))
    if paths.tokenizer is not None:
        yield from _not_complete(read_tokenizer, paths.tokenizer)
    for receipt in (paths.receipt, samples_receipt(results, cell.spec.samples)):
        if receipt is not None:
            yield from _not_complete(read_receipt, receipt, earlier_place(receipt))


def _not_complete(read: Callable[[Path], Manifest | TokenizerFile | Receipt], *paths: Path) -> Iterator[Path]:
    """Today's place, and earlier ones where it is not complete."""
    for path in filter(Path.exists, paths):
        if read(path).status == "complete":
            return
        yield path


@verb
def main(
    targets: Annotated[Sequence[str], "what to make, as for snakemake; default: everything"] = (),
    *,
    configfile: Annotated[Sequence[Path], "the study, as for snakemake"] = (),
    cores: Annotated[str, "as for snakemake"] = "all",
    dry_run: Annotated[bool, "only print the plan; without what makes the inputs again"] = False,
) -> int:
    """Run Snakemake on what is missing."""
    asked, results = study_of(CONFIG, *configfile), Path("results")
    records, inputs = records_to_make_again(asked, results), inputs_to_make_again(asked, results)
    if not records:
        print("nothing to retry: every record that there is is complete; `snakemake` measures what was never measured")
        return 0
    print(f"{len(records) + len(inputs)} file(s) to make again", flush=True)
    for path in inputs:
        print(f"{path}: asked for again", flush=True)
        if not dry_run:
            path.unlink()
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        cores,
        *(["--dry-run"] if dry_run else []),
    ]
    if configfile:
        command += ["--configfile", *map(str, configfile)]
    command += ["--forcerun", *map(str, records), "--", *targets]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    tell(main)
