"""The page's section that sets a study's models beside those of another one: sentences of the ratios, and verdicts."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from wattlab.figures.palette import task_title
from wattlab.foundation.quantities import LEVEL, significant
from wattlab.foundation.wording import count, sentences
from wattlab.report.shown import said_once
from wattlab.tables.reading import Tables


def section(tables: Tables) -> dict[str, Any]:
    """Of the template: `then_and_now`, a sentence per task, and `beside_verdicts`, a row per claim with a verdict per study.

    Both are empty where the study names no other, or has the same models as it.
    """
    tasks, claims = (tables.get(name, pd.DataFrame()) for name in ("then_and_now", "then_and_now_claims"))
    if tasks.empty:
        return {"then_and_now": [], "beside_verdicts": None}
    lines = [_sentence(row) for row in tasks[tasks["level"] == "task"].to_dict("records")]
    verdicts = claims.pivot(index="text", columns="study", values="verdict").reindex(claims["text"].unique())
    studies = list(dict.fromkeys(claims["study"]))
    rows = [
        (sentences(text).removesuffix("."), *row)
        for text, row in zip(verdicts.index, verdicts[studies].to_numpy(), strict=True)
    ]
    heads = ["claim of the paper", *studies]
    verdicts_of = {"heads": heads, "columns": heads, "numeric": [False] * len(heads), "rows": rows, "n_hidden": 0}
    return {
        "then_and_now": lines,
        "beside_verdicts": said_once({**verdicts_of, "title": "verdicts of the paper’s claims in each study"}),
    }


def _sentence(row: dict[Any, Any]) -> str:
    """`Object detection: 0.40 times laptop's energy, 0.45 times its time (medians of 2 models and of 1 model, on coco); …`."""
    title = task_title(str(row["task"])) + (", by prompt" if row["purpose"] == "multi-purpose" else "")
    if pd.isna(row["energy_ratio"]):
        return sentences(f"{title}: no ratio ({row['note']})")
    sizes = " and of ".join(count(int(row[name]), "model") for name in ("n_models", "n_models_beside"))
    energy, duration = (significant(row[name], 2) for name in ("energy_ratio", "duration_ratio"))
    return sentences(
        f"{title}: {energy} times {row['beside']}’s energy, {duration} times its time {'; '.join(_about(row, sizes))}"
    )


def _about(row: dict[Any, Any], sizes: str) -> Iterator[str]:
    yield f"(medians of {sizes}, on {row['datasets']})"
    low, high = (row[f"ci95_{end}_energy_ratio"] for end in ("low", "high"))
    yield (
        "too few models for an interval"
        if pd.isna(low)
        else f"{LEVEL} interval of the energies {significant(low, 2)} to {significant(high, 2)}"
    )
    if not pd.isna(row["note"]):
        yield str(row["note"])
