"""Runs of one study from several machines, joined: what is taken from where, decided before a single file is copied."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from wattlab.foundation.differences import leaves, shortened, unlike
from wattlab.foundation.errors import InputError, near_matches
from wattlab.foundation.schema import Closed
from wattlab.foundation.shared import Shared
from wattlab.hub.receipts import earlier_place as earlier_receipt
from wattlab.hub.receipts import read_receipt
from wattlab.records.record import Record, read_record
from wattlab.records.store import answers_path, store_path
from wattlab.runs.fingerprint import without_pins
from wattlab.runs.places import input_paths
from wattlab.samples.manifest import read_manifest
from wattlab.samples.places import earlier_places as earlier_samples
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell, ResolvedStudy, Spec


@dataclass(frozen=True)
class Found:
    """A record of the study in one `results` folder; of one that can not be read, why. `before`: the spec in it, where the
    commits that it measured were pinned since; `record` has today's."""

    results: Path
    path: Path
    record: Record | None
    damage: str = ""
    before: Spec | None = None


@dataclass(frozen=True)
class Merge:
    """Copies to make, in order (a cell's record after everything that it rests on), what to write then, and what was left
    where it is."""

    copies: list[tuple[Path, Path]]
    written: list[tuple[Closed, Path]]
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
        found = _of_today(cells[cell_id], found)
        if found.record is None:
            damaged[cell_id] = found
        elif found.record.status != "complete":
            left.append(found)
        elif cell_id not in complete:
            complete[cell_id] = found
        elif complete[cell_id].record != found.record:
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
    written = [pair for cell_id, found in taken.items() for pair in _restated(cells[cell_id], here, found)]
    return Merge(
        list(dict.fromkeys(copies)),
        written,
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


def _of_today(cell: MeasuredCell, found: Found) -> Found:
    """The record, with the study's spec where nothing but the commits that it measured was pinned since. Raises `InputError`
    for any other spec."""
    record = found.record
    if record is None or record.spec == cell.spec:
        return found
    if record.spec is None:
        raise InputError(f"{found.path}: an imported record; merge joins measured ones alone")
    specs = [spec.model_dump(mode="json") for spec in (record.spec, cell.spec)]
    if without_pins(specs[0]) == without_pins(specs[1]):
        _check_commits(cell, found, record, record.spec)
        return replace(found, record=record.model_copy(update={"spec": cell.spec}), before=record.spec)
    there, here = (dict(leaves("spec", spec)) for spec in specs)
    differing = [f"{place} = {shortened(old)} there, {shortened(new)} here" for place, old, new in unlike(there, here)]
    raise InputError(
        f"{found.path}: its spec is not the study's of today, it differs in {', '.join(differing)}; a study must not mix "
        "them: merge with the configuration that it was measured with"
    )


def _check_commits(cell: MeasuredCell, found: Found, record: Record, before: Spec) -> None:
    """Raise `InputError` where another commit than that which is pinned today was measured."""
    entries = {f"catalog/models/{cell.cell.model}.yaml": (record.hub_revision, cell.spec.model.revision)}
    there = _there(manifest_of(found.results, before.samples))
    if cell.spec.dataset.hub is not None and before.dataset.hub is not None:
        measured = read_manifest(there).hub_revision if there else before.dataset.hub.revision
        entries[f"catalog/datasets/{cell.cell.dataset}.yaml"] = measured, cell.spec.dataset.hub.revision
    for entry, (measured, pinned) in entries.items():
        if pinned not in (None, measured):
            raise InputError(
                f"{found.path}: it measured the commit {measured or 'that nothing says'}, and {entry} has revision = "
                f"{pinned}: that is another measurement; pin the one that was measured, or merge without this folder"
            )


def _copies(cell: MeasuredCell, name: str, here: Path, found: Found) -> Iterator[tuple[Path, Path]]:
    record = found.record
    assert record is not None and record.fingerprint is not None
    store = store_path(found.results, record.cell_id, record.fingerprint)
    if not store.exists():
        raise InputError(f"{store}: missing, and {found.path} rests on it; copy the whole results folder")
    paths = input_paths(here, cell)
    restated = () if found.before is None else (paths.manifest, paths.receipt)
    for then, now in _inputs(cell, here, found):
        if now not in restated and not now.exists():
            yield then, now
        if then.with_suffix(".parquet").exists() and not now.with_suffix(".parquet").exists():
            yield then.with_suffix(".parquet"), now.with_suffix(".parquet")
    yield from _same_or_new(found.results, here, store)
    yield from _same_or_new(found.results, here, answers_path(store))
    for kind, suffix in (("outputs", ".jsonl.gz"), ("logs/measure_cell", ".log")):
        part = Path(name) / kind / f"{record.cell_id}{suffix}"
        if (found.results / part).exists():
            yield found.results / part, here / part
    if found.before is None:
        yield found.path, here / found.path.relative_to(found.results)


def _inputs(cell: MeasuredCell, here: Path, found: Found) -> Iterator[tuple[Path, Path]]:
    """Samples, tokenizer and receipt: where they lie there, and where today's study looks for them here.

    Their name is a hash of what determines them, and the fingerprint holds their content.
    """
    measured = cell.model_copy(update={"spec": found.before or cell.spec})
    for then, now in zip(input_paths(found.results, measured).all, input_paths(here, cell).all, strict=True):
        there = _there(then)
        if there is not None:
            yield there, now


def _restated(cell: MeasuredCell, here: Path, found: Found) -> Iterator[tuple[Closed, Path]]:
    """What says which commits are pinned, of a cell whose commits were pinned since; its record last."""
    if found.before is None or found.record is None:
        return
    now = input_paths(here, cell)
    for there, target in _inputs(cell, here, found):
        if target.exists():
            continue
        if target == now.manifest:
            yield read_manifest(there).model_copy(update={"key": cell.spec.samples.key}), target
        elif target == now.receipt:
            yield read_receipt(there).model_copy(update={"revision": cell.spec.model.revision}), target
    yield found.record, here / found.path.relative_to(found.results)


def _there(path: Path) -> Path | None:
    """Samples or a receipt, where they lie or lay in an earlier layout; null where they are gone."""
    return next((place for place in (path, *earlier_samples(path), earlier_receipt(path)) if place.exists()), None)


def _copies_of_damaged(cell_id: str, here: Path, found: Found) -> Iterator[tuple[Path, Path]]:
    """With the cell's repeats, from which `make retry` makes the record again."""
    for store in sorted((found.results / Shared.REPEATS / cell_id).glob("*.jsonl")):
        yield from _same_or_new(found.results, here, store)
    yield found.path, here / found.path.relative_to(found.results)


def _same_or_new(there: Path, here: Path, source: Path) -> Iterator[tuple[Path, Path]]:
    target = here / source.relative_to(there)
    if not source.exists():
        return
    if target.exists() and target.read_bytes() != source.read_bytes():
        raise InputError(
            f"{target} and {source} differ: this cell was begun on both machines; move the one without a complete record away"
        )
    yield source, target
