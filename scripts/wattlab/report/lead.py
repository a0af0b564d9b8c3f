"""What the page opens with: what its numbers are, in one honest sentence, and the labels that stand beside it."""

from collections import Counter
from typing import Any

import pandas as pd

from wattlab.foundation import wording
from wattlab.paper import audit, decomposition
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import OWN_LOGS, PUBLISHED_LOGS
from wattlab.study.other_rows import other_rows
from wattlab.tables import words
from wattlab.tables.claims.table import MODELLED, OPEN, counted
from wattlab.tables.reading import Tables

#: Reasons why no claim is decided that are named.
_MOST_REASONS = 4

#: Verdict on an energy -> what the sentence calls it, and how far to trust its numbers.
_KINDS = {
    "measured": ("Metered", ""),
    "modelled": ("Estimated, not metered", "Use the order, not the height"),
    "partly modelled": ("Partly estimated", "Ratios hold better than heights"),
}


def lead(study: ResolvedStudy, tables: Tables) -> tuple[str, str]:
    """What kind of numbers these are, and the rest of the sentence: on what, of what, when, how to take them."""
    cells = words.with_value(tables["cells"])
    if cells.empty:
        return "Nothing has a value yet", "what is missing, and why, stands below."
    kind, advice = _KINDS.get(words.verdict(words.methods(cells)), ("Read by a method that is not recorded", ""))
    share = words.modelled_share(cells) if kind == "Partly estimated" else ""
    on = f"{words.device(cells, tables['provenance']).removeprefix('on ')}, {words.ground(cells, study)}"
    what = ", ".join(filter(None, [on, wording.count(cells["model"].nunique(), "model"), dates(tables)]))
    how = f"{kind[0].lower()}{kind[1:]}{f' (modelled share {share})' if share else ''}"
    if study.config.origin == PUBLISHED_LOGS:
        found = [audit.summary(tables["audit"]) if "audit" in tables else "", _goes_into(tables)]
        return "Recomputed from the authors’ logs", wording.sentences(f"{how}, {what}", *found)
    if study.config.origin == OWN_LOGS:
        return "Imported, not measured here", wording.sentences(f"{how}, {what}", advice)
    return kind + (f" (modelled share {share})" if share else ""), wording.sentences(what, advice)


def _goes_into(tables: Tables) -> str:
    return decomposition.finding(tables["decomposition"]) if "decomposition" in tables else ""


def dates(tables: Tables) -> str:
    """`26 Nov 2026`, `1 Mar 2023 to 9 Jun 2023`: first and last day of the repeats; empty where no table has them."""
    if "runs" not in tables or "started_at_utc" not in tables["runs"]:
        return ""
    days = pd.to_datetime(tables["runs"]["started_at_utc"].dropna().astype(str), utc=True, format="ISO8601")
    return " to ".join(dict.fromkeys(f"{day.day} {day:%b %Y}" for day in (days.min(), days.max()))) if len(days) else ""


def labels(study: ResolvedStudy, cells: pd.DataFrame) -> list[tuple[str, str]]:
    """Words that stand beside the numbers, each with what it means: weights, data, how the energy was obtained.

    Of a study whose models and data are stand-ins: that, instead of weights and data.
    """
    other = {"data": other_rows(study, set(cells["dataset"]))}
    found = [
        (short, full + other.get(name, ""))
        for name, meanings in words.GROUND.items()
        for word, (short, full) in meanings.items()
        if word in set(cells[name])
    ]
    if study.config.no_result or study.config.origin == OWN_LOGS:
        found = [("no result", study.config.no_result)] if study.config.no_result else []
    if study.config.origin:
        found.append((study.config.origin, "read again, nothing was measured for this page"))
    by = words.methods(cells)
    return [*found, (f"energy {words.verdict(by)}", words.means(by))]


def claims(table: pd.DataFrame, most: int = 3) -> dict[str, Any]:
    """Of the template: how many have which verdict, every claim, and the first that are decided, or why none is.

    The words of a claim are its sentence without the verdict, or the reason where it has no number; that all energies are
    modelled is said once (`claimed_by`).
    """
    rows = table.to_dict("records")
    same = all(MODELLED in row["sentence"] for row in rows if pd.notna(row["claim_effect"]))
    shown = [
        {
            **{name: row[name] for name in ("verdict", "text", "section")},
            "words": wording.sentences(_in_words(row, same)),
        }
        for row in rows
    ]
    reasons = [part.partition(",")[0].partition(":")[0] for one in table["reason"].dropna() for part in one.split("; ")]
    why = Counter(reason.replace("tasks absent", "task absent") for reason in reasons).most_common(_MOST_REASONS)
    return {
        "verdicts": counted(table),
        "claims": shown,
        "first_claims": [one for one in shown if one["verdict"] != OPEN][:most],
        "why_open": ", ".join(f"{reason} ({wording.count(number, 'claim')})" for reason, number in why),
        "claimed_by": MODELLED.strip(", ") if same and table["claim_effect"].notna().any() else "",
    }


def _in_words(row: dict[Any, Any], same: bool) -> str:
    words = str(row["reason"] if pd.isna(row["claim_effect"]) else row["sentence"].partition(": ")[2].removesuffix("."))
    return words.replace(MODELLED, "") if same else words
