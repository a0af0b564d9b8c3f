"""Audit every number that the paper prints against the imported logs: `tables/audit.csv` and `.md`.

python -m audit_paper --study results/published/tables/study-*.json --tables results/published/tables
"""

import argparse
from pathlib import Path

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.logs.imported import read_account, read_records
from wattlab.paper.audit import audit_table
from wattlab.paper.definitions import Logs
from wattlab.paper.frame import repeats_frame
from wattlab.paper.printed import load_statements
from wattlab.study.specs import read_study
from wattlab.tables.writing import as_csv, as_markdown

PRINTED = CATALOG_ROOT / "published" / "printed.yaml"

SHOWN = ["place", "text", "printed", "recomputed_as_printed", "unit", "definition", "verdict", "why"]


def read_imported(study_file: Path, folder: Path) -> Logs:
    """The records below `results/{study}` and the account of the import; raises `InputError` for a missing one."""
    records = read_records(read_study(study_file), folder / "runs")
    account = read_account(folder / "import.json")
    return Logs(repeats_frame(records), account, frozenset(load_catalog(CATALOG_ROOT).models))


def summary(table: pd.DataFrame) -> str:
    """The counts of the verdicts, most frequent first."""
    counts = table["verdict"].value_counts()
    return f"{len(table)} printed numbers: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def main(argv: list[str] | None = None) -> int:
    """Read, judge, write, and print the counts of the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/tables/study-{key}.json")
    parser.add_argument(
        "--tables", type=Path, required=True, help="results/{study}/tables, to write to; records lie beside it"
    )
    parser.add_argument("--printed", type=Path, default=PRINTED, help="the printed numbers")
    arguments = parser.parse_args(argv)
    table = audit_table(load_statements(arguments.printed), read_imported(arguments.study, arguments.tables.parent))
    caption = (
        f"Every number that the paper prints, recomputed from its authors' own logs. {summary(table)}. "
        "`recomputed` is under the definition that gives the print, else under the stated one; audit.csv has both."
    )
    write_text(arguments.tables / "audit.csv", as_csv(table))
    write_text(arguments.tables / "audit.md", as_markdown(table, SHOWN, caption))
    print(summary(table))
    return 0


if __name__ == "__main__":
    tell(main)
