"""Do two runs of one study end with the same tables: the same ones, with the same columns, about the same cells?"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

#: What says what a row is about. Numbers are the machine's, and a redone repeat is a row more.
KEYS = {
    "runs": ("task", "dataset", "variant", "model"),
    "cells": ("task", "dataset", "variant", "model", "status", "n_valid"),
    "tasks": ("task", "n_models", "n_cells"),
    "multipurpose": ("model", "n_cells"),
    "output_lengths": ("task", "dataset", "model"),
    "parity": ("model",),
    "models": ("model", "task", "n_cells"),
    "comparison": ("task",),
    "emissions": ("task", "dataset", "variant", "model", "grid"),
    "missing": ("task", "dataset", "model", "kind"),
}


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Every table of a folder, by name."""
    return {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}


def differences(ours: Mapping[str, pd.DataFrame], theirs: Mapping[str, pd.DataFrame]) -> list[str]:
    """One line for each thing that differs; empty where they are alike."""
    found = [f"{name}: one has it, one has not" for name in sorted(set(ours) ^ set(theirs))]
    for name in sorted(set(ours) & set(theirs)):
        mine, other = ours[name], theirs[name]
        if list(mine.columns) != list(other.columns):
            found.append(f"{name}: columns {sorted(set(mine.columns) ^ set(other.columns))} differ, or their order")
            continue
        keys = list(KEYS.get(name, ()))
        missing, extra = _rows(other, keys) - _rows(mine, keys), _rows(mine, keys) - _rows(other, keys)
        found += [f"{name}: no row {row}" for row in sorted(missing)] + [
            f"{name}: a row {row}" for row in sorted(extra)
        ]
    return found


def _rows(table: pd.DataFrame, keys: list[str]) -> set[tuple[str, ...]]:
    return {tuple(map(str, row)) for row in table[keys].itertuples(index=False)} if keys else set()
