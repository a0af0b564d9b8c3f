"""Names and types of columns that several tables share."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from wattlab.foundation.units import ending_of
from wattlab.study.cells import Cell

#: The quantities of the paper's tables.
HEADLINES = ("energy_kwh_per_1000", "emissions_g_per_1000", "duration_s_per_1000")

#: What names a cell in every table; `cell` is `task/dataset[@variant]/model`, the record's place.
KEYS = ("cell", "task", "dataset", "variant", "model")

METHOD_COLUMNS = ("energy_cpu_method", "energy_ram_method", "energy_gpu_method")

#: Whole numbers that may be missing: `Int64`, so that a table does not say 3.0.
WHOLE = frozenset(
    {
        "n_repeats",
        "n_valid",
        "n_wanted",
        "n_sessions",
        "n_cells",
        "n_cells_planned",
        "n_models",
        "n_tasks",
        "n_windows",
        "n_windows_measured",
        "n_inferences",
        "n_output_units",
        "n_scored",
        "n_unscored",
        "n_unparsed",
        "index",
        "gpu_count",
        "gpu_index",
        "parameters",
        "parameters_as_published",
        "published_parameters",
        "printed_inferences",
    }
)

#: Yes or no, perhaps missing.
FLAGS = frozenset(
    {"selected", "valid", "counted", "extra", "short", "reused", "mixed", "intended", "study_grid", "shown", "headline"}
)


def frame(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a table with exactly these columns, typed, so that an empty one has its header too.

    A key outside `columns` raises `ValueError`; a key that a row lacks is missing.
    """
    unknown = {key for row in rows for key in row} - set(columns)
    if unknown:
        raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
    return typed(pd.DataFrame(list(rows), columns=list(columns)))


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the type of each column set by its name."""
    for column in table.columns:
        if column in WHOLE:
            table[column] = table[column].astype("Int64")
        elif column in FLAGS:
            table[column] = table[column].astype("boolean")
        elif ending_of(column):
            table[column] = table[column].astype("float64")
        else:
            table[column] = table[column].astype("object")
    return table


def statistics_of(quantity: str) -> list[str]:
    """A quantity's columns in `cells`: mean, sample standard deviation over the repeats, bounds of the interval."""
    return [quantity, f"sd_{quantity}", f"ci95_low_{quantity}", f"ci95_high_{quantity}"]


def bounds_of(quantity: str) -> list[str]:
    """A quantity's columns where it has a mean and an interval."""
    return [quantity, f"ci95_low_{quantity}", f"ci95_high_{quantity}"]


def joined(texts: Sequence[str]) -> str | None:
    """Texts as one cell, each once, in order; missing for none."""
    return "; ".join(dict.fromkeys(texts)) or None


def keys_of(cell: Cell) -> dict[str, Any]:
    """`KEYS` of a cell, and its purpose."""
    return {"cell": cell.id, **cell.model_dump()}
