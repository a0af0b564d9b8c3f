"""Measure again what is missing: every record that is not complete or is stale, and the inputs that made it so.

A removed record is not enough: the tables below it are newer, and Snakemake would take it for an intermediate file. So
records are named to Snakemake as jobs to run again (`--forcerun`), in one call; with nothing to do it starts nothing.
Inputs that hold nothing but why there is nothing are removed: what lies below a job that is due by force, and reads it as
`ancient`, Snakemake does not look at, forced or not; a missing file it makes first.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError
from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.hub.receipts import Receipt, earlier_place, read_receipt
from wattlab.hub.requests import samples_receipt
from wattlab.hub.snapshots import snapshot_of
from wattlab.models.tokenizers.file import TokenizerFile, read_tokenizer
from wattlab.records.record import read_record
from wattlab.records.store import ask_again, store_path
from wattlab.runs.places import input_paths
from wattlab.samples.manifest import Manifest, check_rows, read_manifest
from wattlab.samples.places import earlier_places
from wattlab.study.cells import MeasuredCell, ResolvedCell, ResolvedStudy
from wattlab.workflow.forcing import is_dry, refuse_beside_another, snakemake
from wattlab.workflow.loading import study_of

CONFIG = Path("config.yaml")


def inputs_to_make_again(study: ResolvedStudy, results: Path) -> list[Path]:
    """The samples, tokenizers and receipts that are not complete, with those of an earlier layout.

    Of these records, and of cells that were never measured.
    """
    found: dict[Path, None] = {}
    for resolved in study.measured:
        record = _record_of(resolved, study, results)
        if not record.exists() or not _is_good(record, resolved):
            found |= dict.fromkeys(_bad_inputs(resolved, results, thoroughly=record.exists()))
    return list(found)


def _record_of(cell: ResolvedCell, study: ResolvedStudy, results: Path) -> Path:
    return results / study.config.study / "runs" / f"{cell.cell.id}.json"


def bad_records(study: ResolvedStudy, results: Path) -> Iterator[tuple[MeasuredCell, Path]]:
    """Cells and their records that are not complete, lack valid repeats, or are not of today's spec."""
    for resolved in study.measured:
        record = _record_of(resolved, study, results)
        if record.exists() and not _is_good(record, resolved):
            yield resolved, record


def _is_good(path: Path, resolved: MeasuredCell) -> bool:
    try:
        record = read_record(path)
    except InputError:
        return False  # unreadable: the store beside it still has its repeats
    whole = len(record.valid_repeats) >= resolved.spec.protocol.repeats
    return whole and record.status == "complete" and record.spec == resolved.spec


def _bad_inputs(cell: MeasuredCell, results: Path, *, thoroughly: bool) -> Iterator[Path]:
    """`thoroughly`: what they say is held against the rows and the files of the model."""
    paths = input_paths(results, cell)
    yield from _not_complete(
        _checked_manifest if thoroughly else read_manifest, paths.manifest, *earlier_places(paths.manifest)
    )
    if paths.tokenizer is not None:
        yield from _not_complete(read_tokenizer, paths.tokenizer)
    for receipt in (paths.receipt, samples_receipt(results, cell.spec.samples)):
        if receipt is not None:
            yield from _not_complete(_checked_receipt if thoroughly else read_receipt, receipt, earlier_place(receipt))


def _checked_manifest(path: Path) -> Manifest:
    manifest = read_manifest(path)
    if manifest.status == "complete":
        check_rows(manifest, path)
    return manifest


def _checked_receipt(path: Path) -> Receipt:
    receipt = read_receipt(path)
    if receipt.status == "complete" and receipt.kind == "model":
        snapshot_of(receipt, path)
    return receipt


def _not_complete(read: Callable[[Path], Manifest | TokenizerFile | Receipt], *paths: Path) -> Iterator[Path]:
    """Today's place, and earlier ones where it is damaged or not complete."""
    for path in filter(Path.exists, paths):
        with contextlib.suppress(InputError):
            if read(path).status == "complete":
                return
        yield path


@verb
def main(
    *others: Annotated[str, "targets, and options of snakemake, which are handed on"],
    configfile: Annotated[Sequence[Path], "the study, as for snakemake"] = (),
    dry_run: Annotated[bool, "only print the plan; without what makes the inputs again"] = False,
) -> int:
    """Run Snakemake on what is missing."""
    asked, results = study_of(CONFIG, *configfile), Path("results")
    bad, inputs = list(bad_records(asked, results)), inputs_to_make_again(asked, results)
    if not others or others[0].startswith("-"):
        if not bad and not inputs:
            print(f"nothing to retry: {_why_nothing(asked, results)}")
            return 0
        others = others if bad else ("inputs", *others)  # what was never measured is no retry
    print(f"{count(len(bad) + len(inputs), 'file')} to make again", flush=True)
    for path in inputs:
        print(f"{path}: asked for again", flush=True)
    dry_run = dry_run or is_dry(others)
    if not dry_run:
        refuse_beside_another()
        for path in inputs:
            path.unlink()
        for cell, record in bad:
            _allow_redos(results, cell, record)
    return snakemake(others, configfile, [record for _, record in bad], dry_run=dry_run)


def _why_nothing(study: ResolvedStudy, results: Path) -> str:
    records = [_record_of(resolved, study, results) for resolved in study.cells]
    there = sum(record.exists() for record in records)
    if study.config.is_imported:
        return f"the records of {study.config.study} come from logs; `snakemake` imports logs that changed"
    if there == len(records):
        return f"all {there} records of {study.config.study} are whole"
    never = f"{len(records) - there} of {len(records)} cells of {study.config.study} were never measured"
    return f"{never}, which `snakemake` does; every other record is whole"


def _allow_redos(results: Path, cell: MeasuredCell, path: Path) -> None:
    """Where a cell has spent its redos, it has them once more."""
    with contextlib.suppress(InputError):
        record = read_record(path)
        if record.status == "complete" and record.fingerprint is not None:
            ask_again(store_path(results, cell.cell.id, record.fingerprint))


if __name__ == "__main__":
    tell(main)
