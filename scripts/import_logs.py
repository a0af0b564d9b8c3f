"""Import published CodeCarbon logs: every cell's record, the windows of no cell, what was wrong, and the account of rows.

python -m import_logs --study results/published/study.json [--logs FOLDER-OR-ARCHIVE]
"""

import argparse
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError, tell
from wattlab.foundation.files import write_json, write_text
from wattlab.foundation.quantities import QUANTITIES
from wattlab.logs.archive import LOGS_VARIABLE, LogFiles, fetched_logs, local_logs, read_logs
from wattlab.logs.assemble import Import, import_study
from wattlab.logs.formats.codecarbon import Problem
from wattlab.logs.lengths import COLUMNS as LENGTH_COLUMNS
from wattlab.logs.mapping import Mapping, load_mapping
from wattlab.logs.resolve import model_stems
from wattlab.quality.published import quality_table
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import read_study
from wattlab.tables.writing import as_csv, as_markdown


def open_logs(study: ResolvedStudy, mapping: Mapping, argument: str | None, fetched: Path) -> LogFiles:
    """The logs where a person put them, else where a fetch did; raises `InputError` with the remedy."""
    path = local_logs(study.config, argument)
    if path is None and mapping.home is not None:
        path = fetched_logs(mapping.home, fetched)
    if path is None or not path.exists():
        where = "nowhere" if path is None else f"not at {path}"
        raise InputError(f"the logs are {where}; run `fetch_logs`, or name them: --logs PATH, or {LOGS_VARIABLE}=PATH")
    return read_logs(path, mapping)


def write_import(result: Import, folder: Path) -> None:
    """`runs/`, `import.json`, `tables/import_problems` and `tables/lengths` below the study's folder."""
    for record in result.records:
        write_text(folder / "runs" / f"{record.cell_id}.json", record.model_dump_json(indent=1) + "\n")
    lines = [window.model_dump_json() + "\n" for window in result.unassigned]
    write_text(folder / "runs" / "unassigned.jsonl", "".join(lines))
    write_json(folder / "import.json", result.account)
    columns = [field.name for field in fields(Problem)]
    problems = pd.DataFrame([asdict(problem) for problem in result.problems], columns=columns)
    write_table(
        problems, folder / "tables", "import_problems", f"What was wrong with the logs. {account_line(result)}."
    )
    lengths = pd.DataFrame([length.row for length in result.lengths], columns=LENGTH_COLUMNS)
    write_table(lengths, folder / "tables", "lengths", "Published lengths of inputs and answers, over one pass.")


def write_table(table: pd.DataFrame, folder: Path, name: str, caption: str) -> None:
    """A table as `.csv` and `.md`; columns without any value are left out for people."""
    write_text(folder / f"{name}.csv", as_csv(table))
    shown = [str(column) for column in table.columns if table[column].notna().any()]
    write_text(folder / f"{name}.md", as_markdown(table, shown, caption))


def account_line(result: Import) -> str:
    """Rows in and rows accounted for, for people; they agree or an `InputError` says by how much they do not."""
    rows, logged = result.account["rows"], result.account["logged"]["all"]
    accounted = rows["of_cells"] + rows["of_no_cell"] + rows["left_out"]
    if accounted != rows["found"]:
        raise InputError(f"{rows['found']} rows were found and {accounted} accounted for: this is a defect, report it")
    return (
        f"{rows['found']} rows in {result.account['files']['found']} files: {rows['of_cells']} of {len(result.records)} "
        f"cells, {rows['of_no_cell']} of no cell, {rows['left_out']} left out and named; "
        f"{logged['energy_node_kwh']:.2f} kWh, {logged['emissions_kg']:.3f} kg as logged; {len(result.problems)} problems"
    )


def main(argv: list[str] | None = None) -> int:
    """Read, import, write, and print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/study.json")
    parser.add_argument("--logs", help=f"folder or archive of the logs (else ${LOGS_VARIABLE}, the study, or fetched)")
    parser.add_argument("--fetched", type=Path, default=Path("results/fetched"), help="where fetch_logs puts them")
    arguments = parser.parse_args(argv)
    study, catalog = read_study(arguments.study), load_catalog(CATALOG_ROOT)
    if study.config.logs is None:
        raise InputError(f"{arguments.study}: logs is missing; this study measures, it imports nothing")
    mapping = load_mapping(study.config.logs.mapping)
    logs = open_logs(study, mapping, arguments.logs, arguments.fetched)
    result = import_study(study, mapping, catalog, logs)
    line = account_line(result)
    folder = arguments.study.parent
    write_import(result, folder)
    if mapping.quality is not None:
        table = quality_table(logs, mapping, model_stems(mapping, catalog, study.config.logs.mapping), result.records)
        which = QUANTITIES["energy_node_kwh_per_1000"].title
        caption = f"Published quality of the answers (appendix B) beside size and mean energy ({which}) of the model."
        write_table(table, folder / "tables", "quality", caption)
    print(line)
    return 0


if __name__ == "__main__":
    tell(main)
