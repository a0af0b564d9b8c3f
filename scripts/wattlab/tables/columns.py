"""What every table says of itself, and names and types of the columns that several share.

A table is one module with one `TABLE`, and one line in its folder's `listing`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wattlab.catalog.factors import FACTORS, value_text
from wattlab.catalog.protocols import Protocol
from wattlab.foundation.units import ending_of
from wattlab.records.record import PERCENTILES
from wattlab.study.cells import Cell

#: Memory by the model of CodeCarbon 2, which wrote the paper's logs, and the node with it; in `runs` and `cells` alone.
CODECARBON_2 = ("energy_ram_codecarbon_2_kwh_per_1000", "energy_node_codecarbon_2_kwh_per_1000")

#: The quantities of the paper's tables.
HEADLINES = ("energy_kwh_per_1000", "emissions_g_per_1000", "duration_s_per_1000")

#: What names a cell in every table; `cell` is its id, the record's place.
KEYS = ("cell", "task", "dataset", "variant", "model", "setting")

#: How an energy was obtained, and how much of it by a model: beside every energy that is shown to people.
METHOD_AND_SHARE = ("energy_method", "modelled_share")

METHOD_COLUMNS = ("energy_cpu_method", "energy_ram_method", "energy_gpu_method")


class Whole(str):
    """A column of whole numbers, perhaps missing: `Int64`, so that a table does not say 3.0. `n_…` needs no mark."""


class Flag(str):
    """A column of yes or no, perhaps missing."""


#: Parameters of the measured model, as they are counted in publications, and as its authors published them.
PARAMETERS = (Whole("parameters"), Whole("parameters_as_published"), Whole("published_parameters"))


@dataclass(frozen=True, kw_only=True)
class Table:
    """The facts of a table; its name is that of its line in the listing.

    `row`: what one row is. `columns`: names in their order; the type follows from the name (a unit: a number) or from
    a mark (`columns.Whole`, `columns.Flag`). `build(evidence, built)` makes it from the evidence and the tables before
    it in the listing; None: a script of its own does. `shown`: the columns of the Markdown twin (None: all), `latex`
    those that fit a page of a paper, `page` those of the HTML page (both None: as `shown`). `for_people` picks the rows
    that the twins and the page show; the CSV has all.
    """

    title: str
    row: str
    columns: Sequence[str]
    build: Callable[..., pd.DataFrame] | None = None
    shown: Sequence[str] | None = None
    latex: Sequence[str] | None = None
    page: Sequence[str] | None = None
    for_people: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows

    def frame(self, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
        """Rows as the table, typed; a key that is no column raises `ValueError`, a key that a row lacks is missing."""
        unknown = {key for row in rows for key in row} - set(self.columns)
        if unknown:
            raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
        return typed(pd.DataFrame(list(rows), columns=[str(column) for column in self.columns]), self.columns)


def typed(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with the type of each of these columns, by its mark or its name."""
    return table.astype({str(column): _dtype(column) for column in columns})


def _dtype(column: str) -> str:
    if isinstance(column, Whole) or (column.startswith("n_") and "_per_" not in column):
        return "Int64"
    if isinstance(column, Flag):
        return "boolean"
    return "float64" if ending_of(column) else "object"


def statistics_of(quantity: str) -> list[str]:
    """A quantity's columns in `cells`: mean, sample standard deviation over the repeats, bounds of the interval."""
    return [quantity, f"sd_{quantity}", f"ci95_low_{quantity}", f"ci95_high_{quantity}"]


def bounds_of(quantity: str) -> list[str]:
    """A quantity's columns where it has a mean and an interval."""
    return [quantity, f"ci95_low_{quantity}", f"ci95_high_{quantity}"]


def range_of(quantity: str) -> list[str]:
    """A quantity's columns where it is a mean over models: mean, least and greatest mean of a model, interval."""
    mean, *bounds = bounds_of(quantity)
    return [mean, f"min_models_{quantity}", f"max_models_{quantity}", *bounds]


def column_texts(column: "pd.Series[Any]", text: Callable[[Any], str]) -> list[str]:
    """The text of each value, made once of each distinct one; a missing value has none."""
    places, distinct = pd.factorize(column)
    texts = [*map(text, distinct.tolist()), ""]  # a missing value's place is -1
    return [texts[place] for place in places.tolist()]


def joined(texts: Sequence[str]) -> str | None:
    """Texts as one cell, each once, in order; missing for none but empty ones."""
    return "; ".join(dict.fromkeys(text for text in texts if text)) or None


#: Mean number of inferences in a call of the model, and percentiles of a call's duration, by repeat.
CALL_COLUMNS = ("n_inferences_per_call", *(f"latency_p{percent}_s" for percent in PERCENTILES))

#: One column for each factor; the dtype has one of its own.
FACTOR_COLUMNS = tuple(Whole(name) if name != "image_size" else name for name in FACTORS if name != "dtype")


def factors_of(protocol: Protocol | None) -> dict[str, Any]:
    """`FACTOR_COLUMNS` of a protocol, sizes as `640x480`; missing where none is known, as of logs."""
    values = {} if protocol is None else protocol.model_dump(mode="json")
    known = {name: values.get(name) for name in map(str, FACTOR_COLUMNS)}
    return {name: value_text(value) if isinstance(value, list) else value for name, value in known.items()}


def keys_of(cell: Cell) -> dict[str, Any]:
    """`KEYS` of a cell, and its purpose."""
    return {"cell": cell.id, "setting": cell.setting, **cell.model_dump()}
