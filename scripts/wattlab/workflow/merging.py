"""Runs of one study from several machines, joined: what is taken from where, decided before a single file is copied."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wattlab.foundation.differences import leaves, shortened, unlike
from wattlab.foundation.errors import InputError, near_matches
from wattlab.foundation.shared import Shared
from wattlab.hub.receipts import earlier_place as earlier_receipt
from wattlab.records.record import Record, read_record
from wattlab.records.store import answers_path, store_path
from wattlab.runs.fingerprint import without_pins
from wattlab.runs.places import input_paths
from wattlab.samples.places import earlier_places as earlier_samples
from wattlab.study.cells import MeasuredCell, ResolvedStudy


@dataclass(frozen=True)
class Found:
    """A record of the study in one `results` folder; of one that can not be read, why."""

    results: Path
    path: Path
    record: Record | None
    damage: str = ""


@dataclass(frozen=True)
class Merge:
    """Copies to make, in order (a cell's record after everything that it rests on), and what was left where it is."""

    copies: list[tuple[Path, Path]]
    taken: dict[str, Path]
    left: list[Found]


def plan_merge(study: ResolvedStudy, here: Path, others: list[Path]) -> Merge:
    """What to copy from the `results` folders `others` to `here`.

    Raises:
        InputError: a folder without the study, a cell that the study does not have, a record of another spec (another
            protocol, other samples, another model), or a cell that two folders measured.
    """
    complete: dict[str, Found] = {}
    damaged: dict[str, Found] = {}
    left: list[Found] = []
    cells = {cell.cell.id: cell for cell in study.measured}
    for cell_id, found in _records(study, [here, *others]):
        if found.record is not None:
            _check_spec(cells[cell_id], found.path, found.record)
        if found.record is None:
            damaged[cell_id] = found
        elif found.record.status != "complete":
            left.append(found)
        elif cell_id not in complete:
            complete[cell_id] = found
        elif complete[cell_id].path.read_bytes() != found.path.read_bytes():
            raise InputError(
                f"{cell_id} was measured twice: {complete[cell_id].path} and {found.path} differ; "
                "take one of the two away (its repeats stay in repeats/)"
            )
    taken = {cell_id: found for cell_id, found in complete.items() if found.results != here}
    copies = [
        copy for cell_id, found in taken.items() for copy in _copies(cells[cell_id], study.config.study, here, found)
    ]
    for cell_id, found in damaged.items():
        if cell_id not in complete and not (here / found.path.relative_to(found.results)).exists():
            copies += _copies_of_damaged(cell_id, here, found)
    return Merge(
        list(dict.fromkeys(copies)),
        {cell_id: found.results for cell_id, found in taken.items()},
        [*left, *damaged.values()],
    )


def _records(study: ResolvedStudy, folders: list[Path]) -> Iterator[tuple[str, Found]]:
    """Cell and record, of every folder."""
    name, known = study.config.study, {resolved.cell.id for resolved in study.cells}
    for folder in folders:
        runs = folder / name / "runs"
        if folder != folders[0] and not runs.is_dir():
            raise InputError(
                f"{runs}: no such folder; name the results folder of a work directory that measured {name!r}"
            )
        for path in sorted(runs.glob("*/*/*.json")):
            cell_id = path.relative_to(runs).as_posix().removesuffix(".json")
            try:
                record = read_record(path)
                cell_id, found = record.cell_id, Found(folder, path, record)
            except InputError as error:
                found = Found(folder, path, None, str(error))
            if cell_id not in known:
                raise InputError(f"{path}: the study {name!r} has no cell {cell_id}; {near_matches(cell_id, known)}")
            yield cell_id, found


def _check_spec(cell: MeasuredCell, path: Path, record: Record) -> None:
    if record.spec == cell.spec:
        return
    if record.spec is None:
        raise InputError(f"{path}: an imported record; merge joins measured ones alone")
    specs = [spec.model_dump(mode="json") for spec in (record.spec, cell.spec)]
    there, here = (dict(leaves("spec", spec)) for spec in specs)
    differing = [f"{place} = {shortened(old)} there, {shortened(new)} here" for place, old, new in unlike(there, here)]
    remedy = "a study must not mix them: merge with the configuration that it was measured with"
    if without_pins(specs[0]) == without_pins(specs[1]):
        remedy = (
            "only commits were pinned since: call `snakemake` in its own work directory with the catalog of today, which "
            "writes the record again, and measures nothing that has these commits; then merge"
        )
    raise InputError(f"{path}: its spec is not the study's of today, it differs in {', '.join(differing)}; {remedy}")


def _copies(cell: MeasuredCell, name: str, here: Path, found: Found) -> Iterator[tuple[Path, Path]]:
    record = found.record
    assert record is not None and record.fingerprint is not None
    store = store_path(found.results, record.cell_id, record.fingerprint)
    if not store.exists():
        raise InputError(f"{store}: missing, and {found.path} rests on it; copy the whole results folder")
    for path in input_paths(found.results, cell).all:
        yield from _missing_here(found.results, here, path)
    yield from _same_or_new(found.results, here, store)
    yield from _same_or_new(found.results, here, answers_path(store))
    for kind, suffix in (("outputs", ".jsonl.gz"), ("logs/measure_cell", ".log")):
        part = Path(name) / kind / f"{record.cell_id}{suffix}"
        if (found.results / part).exists():
            yield found.results / part, here / part
    yield found.path, here / found.path.relative_to(found.results)


def _copies_of_damaged(cell_id: str, here: Path, found: Found) -> Iterator[tuple[Path, Path]]:
    """With the cell's repeats, from which `make retry` makes the record again."""
    for store in sorted((found.results / Shared.REPEATS / cell_id).glob("*.jsonl")):
        yield from _same_or_new(found.results, here, store)
    yield found.path, here / found.path.relative_to(found.results)


def _missing_here(there: Path, here: Path, path: Path) -> Iterator[tuple[Path, Path]]:
    """Samples and tokenizers: their name is a hash of what determines them, and the fingerprint holds their content.

    Samples and receipts that lie at an earlier place come to today's.
    """
    target = here / path.relative_to(there)
    source = next((place for place in (path, *earlier_samples(path), earlier_receipt(path)) if place.exists()), None)
    if source is None or target.exists():
        return
    yield source, target
    if source.with_suffix(".parquet").exists():
        yield source.with_suffix(".parquet"), target.with_suffix(".parquet")


def _same_or_new(there: Path, here: Path, source: Path) -> Iterator[tuple[Path, Path]]:
    target = here / source.relative_to(there)
    if not source.exists():
        return
    if target.exists() and target.read_bytes() != source.read_bytes():
        raise InputError(
            f"{target} and {source} differ: this cell was begun on both machines; move the one without a complete record away"
        )
    yield source, target
