"""The cells of an unpacked bundle: each record made again from its store, and every file that it rests on looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattlab.foundation.differences import leaves, shortened, unlike
from wattlab.foundation.errors import InputError, json_content, plain
from wattlab.foundation.hashing import key_of
from wattlab.hub.receipts import read_receipt
from wattlab.hub.requests import model_receipt
from wattlab.records.record import Record, read_record
from wattlab.records.store import StoredCell, answers_path, read_events, read_store, store_path
from wattlab.runs.assembly import measured_record
from wattlab.runs.fingerprint import comparable_spec, fingerprint_of, without_pins
from wattlab.samples.manifest import Manifest, read_manifest
from wattlab.samples.places import manifest_of
from wattlab.study.cells import CatalogFacts, MeasuredCell, ResolvedStudy
from wattlab.study.specs import spec_path
from wattlab.tables.overlaps import Span, overlapping
from wattlab.workflow.bundle.contents import measured_as
from wattlab.workflow.bundle.laws import broken_laws, windows_of

#: Of a record: what the catalog said then, and what only the job's log knew.
_NOT_FROM_THE_STORE = {*CatalogFacts.model_fields, "failure", "outputs_sha256"}

#: Fields that `structure` and others of the catalog share with the record, but that a receipt says.
_FROM_THE_RECEIPT = {"hub_revision"}


@dataclass
class Found:
    """What was looked at, and what is inconsistent: a line each, the file first."""

    findings: list[str] = field(default_factory=list)
    n_records: int = 0
    n_repeats: int = 0
    spans: list[Span] = field(default_factory=list)


def check_cells(results: Path, study: ResolvedStudy, answers: bool, found: Found) -> None:
    """Every cell of a study below an unpacked `results`."""
    for measured in study.measured:
        found.findings += _of_spec(results, measured)
    for resolved in study.cells:
        path = results / study.config.study / "runs" / f"{resolved.cell.id}.json"
        try:
            if path.exists():
                record = read_record(path)
                found.n_records += 1
                if isinstance(resolved, MeasuredCell):
                    found.findings += _of_record(results, measured_as(resolved, record), record, path, answers, found)
        except InputError as error:
            found.findings += str(error).splitlines()
        except OSError as error:
            found.findings.append(f"{path}: it can not be judged: {plain(error)}")


def check_overlaps(found: Found) -> None:
    """Windows of different cells and sessions of one machine, which measured one at a time, do not overlap."""
    owners = sorted({str(found.spans[place][1]) for place in overlapping(found.spans)})
    if owners:
        found.findings.append(
            f"{' and '.join(owners)}: windows of one machine at the same time, though nothing else ran beside a measurement"
        )


def _of_spec(results: Path, resolved: MeasuredCell) -> Iterator[str]:
    path = spec_path(results, resolved.spec.key)
    if not path.exists():
        yield f"{path}: the spec of {resolved.cell.id} is missing"
        return
    key = key_of(json_content(path.read_bytes()))
    if key != path.stem:
        yield f"{path}: the key of its content is {key}, not its name"


def _of_record(
    results: Path, cell: MeasuredCell, record: Record, path: Path, answers: bool, found: Found
) -> Iterator[str]:
    if record.cell_id != cell.cell.id:
        yield f"{path}: it is the record of {record.cell_id}"
        return
    manifest = _manifest(results, cell)
    if isinstance(manifest, str):
        yield manifest
    elif record.samples_sha256 is not None and manifest.sha256 != record.samples_sha256:
        yield f"{path}: samples_sha256 = {record.samples_sha256}, and their manifest says {manifest.sha256}"
    if record.fingerprint is None:
        if record.repeats or record.status == "complete":
            yield f"{path}: repeats without the fingerprint of their store"
        return
    store = store_path(results, record.cell_id, record.fingerprint)
    if not store.exists():
        if record.sessions:
            yield f"{store}: missing, and {path.name} rests on it"
        return
    stored, events = read_store(store), read_events(store)
    found.n_repeats += len(stored.observed)
    found.spans += _spans(cell, stored, store)
    yield from (f"{store}: {why}" for why in _of_identity(store, events, stored, cell, record, results))
    yield from (f"{store}: {why}" for why in broken_laws(stored, events, cell.spec))
    yield from _of_assembly(results, cell, record, store, path, answers)


def _manifest(results: Path, cell: MeasuredCell) -> Manifest | str:
    path = manifest_of(results, cell.spec.samples)
    if not path.exists():
        return f"{path}: missing, the samples of {cell.cell.id}"
    manifest = read_manifest(path)
    if manifest.key != cell.spec.samples.key:
        return f"{path}: key = {manifest.key}, not its name"
    return manifest


def _of_identity(
    store: Path, events: list[dict[str, Any]], stored: StoredCell, cell: MeasuredCell, record: Record, results: Path
) -> Iterator[str]:
    """What the fingerprint hashes is what the name, the spec, the samples and the receipt say."""
    first = events[0] if events else {}
    if first.get("event") != "identity":
        yield "it does not begin with what its fingerprint hashes"
        return
    identity = {key: value for key, value in first.items() if key not in ("event", "schema_version")}
    if fingerprint_of(identity) != store.stem:
        yield f"the fingerprint of its content is {fingerprint_of(identity)}, not its name"
    measured = without_pins(identity.get("spec") or {})
    yield from _unlike("spec", measured, comparable_spec(cell.spec), "in its first line", "in the record")
    if identity.get("samples_sha256") != record.samples_sha256:
        yield f"samples_sha256 = {identity.get('samples_sha256')} in its first line, {record.samples_sha256} in the record"
    path = model_receipt(results, cell)
    if path is not None and path.exists():
        commit = read_receipt(path).commit
        if identity.get("hub_commit") != commit:
            yield f"hub_commit = {identity.get('hub_commit')}, and {path.name} says {commit}"
    kinds = [session.machine.kind for session in stored.sessions if session.machine is not None]
    if any(kind != identity.get("device_kind") for kind in kinds):
        yield "a session's machine is not that of its first line"


def _of_assembly(
    results: Path, cell: MeasuredCell, record: Record, store: Path, path: Path, answers: bool
) -> Iterator[str]:
    """The record, assembled and judged again."""
    receipt = model_receipt(results, cell)
    read = read_receipt(receipt) if receipt is not None and receipt.exists() else None
    outputs = path.with_suffix(".answers")
    again = measured_record(cell, read, store, str(record.samples_sha256), outputs, None, [])
    left_out = _NOT_FROM_THE_STORE - (_FROM_THE_RECEIPT if read is not None else set())
    kept, judged = (one.model_dump(mode="json", exclude=left_out) for one in (record, again))
    yield from (f"{path}: {why}" for why in _unlike("", kept, judged, "in the record", "by its store, judged again"))
    if not answers_path(store).exists():
        if answers and record.outputs_sha256 is not None:
            yield f"{answers_path(store)}: missing, the answers of {record.cell_id}"
    elif again.outputs_sha256 != record.outputs_sha256:
        yield f"{answers_path(store)}: its sha256 is {again.outputs_sha256}, and the record says {record.outputs_sha256}"


def _unlike(place: str, a: Any, b: Any, in_a: str, in_b: str) -> Iterator[str]:
    """Where two contents differ, with both values; within lists item by item."""
    first, second = (dict(leaves(place, _by_place(one))) for one in (a, b))
    for key, of_a, of_b in unlike(first, second):
        yield f"{key.removeprefix('.')} = {shortened(of_a)} {in_a}, {shortened(of_b)} {in_b}"


def _by_place(value: Any) -> Any:
    """Lists as mappings from place to item, so that a difference in them has a name."""
    if isinstance(value, dict):
        return {key: _by_place(inner) for key, inner in value.items()}
    if isinstance(value, list) and value:
        return {str(place): _by_place(inner) for place, inner in enumerate(value)}
    return value


def _spans(cell: MeasuredCell, stored: StoredCell, store: Path) -> Iterator[Span]:
    """Its windows, where the machine is known and measured nothing else beside them."""
    for session in stored.sessions:
        if cell.spec.exclusive and session.machine is not None:
            owner = f"{store}, session {session.session}"
            windows = windows_of(stored, session.session)
            yield from ((session.machine.host_sha256, owner, window) for _, window in windows)
