"""Import logs, fetched or found: every cell's record, the unassigned windows, what was wrong, and the account of rows.

python -m import_logs --study results/published/study-*.json [--logs FOLDER-OR-ARCHIVE]
"""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_json, write_text
from wattlab.foundation.quantities import QUANTITIES
from wattlab.foundation.shared import Shared
from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.logs.archive import LOGS_VARIABLE, checksum_of, fetch, place_of, read_logs
from wattlab.logs.assemble import Import, import_study
from wattlab.logs.formats.contract import Problem
from wattlab.logs.lengths import COLUMNS as LENGTH_COLUMNS
from wattlab.logs.mapping import mapping_of
from wattlab.logs.resolve import model_stems
from wattlab.logs.scores import read_scores
from wattlab.quality.table import TABLE
from wattlab.study.specs import read_study
from wattlab.tables.writing import as_csv, as_markdown


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
    rows, logged, files = result.account["rows"], result.account["logged"]["all"], result.account["files"]["found"]
    accounted = rows["of_cells"] + rows["of_no_cell"] + rows["left_out"]
    if accounted != rows["found"]:
        raise InputError(f"{rows['found']} rows were found and {accounted} accounted for: this is a defect, report it")
    return (
        f"{count(rows['found'], 'row')} in {count(files, 'file')}: {rows['of_cells']} are windows of "
        f"{count(len(result.records), 'cell')}, {rows['of_no_cell']} of no cell, {rows['left_out']} left out and named; "
        f"in the windows {_amount(logged['energy_node_kwh'], 'kWh', 'Wh')}, {_amount(logged['emissions_kg'], 'kg', 'g')} "
        "CO₂eq as logged; "
        f"{count(len(result.problems), 'problem')}"
    )


def _amount(value: float, unit: str, thousandth: str) -> str:
    """`151.43 kWh`, `2.5 Wh`: in the smaller unit where the larger one would round it away."""
    return f"{value:,.2f} {unit}" if value >= 1 else f"{1000 * value:.3g} {thousandth}"


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/study-{key}.json"],
    logs: Annotated[
        str | None, f"folder or archive of the logs (else the study's, ${LOGS_VARIABLE}, or fetched)"
    ] = None,
    fetched: Annotated[Path, "where fetched logs are kept"] = Path("results") / Shared.FETCHED,
) -> None:
    """Read, import, write, and print the account."""
    resolved, catalog = read_study(study), load_catalog(CATALOG_ROOT)
    mapping = mapping_of(resolved)
    path, own = place_of(resolved.config.logs, mapping.home, logs, fetched)
    if not own and not path.exists() and mapping.home is not None:
        fetch(mapping.home, path)
    opened = read_logs(path, mapping)
    result = import_study(resolved, mapping, catalog, opened)
    line = account_line(result)
    folder = study.parent
    write_import(result, folder)
    if mapping.quality is not None:
        stems = model_stems(mapping, catalog, str(study))
        table = TABLE.frame(read_scores(opened, mapping.quality, stems, result.records))
        which = QUANTITIES["energy_node_kwh_per_1000"].title
        caption = f"Published quality of the answers (appendix B) beside size and mean energy ({which}) of the model."
        write_table(table, folder / "tables", "quality", caption)
    found = checksum_of(opened.files, mapping.home)
    differ = ", NOT the published ones" if mapping.home is not None and found != mapping.home.sha256 else ""
    print(f"logs: {count(len(opened.files), 'file')}, sha256 {found[:12]}{differ}\n{line}")


if __name__ == "__main__":
    tell(main, many_objects=True)
