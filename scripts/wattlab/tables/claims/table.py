"""`claims`: every claim of the catalog put to the study, with effect, interval, p value and verdict."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from wattlab.catalog.claims import ClaimEntry
from wattlab.foundation.quantities import CONFIDENCE, ENERGY, significant
from wattlab.foundation.wording import sentences
from wattlab.tables import words
from wattlab.tables.aggregates import measured_cells
from wattlab.tables.claims import gaps, groups, slopes, training
from wattlab.tables.claims.alone import exceptions
from wattlab.tables.claims.contract import Asked, Contrast, NotDecidable
from wattlab.tables.columns import Table, bounds_of
from wattlab.tables.evidence import Evidence

#: Kind of a test -> what computes its contrasts.
TESTS: dict[str, Callable[[Any, Asked], Iterable[Contrast]]] = {
    "group-ratio": groups.group_ratio,
    "same-models": groups.same_models,
    "gap-ratio": gaps.gap_ratio,
    "rank-top": groups.rank_top,
    "spread": groups.spread,
    "level": groups.level,
    "size-slope": slopes.size_slope,
    "equal-size": slopes.equal_size,
    "task-spread": gaps.task_spread,
    "length-slope": slopes.length_slope,
    "training-parity": training.training_parity,
    "parity-slope": training.parity_slope,
}

HOLDS, FAILS, OPEN = "holds", "fails", "not decidable here"

_EFFECT = "claim_effect"

#: In the sentence of a claim on energies that are wholly modelled.
MODELLED = ", energy modelled: time and load at an assumed power"

_NOT_REFUTABLE = "the claim is on the span of the paper's own models, which other models can not deny"


def claims(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per claim, in the catalog's order; energies of the headline scope, cells under the protocol's own setting.

    `two_sided_p` is that of the effect being the threshold; `holm_p` is adjusted over the `n_tested` claims that have one
    (Holm 1979, Scandinavian Journal of Statistics 6, 65-70). A claim holds, or fails, where `holm_p` is below 0.05. Of a
    claim on several numbers (rank-top, level, training-parity) the row has the one nearest to breaking it: all of them hold where it
    does (Berger 1982, Technometrics 24, 295-300), and on the wrong side its p value is multiplied by their number. A claim on a
    mean is judged by the mean, as its text says; `exceptions` of one that is decided has what, of that mean, lies on the
    other side alone.
    """
    asked = Asked(under_protocol(measured_cells(built["cells"])), evidence)
    rows = [_asked(name, claim, asked) for name, claim in evidence.catalog.claims.items()]
    tested = [row for row in rows if row.get("two_sided_p") is not None]
    for row, adjusted in zip(tested, holm([row["two_sided_p"] for row in tested]), strict=True):
        row |= {"holm_p": adjusted, "n_tested": len(tested)}
    return TABLE.frame([_judged(row, evidence.catalog.claims[row["claim"]], asked) for row in rows])


TABLE = Table(
    title=(
        "The paper's claims, put to this study: effect against threshold by Student's t, and p values adjusted by Holm over the "
        "claims that could be tested"
    ),
    row="a claim",
    columns=(
        "claim",
        "text",
        "test",
        "section",
        "scope",
        "n_models",
        "n_cells",
        *bounds_of(_EFFECT),
        "effect_unit",
        "interval_kind",
        "direction",
        "threshold_effect",
        "two_sided_p",
        "holm_p",
        "n_tested",
        "verdict",
        "exceptions",
        "reason",
        "sentence",
        "quote",
    ),
    shown=("claim", "section", "verdict", "sentence", "n_models", "n_cells", *bounds_of(_EFFECT), "threshold_effect", "holm_p"),
    latex=("text", "section", "n_models", _EFFECT, "threshold_effect", "holm_p", "verdict"),
    page=("text", "section", "verdict", "sentence", "n_models", "n_cells", *bounds_of(_EFFECT), "threshold_effect", "holm_p"),
    build=claims,
)  # fmt: skip


def under_protocol(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells under the protocol's own setting that have an energy."""
    found = cells[cells["setting"].fillna("") == ""] if "setting" in cells else cells
    return found[pd.to_numeric(found[ENERGY]) > 0]


def holm(p_values: list[float]) -> list[float]:
    """Holm's step-down adjustment, in the order given."""
    adjusted, least = [0.0] * len(p_values), 0.0
    for place, index in enumerate(np.argsort(p_values, kind="stable")):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[int(index)] = least
    return adjusted


def _asked(name: str, claim: ClaimEntry, asked: Asked) -> dict[str, Any]:
    """The row without what follows from the other claims."""
    row: dict[str, Any] = {
        "claim": name,
        "text": claim.text,
        "test": claim.test.kind,
        "section": claim.section,
        "quote": claim.quote,
        "scope": asked.evidence.study.config.headline_scope,
        "direction": claim.direction,
        "threshold_effect": claim.threshold,
    }
    try:
        contrasts = list(TESTS[claim.test.kind](claim.test, asked))
    except NotDecidable as error:
        return {**row, "reason": str(error), "sentence": claim.text}
    few = next((one.lacks for one in contrasts if one.lacks), "")
    worst = min(contrasts, key=lambda one: _order(one, claim, bool(few)))
    reason = "; ".join(filter(None, (_by_design(claim, worst), few)))
    row |= {
        "n_models": worst.cells["model"].nunique(),
        "n_cells": len(worst.cells),
        "scope": worst.scope or row["scope"],
        _EFFECT: worst.effect,
        "effect_unit": worst.unit,
        "reason": reason or None,
    }
    if not few:
        low, high = worst.bounds
        row |= {f"ci95_low_{_EFFECT}": low, f"ci95_high_{_EFFECT}": high, "interval_kind": worst.over}
    row["sentence"] = _numbers(worst, None if few else worst.bounds, len(contrasts))
    if not reason:
        wrong = worst.beyond(claim.threshold, claim.direction) < 0
        p_values = [one.p(claim.threshold) for one in contrasts]
        row["two_sided_p"] = min(1.0, worst.p(claim.threshold) * len(contrasts)) if wrong else max(p_values)
    return row


def _order(one: Contrast, claim: ClaimEntry, by_effect: bool) -> float:
    """The least is nearest to breaking the claim: in standard errors, or by the effect where these are not known."""
    if by_effect:
        return one.effect if claim.direction == "above" else -one.effect
    return one.beyond(claim.threshold, claim.direction)


def _by_design(claim: ClaimEntry, contrast: Contrast) -> str:
    """Why the study's design, and not its measurements, would decide; empty where it does not."""
    if claim.needs_produced_lengths and (contrast.cells["lengths"] == "set").any():
        return "the protocol sets the lengths of the output, and so decides it"
    if contrast.absolute and words.verdict(words.methods(contrast.cells)) == "modelled":
        return "the energy is modelled: its level follows from an assumed power"
    return ""


def _numbers(contrast: Contrast, bounds: tuple[float, float] | None, of: int) -> str:
    """The effect with its interval in words, and of how many it is the one that is nearest to the threshold."""
    interval = "" if bounds is None else f" ({contrast.over}: {_short(bounds[0])} to {_short(bounds[1])})"
    count = words.count(contrast.cells["model"].nunique(), "model")
    said = contrast.says.replace("{}", f"{_short(contrast.effect)}{interval}") if np.isfinite(contrast.effect) else ""
    kind = words.verdict(words.methods(contrast.cells))
    modelled = MODELLED if kind == "modelled" else ""
    nearest = f", the nearest of {of} to the threshold" if of > 1 else ""
    return "; ".join(filter(None, (said, f"{count}{nearest}{modelled}")))


def _short(value: float) -> str:
    return significant(value, 3)


def _judged(row: dict[str, Any], claim: ClaimEntry, asked: Asked) -> dict[str, Any]:
    """The row with verdict, exceptions and sentence."""
    if row.get("reason") is None and row["holm_p"] < 1 - CONFIDENCE:
        low, high = row[f"ci95_low_{_EFFECT}"], row[f"ci95_high_{_EFFECT}"]
        on_side = low > claim.threshold if claim.direction == "above" else high < claim.threshold
        verdict = HOLDS if on_side else FAILS if claim.refutable else OPEN
        row["reason"] = _NOT_REFUTABLE if verdict == OPEN else None
    else:
        verdict = OPEN
        row["reason"] = row["reason"] or _unsure(row)
    decided = verdict != OPEN
    alone = exceptions(claim, verdict == HOLDS, asked, TESTS[claim.test.kind], _short) if decided else None
    limit = f"; the claim is {claim.direction} {claim.threshold:,.10g}" if _EFFECT in row else ""
    said = sentences(f"{verdict}: {row['sentence']}{limit}", alone if decided else row["reason"])
    return {**row, "verdict": verdict, "exceptions": alone, "sentence": said}


def _unsure(row: dict[str, Any]) -> str:
    """Why a claim that was tested is not decided."""
    if row["two_sided_p"] < 1 - CONFIDENCE:
        return f"the interval leaves the threshold out, but not once it is adjusted for {row['n_tested']} claims"
    return "the threshold lies inside the interval"


def counted(table: pd.DataFrame) -> str:
    """`of 22 claims of the paper, 12 hold here, 0 fail and 10 are not decidable here`."""
    number = {verdict: int((table["verdict"] == verdict).sum()) for verdict in (HOLDS, FAILS, OPEN)}
    return (
        f"of {words.count(len(table), 'claim')} of the paper, {number[HOLDS]} hold here, {number[FAILS]} fail and "
        f"{number[OPEN]} are not decidable here"
    )
