"""Tables for tests that look at one or two of them: each is built when it is asked for, with those that it rests on."""

import pandas as pd

from wattlab.foundation.members import load_member
from wattlab.tables.evidence import Evidence
from wattlab.tables.listing import TABLES


class Tables(dict[str, pd.DataFrame]):
    """What `wattlab.tables.building.build` gives, by the same functions; only what was asked for is in it."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__()
        self.evidence = evidence

    def __contains__(self, name: object) -> bool:
        return name in TABLES

    def __missing__(self, name: str) -> pd.DataFrame:
        self[name] = load_member(TABLES[name]).build(self.evidence, self)
        return self[name]
