"""`audit`: every number that the paper prints, recomputed, with the definition under which it comes out and a verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from wattlab.paper.counts import logged_names, of_count, of_intensity, of_total
from wattlab.paper.definitions import Candidate, Logs, of_combination, of_measure, of_parity
from wattlab.paper.printed import (
    External,
    LoggedName,
    Relation,
    Statement,
    Verdict,
    rounded,
    truncated,
)
from wattlab.tables.columns import Table

#: Further definitions that also give the print, so many are spelled out.
_SHOWN = 3


@dataclass(frozen=True)
class Match:
    """A definition that gives the print, with the digits that it takes."""

    candidate: Candidate
    digits: str
    as_printed: str
    steps: int


def audit_table(statements: list[Statement], logs: Logs) -> pd.DataFrame:
    """One row per printed number; see `TABLE`. `recomputed` is under `definition`: the nearest one that gives the
    print, else the stated one. `n_definitions` were tried, `n_matching` of them give the print."""
    return pd.DataFrame([_row(statement, logs) for statement in statements], columns=list(TABLE.columns))


TABLE = Table(
    title="Every number that the paper prints, recomputed from its authors' own logs",
    row="a printed number",
    columns=(
        "id",
        "place",
        "text",
        "printed",
        "unit",
        "relation",
        "stated_value",
        "stated_definition",
        "recomputed",
        "recomputed_as_printed",
        "definition",
        "verdict",
        "n_definitions",
        "n_matching",
        "also_matching",
        "why",
    ),
    shown=("place", "text", "printed", "recomputed_as_printed", "unit", "definition", "verdict", "why"),
    build=audit_table,
)


def _row(statement: Statement, logs: Logs) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(TABLE.columns)
    row.update({key: getattr(statement, key) for key in ("id", "place", "text", "printed", "unit", "relation")})
    if isinstance(statement.definition, External):
        verdict: Verdict = "not checkable from the logs"
        return {**row, "verdict": verdict, "why": statement.definition.source}
    if isinstance(statement.definition, LoggedName):
        return {**row, **_name_row(statement, statement.definition, logs)}
    candidates = _COMPUTED[statement.definition.kind](statement.definition, logs)
    if not candidates:
        return {**row, "verdict": "not reproduced", "why": "The logs hold no run that it speaks of."}
    tried = [
        (statement.relation, candidate)
        for place, candidate in enumerate(candidates)
        if statement.relation == "equal" or place == 0 or candidate.from_print  # a bound is easily met by chance
    ]
    tried += [
        (other.relation, Candidate(candidate.value, f"{other.text}: {candidate.text}", 10 + candidate.steps))
        for other in statement.otherwise
        for candidate in _COMPUTED[other.definition.kind](other.definition, logs)[:1]
    ]
    matches = [match for relation, candidate in tried for match in _matches(statement.printed, relation, candidate)]
    matches.sort(key=lambda match: (match.steps, match.digits == "truncated"))
    return {**row, **_judged(statement, candidates[0], matches, 2 * len(tried))}


#: Kind of a definition -> what computes its values, the stated one first.
_COMPUTED: dict[str, Callable[[Any, Logs], list[Candidate]]] = {
    "measure": of_measure,
    "ratio": of_combination,
    "difference": of_combination,
    "parity": of_parity,
    "total": of_total,
    "count": of_count,
    "intensity": of_intensity,
}


def _matches(printed: str, relation: Relation, candidate: Candidate) -> list[Match]:
    """The digits under which a value is the print; a bound holds for the exact value."""
    if relation != "equal":
        holds = candidate.value > float(printed) if relation == "over" else candidate.value < float(printed)
        return [Match(candidate, "", f"{candidate.value:.4g}", candidate.steps)] if holds else []
    ways = (("rounded", rounded(candidate.value, printed), 0), ("truncated", truncated(candidate.value, printed), 1))
    found = [
        Match(candidate, way, str(value), candidate.steps + step)
        for way, value, step in ways
        if value == Decimal(printed)
    ]
    return found[:1] if len(found) == 2 else found


def _judged(statement: Statement, first: Candidate, matches: list[Match], n_tried: int) -> dict[str, Any]:
    best = matches[0] if matches else None
    if best is None:
        verdict: Verdict = "not reproduced"
    else:
        verdict = "reproduced" if best.steps == 0 else "reproduced under another definition"
    candidate = first if best is None else best.candidate
    cut = "" if best is None or best.digits != "truncated" else ", truncated"
    digits = str(rounded(first.value, statement.printed)) if statement.relation == "equal" else f"{first.value:.4g}"
    return {
        "stated_value": first.value,
        "stated_definition": first.text,
        "recomputed": candidate.value,
        "recomputed_as_printed": digits if best is None else best.as_printed,
        "definition": candidate.text + cut,
        "verdict": verdict,
        "n_definitions": n_tried,
        "n_matching": len(matches),
        "also_matching": "; ".join(_named(match) for match in matches[1 : 1 + _SHOWN]) or None,
        "why": statement.why.get(verdict) or _why(statement, verdict, digits, candidate.text + cut),
    }


def _named(match: Match) -> str:
    return match.candidate.text + (", truncated" if match.digits == "truncated" else "")


def _why(statement: Statement, verdict: Verdict, digits: str, definition: str) -> str:
    if verdict == "reproduced":
        return "The stated definition gives the print."
    if verdict == "not reproduced":
        return f"The logs give {digits}, and no definition that was tried gives the print."
    return f"The stated definition gives {digits}; the print comes out as: {definition}."


def _name_row(statement: Statement, definition: LoggedName, logs: Logs) -> dict[str, Any]:
    names = logged_names(definition, logs)
    shown = ", ".join(names) or "no run"
    same = [name.split("/")[-1] for name in names] == [statement.printed.split("/")[-1]]
    verdict: Verdict = "reproduced" if same else "not reproduced"
    why = statement.why.get(verdict) or f"The runs that stand for it are logged as: {shown}."
    return {"recomputed_as_printed": shown, "definition": "name in the runs' own logs", "verdict": verdict, "why": why}
