"""A comparison in words: Markdown for a pull request, and JSON for a program."""

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from wattlab.foundation.quantities import LEVEL
from wattlab.foundation.wording import count
from wattlab.tables.provenance import provenance
from wattlab.tables.ratios import LEAST
from wattlab.tables.words import conditions
from wattlab.tables.writing import shown_value
from wattlab.workflow.comparing import FALSE_DISCOVERIES, MACHINE_CHECK, Comparison, Row

#: What no number of the page can say.
_CAUTION = (
    "Repeats of one session share its conditions (placement in memory, temperature, neighbours), so that their interval "
    "alone is narrower than the next session will confirm. What all cells of a run share (another day, room, tenant or "
    "kernel) looks here just like a change of the code: before a decision measure A once more and compare A with A, or "
    "A, B, B, A in turn."
)


def as_markdown(found: Comparison) -> str:
    """All that a reviewer needs, the conclusion first."""
    parts = [
        "\n".join(_head(found)),
        _table([row for row in found.rows if row.kind != "cell"], "all cells and tasks"),
        _table([row for row in found.rows if row.kind == "cell"], "cell"),
        _kinds(found),
        f"{_spread(found)} {_CAUTION}",
        _checks(found),
        "\n".join(_differing(found)),
        "\n".join(_refused(found)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(found: Comparison) -> Iterator[str]:
    a, b = found.sides
    whole = found.rows[0]
    differing = [row for row in found.rows if row.differs]
    yield f"# Energy of B ({b.name}) over A ({a.name})"
    yield ""
    yield f"**{_ratio(whole)}** over {count(whole.n_cells, 'cell')}, {whole.n_repeats[0]} repeats of A and {whole.n_repeats[1]} of B."
    tested = sum(row.energy.is_interval for row in found.rows)
    if tested:
        named = "; ".join(f"{row.name} {_ratio(row)}" for row in differing)
        held = f"false discoveries held at {FALSE_DISCOVERIES:.0%}"
        yield f"{len(differing)} of {count(tested, 'tested ratio')} differ from 1 ({held}){named and f': {named}'}."
    else:
        yield f"Nothing was tested: below {LEAST} repeats of each side, and {LEAST} cells of a group, there are ranges alone."
    if found.limit is not None:
        named = "; ".join(f"{row.name} {_ratio(row)}" for row in found.above)
        yield f"Above {found.limit:g} beyond doubt: {named or 'none'}."
    yield f"{_conditions(found)}."


def _conditions(found: Comparison) -> str:
    a = found.sides[0]
    rows = a.rows.reset_index(drop=True)
    return f"Both: {conditions(rows, a.evidence.study, provenance(a.evidence, {}))}"


def _ratio(row: Row) -> str:
    ratio = row.energy
    kind = f"{LEVEL} interval" if ratio.is_interval else "range"
    return f"{ratio.value:.3f} ({kind} {ratio.low:.3f} to {ratio.high:.3f})"


def _table(rows: list[Row], noun: str) -> str:
    lines = [f"| {noun} | cells | repeats A, B | energy B / A | low | high | bounds | time B / A | q | |"]
    lines.append("|---|---:|---|---:|---:|---:|---|---:|---:|---|")
    for row in rows:
        ratio = row.energy
        bounds = "interval" if ratio.is_interval else "range"
        q = "" if math.isnan(row.q) else f"{row.q:.2g}"
        said = "differs" if row.differs else ""
        numbers = (
            f"{ratio.value:.3f} | {ratio.low:.3f} | {ratio.high:.3f} | {bounds} | {row.duration:.3f} | {q} | {said}"
        )
        lines.append(
            f"| {shown_value(row.name)} | {row.n_cells} | {row.n_repeats[0]}, {row.n_repeats[1]} | {numbers} |"
        )
    return "\n".join(lines)


def _kinds(found: Comparison) -> str:
    return (
        f"Interval: {LEVEL}, of the ratio of the means (a group: the geometric mean of its cells' ratios), by Welch's t on "
        "logarithms over the repeats of both sides and the spread of sessions below; it needs "
        f"{LEAST} repeats of each side, or {LEAST} cells. Range: of a cell from its lowest repeat of B over the highest of A to "
        "the highest over the lowest, of a group from the least to the greatest ratio of a cell; it is tested nowhere. "
        "q: Benjamini and Hochberg's, over all rows with an interval."
    )


def _spread(found: Comparison) -> str:
    repeats = "not known" if math.isnan(found.repeat_error) else f"{found.repeat_error:.2%}"
    if math.isnan(found.spread.freedom):
        return (
            f"Spread of sessions: not known from fewer than {LEAST} cells, so that the intervals hold the noise of the repeats "
            "alone."
        )
    more = math.sqrt(found.spread.variance)
    told = (
        f"a further {more:.2%} of every cell's ratio, which the intervals hold"
        if more
        else "nothing beyond the repeats"
    )
    return f"Spread of sessions: a cell's ratio is uncertain by {repeats} by its repeats (median); between the cells the ratios show {told}."


def _checks(found: Comparison) -> str:
    """What `make check-machine` said of both machines."""
    said = {letter: words for letter, words in zip("AB", _machine_checks(found), strict=True)}
    if not any(said.values()):
        return "Neither machine was checked: `make check-machine` says which of its energies can be trusted."
    return " ".join(
        f"{letter}: {shown_value(words or 'its machine was not checked')}." for letter, words in said.items()
    )


def _machine_checks(found: Comparison) -> list[str]:
    tables = (provenance(side.evidence, {}) for side in found.sides)
    return ["; ".join(table.loc[table["aspect"] == MACHINE_CHECK, "value"]) for table in tables]


def _differing(found: Comparison) -> Iterator[str]:
    if not found.differences:
        yield "Versions, code and machine of the two are the same."
        return
    yield "What differs besides, and forbids no comparison:"
    yield ""
    yield "| property | A | B |"
    yield "|---|---|---|"
    for row in found.differences:
        yield f"| {' | '.join(shown_value(text) for text in row)} |"


def _refused(found: Comparison) -> Iterator[str]:
    cells: defaultdict[str, list[str]] = defaultdict(list)
    for cell, why in found.refused.items():
        cells["; ".join(why)].append(cell)
    for letter, other, alone in (("A", "B", found.alone[0]), ("B", "A", found.alone[1])):
        if alone:
            cells[f"in {letter} alone, {other} has no such cell"] = alone
    if cells:
        yield f"Not compared: {count(sum(map(len, cells.values())), 'cell')}."
        yield ""
        for reasons, names in cells.items():
            yield f"- {shown_value(reasons)}: {shown_value(', '.join(names))}"


def as_json(found: Comparison) -> dict[str, Any]:
    """The same for a program; what is not known is null."""
    return {
        "a": found.sides[0].name,
        "b": found.sides[1].name,
        "conditions": _conditions(found),
        "machine_checks": dict(zip("ab", _machine_checks(found), strict=True)),
        "confidence": LEVEL,
        "false_discoveries": FALSE_DISCOVERIES,
        "spread_of_sessions": None
        if math.isnan(found.spread.freedom)
        else {"sd_log_ratio": math.sqrt(found.spread.variance), "degrees_of_freedom": found.spread.freedom},
        "fail_above": found.limit,
        "above": [row.name for row in found.above],
        "rows": [_json_row(row) for row in found.rows],
        "refused": found.refused,
        "in_a_alone": found.alone[0],
        "in_b_alone": found.alone[1],
        "differences": [dict(zip(("property", "a", "b"), row, strict=True)) for row in found.differences],
    }


def _json_row(row: Row) -> dict[str, Any]:
    ratio = row.energy
    numbers = {
        "energy_ratio": ratio.value,
        "low_energy_ratio": ratio.low,
        "high_energy_ratio": ratio.high,
        "duration_ratio": row.duration,
        "q": row.q,
        "q_above": row.q_above,
    }
    return {
        "kind": row.kind,
        "name": row.name,
        "n_cells": row.n_cells,
        "n_repeats_a": row.n_repeats[0],
        "n_repeats_b": row.n_repeats[1],
        "bounds": "interval" if ratio.is_interval else "range",
        **{name: None if math.isnan(value) else value for name, value in numbers.items()},
        "differs": row.differs,
    }
