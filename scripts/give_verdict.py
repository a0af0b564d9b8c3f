"""Say how the study ended: the closing paragraph, and what is missing and why. Exit 1 where the study is not whole."""

import sys
from pathlib import Path
from typing import Annotated

from wattlab.foundation.files import write_text
from wattlab.foundation.verbs import tell, verb
from wattlab.report.summary import TABLES, closing_paragraph
from wattlab.report.verdict import is_whole, missing_lines
from wattlab.study.specs import read_study
from wattlab.tables.reading import read_tables


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "folder of the tables"],
    verdict: Annotated[Path | None, "file to write where the study is whole"] = None,
) -> int:
    """Print the verdict; write it to `--verdict` where the study is whole, else exit 1 and leave no such file."""
    more = [path.stem for name in ("audit", "import_problems") for path in tables.glob(f"{name}.csv")]
    read = read_tables(tables, [*TABLES, *more])
    resolved, missing = read_study(study), read["missing"].to_dict("records")
    text = "\n".join([closing_paragraph(resolved, read), *missing_lines(missing)])
    print(text, flush=True)
    whole = is_whole(missing, resolved.config.is_imported)
    print(f"The page: {tables.parent / 'report.html'}; tables and figures lie beside it.", flush=True)
    if not whole:
        print("no: mend what the list names, then `make retry` for this study", file=sys.stderr)
    if verdict and whole:
        write_text(verdict, text + "\n")
    elif verdict:
        verdict.unlink(missing_ok=True)
    return 0 if whole else 1


if __name__ == "__main__":
    tell(main)
