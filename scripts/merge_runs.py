"""Join the runs of one study from several machines: their `results` folders become one study in this work directory.

Each machine measures a part of the study (`snakemake task_fill-mask`, `snakemake model_…`) in a work directory of its
own. This copies the records, the repeats and the frozen inputs here. A cell that two machines measured, or one that was
measured with another protocol, is refused before anything is copied.
"""

import argparse
from collections import Counter
from pathlib import Path

from wattlab.foundation.errors import tell
from wattlab.study.specs import write_study
from wattlab.workflow.loading import study_of
from wattlab.workflow.merging import copy_all, plan_merge

CONFIG, RESULTS = Path("config.yaml"), Path("results")


def main(argv: list[str] | None) -> int:
    """Merge, and say what came from where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="RESULTS", help="results folder of another machine")
    parser.add_argument("--configfile", type=Path, nargs="+", default=[], help="the study, as for snakemake")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be copied")
    arguments = parser.parse_args(argv)
    study = study_of(CONFIG, *arguments.configfile)
    merge = plan_merge(study, RESULTS, arguments.folders)
    if not arguments.dry_run:
        copy_all(merge.copies)
        write_study(RESULTS / study.config.study, study)
    for folder, n_cells in Counter(merge.taken.values()).items():
        print(f"{folder}: {n_cells} cell(s)")
    for found in merge.left:
        print(f"left where it is, since it is {found.record.status}: {found.path}")
    print(
        f"{len(merge.taken)} of {len(study.cells)} cells came from elsewhere; `make reproduce` measures what lacks "
        "and builds the tables"
    )
    return 0


if __name__ == "__main__":
    tell(main)
