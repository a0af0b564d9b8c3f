"""Published output lengths: a row per inference, joined to the cells."""

import io
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wattlab.foundation.schema import OutputUnit
from wattlab.logs.archive import LogFiles
from wattlab.logs.formats.contract import Problem
from wattlab.logs.mapping import Mapping
from wattlab.study.cells import CellId

COLUMNS = [
    "task",
    "dataset",
    "model",
    "unit",
    "n_inferences",
    "mean_input",
    "mean_output",
    "sd_output",
    "median_output",
    "max_output",
]


@dataclass(frozen=True)
class CellLength:
    """Length of all answers of a cell."""

    n_output_units: int
    unit: OutputUnit
    row: dict[str, Any]


def read_lengths(
    logs: LogFiles, mapping: Mapping, stems: dict[str, str]
) -> tuple[dict[str, CellLength], list[Problem]]:
    """Cell id -> the sum and the distribution of its output lengths over one pass; problems are named."""
    lengths: dict[str, CellLength] = {}
    problems: list[Problem] = []
    if mapping.lengths is None:
        return lengths, problems
    facts = mapping.lengths
    for entry in facts.files:
        for file in logs.match(entry.file):
            try:
                table = pd.read_csv(io.BytesIO(logs.files[file]))
                table[facts.output_column] = pd.to_numeric(table[facts.output_column])
                groups = table.groupby(facts.model_column)
            except (KeyError, ValueError) as error:
                problems.append(Problem(file, f"no table of lengths ({error}): its cells have none", "fetch it again"))
                continue
            for written, group in groups:
                stem = stems.get(facts.names.get(str(written), str(written)))
                cell = f"{entry.task}/{entry.dataset}/{stem}"
                if stem is None or len(group) != mapping.n_inferences:
                    text = f"{len(group)} lengths of {written!r} fit no run of {mapping.n_inferences} inferences"
                    problems.append(Problem(file, text, "add the name under lengths.names, or fetch it again"))
                    continue
                output = group[facts.output_column]
                lengths[cell] = CellLength(int(output.sum()), facts.unit, _row(cell, group, mapping))
    return lengths, problems


def _row(cell: str, group: pd.DataFrame, mapping: Mapping) -> dict[str, Any]:
    assert mapping.lengths is not None
    place = CellId.read(cell)
    output = group[mapping.lengths.output_column]
    column = mapping.lengths.input_column
    return {
        "task": place.task,
        "dataset": place.dataset,
        "model": place.model,
        "unit": mapping.lengths.unit,
        "n_inferences": len(group),
        "mean_input": None if column is None else float(group[column].mean()),
        "mean_output": float(output.mean()),
        "sd_output": float(output.std()),
        "median_output": float(output.median()),
        "max_output": int(output.max()),
    }
