"""What a person must know beside a table: what it rests on, on which weights, data and device, what is estimated."""

import pandas as pd

from wattlab.foundation import wording
from wattlab.foundation.quantities import DIGITS, HEADLINE
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words


def captions(
    name: str, title: str, rows: pd.DataFrame, study: ResolvedStudy, built: dict[str, pd.DataFrame]
) -> dict[str, str]:
    """Caption of the rows of a table as plain sentences, by form; of `built` it reads `runs`, `cells` and `provenance`."""
    rests, quantity = words.behind(name, rows, built["cells"]), words.quantity_behind(rows)
    about = built["cells"] if rests.empty else rests
    said = (
        title,
        _rests_on(rows, rests) if quantity else None,
        words.interval(name, rows),
        f"study {study.config.study}",
        words.ground(about, study, full=True),
        words.device(about, built["provenance"]),
        words.energy(rests, quantity) if quantity else None,
        words.assumed(rests, built["provenance"], quantity) if quantity else None,
        _scopes(rows),
        _memory(built["runs"], rests) if quantity else None,
        f"emissions: energy x {words.grid(rows if 'grid' in rows else about)}"
        if rows.columns.str.startswith("emissions_").any()
        else None,
        "a column's name ends in its unit (kWh, g CO₂eq and s per 1,000 inferences; J, W); an empty cell is missing",
    )
    return {
        form: wording.sentences(
            *said, f"rounded to {digits} significant digits; {name}.csv has full precision and all columns"
        )
        for form, digits in DIGITS.items()
    }


def _rests_on(rows: pd.DataFrame, cells: pd.DataFrame) -> str:
    """What the rows count: windows, else the cells behind them."""
    if "n_windows" in rows:
        return wording.count(int(rows["n_windows"].sum()), "window")
    return words.rests_on(cells)


def _scopes(rows: pd.DataFrame) -> str | None:
    """That rows of several studies are of unlike scope."""
    scopes = sorted(set(rows[HEADLINE].dropna())) if HEADLINE in rows else []
    return f"the rows' energies are of {' or '.join(scopes)}; no ratio is of both" if len(scopes) > 1 else None


def _memory(runs: pd.DataFrame, cells: pd.DataFrame) -> str | None:
    """Which model the memory's power comes from; nothing where it does not come from one."""
    models = runs.loc[runs["counted"] & runs["cell"].isin(cells["cell"]), "ram_model"].dropna()
    return f"memory: model {wording.span(models)}" if len(models) else None
