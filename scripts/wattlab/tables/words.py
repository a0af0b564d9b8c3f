"""Phrases about numbers, from the rows that are shown: scope, methods, intervals, counts, weights, data and device.

Rows are those of `cells` unless a function says otherwise. What a quantity is, `foundation.quantities` says.
"""

import re
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from wattlab.foundation.quantities import (
    COMPONENTS,
    ENERGY,
    HEADLINE,
    INTERVALS,
    LEVEL,
    MODELLED,
    PROCESS,
    QUANTITIES,
    UNRECORDED,
    Interval,
    obtained,
)
from wattlab.foundation.schema import Purpose
from wattlab.foundation.wording import count, counts, listed, percent, span
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import OWN_LOGS
from wattlab.study.other_rows import other_rows
from wattlab.tables.aggregates import complete_cells, selected_cells

#: Weights and data -> in short, and in full.
GROUND = {
    "weights": {
        "architecture": (
            "random weights",
            "the true architectures with seeded random weights (the work is real, the answers mean nothing, output "
            "lengths are set)",
        ),
        "hub": ("published weights", "the published checkpoints"),
    },
    "data": {
        "surrogate": ("surrogate data", "surrogate rows with the datasets' lengths and resolutions"),
        "hub": ("published data", "the datasets themselves"),
    },
}

#: What the models and data of logs of one's own were: in short, and in full.
_AS_MAPPED = (
    "the models and datasets that the mapping of the logs names",
    "Models and data: as the mapping of the logs names them",
)

#: Tables whose rows hold cells of one purpose, without a column that says so.
_PURPOSES: dict[str, Purpose] = {
    "tasks": "task-specific",
    "comparison": "task-specific",
    "multipurpose": "multi-purpose",
    "parity": "multi-purpose",
}


def behind(table: str, rows: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The complete cells that a table's rows rest on: those that share the keys that any of them has, all for no keys."""
    found, named = complete_cells(cells), ("task", "dataset", "model", "purpose")
    if "datasets" in rows:
        rows = rows.assign(dataset=rows["datasets"].str.split(", ")).explode("dataset")
    keys = [key for key in named if key in rows and (rows.empty or rows[key].notna().any())]
    if "cell" in rows:
        keys = ["cell"]
    elif keys or table == "claims":
        found = selected_cells(found, _PURPOSES.get(table))
    return found.merge(rows[keys].drop_duplicates(), on=keys) if keys else found


def quantity_behind(rows: pd.DataFrame) -> str | None:
    """The quantity of `cells` that a table's energies are of; None for a table without energies."""
    if "inference_energy_kwh" in rows:
        return "energy_node_kwh_per_1000"
    if "energy_per_unit_j" in rows or ("protocol_cell" in rows and len(rows)):
        return ENERGY
    if "scope" in rows:
        return f"energy_{rows['scope'].iloc[0]}_kwh_per_1000" if len(rows) else ENERGY
    return next((name for name, quantity in QUANTITIES.items() if name in rows and quantity.scope), None)


def with_value(rows: pd.DataFrame, name: str = ENERGY) -> pd.DataFrame:
    """The rows that have a value of a quantity."""
    return rows[pd.to_numeric(rows[name]).notna()] if name in rows else rows[:0]


def methods(rows: pd.DataFrame, name: str = ENERGY) -> dict[str, set[str]]:
    """Component -> how its energy was obtained, within the scope of a quantity; absent components are left out."""
    found: dict[str, set[str]] = {component: set() for component in (*COMPONENTS, "wall")}
    for scope, of_scope in _by_scope(with_value(rows, name), name):
        for component, column in _method_columns(of_scope, scope):
            found[component] |= set("+".join(column.dropna().astype(str)).split("+")) - {"", "absent"}
    return {component: kinds for component, kinds in found.items() if kinds}


def _by_scope(rows: pd.DataFrame, name: str) -> Iterator[tuple[str, pd.DataFrame]]:
    scope = QUANTITIES[name].scope
    if scope != HEADLINE:
        yield str(scope), rows
    else:
        yield from ((str(one), group) for one, group in rows.groupby(HEADLINE))


def _method_columns(rows: pd.DataFrame, scope: str) -> Iterator[tuple[str, "pd.Series[str]"]]:
    """Component and its methods in a scope; the device of a row is what its column `device` says."""
    if scope == "wall":
        yield "wall", rows["energy_wall_method"]
    elif scope == "device":
        on_cpu = rows["device"] == "cpu"
        yield from (
            ("gpu", rows.loc[~on_cpu, "energy_device_method"]),
            ("cpu", rows.loc[on_cpu, "energy_device_method"]),
        )
    else:
        yield from ((part, rows[f"energy_{part}_method"]) for part in COMPONENTS if scope in ("node", part))


def verdict(found: dict[str, set[str]]) -> str:
    """`measured`, `modelled`, or `partly modelled`: what the methods of an energy give."""
    kinds = set().union(*found.values())
    if not kinds - {UNRECORDED}:
        return "by a method that is not recorded"
    if UNRECORDED in kinds:
        return "partly modelled" if kinds & MODELLED else "partly measured"
    return "measured" if not kinds & MODELLED else "modelled" if kinds <= MODELLED else "partly modelled"


def means(found: dict[str, set[str]]) -> str:
    """`CPU load model, constant RAM power`: the methods in words."""
    return ", ".join(obtained(component, kind) for component, group in found.items() for kind in sorted(group))


def energy(rows: pd.DataFrame, name: str = ENERGY) -> str:
    """`energy partly modelled (…; modelled share 38 % to 51 %), node (all GPUs, CPU and RAM), gross`, by scope."""
    shown = with_value(rows, name)
    if shown.empty:
        return "no energy is known"
    return "; ".join(_energy(of_scope, scope, name) for scope, of_scope in _by_scope(shown, name))


def _energy(rows: pd.DataFrame, scope: str, name: str) -> str:
    found = methods(rows, name)
    own = rows[rows[HEADLINE] == scope]  # the share is the headline's
    share = modelled_share(own) if verdict(found) == "partly modelled" else ""
    how = f" ({means(found)}{share and f'; modelled share {share}'})" if found else ""
    names = COMPONENTS | {"gpu": "all GPUs" if scope == "node" else "one GPU", "wall": "the whole machine"}
    holds = f" ({listed([names[part] for part in found])})" if found else ""
    return f"energy {verdict(found)}{how}, {_tracked(rows, scope)}{holds}, {QUANTITIES[name].basis}"


def _tracked(rows: pd.DataFrame, scope: str) -> str:
    """The scope; logs of a tracker that counted its own process alone have no node."""
    flags = [str(flag) for flag in rows["flags"]] if "flags" in rows else []
    if scope != "node" or not any(PROCESS in flag for flag in flags):
        return scope
    return "process" if all(PROCESS in flag for flag in flags) else "node or process"


def assumed(rows: pd.DataFrame, provenance: pd.DataFrame, name: str = ENERGY) -> str | None:
    """`assumed power: CPU 8 W (a guess: CodeCarbon does not know it), memory 20 W (…)`; None where nothing is modelled."""
    found, parts = methods(rows, name), []
    for component, noun, aspect in (("cpu", "CPU", "cpu_tdp_w"), ("ram", "memory", "ram_power_w")):
        watts = _known(provenance, f"meter.{aspect}")
        if found.get(component, set()) & MODELLED and watts:
            source = _known(provenance, f"meter.{component}_power_source") or ["modules"] * (component == "ram")
            parts.append(f"{noun} {span(float(one) for one in watts)} W{_guess(source)}")
    return f"assumed power: {', '.join(parts)}" if parts else None


def _guess(sources: list[str]) -> str:
    """Where an assumed power comes from, unless from a nameplate alone."""
    if not sources:
        return " (its nameplate or a guess: not recorded)"
    if "stated" in sources:
        return " (stated by the study)" if set(sources) == {"stated"} else " (stated by the study for a part)"
    guess = "CodeCarbon's guess of its modules" if sources == ["modules"] else "a guess: CodeCarbon does not know it"
    return f" ({guess})" if set(sources) - {"nameplate"} else ""


def _known(provenance: pd.DataFrame, aspect: str) -> list[str]:
    values = provenance.loc[provenance["aspect"] == aspect, "value"].dropna().astype(str)
    return [value for value in values if value not in ("none", "not recorded")]


def modelled_share(rows: pd.DataFrame) -> str:
    """`100 %`, `38 % to 51 %`: the part of the headline's energy that is estimated; empty where it is not known."""
    shares = pd.to_numeric(rows["modelled_share"]).dropna()
    return "" if shares.empty else " to ".join(dict.fromkeys([percent(shares.min()), percent(shares.max())]))


def interval(table: str, rows: pd.DataFrame) -> str:
    """What the intervals of a table's rows are and rest on; says so where rows have none. Empty for other tables."""
    kind, lows = INTERVALS.get(table), [column for column in rows if str(column).startswith("ci95_low_")]
    if kind is None or rows.empty:
        return ""
    has = rows[lows].notna().any(axis=1)
    said = f"no {LEVEL} intervals: over {kind.over} they need at least {count(kind.least, kind.noun)}"
    if has.any():
        said = kind.words + (f" ({counts(rows.loc[has, kind.count], kind.noun)})" if kind.count in rows else "")
    return "; ".join([said, *_without(kind, rows[~has], bool(has.any()))])


def _without(kind: Interval, rows: pd.DataFrame, others_have: bool) -> Iterator[str]:
    """What stands in the rows without an interval."""
    if not kind.instead:
        if others_have and len(rows):
            yield f"{count(len(rows), kind.row)} without"
        return
    several, one = rows[rows[kind.count] > 1], rows[rows[kind.count] == 1]
    if len(several):
        yield f"{count(len(several), kind.row)} of {counts(several[kind.count], kind.noun)}: {kind.instead}"
    if len(one):
        yield f"{count(len(one), kind.row)} of one {kind.noun} alone, which stands for no other"


def flags(rows: pd.DataFrame) -> str:
    """`3 of 48 cells are flagged: 2 outlier, 1 short`; a flag says what to mind, and excludes nothing."""
    named = rows["flags"].dropna()
    if named.empty:
        return f"none of {count(len(rows), 'cell')} is flagged"
    numbers = Counter(flag for flags_of in named for flag in str(flags_of).split("; "))
    found = ", ".join(f"{number} {flag.replace('_', ' ')}" for flag, number in sorted(numbers.items()))
    return f"{len(named):,} of {count(len(rows), 'cell')} {'is' if len(named) == 1 else 'are'} flagged: {found}"


def rests_on(rows: pd.DataFrame, planned: int | None = None) -> str:
    """`12 cells (4 tasks, 5 datasets, 9 models), 36 valid repeats`; of so many planned ones."""
    cells = count(len(rows), "cell")
    if planned is not None:
        cells = f"all {cells}" if planned == len(rows) else f"{len(rows):,} of {count(planned, 'cell')}"
    groups = ", ".join(count(rows[name].nunique(), name) for name in ("task", "dataset", "model"))
    repeats = int(pd.to_numeric(rows["n_valid"]).sum())
    return f"{cells} ({groups}), {count(repeats, 'valid repeat')}"


def ground(rows: pd.DataFrame, study: ResolvedStudy, full: bool = False) -> str:
    """`random weights, surrogate data`, of the rows, with the datasets that hold other rows than the paper's.

    Of a study whose models and data are stand-ins: that; of logs of one's own: who says so. `full`: as sentences of
    their own.
    """
    if study.config.no_result or study.config.origin == OWN_LOGS:
        return study.config.no_result or _AS_MAPPED[full]
    parts = [
        (f"{name.capitalize()}: " if full else "")
        + " and ".join(meanings[word][full] for word in meanings if word in set(rows[name].dropna()))
        for name, meanings in GROUND.items()
    ]
    return (". " if full else ", ").join(parts) + other_rows(study, set(rows["dataset"]))


def device(rows: pd.DataFrame, provenance: pd.DataFrame) -> str:
    """`on CPU (AMD EPYC 7R13)`: the device of the rows, by name where the study knows it."""
    phrases = [_named(device, provenance) for device in sorted(set(rows["device"].dropna()))]
    if not phrases:
        named = [_named(kind, provenance) for kind in ("cuda", "cpu")]
        machine = " and ".join(name for name in named if "(" in name)
        return (
            f"on a machine with {machine}, the device is not recorded"
            if machine
            else "on a device that is not recorded"
        )
    return f"on {' and '.join(phrases)}"


def _named(device: str, provenance: pd.DataFrame) -> str:
    known = _known(provenance, "machine.cpu_model" if device == "cpu" else "machine.gpu_names")
    listed_names = [[value] if device == "cpu" else value.split(", ") for value in known]
    names = sorted({_brand(name) for group in listed_names for name in group})
    kind = {"cpu": "CPU", "cuda": "GPU"}.get(device, device)
    return f"{kind} ({', '.join(names)})" if names else kind


def _brand(name: str) -> str:
    """A processor's name without its trade marks and clock."""
    return re.sub(r"\((R|TM)\)|( CPU| Processor)?( @.*)?$", "", name.strip()).strip() or name


def grid(rows: pd.DataFrame) -> str:
    """`138.75 g CO₂eq/kWh (us-oregon-2023-codecarbon)`: the intensities of the rows, or how many there are."""
    pairs = rows[["grid", "intensity_g_per_kwh"]].dropna().drop_duplicates()
    if len(pairs) > 1:
        return f"the intensity of each of {len(pairs)} grids"
    return "".join(f"{intensity:g} g CO₂eq/kWh ({name})" for name, intensity in pairs.itertuples(index=False))


def conditions(rows: pd.DataFrame, study: ResolvedStudy, provenance: pd.DataFrame, name: str = ENERGY) -> str:
    """Methods and scope of a quantity, weights, data and device of the rows, as one clause."""
    source = f", {study.config.origin}" if study.config.is_imported else ""
    what = [energy(rows, name), assumed(rows, provenance, name)] if QUANTITIES[name].scope else ["time by the clock"]
    return "; ".join([*filter(None, what), f"{ground(rows, study)}{source}", device(rows, provenance)])
