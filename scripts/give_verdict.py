"""Say how the study ended: the closing paragraph, and what is missing and why. Exit 1 where a cell failed."""

import argparse
from pathlib import Path

from wattlab.figures.reading import read_tables
from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.report.summary import TABLES, closing_paragraph
from wattlab.report.verdict import is_whole, missing_lines
from wattlab.study.specs import read_study


def main(argv: list[str] | None = None) -> int:
    """Print the verdict; write it to `--verdict` where the study is whole, else exit 1 and leave no such file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/tables/study-{key}.json")
    parser.add_argument("--tables", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--verdict", type=Path, help="file to write where the study is whole")
    options = parser.parse_args(argv)
    tables = read_tables(options.tables, TABLES)
    text = "\n".join([closing_paragraph(read_study(options.study), tables), *missing_lines(tables["missing"])])
    print(text, flush=True)
    whole = is_whole(tables["missing"])
    if options.verdict and whole:
        write_text(options.verdict, text + "\n")
    elif options.verdict:
        options.verdict.unlink(missing_ok=True)
    return 0 if whole else 1


if __name__ == "__main__":
    tell(main)
