"""The closing paragraph: what was measured, what was estimated, on what, and how the order of the tasks compares."""

import pandas as pd

from wattlab.foundation import wording
from wattlab.foundation.quantities import ENERGY, LEVEL
from wattlab.report.numbers import grams_words, three_digits
from wattlab.report.sections import is_of_the_paper
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.claims.table import counted
from wattlab.tables.reading import Tables

#: Tables that the paragraph reads.
TABLES = ("cells", "comparison", "totals", "missing", "provenance", "drift", "claims")


#: What a modelled energy is worth.
_MODELLED = "what is modelled carries the running time and the load, and not what the hardware drew"


def closing_paragraph(study: ResolvedStudy, tables: Tables) -> str:
    """One paragraph for the report, the terminal and the verdict's file.

    It reads `TABLES`, and whether there is an `audit`. Every number stands in one of them; what is not known is said to be so.
    """
    shown = words.with_value(tables["cells"])
    modelled = "modelled" in words.verdict(words.methods(shown))
    return wording.sentences(
        _measured(study, shown, tables),
        *(
            []
            if shown.empty
            else [
                words.energy(shown),
                words.assumed(shown, tables["provenance"]),
                words.ground(shown, study, full=True),
            ]
        ),
        _MODELLED if modelled else None,
        None if shown.empty else words.flags(shown),
        *(
            [_order(tables), f"{counted(tables['claims'])}: see tables/claims.md"]
            if is_of_the_paper(study, tables)
            else []
        ),
        _cost(study, shown, tables["totals"]),
        _missing(tables["missing"]),
        _left_out(tables.get("import_problems", pd.DataFrame({"n_rows": []}))),
        _drifted(tables["drift"]),
    )


def _measured(study: ResolvedStudy, shown: pd.DataFrame, tables: Tables) -> str:
    """How many cells, repeats and windows, and on which device."""
    name, planned = study.config.study, len(tables["cells"])
    if shown.empty:
        return f"the study {name} has no number yet: none of its {wording.count(planned, 'cell')} has a value"
    what = words.rests_on(shown, planned)
    windows = wording.count(int(pd.to_numeric(tables["totals"]["n_windows"]).sum()), "window")
    if study.config.origin:
        return (
            f"the study {name} holds {study.config.origin}, read again and not measured here: {what}, out of {windows}"
        )
    place = words.device(shown, tables["provenance"])
    return f"the study {name} ran {what}, out of {windows} of every kind, {place}"


def _order(tables: Tables) -> str:
    """Spearman's rho between this order of the tasks and the paper's, with its interval; of the logs that the paper's
    numbers come from (they have an `audit`) it is no finding."""
    both = words.with_value(tables["comparison"])
    if len(both) < 3:
        return (
            f"the order of the tasks can not be compared with the paper's: {wording.count(len(both), 'task')} "
            f"{'has' if len(both) == 1 else 'have'} a value here, and a rank correlation needs three"
        )
    rho, low, high = (_one(both, name) for name in ("spearman_rho", "ci95_low_spearman_rho", "ci95_high_spearman_rho"))
    if rho is None:
        return "the order of the tasks can not be compared with the paper's: the rank correlation is not defined"
    if "audit" in tables:
        return (
            f"that the order of the {len(both)} tasks is the order of the paper's print (Spearman's rho {rho:.2f}) is "
            "an audit of that print, and no finding: both are of the same logs"
        )
    interval = "no interval" if low is None or high is None else f"{LEVEL} interval {low:.2f} to {high:.2f}"
    return f"between the order of the {len(both)} tasks here and in the paper, Spearman's rho is {rho:.2f} ({interval})"


def _one(table: pd.DataFrame, name: str) -> float | None:
    values = pd.to_numeric(table[name]).dropna() if name in table else pd.Series(dtype=float)
    return None if values.empty else float(values.iloc[0])


#: Phase of `totals` -> its windows in the paragraph, beside the queries themselves.
_BESIDE = {
    "load": "loading",
    "transfer": "transfers",
    "warm-up": "warm-up",
    "idle": "idle windows",
    "invalid": "invalid repeats",
    "failed": "failed repeats",
    "unassigned": "windows in no mean",
}


def _cost(study: ResolvedStudy, shown: pd.DataFrame, totals: pd.DataFrame) -> str:
    """Energy and emissions of every window, of which scope, and what of it another study paid."""
    energy = pd.to_numeric(totals["energy_kwh"])
    if energy.notna().sum() == 0:
        return f"what the study cost is not known:{_least(totals)}" if len(totals) else ""
    least = _least(totals)
    text = f"in all{_beside(totals)}, it took{least} {energy_words(float(energy.sum()))} {cost_in_grams(study, totals)}"
    reused = float(energy[totals["reused"].astype(bool)].sum())
    paid = f", {energy_words(reused)} of it paid by another study" if reused > 0 else ""
    return f"{text}{paid}: {words.energy(shown, words.quantity_behind(totals) or ENERGY)}"


def _beside(totals: pd.DataFrame) -> str:
    """The windows that are in the sum beside the queries, as far as there are any."""
    phases = [name for phase, name in _BESIDE.items() if phase in set(totals["phase"])]
    return f", {wording.listed(phases)} included" if phases else ""


def _least(totals: pd.DataFrame) -> str:
    """Why the sum is a lower bound; empty where every window has an energy."""
    n_windows, n_measured, n_shared = (
        int(pd.to_numeric(totals[name]).sum()) for name in ("n_windows", "n_windows_with_energy", "n_windows_shared")
    )
    if n_windows == n_measured:
        return ""
    shared = f", {n_shared:,} of them since other cells ran on the same device" if n_shared else ""
    return f" at least ({wording.count(n_windows - n_measured, 'window')} without an energy{shared})"


def cost_in_grams(study: ResolvedStudy, totals: pd.DataFrame) -> str:
    """The emissions of every window, as they stand in the paragraph."""
    grams = 1000 * float(pd.to_numeric(totals["emissions_kg"]).sum())
    return f"({grams_words(grams)} CO₂eq at {study.grid.intensity_g_per_kwh:g} g/kWh)"


def _missing(missing: pd.DataFrame) -> str:
    """How many cells lack valid repeats, by kind."""
    if missing.empty:
        return "no cell is missing"
    kinds = missing["kind"].value_counts().sort_index()
    listed = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    verb = "lacks" if len(missing) == 1 else "lack"
    return f"{wording.count(len(missing), 'cell')} {verb} valid repeats ({listed}): see tables/missing.csv"


def _left_out(problems: pd.DataFrame) -> str:
    """How many rows of imported logs are in no number."""
    rows = int(problems["n_rows"].sum())
    return f"{wording.count(rows, 'row')} of the logs left out: see tables/import_problems.csv" if rows else ""


def _drifted(drift: pd.DataFrame) -> str:
    """How many cells were measured otherwise than they would be today."""
    number = drift["cell"].nunique()
    if not number:
        return ""
    verb = "was" if number == 1 else "were"
    return (
        f"{wording.count(number, 'cell')} {verb} measured by another spec, other code or other versions than today's: "
        "see tables/drift.csv"
    )


def energy_words(kwh: float) -> str:
    """kWh with three digits; Wh below 0.1 kWh."""
    return f"{three_digits(1000 * kwh)} Wh" if kwh < 0.1 else f"{three_digits(kwh)} kWh"
