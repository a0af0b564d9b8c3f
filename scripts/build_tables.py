"""Build every table of a study from its records: `results/{study}/tables/*.csv`, each with a `.md` and a `.tex` twin."""

from pathlib import Path
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.files import copy_file
from wattlab.foundation.verbs import tell, verb
from wattlab.study.specs import read_study
from wattlab.tables.building import build
from wattlab.tables.evidence import gather, gather_beside
from wattlab.tables.wall import keep_logs
from wattlab.tables.writing import write_tables


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/study-{key}.json; records lie beside it"],
    tables: Annotated[Path, "folder to write to"],
) -> None:
    """Read the study and the records beside it, compute all tables, write them, then a copy of the study."""
    resolved, catalog = read_study(study), load_catalog(CATALOG_ROOT)
    keep_logs(resolved.config, study.parent)
    beside = gather_beside(resolved, catalog, study.parents[1])
    evidence = gather(resolved, catalog, study.parent / "runs", beside)
    built = build(evidence)
    # A copy under the name of its key: so a study that was another in between is due, also without Snakemake's memory.
    for copy in tables.glob("study-*.json"):
        copy.unlink()
    write_tables(evidence, built, tables)
    copy_file(study, tables / study.name)


if __name__ == "__main__":
    tell(main, many_objects=True)
