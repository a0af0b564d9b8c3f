"""From a store's file to the record of a cell, judged with today's study."""

import hashlib
from pathlib import Path
from typing import Any

from wattlab import SCHEMA_VERSION
from wattlab.foundation.files import copy_file, write_text
from wattlab.hub.receipts import Receipt
from wattlab.records.record import Failure, Record, Repeat, Status
from wattlab.records.store import StoredCell, answers_path, read_store
from wattlab.runs.deaths import MEND, Death
from wattlab.runs.validity import FEWEST_VALID, judge_all, n_valid, redo_is_spent
from wattlab.study.cells import MeasuredCell


def split_repeats(repeats: list[Repeat], wanted: int) -> tuple[list[Repeat], list[Repeat]]:
    """The record's repeats (the first `wanted` valid ones and every invalid one before the last of them), the rest.

    Where valid ones lack, all are the record's: the last of them is still to come.
    """
    if n_valid(repeats) < wanted:
        return repeats, []
    last = [repeat.index for repeat in repeats if repeat.valid][wanted - 1]
    return [r for r in repeats if r.index <= last], [r for r in repeats if r.index > last]


def judge_cell(stored: StoredCell, cell: MeasuredCell, died: Death | None, log_tail: list[str]) -> dict[str, Any]:
    """Status, failure and repeats of a measured cell. `died` is why its last worker died, null where it did not."""
    repeats = judge_all(stored, cell.spec) if stored.observed else []
    kept, extra = split_repeats(repeats, cell.spec.protocol.repeats)
    valid = n_valid(kept)
    whole = valid >= cell.spec.protocol.repeats
    enough = whole or (valid >= FEWEST_VALID and redo_is_spent(stored, cell.spec.protocol))
    failure = None
    if not enough:
        reasons = sorted({reason for repeat in kept for reason in repeat.reasons})
        few = f"too few valid repeats: {valid} of {cell.spec.protocol.repeats}" + (
            f" ({'; '.join(reasons)})" if reasons else ""
        )
        failure = Failure(
            reason=died.reason if died else few,
            remedy=died.remedy if died else MEND,
            attempts=len(stored.sessions),
            log_tail=log_tail,
        )
    return {"status": "complete" if enough else "failed", "failure": failure, "repeats": kept, "extra_repeats": extra}


def _facts(cell: MeasuredCell, receipt: Receipt | None) -> dict[str, Any]:
    """What the record copies from the resolved study and from the receipt of the model, for the archive."""
    facts = cell.facts.model_dump(include=set(Record.model_fields))
    place = cell.cell.model_dump()
    if receipt is not None:
        facts |= {"hub_revision": receipt.commit, "structure": facts["structure"] or receipt.structure}
    return {
        **place,
        **facts,
        "schema_version": SCHEMA_VERSION,
        "weights": cell.spec.weights,
        "data": cell.spec.data,
        "dtype": cell.spec.protocol.dtype,
        "lengths": "set" if cell.spec.weights == "architecture" and cell.spec.protocol.max_new_tokens else "produced",
        "protocol": cell.spec.protocol,
        "spec": cell.spec,
    }


def measured_record(
    cell: MeasuredCell,
    receipt: Receipt | None,
    store: Path,
    samples_sha256: str,
    outputs: Path,
    died: Death | None,
    log_tail: list[str],
) -> Record:
    """The record of a cell that was measured (or tried), from its store's file; copies its answers to `outputs`.

    `receipt`: of the model, under hub weights.
    """
    stored = read_store(store)
    load = next((s.load for s in reversed(stored.sessions) if s.load), None)
    machine = next((s.machine for s in reversed(stored.sessions) if s.machine), None)
    return Record.model_validate(
        {
            **_facts(cell, receipt),
            **judge_cell(stored, cell, died, log_tail),
            "parameters": None if load is None else load.parameters,
            "parameters_as_published": None if load is None else load.parameters_as_published,
            "active_parameters": None if load is None else load.active_parameters,
            "device": None if machine is None else machine.device,
            "fingerprint": store.stem,
            "samples_sha256": samples_sha256,
            "sessions": stored.sessions,
            "outputs_sha256": _copy_answers(answers_path(store), outputs),
        }
    )


def unmeasured_record(
    cell: MeasuredCell, receipt: Receipt | None, status: Status, reason: str, remedy: str | None
) -> Record:
    """The record of a cell that can not be measured: its samples, weights or environment are not there."""
    return Record.model_validate(
        {**_facts(cell, receipt), "status": status, "failure": Failure(reason=reason, remedy=remedy)}
    )


def _copy_answers(answers: Path, outputs: Path) -> str | None:
    if not answers.exists():
        outputs.unlink(missing_ok=True)
        return None
    copy_file(answers, outputs)
    return hashlib.sha256(answers.read_bytes()).hexdigest()


def write_record(path: Path, record: Record) -> None:
    """The record as JSON, atomically."""
    write_text(path, record.model_dump_json(indent=1) + "\n")
