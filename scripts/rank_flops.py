"""Set the energies of a study beside its FLOPs: `flop_energy` and `flop_ranks`, from `flops` and the study's tables."""

from pathlib import Path
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.members import load_member
from wattlab.foundation.verbs import tell, verb
from wattlab.study.specs import read_study
from wattlab.tables.evidence import Evidence
from wattlab.tables.listing import OF_FLOPS
from wattlab.tables.reading import read_tables
from wattlab.tables.writing import texts_of, write_texts


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables"],
) -> None:
    """Read the tables, join and rank, write."""
    evidence = Evidence(read_study(study), load_catalog(CATALOG_ROOT), [])
    built = read_tables(tables, ("runs", "cells", "provenance", "flops"))
    for name, target in OF_FLOPS.items():
        table = load_member(target)
        if table.build is not None:
            built[name] = table.build(evidence, built)
            write_texts(texts_of(name, table, built[name], evidence, built), tables)


if __name__ == "__main__":
    tell(main)
