"""`audit`: every number that the paper prints, recomputed, with the definition under which it comes out and a verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from wattlab.paper.chance import FACTOR, chance, limits
from wattlab.paper.counts import logged_names, of_count, of_intensity, of_names, of_total
from wattlab.paper.definitions import Candidate, Logs, of_combination, of_measure
from wattlab.paper.printed import (
    External,
    LoggedName,
    Printed,
    Relation,
    Statement,
    Verdict,
    rounded,
    truncated,
)
from wattlab.tables.columns import Table

#: Where a print was read.
SOURCES = TABLES, TEXT, RECALLED = "in a table", "in the text", "recalled, not checked against the paper"

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
    print, else the stated one. `n_definitions` were tried, `n_matching` of them give the print; `chance` is how likely
    one of them would give an unrelated number (`paper.chance`), `chance_stated` the stated one alone."""
    return TABLE.frame([_row(statement, logs) for statement in statements])


TABLE = Table(
    title="Printed numbers of the paper, recomputed from its authors' own logs",
    row="a printed number",
    columns=(
        "id",
        "place",
        "source",
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
        "chance",
        "chance_stated",
        "also_matching",
        "why",
    ),
    shown=(
        "place",
        "source",
        "text",
        "printed",
        "recomputed_as_printed",
        "unit",
        "definition",
        "verdict",
        "n_definitions",
        "n_matching",
        "why",
    ),
    page=("verdict", "place", "text", "printed", "recomputed_as_printed", "unit", "why"),
    build=audit_table,
)


def summary(table: pd.DataFrame) -> str:
    """The counts of the verdicts, most frequent first."""
    counts = table["verdict"].value_counts()
    return f"{len(table)} printed numbers: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def sources(table: pd.DataFrame) -> str:
    """How many prints were read where in the paper, and how many nobody has checked."""
    counts = table["source"].value_counts()
    return "Where a print was read (`source`): " + ", ".join(f"{counts.get(name, 0)} {name}" for name in SOURCES)


def by_chance(table: pd.DataFrame) -> str:
    """How many matches chance alone would give, with what chance is."""
    searched = table.dropna(subset=["chance"])
    return (
        f"Were the {len(searched)} that are searched for unrelated numbers of the same digits, each within a factor of "
        f"{FACTOR:g} of the print, {searched['chance_stated'].sum():.0f} would still be reproduced by chance, and "
        f"{searched['chance'].sum():.0f} under that or another definition"
    )


def caption(table: pd.DataFrame, printed: Printed) -> str:
    """What the audit covers, what it lacks, and its counts."""
    return (
        f"{TABLE.title}: every number of {printed.covers}. Not read, so not audited: {printed.lacks}. {sources(table)}. "
        f"{summary(table)}. {by_chance(table)}: `n_matching` of `n_definitions` gave the print. `recomputed` is under "
        "the definition that gives the print, else under the stated one; audit.csv has both."
    )


def _row(statement: Statement, logs: Logs) -> dict[str, Any]:
    row = {key: getattr(statement, key) for key in ("id", "place", "text", "printed", "unit", "relation")}
    return {**row, "source": _source(statement), **_verdict(statement, logs)}


def _source(statement: Statement) -> str:
    """Where the print was read."""
    return RECALLED if statement.recalled else TABLES if statement.place.startswith("Table") else TEXT


def _verdict(statement: Statement, logs: Logs) -> dict[str, Any]:
    """The row's columns from `stated_value` on."""
    if isinstance(statement.definition, External):
        verdict: Verdict = "not checkable from the logs"
        return {"verdict": verdict, "why": statement.definition.source}
    if isinstance(statement.definition, LoggedName):
        return _name_row(statement, statement.definition, logs)
    candidates = _COMPUTED[statement.definition.kind](statement.definition, logs)
    if not candidates:
        return {"verdict": "not reproduced", "why": "The logs hold no run that it speaks of."}
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
    matches = [match for relation, candidate in tried for match in _matches(statement, relation, candidate)]
    matches.sort(key=lambda match: (match.steps, match.digits == "truncated"))
    return {
        **_judged(statement, candidates[0], matches),
        "n_definitions": len(tried),
        "n_matching": len(matches),
        "chance": chance(statement, [(relation, candidate.value) for relation, candidate in tried]),
        "chance_stated": chance(statement, [(statement.relation, candidates[0].value)], cut=False),
    }


#: Kind of a definition -> what computes its values, the stated one first.
_COMPUTED: dict[str, Callable[[Any, Logs], list[Candidate]]] = {
    "measure": of_measure,
    "ratio": of_combination,
    "difference": of_combination,
    "total": of_total,
    "count": of_count,
    "logged-names": of_names,
    "intensity": of_intensity,
}


def _matches(statement: Statement, relation: Relation, candidate: Candidate) -> list[Match]:
    """The digits under which a value is the print; a bound holds for the exact value."""
    value, printed = candidate.value, statement.printed
    if relation != "equal":
        low, high = limits(statement, relation)
        return [Match(candidate, "", f"{value:.4g}", candidate.steps)] if low < value < high else []
    ways = (("rounded", rounded, 0), ("truncated", truncated, 1))
    found = [
        Match(candidate, way, str(cut(value, printed)), candidate.steps + step)
        for way, cut, step in ways
        if cut(value, statement.sure) == Decimal(printed)
    ]
    return found[:1]


def _judged(statement: Statement, first: Candidate, matches: list[Match]) -> dict[str, Any]:
    best = matches[0] if matches else None
    if best is None:
        verdict: Verdict = "not reproduced"
    else:
        verdict = "reproduced" if best.steps == 0 else "reproduced under another definition"
    candidate = first if best is None else best.candidate
    cut = "" if best is None or best.digits != "truncated" else ", truncated"
    digits = str(rounded(first.value, statement.printed)) if statement.relation == "equal" else f"{first.value:.4g}"
    why = statement.why.get(verdict) or _why(statement, verdict, digits, candidate.text + cut)
    return {
        "stated_value": first.value,
        "stated_definition": first.text,
        "recomputed": candidate.value,
        "recomputed_as_printed": digits if best is None else best.as_printed,
        "definition": candidate.text + cut,
        "verdict": verdict,
        "also_matching": "; ".join(_named(match) for match in matches[1 : 1 + _SHOWN]) or None,
        "why": f"{why} {candidate.note}".strip(),
    }


def _named(match: Match) -> str:
    return match.candidate.text + (", truncated" if match.digits == "truncated" else "")


def _why(statement: Statement, verdict: Verdict, digits: str, definition: str) -> str:
    if verdict == "reproduced":
        if statement.relation == "equal" and Decimal(digits) != Decimal(statement.printed):
            return f"The stated definition gives {digits}; the last zeros of the print may be no digits."
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
