"""What tests of the published study share: its tables."""

from pathlib import Path

import pandas as pd
import pytest

from wattlab.tables.reading import read_table


@pytest.fixture(scope="session")
def tables(published: Path) -> dict[str, pd.DataFrame]:
    """Every table, through the files, as the workflow makes them."""
    return {path.stem: read_table(path) for path in (published / "tables").glob("*.csv")}
