"""Score the answers of a study on published weights and datasets: `tables/quality.csv`, with a `.md` and a `.tex` twin."""

from pathlib import Path
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.verbs import tell, verb
from wattlab.quality.table import TABLE, quality
from wattlab.study.specs import read_study
from wattlab.tables.evidence import gather
from wattlab.tables.reading import read_tables
from wattlab.tables.writing import texts_of, write_texts


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables; records lie beside it"],
) -> None:
    """Read the records, their answers and the frozen rows; compute every score; write the table."""
    scored, home = read_study(study), tables.parent
    evidence = gather(scored, load_catalog(CATALOG_ROOT), home / "runs")
    built = read_tables(tables, ("runs", "cells", "provenance"))
    table = quality(evidence, built["cells"], home.parent)
    write_texts(texts_of("quality", TABLE, table, evidence, built), tables)


if __name__ == "__main__":
    tell(main)
