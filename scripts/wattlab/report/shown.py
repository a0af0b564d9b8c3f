"""Tables as the page has them: the columns of the Markdown twin under human heads, numbers with six digits, as one object
for the page's script, which builds a table when it is opened."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.members import load_member
from wattlab.foundation.quantities import DIGITS, LEVEL, rounded, unit_of
from wattlab.foundation.units import ending_of
from wattlab.foundation.wording import hub_ids
from wattlab.paper import listing as of_logs
from wattlab.quality import listing as of_answers
from wattlab.tables import listing as of_studies
from wattlab.tables.columns import Table

#: Rows of a table that the page holds; the rest is in the CSV.
MOST_ROWS = 400

#: An emission's column is its energy's with another unit, of so many grams.
_TWINS = {"emissions_g_per_1000": ("energy_kwh_per_1000", 1.0), "emissions_kg": ("energy_kwh", 1000.0)}

#: Titles of the tables of an import, which no folder lists.
_UNLISTED = {
    "lengths": "Published lengths of inputs and answers, over one pass",
    "import_problems": "Rows of the logs that were left out, and why",
}

#: Columns that name a cell; beside them its id says nothing more.
_IS_NAMED = {"task", "dataset", "model"}

#: Starts of a column's name -> in words.
_STARTS = {
    "ci95_low_": f"{LEVEL} interval, low: ",
    "ci95_high_": f"{LEVEL} interval, high: ",
    "sd_": "standard deviation: ",
    "min_tasks_": "least by task: ",
    "max_tasks_": "greatest by task: ",
    "min_models_": "least by model: ",
    "max_models_": "greatest by model: ",
    "min_": "least ",
    "max_": "greatest ",
    "n_": "number of ",
}


def shown(name: str, table: pd.DataFrame, most: int = MOST_ROWS) -> dict[str, Any]:
    """A table for people: `title`, `columns`, their `heads`, which are `numeric`, at most `most` `rows`, `n_hidden`.

    A value is text, a number, null, or `{kwh, per}` of an emission, which follows the grid that the reader chooses.
    """
    declared = _declared(name)
    wanted = declared.page or declared.shown or table.columns
    columns = [
        column for column in wanted if column in table.columns and not (column == "cell" and _IS_NAMED <= {*wanted})
    ]
    table = declared.for_people(table)
    rows = table.head(most).to_dict("records")
    return {
        "title": declared.title.replace("`", ""),
        "columns": columns,
        "heads": [head(column) for column in columns],
        "numeric": [_is_number(table[column]) for column in columns],
        "rows": [[_value(row, column) for column in columns] for row in rows],
        "n_hidden": len(table) - len(rows),
    }


def said_once(table: dict[str, Any]) -> dict[str, Any]:
    """The table without the columns that are the same in every row, and in `once` what these say; as `saidOnce` of `table.js`."""
    columns = list(zip(*table["rows"], strict=True))
    same = {
        place for place, values in enumerate(columns) if place and len(values) > 1 and len({*map(str, values)}) == 1
    }
    left = [place for place in range(len(table["heads"])) if place not in same]
    once = [
        f"{table['heads'][place]}: {rounded(value, DIGITS['md']) if isinstance(value, float) else value}"
        for place in sorted(same)
        if (value := columns[place][0]) is not None
    ]
    kept = {name: [table[name][place] for place in left] for name in ("columns", "heads", "numeric")}
    return {**table, **kept, "rows": [[row[place] for place in left] for row in table["rows"]], "once": "; ".join(once)}


def head(column: str) -> str:
    """A column's name in words: `95 % interval, low: energy (kWh per 1,000)`."""
    start = next((start for start in _STARTS if column.startswith(start)), "")
    unit = unit_of(column)
    name = column.removeprefix(start).removesuffix(str(ending_of(column)) if unit else "").strip("_").replace("_", " ")
    return f"{_STARTS.get(start, '')}{name}{f' ({unit})' if unit else ''}"


def _declared(name: str) -> Table:
    """What a table says of itself; of one that no folder lists (an import's) its name."""
    target = {**of_studies.TABLES, **of_studies.OF_FLOPS, **of_answers.TABLES, **of_logs.TABLES}.get(name)
    if target is not None:
        table: Table = load_member(target)
        return table
    return Table(title=_UNLISTED.get(name, name.replace("_", " ")), row="", columns=())


def _value(row: dict[Hashable, Any], column: str) -> Any:
    for ending, (twin, per_g) in _TWINS.items():
        energy = column.removesuffix(ending) + twin
        if column.endswith(ending) and known(row.get(energy)) is not None:
            return {"kwh": _short(known(row[energy])), "per": per_g}
    return _short(known(row[column]))


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else hub_ids(value) if isinstance(value, str) else value


def known(value: Any) -> Any:
    """The value as JSON has it, None where it is missing (NaN, NA, infinite)."""
    if value is None or value is pd.NA:
        return None
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return value if isinstance(value, int) else str(value)
    return value if np.isfinite(value) else None


def _is_number(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
