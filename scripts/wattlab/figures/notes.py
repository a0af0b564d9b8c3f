"""What every figure says of its numbers: how the energy was obtained, on which weights, data, device and grid."""

import re

import pandas as pd

from wattlab.figures.reading import Tables
from wattlab.study.cells import ResolvedStudy
from wattlab.study.other_rows import other_rows

_UNKNOWN = frozenset({"none", "not recorded"})

MODELLED = frozenset({"model", "constant"})

_METHOD_WORDS = {
    ("cpu", "counter"): "CPU counter",
    ("cpu", "sampled"): "CPU power sampled",
    ("cpu", "model"): "CPU load model",
    ("cpu", "constant"): "constant CPU power",
    ("ram", "counter"): "RAM counter",
    ("ram", "sampled"): "RAM power sampled",
    ("ram", "model"): "RAM model",
    ("ram", "constant"): "constant RAM power",
    ("gpu", "counter"): "GPU counter",
    ("gpu", "sampled"): "GPU power sampled",
    ("gpu", "model"): "GPU model",
    ("gpu", "constant"): "constant GPU power",
}
_WEIGHTS_WORDS = {"architecture": "random weights", "hub": "published weights"}
_DATA_WORDS = {"surrogate": "surrogate data", "hub": "published data"}


def methods(cells: pd.DataFrame, scope: str) -> dict[str, set[str]]:
    """Component (`cpu`, `ram`, `gpu`) -> how its energy was obtained in these cells; absent components left out.

    With device scope only the device's own component counts: the GPU where there is one, else the CPU.
    """
    found: dict[str, set[str]] = {}
    for component in ("gpu", "cpu", "ram"):
        name = f"energy_{component}_method"
        words = set() if name not in cells else set("+".join(cells[name].dropna().astype(str)).split("+"))
        words -= {"absent", ""}
        if words:
            found[component] = words
    if scope == "device":
        device = "gpu" if "gpu" in found else "cpu"
        return {component: words for component, words in found.items() if component == device}
    return found


def energy_phrase(cells: pd.DataFrame, scope: str) -> str:
    """'energy modelled (CPU load model, constant RAM power)' and the like, for the cells shown."""
    found = methods(cells, scope)
    if not found:
        return "how the energy was obtained is not recorded"
    words = ", ".join(_words_of(found))
    kinds = set().union(*found.values())
    if kinds <= MODELLED:
        return f"energy modelled ({words})"
    if kinds & MODELLED:
        return f"energy partly modelled ({words}{_share(cells)})"
    return f"energy measured ({words})"


def modelled_words(found: dict[str, set[str]]) -> str:
    """'CPU load model, constant RAM power': the components of `methods` that are no readings."""
    return ", ".join(_words_of({component: kinds & MODELLED for component, kinds in found.items()}))


def _words_of(found: dict[str, set[str]]) -> list[str]:
    return [
        _METHOD_WORDS.get((component, kind), f"{component.upper()} {kind}")
        for component, kinds in found.items()
        for kind in sorted(kinds)
    ]


def _share(cells: pd.DataFrame) -> str:
    if "modelled_share" not in cells or cells["modelled_share"].dropna().empty:
        return ""
    return f"; modelled share {percent(cells['modelled_share'].mean())} on average"


def percent(share: float) -> str:
    """A share as a percentage; never rounded to 0 or 100 unless it is."""
    if 0 < share < 0.01:
        return "below 1 %"
    if 0.99 < share < 1:
        return "above 99 %"
    return f"{100 * share:.0f} %"


def weights_phrase(cells: pd.DataFrame, study: ResolvedStudy) -> str:
    """'random weights, surrogate data', of the cells shown, else as the study has it; or what stands in for them."""
    if study.config.no_result:
        return study.config.no_result
    weights = _words(cells, "weights", study.config.weights, _WEIGHTS_WORDS)
    data = _words(cells, "data", study.config.data, _DATA_WORDS)
    shown = set(cells["dataset"]) if "dataset" in cells else {cell.cell.dataset for cell in study.cells}
    return f"{weights}, {data}{other_rows(study, shown)}"


def _words(cells: pd.DataFrame, name: str, fallback: str, words: dict[str, str]) -> str:
    values = sorted(set(cells[name].dropna())) if name in cells else []
    return " and ".join(words.get(value, value) for value in values or [fallback])


def device_phrase(cells: pd.DataFrame, provenance: pd.DataFrame) -> str:
    """'on CPU (AMD EPYC 7R13)': the device of the cells shown, by name where the study knows it."""
    devices = sorted(set(cells["device"].dropna())) if "device" in cells else []
    phrases = [_named(device, provenance) for device in devices]
    return f"on {' and '.join(phrases)}" if phrases else "device not recorded"


def _named(device: str, provenance: pd.DataFrame) -> str:
    aspect = "machine.cpu_model" if device == "cpu" else "machine.gpu_names"
    values = provenance.loc[provenance["aspect"] == aspect, "value"].dropna()
    names = sorted({_brand(name) for value in values if value not in _UNKNOWN for name in str(value).split(", ")})
    kind = {"cpu": "CPU", "cuda": "GPU"}.get(device, device)
    if not names:
        return kind
    return f"{kind} ({names[0]})" if len(names) == 1 else f"{kind} ({len(names)} models: {', '.join(names)})"


def _brand(name: str) -> str:
    """A processor's name without its trade marks and clock."""
    return re.sub(r"\((R|TM)\)|( CPU| Processor)?( @.*)?$", "", name.strip()).strip() or name


def grid_phrase(study: ResolvedStudy) -> str:
    """'grid 138.75 g/kWh'."""
    return f"grid {study.grid.intensity_g_per_kwh:g} g/kWh"


def conditions(tables: Tables, cells: pd.DataFrame, study: ResolvedStudy, scope: str | None = None) -> str:
    """The footnote's first sentence: methods and scope of the energy, weights, data, device and grid.

    `scope`: of the numbers shown, where it is not the study's headline scope.
    """
    scope = scope or study.config.headline_scope
    source = ", published logs" if study.config.is_imported else ""
    return (
        f"{energy_phrase(cells, scope)}, {scope}, gross; {weights_phrase(cells, study)}{source}; "
        f"{device_phrase(cells, tables['provenance'])}; {grid_phrase(study)}"
    )


def left_out(count: int, of: str = "cell") -> str | None:
    """'3 cells without a value are left out', or None where there is none."""
    if count == 0:
        return None
    return f"1 {of} without a value is left out" if count == 1 else f"{count} {of}s without a value are left out"


def one_purpose(cells: pd.DataFrame) -> str | None:
    """Says so where a figure that compares purposes shows only one."""
    purposes = set(cells["purpose"])
    return None if len(purposes) > 1 else f"only {purposes.pop()} cells have a value"


def footnote(
    tables: Tables, cells: pd.DataFrame, study: ResolvedStudy, *more: str | None, scope: str | None = None
) -> str:
    """Everything that stands below a figure of these cells, a sentence each. Reads `provenance` beside them."""
    parts = [conditions(tables, cells, study, scope), *(part for part in more if part)]
    return " ".join(part[0].upper() + part[1:] + "." for part in parts)


def nothing_because(study: ResolvedStudy, wanted: pd.DataFrame, what: str) -> str:
    """Why a figure has nothing to show: no such cells in the study, or none of them with a value."""
    if wanted.empty:
        return f"The study {study.config.study!r} has no {what}."
    if (pd.to_numeric(wanted["emissions_g_per_1000"]) == 0).any():
        return f"The study's grid is {study.grid.intensity_g_per_kwh:g} g/kWh: all emissions are 0, which a logarithmic axis can not show."
    return f"None of the {len(wanted)} {what} has a value yet; tables/missing.csv says why."
