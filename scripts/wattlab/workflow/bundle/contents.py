"""What a study rests on, file by file: what goes into its bundle."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from wattlab.catalog.reading import CATALOG_ROOT
from wattlab.foundation.errors import InputError
from wattlab.hub.receipts import earlier_place as earlier_receipt
from wattlab.hub.requests import model_receipt
from wattlab.records.record import Record, read_record
from wattlab.records.store import answers_path, store_path
from wattlab.samples.places import earlier_places as earlier_samples
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.study.specs import read_study, spec_path, study_of_tables
from wattlab.tables.wall import kept_place

#: What the tables' folder holds of ours; other files there are nobody else's.
_OF_TABLES = re.compile(r"[a-z0-9_-]+\.(csv|md|tex|json)")

#: An address of a hub with a user's name or password, as older versions kept it.
_SECRET = re.compile(rb'endpoint"\s*:\s*"([A-Za-z][A-Za-z0-9+.-]*://)?([^"\\/]|\\.)*@')

#: (name in the bundle, file here).
Entry = tuple[str, Path]


def entries_of(results: Path, study_name: str, answers: bool) -> dict[str, Path]:
    """Name in the bundle -> file here, of a study and of those that it is set beside. Raises `InputError`."""
    study = _study(results, study_name)
    beside = [name for name in study.config.beside if study_of_tables(results / name) is not None]
    found = dict(_catalog())
    for name in (study_name, *beside):
        found |= dict(_of_study(results, name, answers))
    tables = results / study_name / "tables"
    found |= {_name(results, path): path for path in sorted(tables.iterdir()) if _OF_TABLES.fullmatch(path.name)}
    return found


def public(path: Path) -> bytes:
    """A file's content for other people: of a record without the last lines of its log, which name folders and machines.

    Raises `InputError` for one that tells how to log in to a hub.
    """
    content = path.read_bytes()
    if _SECRET.search(content):
        raise InputError(
            f"{path}: the address of a hub in it holds a user's name or a password, and nothing was packed: take them out of "
            "HF_ENDPOINT, then measure the cell again (`make again`), or delete the receipt and `make retry`"
        )
    if b'"log_tail"' not in content or path.suffix != ".json":
        return content
    record = json.loads(content)
    (record.get("failure") or {}).update(log_tail=[])
    return json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _study(results: Path, name: str) -> ResolvedStudy:
    path = study_of_tables(results / name)
    if path is None or not (results / name / "tables").is_dir():
        raise InputError(f"{results / name}: no study with tables lies there; `snakemake tables` builds them")
    return read_study(path)


def measured_as(resolved: MeasuredCell, record: Record) -> MeasuredCell:
    """The cell as it was when its record was made: of a stale one with another spec than today's."""
    return resolved if record.spec is None else resolved.model_copy(update={"spec": record.spec})


def _catalog() -> Iterator[Entry]:
    for path in sorted(CATALOG_ROOT.rglob("*.yaml")):
        yield f"catalog/{path.relative_to(CATALOG_ROOT).as_posix()}", path


def _name(results: Path, path: Path) -> str:
    return f"results/{path.relative_to(results).as_posix()}"


def _of_study(results: Path, name: str, answers: bool) -> Iterator[Entry]:
    path = study_of_tables(results / name)
    assert path is not None, "asked before"
    yield _name(results, path), path
    study = read_study(path)
    logs = [kept_place(results / name, place) for place in range(len(study.config.meter_logs))]
    for more in (results / name / "runs/unassigned.jsonl", *logs):
        yield from _there(results, more)
    for resolved in study.cells:
        record = results / name / "runs" / f"{resolved.cell.id}.json"
        if record.exists():
            yield _name(results, record), record
            if isinstance(resolved, MeasuredCell):
                yield from _of_record(results, resolved, read_record(record), answers)
        if isinstance(resolved, MeasuredCell):
            yield from _there(results, spec_path(results, resolved.spec.key))


def _of_record(results: Path, resolved: MeasuredCell, record: Record, answers: bool) -> Iterator[Entry]:
    cell = measured_as(resolved, record)
    manifest, receipt = manifest_of(results, cell.spec.samples), model_receipt(results, cell)
    yield from _there(results, manifest, *earlier_samples(manifest))
    if receipt is not None:
        yield from _there(results, receipt, earlier_receipt(receipt))
    if record.fingerprint is not None:
        store = store_path(results, record.cell_id, record.fingerprint)
        yield from _there(results, store)
        if answers:
            yield from _there(results, answers_path(store))


def _there(results: Path, path: Path, *earlier: Path) -> Iterator[Entry]:
    """A file under the name that it has today, from where it lies; nothing where it is not there."""
    source = next((place for place in (path, *earlier) if place.exists()), None)
    if source is not None:
        yield _name(results, path), source
