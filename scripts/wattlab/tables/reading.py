"""Reads tables back from their CSV."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from wattlab.foundation.errors import InputError, near_matches

Tables = dict[str, pd.DataFrame]


def read_table(path: Path) -> pd.DataFrame:
    """A table, floats to the last bit; an empty cell is missing, and nothing else: `NA` is a text.

    Raises `InputError` where there is no such table.
    """
    try:
        return pd.read_csv(path, keep_default_na=False, na_values=[""])
    except FileNotFoundError as error:
        present = [other.stem for other in path.parent.glob("*.csv")]
        raise InputError(
            f"{path}: no such table; {near_matches(path.stem, present)}; `snakemake tables` builds them"
        ) from (error)
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: empty, without even a header; `snakemake tables` builds it again") from error


def read_tables(folder: Path, names: Iterable[str]) -> Tables:
    """The named tables."""
    return {name: read_table(folder / f"{name}.csv") for name in names}
