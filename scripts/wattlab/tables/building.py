"""Every table of a study: `built = build(gather(study, catalog, runs))`."""

from collections.abc import Callable
from importlib import import_module

import pandas as pd

from wattlab.tables.evidence import Evidence
from wattlab.tables.listing import TABLES

Table = Callable[[Evidence, dict[str, pd.DataFrame]], pd.DataFrame]


def table_function(name: str) -> Table:
    """The function that computes a table."""
    function: Table = getattr(import_module(f"wattlab.tables.{TABLES[name]}"), name)
    return function


def build(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Every table by name. An empty study gives empty tables with their headers."""
    built: dict[str, pd.DataFrame] = {}
    for name in TABLES:
        built[name] = table_function(name)(evidence, built)
    return built
