"""Every table of a study: `built = build(gather(study, catalog, runs))`."""

import pandas as pd

from wattlab.foundation.members import load_member
from wattlab.tables.evidence import Evidence
from wattlab.tables.listing import TABLES


def build(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Every table by name. An empty study gives empty tables with their headers."""
    built: dict[str, pd.DataFrame] = {}
    for name, target in TABLES.items():
        built[name] = load_member(target).build(evidence, built)
    return built
