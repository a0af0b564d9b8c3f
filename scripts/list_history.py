"""List what the repeat store holds, cell by cell: by which fingerprint, when, how many repeats, at what energy.

Nothing there is ever deleted by a run. `today` says whether the study, as it is configured now, goes on with these
repeats on the machine that measured them; the others were measured by another spec.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd

from wattlab.foundation.files import write_text
from wattlab.foundation.quantities import significant
from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.study.cells import ResolvedStudy
from wattlab.workflow.history import Measured, at_once, is_of, measured_cells
from wattlab.workflow.loading import study_of

CONFIG = Path("config.yaml")
COLUMNS = [
    "cell",
    "fingerprint",
    "began_at_utc",
    "n_sessions",
    "n_repeats",
    "energy_kwh",
    "duration_s",
    "shared",
    "studies",
    "today",
]


def history_table(measured: list[Measured], study: ResolvedStudy) -> pd.DataFrame:
    """One row per file of the store. `energy_kwh` and `duration_s` hold everything that was paid for it.

    `shared`: another file's cell ran on the same device at the same time; the energies of both hold the same joules.
    """
    side_by_side = at_once(measured)
    cells = {resolved.cell.id: resolved for resolved in study.cells}
    rows = [
        {
            "cell": m.cell_id,
            "fingerprint": m.fingerprint,
            "began_at_utc": m.began_at_utc,
            "n_sessions": len(m.stored.sessions),
            "n_repeats": len(m.stored.observed),
            "energy_kwh": m.energy_kwh,
            "duration_s": m.duration_s,
            "shared": m.path in side_by_side,
            "studies": " ".join(m.studies),
            "today": m.cell_id in cells and is_of(m, cells[m.cell_id]),
        }
        for m in measured
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def shown(table: pd.DataFrame) -> str:
    """The table for a terminal, and its sum."""
    if table.empty:
        return "the store is empty: nothing was measured in this folder yet"
    brief = table.assign(
        began_at_utc=table["began_at_utc"].str.slice(0, 16).str.replace("T", " "),
        **{
            name: table[name].map(lambda value: significant(value, 3), na_action="ignore")
            for name in ("energy_kwh", "duration_s")
        },
        **{name: table[name].map({True: "yes", False: "no"}) for name in ("shared", "today")},
    )
    body = brief.to_markdown(index=False, tablefmt="simple", missingval="-")
    cells = table["cell"].nunique()
    return (
        f"{body}\n\n{count(len(table), 'file')} for {count(cells, 'cell')}: {count(int(table['n_repeats'].sum()), 'repeat')}, "
        f"{_sum(table)}, {table['duration_s'].sum() / 3600:.2g} h"
    )


def _sum(table: pd.DataFrame) -> str:
    """The energy of all files, as what it is: a sum, a lower bound where a file has none, an upper one where some share."""
    unknown, shared = int(table["energy_kwh"].isna().sum()), int(table["shared"].sum())
    kwh = f"{significant(table['energy_kwh'].sum(), 3)} kWh"
    if shared:
        return f"at most {kwh} ({shared} files ran beside one another on one device)"
    return f"at least {kwh} ({unknown} without an energy)" if unknown else kwh


@verb
def main(
    *,
    configfile: Annotated[Sequence[Path], "the study that `today` means"] = (),
    results: Annotated[Path, "the folder of all studies"] = Path("results"),
    csv: Annotated[Path | None, "write every digit to this file instead of printing"] = None,
) -> int:
    """Print the history, or write it as CSV; exit code 1 where a file of the store can not be read."""
    damaged: list[str] = []
    table = history_table(measured_cells(results, damaged=damaged), study_of(CONFIG, *configfile))
    if csv:
        write_text(csv, table.to_csv(index=False))
    else:
        print(shown(table))
    for message in damaged:
        print(f"error: {message}", file=sys.stderr)
    return 1 if damaged else 0


if __name__ == "__main__":
    tell(main)
