"""What a person must know beside a table: what a row is, on which weights, data and device, what is estimated."""

from dataclasses import dataclass

import pandas as pd

from wattlab.quality.columns import SHOWN as QUALITY_SHOWN
from wattlab.study.cells import ResolvedStudy
from wattlab.study.other_rows import other_rows
from wattlab.tables.columns import HEADLINES, METHOD_COLUMNS, bounds_of, statistics_of
from wattlab.tables.energies import method_set
from wattlab.tables.evidence import Evidence

_FIGURES = ("energy_method", "modelled_share")
_BY_TASK = [column for quantity in HEADLINES for column in (*bounds_of(quantity), f"sd_repeats_{quantity}")]


@dataclass(frozen=True)
class Layout:
    """How a table is shown to people: its title, and the columns of its Markdown twin (None: all)."""

    title: str
    shown: tuple[str, ...] | None = None


_CELL = ("cell", "purpose")

LAYOUTS: dict[str, Layout] = {
    "runs": Layout(
        "Every repeat: energy, time, methods and whether it counts",
        (*_CELL, "index", "counted", "valid", "short", "flags", "reasons", "window_s", *HEADLINES, *_FIGURES),
    ),
    "cells": Layout(
        "Every cell: means over its valid repeats with sample sd and 95 % t interval",
        (*_CELL, "status", "n_valid", *statistics_of(HEADLINES[0]), *HEADLINES[1:], *_FIGURES, "flags"),
    ),
    "tasks": Layout(
        "Each task over its task-specific models (the paper's Table 2): mean of the cells, 95 % bootstrap interval "
        "over models, sd over all repeats",
        ("task", "n_models", "n_cells", "n_repeats", *_BY_TASK, *_FIGURES),
    ),
    "multipurpose": Layout(
        "Multi-purpose models (Table 3): mean over their cells with the 95 % interval of the repeats' noise",
        (
            "model",
            "structure",
            "parameters_as_published",
            "n_cells",
            "n_cells_planned",
            *(column for quantity in HEADLINES for column in bounds_of(quantity)),
            *_FIGURES,
        ),
    ),
    "output_lengths": Layout("Output lengths (Table 4): units per inference, mean and sample sd over the repeats"),
    "parity": Layout(
        "Cost parity (Table 5): inferences until deployment has used as much energy as training and fine-tuning"
    ),
    "models": Layout(
        "Every model by task (Table 6 with numbers): mean over its cells",
        ("model", "task", "purpose", "structure", "parameters_as_published", "n_cells", *HEADLINES, *_FIGURES),
    ),
    "comparison": Layout("Each task beside the paper's Table 2, and the agreement of the two orders (Spearman's rho)"),
    "emissions": Layout(
        "Emissions of every cell under every grid: energy x intensity",
        (*_CELL, "grid", "intensity_g_per_kwh", *statistics_of("emissions_g_per_1000")),
    ),
    "totals": Layout("What the study cost, by phase: every window once"),
    "missing": Layout("Cells without their full number of valid repeats, why, and what to do"),
    "provenance": Layout("By what the cells were measured; `mixed`: not the same for all cells"),
    "drift": Layout(
        "Cells measured by another spec, other code or other versions than today's (when the tables were built)",
        ("cell", "aspect", "measured", "today", "n_repeats"),
    ),
    "protocols": Layout(
        "Cells of this study beside the same cells of studies under other protocols; ratios to this study's row",
        (
            "cell",
            "study",
            "protocol",
            "n_valid",
            "window_s",
            *statistics_of(HEADLINES[0]),
            "duration_s_per_1000",
            "energy_ratio",
            "duration_ratio",
            "energy_method",
        ),
    ),
    "quality": Layout(
        "Quality of the answers (0 to 1) beside their energy, by the metrics of docs/quality.md; without a score, the reason",
        QUALITY_SHOWN,
    ),
}

_WEIGHTS = {
    "architecture": "the true architectures with seeded random weights (the work is real, the answers mean nothing, "
    "output lengths are set)",
    "hub": "the published checkpoints",
}
_DATA = {"surrogate": "surrogate rows with the datasets' lengths and resolutions", "hub": "the datasets themselves"}


def caption(name: str, evidence: Evidence, built: dict[str, pd.DataFrame]) -> str:
    """Caption of a table as plain sentences."""
    config = evidence.study.config
    grid = evidence.study.grid
    sentences = [
        f"{LAYOUTS[name].title}.",
        f"Study {config.study}.",
        _ground(evidence.study, built["cells"]),
        _measured_on(built),
        _estimated(built["runs"]),
        _memory(built["runs"]),
        f"Headline scope: {config.headline_scope}, gross.",
        f"Emissions: energy x {grid.intensity_g_per_kwh:g} g CO2eq/kWh ({grid.grid}).",
        "A column's name ends in its unit (kWh, g CO2eq and s per 1,000 inferences; J, W); an empty cell is missing.",
        f"Rounded to four digits; {name}.csv has full precision and all columns.",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _ground(study: ResolvedStudy, cells: pd.DataFrame) -> str:
    """Which weights and data; or what stands in for them."""
    config = study.config
    if config.no_result:
        return f"{config.no_result[0].upper()}{config.no_result[1:]}."
    return f"Weights: {_WEIGHTS[config.weights]}. Data: {_DATA[config.data]}{other_rows(study, set(cells['dataset']))}."


def _measured_on(built: dict[str, pd.DataFrame]) -> str:
    aspects = built["provenance"]

    def known(aspect: str) -> list[str]:
        values = aspects.loc[aspects["aspect"] == aspect, "value"]
        return [str(value) for value in values if value not in ("none", "not recorded")]

    devices = sorted(set(built["cells"]["device"].dropna()))
    if not devices:
        return "Device: nothing is measured yet."
    machine = "; ".join([*known("machine.gpu_names"), *known("machine.cpu_model")])
    return f"Device: {', '.join(devices)}{f' ({machine})' if machine else ''}."


def _memory(runs: pd.DataFrame) -> str:
    """Which model the memory's power comes from; nothing where it does not come from one."""
    models = sorted(set(runs.loc[runs["counted"], "ram_model"].dropna()))
    return f"Memory: model {', '.join(models)}." if models else ""


def _estimated(runs: pd.DataFrame) -> str:
    """The methods of the counted repeats, and how much of their energy is estimated rather than measured."""
    counted = runs[runs["counted"]]
    if counted.empty:
        return "Methods: nothing is measured yet."
    methods = [
        f"{column.split('_')[1].upper()} {method_set(counted[column].dropna()) or 'unknown'}"
        for column in METHOD_COLUMNS
    ]
    shares = counted["modelled_share"].dropna()
    if shares.empty:
        return f"Methods: {', '.join(methods)}; the estimated share is unknown."
    low, high = shares.min(), shares.max()
    span = f"{low:.0%}" if f"{low:.0%}" == f"{high:.0%}" else f"{low:.0%} to {high:.0%}"
    return f"Methods: {', '.join(methods)}; {span} of a repeat's energy is estimated (model or constant), not measured."
