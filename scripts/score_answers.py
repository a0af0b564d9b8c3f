"""Score the answers of a study on published weights and datasets: `tables/quality.csv`, with a `.md` and a `.tex` twin."""

import argparse
from pathlib import Path

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.quality.columns import TABLE
from wattlab.quality.table import quality
from wattlab.study.resolve import read_study
from wattlab.tables.evidence import gather
from wattlab.tables.reading import read_tables
from wattlab.tables.writing import texts_of, write_texts


def main(argv: list[str] | None) -> int:
    """Read the records, their answers and the frozen rows; compute every score; write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/study.json; records lie beside it")
    parser.add_argument("--tables", type=Path, required=True, help="folder of the study's tables")
    arguments = parser.parse_args(argv)
    study, home = read_study(arguments.study), arguments.study.parent
    evidence = gather(study, load_catalog(CATALOG_ROOT), home / "runs")
    built = read_tables(arguments.tables, ("runs", "cells", "provenance"))
    table = quality(evidence, built["cells"], home.parent)
    write_texts(texts_of("quality", TABLE, table, evidence, built), arguments.tables)
    return 0


if __name__ == "__main__":
    tell(main)
