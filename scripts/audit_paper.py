"""Audit every number that the paper prints against the imported logs: `tables/audit.csv` and `.md`.

python -m audit_paper --study results/published/study.json --tables results/published/tables
"""

from pathlib import Path
from typing import Annotated

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.foundation.verbs import verb
from wattlab.logs.imported import read_account, read_records
from wattlab.paper.audit import TABLE, audit_table
from wattlab.paper.definitions import Logs
from wattlab.paper.frame import repeats_frame
from wattlab.paper.printed import load_statements
from wattlab.study.resolve import read_study
from wattlab.tables.writing import twins_of, write_texts

PRINTED = CATALOG_ROOT / "published" / "printed.yaml"


def read_imported(study_file: Path) -> Logs:
    """The records beside `study.json` and the account of the import; raises `InputError` for a missing one."""
    folder = study_file.parent
    records = read_records(read_study(study_file), folder / "runs")
    account = read_account(folder / "import.json")
    return Logs(repeats_frame(records), account, frozenset(load_catalog(CATALOG_ROOT).models))


def summary(table: pd.DataFrame) -> str:
    """The counts of the verdicts, most frequent first."""
    counts = table["verdict"].value_counts()
    return f"{len(table)} printed numbers: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/study.json; records lie beside it"],
    tables: Annotated[Path, "folder to write to"],
    printed: Annotated[Path, "the printed numbers"] = PRINTED,
) -> None:
    """Read, judge, write, and print the counts of the verdicts."""
    table = audit_table(load_statements(printed), read_imported(study))
    caption = (
        f"{TABLE.title}. {summary(table)}. "
        "`recomputed` is under the definition that gives the print, else under the stated one; audit.csv has both."
    )
    write_texts(twins_of("audit", TABLE, table, caption), tables)
    print(summary(table))


if __name__ == "__main__":
    tell(main)
