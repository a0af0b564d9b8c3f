"""`ranks` and `rank_stability`: which models of a task can be distinguished, and how stable the orders are.

Two models are compared by the ratio of their mean energies, with a percentile bootstrap: datasets are drawn with
replacement, the same for both models, and within each dataset the repeats of each model. Two models are distinguished
where the middle 95 % of the ratio's draws lie above 1: one of them takes more in 97.5 % of the draws. These are bounds of
draws and no confidence intervals: a bootstrap over three datasets holds less than its nominal level (`docs/statistics.md`),
and repeats of one session are not independent. The order of the tasks is drawn over models, the unit of a task.
"""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.quantities import LEVEL
from wattlab.paper import rank_stability
from wattlab.paper.rank_stability import QUANTILES, Draws, stability_rows
from wattlab.tables.columns import Table, joined
from wattlab.tables.intervals import BOOTSTRAP_SEED

#: Draws; the seed is that of every bootstrap of the project.
N_DRAWS = 2_000

TABLE = Table(
    title="Pairs of models of a task, and whether they can be distinguished",
    row="a pair of models of a task",
    columns=(
        "task",
        "purpose",
        "model",
        "other_model",
        "energy_ratio",
        "draws_low_energy_ratio",
        "draws_high_energy_ratio",
        "told_apart",
        "flags",
    ),
)

_NOTE = (
    f"Bounds hold the middle {LEVEL} of {N_DRAWS:,} draws by bootstrap over datasets and repeats. They say how firm an order is "
    "on these datasets and repeats, and are no confidence intervals: few datasets and repeats that are not independent make "
    "them too narrow."
)
RANKS_CAPTION = f"Rank by energy, 1 the least; tasks are drawn over their models. {_NOTE}"


def caption(pairs: pd.DataFrame) -> str:
    """How many pairs can be distinguished, and what the intervals are."""
    apart = f"{int(pairs['told_apart'].sum())} of {len(pairs)} pairs of models within a task can be distinguished"
    return f"{apart}: the bounds of their ratio lie above 1. {_NOTE}"


def drawn_means(repeats: pd.DataFrame, generator: np.random.Generator) -> tuple[list[str], Draws, Draws]:
    """Models of one task, their mean energies, and `(draw, model)` means of the bootstrap.

    `repeats` has `model, dataset, energy_node_kwh`; datasets that a model lacks are left out for all of them.
    """
    models = sorted(repeats["model"].unique())
    cells = {key: rows["energy_node_kwh"].to_numpy() for key, rows in repeats.groupby(["model", "dataset"])}
    datasets = [name for name in sorted(repeats["dataset"].unique()) if all((model, name) in cells for model in models)]
    if not datasets:
        return [], np.empty(0), np.empty((N_DRAWS, 0))
    picked = generator.integers(0, len(datasets), size=(N_DRAWS, len(datasets)))
    means = np.array([np.mean([cells[model, dataset].mean() for dataset in datasets]) for model in models])
    drawn = np.empty((N_DRAWS, len(models)))
    for place, model in enumerate(models):
        by_dataset = np.stack([_resampled(cells[model, dataset], len(datasets), generator) for dataset in datasets])
        slots = np.arange(len(datasets))
        drawn[:, place] = by_dataset[picked, np.arange(N_DRAWS)[:, None], slots].mean(axis=1)
    return models, means, drawn


def _resampled(values: Draws, n_slots: int, generator: np.random.Generator) -> Draws:
    """`(draw, slot)` means of repeats drawn with replacement."""
    return np.asarray(values[generator.integers(0, len(values), size=(N_DRAWS, n_slots, len(values)))].mean(axis=2))


def rank_tables(repeats: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs of models, and the stability of ranks (1 = least energy), over the selected repeats of `repeats_frame`."""
    selected = repeats[repeats["selected"]]
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    pairs: list[dict[str, Any]] = []
    stability: list[dict[str, Any]] = []
    for (task, purpose), group in selected.groupby(["task", "purpose"], sort=False):
        models, means, drawn = drawn_means(group, generator)
        keys = {"task": task, "purpose": purpose}
        flags = {model: list(rows["flags"]) for model, rows in group.groupby("model")}
        for row in _pair_rows(models, means, drawn):
            pairs.append({**keys, **row, "flags": joined([*flags[row["model"]], *flags[row["other_model"]]])})
        for row in stability_rows("model", models, means, drawn):
            stability.append({"level": "model", **keys, **row, "flags": joined(flags[row["model"]])})
    tasks, means, drawn = _drawn_tasks(selected[selected["purpose"] == "task-specific"], generator)
    if len(tasks) > 1:
        stability += [
            {"level": "task", "purpose": "task-specific", **row} for row in stability_rows("task", tasks, means, drawn)
        ]
    return pd.DataFrame(pairs, columns=list(TABLE.columns)), pd.DataFrame(
        stability, columns=list(rank_stability.TABLE.columns)
    )


def _pair_rows(models: list[str], means: Draws, drawn: Draws) -> list[dict[str, Any]]:
    order = np.argsort(means)
    rows = []
    for low, high in itertools.combinations(order, 2):
        bounds = np.quantile(drawn[:, high] / drawn[:, low], QUANTILES)
        rows.append(
            {
                "model": models[high],
                "other_model": models[low],
                "energy_ratio": means[high] / means[low],
                "draws_low_energy_ratio": bounds[0],
                "draws_high_energy_ratio": bounds[1],
                "told_apart": bool(bounds[0] > 1),
            }
        )
    return rows


def _drawn_tasks(repeats: pd.DataFrame, generator: np.random.Generator) -> tuple[list[str], Draws, Draws]:
    """Tasks, their means over models, and the means over models drawn with replacement."""
    cells = repeats.groupby(["task", "model", "dataset"])["energy_node_kwh"].mean()
    by_model = cells.groupby(["task", "model"]).mean()
    tasks = list(dict.fromkeys(repeats["task"]))
    means, columns = [], []
    for task in tasks:
        values = by_model[task].to_numpy()
        means.append(values.mean())
        columns.append(values[generator.integers(0, len(values), size=(N_DRAWS, len(values)))].mean(axis=1))
    return tasks, np.array(means), np.stack(columns, axis=1) if columns else np.empty((N_DRAWS, 0))
