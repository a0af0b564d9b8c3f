"""`rank_stability`: the ranks of models and tasks by energy, and how often a draw of the bootstrap gives the same."""

from typing import Any

import numpy as np

from wattlab.foundation.quantities import CONFIDENCE
from wattlab.tables.columns import Table

QUANTILES = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)

Draws = np.ndarray[Any, np.dtype[np.float64]]


TABLE = Table(
    title="Ranks by energy, and how stable they are",
    row="a model or a task",
    columns=(
        "level",
        "task",
        "purpose",
        "model",
        "rank",
        "draws_low_rank",
        "draws_high_rank",
        "same_rank_share",
        "flags",
    ),
)


def stability_rows(name: str, names: list[str], means: Draws, drawn: Draws) -> list[dict[str, Any]]:
    """Rows of the models or tasks (`name`), in the order of their ranks; `drawn` is `(draw, place)`."""
    ranks = means.argsort().argsort() + 1
    drawn_ranks = drawn.argsort(axis=1).argsort(axis=1) + 1
    rows = []
    for place, rank in enumerate(ranks):
        bounds = np.quantile(drawn_ranks[:, place], QUANTILES, method="inverted_cdf")
        rows.append(
            {
                name: names[place],
                "rank": int(rank),
                "draws_low_rank": int(bounds[0]),
                "draws_high_rank": int(bounds[1]),
                "same_rank_share": float((drawn_ranks[:, place] == rank).mean()),
            }
        )
    return sorted(rows, key=lambda row: row["rank"])
