"""Audit every number that the paper prints against the imported logs: `tables/audit.csv` and `.md`.

python -m audit_paper --study results/published/tables/study-*.json --tables results/published/tables
"""

from pathlib import Path
from typing import Annotated

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError
from wattlab.foundation.verbs import tell, verb
from wattlab.logs.imported import read_account, read_records, repeats_frame
from wattlab.logs.mapping import printed_path
from wattlab.paper.audit import TABLE, audit_table
from wattlab.paper.definitions import Logs
from wattlab.paper.printed import load_statements
from wattlab.study.specs import read_study
from wattlab.tables.writing import twins_of, write_texts


def summary(table: pd.DataFrame) -> str:
    """The counts of the verdicts, most frequent first."""
    counts = table["verdict"].value_counts()
    return f"{len(table)} printed numbers: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables, to write to; records lie beside it"],
    printed: Annotated[Path | None, "the printed numbers, if not those of the mapping"] = None,
) -> None:
    """Read, judge, write, and print the counts of the verdicts."""
    resolved = read_study(study)
    printed = printed or printed_path(resolved)
    if printed is None:
        raise InputError(f"{study}: its mapping names no printed numbers; name a file: --printed")
    repeats = repeats_frame(read_records(resolved, tables.parent / "runs"))
    logs = Logs(repeats, read_account(tables.parent / "import.json"), frozenset(load_catalog(CATALOG_ROOT).models))
    table = audit_table(load_statements(printed), logs)
    caption = (
        f"{TABLE.title}. {summary(table)}. "
        "`recomputed` is under the definition that gives the print, else under the stated one; audit.csv has both."
    )
    write_texts(twins_of("audit", TABLE, table, caption), tables)
    print(summary(table))


if __name__ == "__main__":
    tell(main)
