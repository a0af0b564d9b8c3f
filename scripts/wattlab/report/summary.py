"""The closing paragraph: what was measured, what was estimated, on what, and how the order of the tasks compares."""

import pandas as pd

from wattlab.figures import notes
from wattlab.figures.reading import Tables
from wattlab.study.cells import ResolvedStudy
from wattlab.study.other_rows import other_rows

#: Tables that the paragraph reads.
TABLES = ("cells", "comparison", "totals", "missing", "provenance", "drift")

_ENERGY = "energy_kwh_per_1000"
_WEIGHTS = {
    "architecture": "the true, full-size architectures with random weights (the work is real, the answers mean "
    "nothing, output lengths are set and not produced)",
    "hub": "the published ones with their published weights",
}
_DATA = {
    "surrogate": "fed with surrogate data of the datasets' lengths and resolutions",
    "hub": "fed with the published datasets",
}


def closing_paragraph(study: ResolvedStudy, tables: Tables) -> str:
    """One paragraph for the report, the terminal and the verdict's file.

    It reads `TABLES`. Every number stands in one of them; what is not known is said to be so.
    """
    cells = tables["cells"]
    measured = measured_cells(cells)
    sentences = [
        _measured(study, cells, measured, tables),
        _estimated(study, measured),
        _ground(study, measured),
        _order(tables["comparison"]),
        _cost(study, tables["totals"]),
        _missing(tables["missing"]),
        _drifted(tables["drift"]),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def measured_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells that have an energy, selected or not."""
    return cells[pd.to_numeric(cells[_ENERGY]).notna()]


def _measured(study: ResolvedStudy, cells: pd.DataFrame, measured: pd.DataFrame, tables: Tables) -> str:
    """How many cells, repeats and windows, and on which device."""
    name, planned = study.config.study, len(cells)
    if measured.empty:
        return f"The study {name} has no number yet: none of its {_count(planned, 'cell')} has a value."
    repeats = int(pd.to_numeric(measured["n_valid"]).sum())
    share = f"all {planned}" if len(measured) == planned else f"{len(measured)} of {planned}"
    what = f"{share} cells (a task, a dataset and a model each), {_count(repeats, 'valid repeat')}"
    windows = int(pd.to_numeric(tables["totals"]["n_windows"]).sum())
    if study.config.is_imported:
        return (
            f"The study {name} holds published CodeCarbon logs, read again and not measured here: {what}, "
            f"out of {_count(windows, 'window')} in the logs."
        )
    place = notes.device_phrase(measured, tables["provenance"])
    place = place if place.startswith("on ") else "on a device that is not recorded"
    return f"The study {name} measured {what}, out of {_count(windows, 'window')} of every kind, {place}."


def _estimated(study: ResolvedStudy, measured: pd.DataFrame) -> str:
    """Which components are readings and which are models, and the modelled share."""
    if measured.empty:
        return ""
    scope = study.config.headline_scope
    found = notes.methods(measured, scope)
    if not found:
        return "How the energy was obtained is not recorded."
    read = [name for name, kinds in found.items() if not kinds & notes.MODELLED]
    modelled = [name for name, kinds in found.items() if kinds & notes.MODELLED]
    subject = f"Energies are gross, of the {scope}"
    share = _share(measured)
    if not modelled:
        return f"{subject}, and all of them readings ({_listed(read)})."
    models = notes.modelled_words(found)
    if not read:
        return (
            f"{subject}, and none of it was read from a counter: CodeCarbon's figures are models here ({models}), "
            f"modelled share {share}, so that they carry the running time and the load, and not what the hardware drew."
        )
    return (
        f"{subject}: {_listed(read)} was read, {_listed(modelled)} estimated by CodeCarbon's models ({models}), "
        f"modelled share {share} on average over the cells."
    )


def _share(measured: pd.DataFrame) -> str:
    shares = pd.to_numeric(measured["modelled_share"]).dropna()
    return "not known" if shares.empty else notes.percent(float(shares.mean()))


def _ground(study: ResolvedStudy, measured: pd.DataFrame) -> str:
    """On which weights and data, or what stands in for them."""
    if measured.empty:
        return ""
    if study.config.no_result:
        return f"This is a {study.config.no_result}."
    weights = " and ".join(_WEIGHTS.get(word, word) for word in sorted(set(measured["weights"].dropna())))
    data = " and ".join(_DATA.get(word, word) for word in sorted(set(measured["data"].dropna())))
    return f"The models are {weights}, {data}{other_rows(study, set(measured['dataset']))}."


def _order(comparison: pd.DataFrame) -> str:
    """Spearman's rho between this order of the tasks and the paper's, with its interval."""
    both = comparison[pd.to_numeric(comparison[_ENERGY]).notna()]
    if len(both) < 3:
        return (
            f"The order of the tasks can not be compared with the paper's: {_count(len(both), 'task')} "
            f"{'has' if len(both) == 1 else 'have'} a value here, and a rank correlation needs three."
        )
    rho, low, high = (_one(both, name) for name in ("spearman_rho", "ci95_low_spearman_rho", "ci95_high_spearman_rho"))
    if rho is None:
        return "The order of the tasks can not be compared with the paper's: the rank correlation is not defined."
    interval = "no interval" if low is None or high is None else f"95 % interval {low:.2f} to {high:.2f}"
    return (
        f"Between the order of the {len(both)} tasks here and in the paper, Spearman's rho is {rho:.2f} ({interval})."
    )


def _one(table: pd.DataFrame, name: str) -> float | None:
    values = pd.to_numeric(table[name]).dropna() if name in table else pd.Series(dtype=float)
    return None if values.empty else float(values.iloc[0])


def _cost(study: ResolvedStudy, totals: pd.DataFrame) -> str:
    """Energy and emissions of every window, and what of it another study paid."""
    energy = pd.to_numeric(totals["energy_kwh"])
    if energy.notna().sum() == 0:
        return "What the study cost is not known: no window has an energy." if len(totals) else ""
    kwh = float(energy.sum())
    unknown = int((pd.to_numeric(totals["n_windows"]) - pd.to_numeric(totals["n_windows_measured"])).sum())
    least = f" at least ({_count(unknown, 'window')} without an energy)" if unknown else ""
    text = (
        f"In all, loading, warm-up and idle windows included, it took{least} {energy_words(kwh)} "
        f"{cost_in_grams(study, totals)}"
    )
    reused = float(energy[totals["reused"].astype(bool)].sum())
    return f"{text}, {energy_words(reused)} of it paid by another study." if reused > 0 else f"{text}."


def cost_in_grams(study: ResolvedStudy, totals: pd.DataFrame) -> str:
    """The emissions of every window, as they stand in the paragraph."""
    grams = 1000 * float(pd.to_numeric(totals["emissions_kg"]).sum())
    return f"({grams_words(grams)} CO2eq at {study.grid.intensity_g_per_kwh:g} g/kWh)"


def _missing(missing: pd.DataFrame) -> str:
    """How many cells lack valid repeats, by kind."""
    if missing.empty:
        return "No cell is missing."
    kinds = missing["kind"].value_counts().sort_index()
    listed = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    verb = "lacks" if len(missing) == 1 else "lack"
    return f"{_count(len(missing), 'cell')} {verb} valid repeats ({listed}): see tables/missing.csv."


def _drifted(drift: pd.DataFrame) -> str:
    """How many cells were measured otherwise than they would be today."""
    number = drift["cell"].nunique()
    if not number:
        return ""
    verb = "was" if number == 1 else "were"
    return (
        f"{_count(number, 'cell')} {verb} measured by another spec, other code or other versions than today's: "
        "see tables/drift.csv."
    )


def energy_words(kwh: float) -> str:
    """kWh with three digits; Wh below 0.1 kWh."""
    return f"{1000 * kwh:.3g} Wh" if kwh < 0.1 else f"{_digits(kwh)} kWh"


def grams_words(grams: float) -> str:
    """Grams with three digits; kg from 1,000 g."""
    return f"{_digits(grams / 1000)} kg" if grams >= 1000 else f"{grams:.3g} g"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _listed(components: list[str]) -> str:
    names = [name.upper() for name in components]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
