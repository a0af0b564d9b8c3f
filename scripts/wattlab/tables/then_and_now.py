"""`then_and_now`: the models of this study beside those of others that it names under `beside`, task by task.

`then_and_now_claims`: what each study says of the paper's claims.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from wattlab.catalog.factors import FACTORS, value_text
from wattlab.foundation.quantities import DURATION, ENERGY, HEADLINE, INTERVALS
from wattlab.records.record import Record
from wattlab.tables.aggregates import measured_cells
from wattlab.tables.cells import cells
from wattlab.tables.claims.table import claims, under_protocol
from wattlab.tables.columns import PARAMETERS, Table, bounds_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import Estimate, ratio_of_medians
from wattlab.tables.provenance import NOT_RECORDED, machine_of
from wattlab.tables.runs import runs

_MEDIANS = ("median_energy_kwh_per_1000", "median_beside_energy_kwh_per_1000")

#: The ratio of the medians of energy with its bounds, and that of the medians of time.
_RATIOS = (*bounds_of("energy_ratio"), "duration_ratio")

#: Other programs' load on the two sides is told where it differs by more (cores): a modelled energy holds it.
_LOAD_CORES = 0.1


def then_and_now(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """For each task and purpose of which each study has models that the other lacks: a row per model and study (`level` model), and
    one of the two medians and their ratio (`level` task).

    Only datasets that both studies measured count: a model's energy is the mean over its cells on them. A model that both have is
    left out of both. The ratio is this study's median over the other's; its interval (`intervals.ratio_of_medians`) is there
    where five models stand on each side. No ratio is of unlike scopes; `note` says so, in what else the two studies differ
    (weights, data, device, machine, the protocol's factors that the task takes, what ran beside them) and which models are
    left out. `duration_ratio` is that of the time: a modelled energy holds what else ran on the machine, time hardly does.
    """
    rows: list[dict[str, Any]] = []
    for other in evidence.beside:
        sides = [_of(built["cells"], evidence), _of(_cells_of(other), other)]
        for keys in dict.fromkeys(zip(sides[0]["task"], sides[0]["purpose"], strict=True)):
            rows += _of_task([side[(side["task"] == keys[0]) & (side["purpose"] == keys[1])] for side in sides])
    return TABLE.frame(rows)


TABLE = Table(
    title="Models of this study beside those of others, on the datasets that both have; ratio: this study's median over the other's",
    row="a model or a task",
    columns=(
        "level",
        "task",
        "purpose",
        "study",
        "beside",
        "model",
        *PARAMETERS,
        "datasets",
        "n_cells",
        "n_models",
        "n_models_beside",
        HEADLINE,
        ENERGY,
        DURATION,
        *_MEDIANS,
        *_RATIOS,
        "note",
    ),
    shown=("task", "purpose", "study", "beside", "datasets", "n_models", "n_models_beside", *_MEDIANS, *_RATIOS, "note"),
    latex=("task", "purpose", "n_models", "n_models_beside", *_MEDIANS, *_RATIOS),
    for_people=lambda rows: rows[rows["level"] == "task"],
    build=then_and_now,
)  # fmt: skip


def then_and_now_claims(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per claim and study, this one's first; empty where the study names no other."""
    if not evidence.beside:
        return CLAIMS.frame([])
    sides = [(evidence, built["claims"])]
    sides += [(other, claims(other, {"cells": _cells_of(other)})) for other in evidence.beside]
    tables = [rows.assign(study=side.study.config.study) for side, rows in sides]
    both = pd.concat(tables).sort_values("claim", kind="stable", key=lambda names: names.map(_place(built["claims"])))
    rows: list[Any] = both[[str(column) for column in CLAIMS.columns]].to_dict("records")
    return CLAIMS.frame(rows)


CLAIMS = Table(
    title="The paper's claims, put to this study and to those beside it",
    row="a claim and a study",
    columns=(
        "claim",
        "text",
        "section",
        "study",
        "verdict",
        "n_models",
        "n_cells",
        *bounds_of("claim_effect"),
        "effect_unit",
        "threshold_effect",
        "holm_p",
        "reason",
    ),
    shown=(
        "claim",
        "study",
        "verdict",
        "n_models",
        "n_cells",
        *bounds_of("claim_effect"),
        "threshold_effect",
        "reason",
    ),
    latex=("text", "study", "verdict", "n_models"),
    build=then_and_now_claims,
)


def _place(rows: pd.DataFrame) -> dict[str, int]:
    return {str(name): place for place, name in enumerate(rows["claim"])}


def _cells_of(evidence: Evidence) -> pd.DataFrame:
    return cells(evidence, {"runs": runs(evidence, {})})


def _of(table: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Measured cells under the protocol's own setting, with the study's name, a `place` (dataset and variant), `ground`, and
    `load` of other programs (cores)."""
    found = under_protocol(measured_cells(table))
    place = found["dataset"] + found["variant"].map(lambda variant: "" if pd.isna(variant) else f"@{variant}")
    records = {cell.record.cell_id: cell.record for cell in evidence.cells if cell.record is not None}
    grounds = {cell: _ground(record, evidence) for cell, record in records.items()}
    loads = {cell: _load(record) for cell, record in records.items()}
    study = evidence.study.config.study
    return found.assign(study=study, place=place, ground=found["cell"].map(grounds), load=found["cell"].map(loads))


def _load(record: Record) -> float:
    """Mean load of other programs over the valid repeats (cores); NaN where it is not known."""
    loads = [repeat.other_load_cores for repeat in record.valid_repeats]
    return float(pd.Series(loads, dtype="float64").mean())


def _ground(record: Record, evidence: Evidence) -> dict[str, str]:
    """What decides about a cell's energy beside its model."""
    task, protocol = evidence.catalog.tasks[record.task], record.protocol
    values = {name: getattr(record, name) for name in ("weights", "data", "device", "dtype")}
    values |= {"machine": machine_of(record), HEADLINE: evidence.study.config.headline_scope}
    for name in [name for name, factor in FACTORS.items() if factor.taken(task, record.purpose, record.variant)]:
        if name != "dtype":
            values[name] = None if protocol is None else value_text(getattr(protocol, name))
    return {name: NOT_RECORDED if value is None else value for name, value in values.items()}


def _of_task(sides: list[pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Rows of one task and purpose; none where a study has no models of its own."""
    now, then = sides
    ours, theirs = set(now["model"]), set(then["model"])
    if not (ours - theirs and theirs - ours):
        return
    now, then = (side[~side["model"].isin(ours & theirs)] for side in sides)
    shared = sorted(set(now["place"]) & set(then["place"]))
    keys = {**{key: now.iloc[0][key] for key in ("task", "purpose", "study")}, "datasets": ", ".join(shared)}
    keys["beside"] = then.iloc[0]["study"]
    on_shared = [side[side["place"].isin(shared)] for side in (now, then)]
    models = [[_of_model(group) for _, group in side.groupby("model", sort=False)] for side in on_shared]
    yield from ({**row, "level": "model", "datasets": keys["datasets"]} for side in models for row in side)
    row = {**keys, "level": "task", "n_models": len(models[0]), "n_models_beside": len(models[1])}
    if not shared:
        yield {**row, "note": "no dataset in common"}
        return
    energies, durations = (
        [np.array([one[name] for one in side], dtype=np.float64) for side in models] for name in (ENERGY, DURATION)
    )
    scopes = {scope for side in on_shared for scope in side[HEADLINE]}
    row |= {"n_cells": len(on_shared[0]), "note": _note(on_shared, ours & theirs) or None}
    row |= dict(zip(_MEDIANS, map(np.median, energies), strict=True))
    if len(scopes) == 1:
        enough = min(map(len, energies)) >= INTERVALS["then_and_now"].least
        ratio = ratio_of_medians(*energies) if enough else Estimate(row[_MEDIANS[0]] / row[_MEDIANS[1]])
        times = float(np.median(durations[0]) / np.median(durations[1]))
        row |= dict(zip(_RATIOS, (ratio.mean, ratio.low, ratio.high, times), strict=True))
        row[HEADLINE] = scopes.pop()
    yield row


def _of_model(group: pd.DataFrame) -> dict[str, Any]:
    first = group.iloc[0]
    names = ("task", "purpose", "study", "model", *map(str, PARAMETERS), HEADLINE)
    facts = {name: first[name] for name in names if name in first}
    return {**facts, "n_cells": len(group), **{name: float(group[name].mean()) for name in (ENERGY, DURATION)}}


def _note(sides: list[pd.DataFrame], in_both: set[str]) -> str:
    """`device: cpu here, cuda there; not recorded there: dtype; other programs took 0.87 cores here, 0.29 there; in both …`.

    In what the cells of the two studies differ beside their models, and the models of which neither side is made.
    """
    parts: list[str] = []
    lacking: dict[str, list[str]] = {"here": [], "there": []}
    for name in dict.fromkeys(name for side in sides for ground in side["ground"] for name in ground):
        here, there = (sorted({ground[name] for ground in side["ground"] if name in ground}) for side in sides)
        if here == there:
            continue
        unknown = [where for where, values in (("here", here), ("there", there)) if values == [NOT_RECORDED]]
        for where in unknown:
            lacking[where].append(name)
        if not unknown:
            parts.append(f"{name}: {' and '.join(here)} here, {' and '.join(there)} there")
    parts += [f"not recorded {where}: {', '.join(names)}" for where, names in lacking.items() if names]
    loads = [float(side["load"].mean()) for side in sides]
    if abs(loads[0] - loads[1]) > _LOAD_CORES:
        parts.append(f"other programs took {loads[0]:.2f} cores here, {loads[1]:.2f} there")
    parts += [f"in both studies, and left out: {', '.join(sorted(in_both))}"] if in_both else []
    return "; ".join(parts)
