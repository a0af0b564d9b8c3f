"""From records to one line per valid repeat, in the paper's units. Its own code, so that it checks the tables."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Record, Window


def repeats_frame(records: Iterable[Record]) -> pd.DataFrame:
    """One row per valid repeat.

    Energies are kWh, emissions g as the tracker logged them, both per 1,000 inferences: of the query window, and with
    the prefix `run_` of load, transfer and query together.
    """
    rows = [row for record in records for row in _record_rows(record)]
    if not rows:
        raise ValueError("no record has a valid repeat")
    return pd.DataFrame(rows)


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
            "logged_name": meter.get("logged_name"),
            "region": meter.get("region"),
            "gpu_model": meter.get("gpu_model"),
            "gpu_count": repeat.gpu_count,
            "duration_s": repeat.duration_s * scale,
            **{name: value * scale for name, value in _energies([repeat]).items()},
            **{f"run_{name}": value * scale for name, value in _energies(windows).items()},
            "emissions_g": _grams(logged.get("query"), scale),
            "run_emissions_g": _grams(run_kg, scale),
        }


def _grams(kg: float | None, scale: float) -> float:
    return float("nan") if kg is None else kg * 1000 * scale


def _energies(windows: list[Window]) -> dict[str, float]:
    """Node and GPU energy (kWh); a component that is not logged is left out of the node and missing for the GPU."""
    gpu_j = [sum(window.energy_gpu_j) for window in windows if window.energy_gpu_j is not None]
    other_j = [part for window in windows for part in (window.energy_cpu_j, window.energy_ram_j) if part is not None]
    return {
        "energy_node_kwh": (sum(gpu_j) + sum(other_j)) / J_PER_KWH,
        "energy_gpu_kwh": sum(gpu_j) / J_PER_KWH if gpu_j else float("nan"),
    }
