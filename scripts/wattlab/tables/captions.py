"""What a person must know beside a table: what a row is, on which weights, data and device, what is estimated."""

from dataclasses import dataclass

import pandas as pd

from wattlab.foundation.quantities import DIGITS, HEADLINE
from wattlab.quality.columns import SHOWN as QUALITY_SHOWN
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.columns import HEADLINES, bounds_of, statistics_of

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
        "Every cell: means over its valid repeats, with sample sd",
        (*_CELL, "status", "n_valid", *statistics_of(HEADLINES[0]), *HEADLINES[1:], *_FIGURES, "flags"),
    ),
    "tasks": Layout(
        "Each task over its task-specific models (the paper's Table 2): mean of the cells, sd over all repeats",
        ("task", "n_models", "n_cells", "n_repeats", *_BY_TASK, *_FIGURES),
    ),
    "multipurpose": Layout(
        "Multi-purpose models (Table 3): mean over their cells",
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
    "ram_models": Layout(
        "Node energy under each model of the memory's power (codecarbon-3: 5 W or less per module; codecarbon-2: 0.375 W/GB)",
        (*_CELL, "ram_model", "shown", "ram_power_w", "energy_ram_kwh_per_1000", "energy_node_kwh_per_1000"),
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


def caption(name: str, rows: pd.DataFrame, study: ResolvedStudy, built: dict[str, pd.DataFrame], form: str) -> str:
    """Caption of the rows of a table as plain sentences; of `built` it reads `runs`, `cells` and `provenance`."""
    rests, quantity = words.behind(name, rows, built["cells"]), words.quantity_behind(rows)
    about = built["cells"] if rests.empty else rests
    return words.sentences(
        LAYOUTS[name].title,
        _rests_on(rows, rests) if quantity else None,
        words.interval(name, rows),
        f"study {study.config.study}",
        words.ground(about, study, full=True),
        words.device(about, built["provenance"]),
        words.energy(rests, quantity) if quantity else None,
        _scopes(rows),
        _memory(built["runs"], rests) if quantity else None,
        f"emissions: energy x {words.grid(rows if 'grid' in rows else about)}"
        if rows.columns.str.startswith("emissions_").any()
        else None,
        "a column's name ends in its unit (kWh, g CO2eq and s per 1,000 inferences; J, W); an empty cell is missing",
        f"rounded to {DIGITS[form]} significant digits; {name}.csv has full precision and all columns",
    )


def _rests_on(rows: pd.DataFrame, cells: pd.DataFrame) -> str:
    """What the rows count: windows, else the cells behind them."""
    if "n_windows" in rows:
        return words.count(int(rows["n_windows"].sum()), "window")
    return words.rests_on(cells)


def _scopes(rows: pd.DataFrame) -> str | None:
    """That rows of several studies are of unlike scope."""
    scopes = sorted(set(rows[HEADLINE].dropna())) if HEADLINE in rows else []
    return f"the rows' energies are of {' or '.join(scopes)}: so is their ratio" if len(scopes) > 1 else None


def _memory(runs: pd.DataFrame, cells: pd.DataFrame) -> str | None:
    """Which model the memory's power comes from; nothing where it does not come from one."""
    models = runs.loc[runs["counted"] & runs["cell"].isin(cells["cell"]), "ram_model"].dropna()
    return f"memory: model {words.span(models)}" if len(models) else None
