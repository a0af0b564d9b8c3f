"""Published quality of the answers, a row per model, joined to the cells and to the energy of the model."""

import io
from typing import Any

import pandas as pd

from wattlab.foundation.errors import InputError, near_matches
from wattlab.logs.archive import LogFiles
from wattlab.logs.imported import energies
from wattlab.logs.mapping import Quality
from wattlab.records.record import Record


def read_scores(logs: LogFiles, facts: Quality, stems: dict[str, str], records: list[Record]) -> list[dict[str, Any]]:
    """Lines of the table `quality`, one per model and dataset that the published table scores: the score (0 to 1, as
    published) beside size and mean node energy (kWh per 1,000 inferences), which are missing, with the reason, where the
    runs were another model's. A score of a model or dataset that is no cell raises `InputError`."""
    names = logs.match(facts.file)
    if not names:
        raise InputError(f"{facts.file}: no such file in the logs; correct quality.file in the mapping")
    table = _read(logs.files[names[0]], names[0], facts)
    by_cell: dict[tuple[str, str, str], Record] = {
        (record.task, record.dataset, record.model): record for record in records if record.variant is None
    }
    return [row for _, line in table.iterrows() for row in _line_rows(line, facts, stems, by_cell)]


def _read(content: bytes, file: str, facts: Quality) -> pd.DataFrame:
    """The table with numbers in every scored column; raises `InputError`."""
    try:
        table = pd.read_csv(io.BytesIO(content))
    except ValueError as error:
        raise InputError(f"{file}: no table of quality ({error}); fetch the logs again") from error
    for column in (facts.model_column, *(entry.column for entry in facts.columns)):
        if column not in table:
            raise InputError(f"{file}: no column {column!r}; {near_matches(column, table.columns)}")
    for entry in facts.columns:
        try:
            table[entry.column] = pd.to_numeric(table[entry.column])
        except ValueError as error:
            raise InputError(f"{file}: {entry.column}: {error}; fetch the logs again") from error
    return table


def _line_rows(
    line: "pd.Series[Any]", facts: Quality, stems: dict[str, str], by_cell: dict[tuple[str, str, str], Record]
) -> list[dict[str, Any]]:
    written = str(line[facts.model_column])
    stem = stems.get(facts.names.get(written, written))
    rows = []
    for column in facts.columns:
        if pd.isna(line[column.column]):
            continue
        record = by_cell.get((column.task, column.dataset, str(stem)))
        if record is None:
            raise InputError(
                f"{facts.file}: {written!r} is no model of {column.task}/{column.dataset}; add it under quality.names"
            )
        other = record.other_model
        rows.append(
            {
                "task": column.task,
                "dataset": column.dataset,
                "model": record.model,
                "purpose": record.purpose,
                "structure": record.structure,
                "parameters_as_published": None if other else record.parameters_as_published,
                "metric": column.metric,
                "quality_score": float(line[column.column]),
                "headline": True,
                "weights": record.weights,
                "data": record.data,
                "n_repeats": None if other else len(record.valid_repeats),
                "energy_kwh_per_1000": None if other else _mean_kwh(record),
                "reason": f"size and energy are of {other}" if other else None,
                "selected": record.selected,
            }
        )
    return rows


def _mean_kwh(record: Record) -> float | None:
    """Mean node energy of the valid repeats, kWh per 1,000 inferences."""
    values = [energies([repeat])["energy_node_kwh"] / repeat.n_inferences * 1000 for repeat in record.valid_repeats]
    return sum(values) / len(values) if values else None
