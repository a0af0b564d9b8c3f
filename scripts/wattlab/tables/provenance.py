"""`provenance`: on what and by what the cells were measured; a study that mixes machines or versions is flagged."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from wattlab.records.record import Record, Session
from wattlab.tables.columns import Flag, Table
from wattlab.tables.evidence import Evidence

#: The value of an aspect that a record does not hold (imported logs).
NOT_RECORDED = "not recorded"

#: Prefix of aspects that the study sets itself, by cell: these may differ between cells.
_PROTOCOL = "protocol."

#: Prefix of how a model writes: its own defaults under the protocol's caps.
_GENERATION = "generation."
_METER = ("machine_check", "cpu_mode", "cpu_power_source", "cpu_tdp_w", "ram_model", "ram_power_source", "ram_power_w")
_MACHINE = ("device", "cpu_model", "cpu_cores", "ram_gb", "gpu_names", "gpu_driver", "host_sha256")

#: What a log may say of its machine -> the aspect.
_LOGGED = {"cpu_model": "machine.cpu_model", "gpu_model": "machine.gpu_names", "tracking_mode": "tracking_mode"}


def provenance(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per aspect and value: how many complete cells it holds for.

    Counted are the sessions that measured a cell's valid repeats; a cell with several counts under each value.
    `mixed`: the aspect has several known values among the cells. `intended`: a protocol's value, that the study sets
    for each cell, so that a difference is no accident.
    """
    records = [cell.record for cell in evidence.cells if cell.record is not None and cell.record.status == "complete"]
    counts: dict[str, Counter[str]] = {}
    for aspect, value in (pair for record in records for pair in sorted({*_aspects(record), *_wall(record, evidence)})):
        counts.setdefault(aspect, Counter())[value] += 1
    rows = [
        {
            "aspect": aspect,
            "value": value,
            "n_cells": n_cells,
            "mixed": len(values.keys() - {NOT_RECORDED}) > 1,
            "intended": aspect.startswith((_PROTOCOL, _GENERATION)),
        }
        for aspect, values in counts.items()
        for value, n_cells in sorted(values.items(), key=lambda item: (-item[1], item[0]))
    ]
    return TABLE.frame(rows)


def machine_of(record: Record) -> str:
    """CPU and GPUs of the sessions that measured a record's valid repeats."""
    pairs = [pair for pair in _aspects(record) if pair[0] in ("machine.cpu_model", "machine.gpu_names")]
    return ", ".join(dict.fromkeys(value for _, value in pairs if value != "none")) or NOT_RECORDED


TABLE = Table(
    title="By what the cells were measured; `mixed`: not the same for all cells",
    row="a property and its value",
    columns=("aspect", "value", "n_cells", Flag("mixed"), Flag("intended")),
    latex=("aspect", "value", "n_cells", "mixed"),
    build=provenance,
)


def _wall(record: Record, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Of meters at the wall."""
    if evidence.wall is not None:
        for repeat in record.valid_repeats:
            yield from ((f"wall.{name}", value) for name, value in evidence.wall.facts(repeat).items())


def _aspects(record: Record) -> Iterator[tuple[str, str]]:
    """Pairs of aspect and value of one record."""
    used = {repeat.session for repeat in record.valid_repeats}
    yield "sessions per cell", str(len(used))
    yield "weights", record.weights
    yield "data", record.data
    sessions = [session for session in record.sessions if session.session in used]
    for session in sessions:
        yield from _of_session(session)
    if not sessions:
        yield "machine", NOT_RECORDED
    if record.protocol is None:
        yield "protocol", NOT_RECORDED
        return
    for key, value in record.protocol.model_dump(mode="json").items():
        yield f"{_PROTOCOL}{key}", _shown(value)


def _of_session(session: Session) -> Iterator[tuple[str, str]]:
    yield "study that paid", session.study
    yield "code_sha256", session.code_sha256 or NOT_RECORDED
    yield "method_version", _shown(session.method_version, NOT_RECORDED)
    for package, version in (session.software or {"software": NOT_RECORDED}).items():
        yield (f"software.{package}" if session.software else "software"), version
    for key, value in (session.load.generation or {}).items() if session.load is not None else ():
        yield f"{_GENERATION}{key}", _shown(value)
    if session.machine is None:
        said = session.meter or {}
        yield from [(aspect, said[name]) for name, aspect in _LOGGED.items() if name in said] or [
            ("machine", NOT_RECORDED)
        ]
        return
    machine: dict[str, Any] = session.machine.model_dump(mode="json")
    for key in _MACHINE:
        yield f"machine.{key}", _shown(machine[key])
    if session.gpu_index is not None and session.gpu_index < len(session.machine.gpu_uuids):
        yield "machine.computing GPU", session.machine.gpu_uuids[session.gpu_index]
    if session.meter is not None:
        for key in _METER:
            if key in session.meter:
                yield f"meter.{key}", _shown(session.meter[key])


def _shown(value: Any, missing: str = "none") -> str:
    if value is None:
        return missing
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or missing
    return str(value)
