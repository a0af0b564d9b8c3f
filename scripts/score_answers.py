"""Score the answers of a study on published weights and datasets: `tables/quality.csv`, with a `.md` and a `.tex` twin."""

import argparse
from pathlib import Path

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.quality.table import quality
from wattlab.study.specs import read_study
from wattlab.tables.evidence import gather
from wattlab.tables.writing import read_table, texts_of


def main(argv: list[str] | None) -> int:
    """Read the records, their answers and the frozen rows; compute every score; write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/tables/study-{key}.json")
    parser.add_argument("--tables", type=Path, required=True, help="results/{study}/tables; records lie beside it")
    arguments = parser.parse_args(argv)
    study, home = read_study(arguments.study), arguments.tables.parent
    evidence = gather(study, load_catalog(CATALOG_ROOT), home / "runs")
    built = {name: read_table(arguments.tables / f"{name}.csv") for name in ("runs", "cells", "provenance")}
    table = quality(evidence, built["cells"], home.parent)
    for file, text in texts_of("quality", table, evidence, built).items():
        write_text(arguments.tables / file, text)
    return 0


if __name__ == "__main__":
    tell(main)
