"""Build every table of a study from its records: `results/{study}/tables/*.csv`, each with a `.md` and a `.tex` twin."""

import argparse
from pathlib import Path

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.foundation.files import copy_file
from wattlab.study.specs import read_study
from wattlab.tables.building import build
from wattlab.tables.evidence import gather, gather_beside
from wattlab.tables.writing import write_tables


def main(argv: list[str] | None) -> int:
    """Read the study and the records beside it, compute all tables, write them, then a copy of the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--study", type=Path, required=True, help="results/{study}/study-{key}.json; records lie beside it"
    )
    parser.add_argument("--tables", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args(argv)
    study, catalog = read_study(arguments.study), load_catalog(CATALOG_ROOT)
    beside = gather_beside(study, catalog, arguments.study.parents[1])
    evidence = gather(study, catalog, arguments.study.parent / "runs", beside)
    tables = build(evidence)
    # A copy under the name of its key: so a study that was another in between is due, also without Snakemake's memory.
    for copy in arguments.tables.glob("study-*.json"):
        copy.unlink()
    write_tables(evidence, tables, arguments.tables)
    copy_file(arguments.study, arguments.tables / arguments.study.name)
    return 0


if __name__ == "__main__":
    tell(main)
