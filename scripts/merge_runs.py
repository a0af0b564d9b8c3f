"""Join the runs of one study from several machines: their `results` folders become one study in this work directory.

Each machine measures a part of the study (`snakemake task_fill-mask`, `snakemake model_…`) in a work directory of its
own. This copies the records, the repeats and the frozen inputs here. A cell that two machines measured, or one that was
measured with another protocol, is refused before anything is copied.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError
from wattlab.foundation.files import copy_file, write_json
from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.study.specs import write_study
from wattlab.workflow.loading import study_of
from wattlab.workflow.merging import plan_merge

CONFIG, RESULTS = Path("config.yaml"), Path("results")


@verb
def main(
    folders: Annotated[Sequence[Path], "results folders of other machines"],
    *,
    configfile: Annotated[Sequence[Path], "the study, as for snakemake"] = (),
    dry_run: Annotated[bool, "only say what would be copied"] = False,
) -> None:
    """Merge, and say what came from where."""
    for folder in folders:
        if folder.resolve() == RESULTS.resolve():
            raise InputError(f"{folder}: these are the results of this work directory; name those of another one")
    study = study_of(CONFIG, *configfile)
    merge = plan_merge(study, RESULTS, list(folders))
    if not dry_run:
        for source, target in merge.copies:
            copy_file(source, target)
        for content, target in merge.written:
            write_json(target, content.model_dump(mode="json"))
        write_study(RESULTS / study.config.study, study)
    for folder, n_cells in Counter(merge.taken.values()).items():
        print(f"{folder}: {count(n_cells, 'cell')}")
    for found in merge.left:
        state = f"{found.record.status}: {found.path}" if found.record else f"damaged, for `make retry`: {found.damage}"
        print(f"not joined, since it is {state}")
    print(
        f"{len(merge.taken)} of {count(len(study.cells), 'cell')} came from elsewhere; `make reproduce` measures what is missing "
        "and builds the tables"
    )


if __name__ == "__main__":
    tell(main)
