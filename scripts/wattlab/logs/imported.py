"""What an import left: its records, the unassigned windows, the account, and one line per valid repeat.

The lines are computed by code of their own, so that what is made of them checks the tables.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from wattlab.foundation.errors import InputError
from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Record, Unassigned, Window, read_record
from wattlab.study.cells import ResolvedStudy


def read_records(study: ResolvedStudy, runs: Path) -> list[Record]:
    """The record of every cell; raises `InputError` for a missing or damaged one."""
    return [read_record(runs / f"{resolved.cell.id}.json") for resolved in study.cells]


def read_unassigned(runs: Path) -> list[Unassigned]:
    """The unassigned windows."""
    path = runs / "unassigned.jsonl"
    if not path.exists():
        raise InputError(f"{path}: no such file; import the logs first")
    return [Unassigned.model_validate_json(line) for line in path.read_text().splitlines()]


def read_account(path: Path) -> dict[str, Any]:
    """`import.json`: the account of the rows and the sums as logged."""
    if not path.exists():
        raise InputError(f"{path}: no such file; import the logs first")
    account: dict[str, Any] = json.loads(path.read_text())
    return account


#: Columns that are read of a frame without rows.
_WITHOUT_REPEATS = ("task", "dataset", "variant", "model", "purpose", "selected", "structure", "energy_node_kwh")


def repeats_frame(records: Iterable[Record]) -> pd.DataFrame:
    """One row per valid repeat.

    Energies are kWh, emissions g as the tracker logged them, both per 1,000 inferences: of the query window, and with
    the prefix `run_` of load, transfer and query together.
    """
    rows = [row for record in records for row in _record_rows(record)]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(_WITHOUT_REPEATS)).astype({"selected": bool})


def _record_rows(record: Record) -> Iterable[dict[str, Any]]:
    sessions = {session.session: session for session in record.sessions}
    for repeat in record.valid_repeats:
        session = sessions[repeat.session]
        meter = session.meter or {}
        windows: list[Window] = [repeat, *(window for window in (session.load, session.transfer) if window is not None)]
        scale = 1000 / repeat.n_inferences
        logged: dict[str, float | None] = meter.get("logged_emissions_kg", {})
        run_kg = None if None in logged.values() else sum(kg for kg in logged.values() if kg is not None)
        yield {
            "task": record.task,
            "dataset": record.dataset,
            "variant": record.variant or "",
            "model": record.model,
            "purpose": record.purpose,
            "selected": record.selected,
            "structure": record.structure,
            "modality": record.modality,
            "parameters_as_published": record.parameters_as_published,
            "session": repeat.session,
            "flags": "; ".join(repeat.flags),
            "logged_name": meter.get("logged_name"),
            "region": meter.get("region"),
            "gpu_model": meter.get("gpu_model"),
            "gpu_count": repeat.gpu_count,
            "duration_s": repeat.duration_s * scale,
            **{name: value * scale for name, value in energies([repeat]).items()},
            **{f"run_{name}": value * scale for name, value in energies(windows).items()},
            "emissions_g": _grams(logged.get("query"), scale),
            "run_emissions_g": _grams(run_kg, scale),
        }


def _grams(kg: float | None, scale: float) -> float:
    return float("nan") if kg is None else kg * 1000 * scale


def energies(windows: Sequence[Window]) -> dict[str, float]:
    """Node and GPU energy (kWh); a component that is not logged is left out of the node and missing for the GPU."""
    gpu_j = [sum(window.energy_gpu_j) for window in windows if window.energy_gpu_j is not None]
    other_j = [part for window in windows for part in (window.energy_cpu_j, window.energy_ram_j) if part is not None]
    return {
        "energy_node_kwh": (sum(gpu_j) + sum(other_j)) / J_PER_KWH,
        "energy_gpu_kwh": sum(gpu_j) / J_PER_KWH if gpu_j else float("nan"),
    }
