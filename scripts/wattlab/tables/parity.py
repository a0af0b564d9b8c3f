"""`parity` (the paper's Table 5): inferences until deployment has used as much energy as training."""

from typing import Any

import pandas as pd

from wattlab.catalog.entries import TrainingEntry
from wattlab.foundation.units import INFERENCES_PER_ROW
from wattlab.tables.aggregates import estimate_columns, measured_cells, methods_of, over_cells, selected_cells
from wattlab.tables.columns import Table, Whole, bounds_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import Estimate, quotient

#: Where the energy per inference comes from.
MEASURED, IMPORTED = "run by this study", "computed from the published logs"
PRINTED = "printed in the paper"

#: Multi-purpose cells that the definition means: three tasks of three datasets.
_CELLS_OF_THE_PAPER = 9


def parity(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The study's models with a known training energy, then the paper's printed rows.

    Inference energy (kWh per inference): gross, node, unrounded, mean of the model's multi-purpose cells; without
    all planned cells, or without a node scope, there is none, and `note` says why. `{min,max}_tasks_…`: the same with the
    mean of one task's cells, the task with the fewest and the one with the most inferences. In the printed rows the parity is
    recomputed from the printed numbers; `printed_inferences` is what Table 5 says.
    """
    training = evidence.catalog.training
    planned = selected_cells(built["cells"], "multi-purpose")
    rows = [
        _measured_row(str(model), training[str(model)], cells, evidence)
        for model, cells in planned.groupby("model", sort=False)
        if model in training
    ]
    rows += [_printed_row(model, entry) for model, entry in training.items()]
    return TABLE.frame(rows)


TABLE = Table(
    title="Cost parity (Table 5): inferences until deployment has used as much energy as training and fine-tuning",
    row="a model with known training energy",
    columns=(
        "model",
        "n_cells",
        "n_cells_planned",
        "training_energy_kwh",
        "fine_tuning_energy_kwh",
        *bounds_of("inference_energy_kwh"),
        *bounds_of("parity_inferences"),
        "min_tasks_parity_inferences",
        "max_tasks_parity_inferences",
        Whole("printed_inferences"),
        "energy_method",
        "source",
        "note",
        "training_source",
    ),
    latex=(
        "model",
        "source",
        "training_energy_kwh",
        "fine_tuning_energy_kwh",
        "inference_energy_kwh",
        "parity_inferences",
        "printed_inferences",
    ),
    page=(
        "model",
        "source",
        "training_energy_kwh",
        "fine_tuning_energy_kwh",
        "inference_energy_kwh",
        "parity_inferences",
        "min_tasks_parity_inferences",
        "max_tasks_parity_inferences",
        "printed_inferences",
        "note",
    ),
    build=parity,
)


def _facts(model: str, entry: TrainingEntry) -> dict[str, Any]:
    return {
        "model": model,
        "training_energy_kwh": entry.training_energy_kwh,
        "fine_tuning_energy_kwh": entry.fine_tuning_energy_kwh,
        "printed_inferences": entry.printed_inferences,
        "training_source": entry.source,
    }


def _printed_row(model: str, entry: TrainingEntry) -> dict[str, Any]:
    return {
        **_facts(model, entry),
        "inference_energy_kwh": entry.printed_inference_energy_kwh,
        "parity_inferences": printed_parity_inferences(entry),
        "source": PRINTED,
    }


def _measured_row(model: str, entry: TrainingEntry, planned: pd.DataFrame, evidence: Evidence) -> dict[str, Any]:
    measured = measured_cells(planned)
    row = {
        **_facts(model, entry),
        "n_cells": len(measured),
        "n_cells_planned": len(planned),
        "source": IMPORTED if evidence.study.config.is_imported else MEASURED,
        "note": _note(len(measured), len(planned), evidence.exclusive),
    }
    if len(measured) < len(planned) or not evidence.exclusive:
        return row
    per_1000 = over_cells(measured, "energy_node_kwh_per_1000")
    per_inference = Estimate(*(kwh / INFERENCES_PER_ROW for kwh in (per_1000.mean, per_1000.low, per_1000.high)))
    of_tasks = measured.groupby("task")["energy_node_kwh_per_1000"].mean() / INFERENCES_PER_ROW
    by_task = [parity_inferences(entry, Estimate(kwh)).mean for kwh in of_tasks]
    return {
        **row,
        "energy_method": methods_of(measured, "energy_node_method")["energy_method"],
        **estimate_columns("inference_energy_kwh", per_inference),
        **estimate_columns("parity_inferences", parity_inferences(entry, per_inference)),
        "min_tasks_parity_inferences": min(by_task) if len(by_task) > 1 else None,
        "max_tasks_parity_inferences": max(by_task) if len(by_task) > 1 else None,
    }


def _note(n_measured: int, n_planned: int, exclusive: bool) -> str | None:
    if not exclusive:
        return "no node scope: other work ran beside the measurements (exclusive: false)"
    if n_measured < n_planned:
        return f"{n_measured} of {n_planned} multi-purpose cells are complete: no mean yet"
    if n_planned != _CELLS_OF_THE_PAPER:
        return f"mean over the study's {n_planned} multi-purpose cells, where the paper has {_CELLS_OF_THE_PAPER}"
    return None


def parity_inferences(training: TrainingEntry, inference_energy_kwh: Estimate) -> Estimate:
    """(training + fine-tuning energy) / energy per inference, unrounded, with the interval of the latter propagated.

    Energies in kWh, gross, of the whole node, as in Table 3 and 5; the training energies are taken as exact, since
    no uncertainty of theirs is published. A quotient by an energy that is not positive is NaN.
    """
    return quotient(training.training_energy_kwh + training.fine_tuning_energy_kwh, inference_energy_kwh)


def printed_parity_inferences(training: TrainingEntry) -> float:
    """The same from the numbers that Table 5 prints, its energy per inference having two digits."""
    return parity_inferences(training, Estimate(training.printed_inference_energy_kwh)).mean
