"""Count the FLOPs of one inference of every cell of a study, on shapes alone: `tables/flops`.

Needs neither weights nor a dataset. Lengths of answers that were published or measured are read where their tables lie.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.runs.operations import Lengths, flops_of
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import on_random_weights
from wattlab.study.specs import read_study
from wattlab.tables.columns import keys_of
from wattlab.tables.flops import TABLE
from wattlab.tables.reading import read_table
from wattlab.tables.writing import twins_of, write_texts


def lengths_in(tables: Path) -> dict[str, Lengths]:
    """Cell -> what its inputs and answers are known to be long, from `lengths` (published) and `cells` (measured)."""
    found = {}
    if (path := tables / "lengths.csv").exists():
        for row in read_table(path).to_dict("records"):
            words = None if pd.isna(row["mean_input"]) else row["mean_input"]
            found["/".join(row[key] for key in ("task", "dataset", "model"))] = Lengths(words, row["mean_output"])
    if (path := tables / "cells.csv").exists():
        cells = read_table(path)
        written = cells[(cells["lengths"] == "produced") & (cells["output_unit"] == "token")]
        for row in written.dropna(subset=["n_output_units_per_inference"]).to_dict("records"):
            found[row["cell"]] = Lengths(output_tokens=row["n_output_units_per_inference"])
    return found


def flops(study: ResolvedStudy, tables: Path) -> pd.DataFrame:
    """The table `flops`, a row per cell; `tables`: the study's own."""
    catalog, lengths, rows = load_catalog(CATALOG_ROOT), lengths_in(tables), []
    for cell in study.cells:
        twin, known = partial(on_random_weights, cell.cell, study.config, catalog), lengths.get(cell.cell.id, Lengths())
        rows.append({**keys_of(cell.cell), **flops_of(cell, twin, known, tables.parents[1])})
        print(f"{cell.cell.id}: {rows[-1].get('reason') or format(rows[-1]['flops_per_inference'], '.4g')}", flush=True)
    return TABLE.frame(rows)


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables"],
) -> None:
    """Count, and write the table."""
    resolved = read_study(study)
    table = flops(resolved, tables)
    counted = f"{count(int(table['flops_per_inference'].notna().sum()), 'cell')} of {len(table)} counted"
    write_texts(twins_of("flops", TABLE, table, f"{TABLE.title}. Study {resolved.config.study}: {counted}."), tables)
    print(counted)


if __name__ == "__main__":
    tell(main)
