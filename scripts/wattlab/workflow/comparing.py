"""Two studies set beside each other: which of their cells can be compared, why others can not, and what else differs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.differences import leaves, shortened, unlike
from wattlab.foundation.errors import InputError, near_matches
from wattlab.foundation.quantities import DURATION, ENERGY
from wattlab.records.record import Record
from wattlab.runs.fingerprint import comparable_spec
from wattlab.study.specs import read_study, study_of_tables
from wattlab.tables.cells import cells
from wattlab.tables.columns import METHOD_COLUMNS
from wattlab.tables.evidence import CellEvidence, Evidence, gather
from wattlab.tables.provenance import provenance
from wattlab.tables.ratios import LogRatio, Ratio, Spread, log_ratio, q_values, ratio_of, spread_between
from wattlab.tables.runs import runs

#: False discoveries among what is called different, at most.
FALSE_DISCOVERIES = 0.05

#: What `make check-machine` said: both sides' sentences are told whole.
MACHINE_CHECK = "meter.machine_check"

#: Properties that say nothing of how a run was made.
_OWN_TO_A_RUN = (MACHINE_CHECK, "study that paid", "protocol.repeats", "protocol.max_redo", "protocol.invalid_below_s")


@dataclass(frozen=True)
class Side:
    """A study to compare: what it is called, and its evidence."""

    name: str
    evidence: Evidence

    @cached_property
    def cells(self) -> dict[str, CellEvidence]:
        """By id."""
        return {cell.resolved.cell.id: cell for cell in self.evidence.cells}

    @cached_property
    def _runs(self) -> pd.DataFrame:
        return runs(self.evidence, {})

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The table `cells`."""
        return cells(self.evidence, {"runs": self._runs}).set_index("cell", drop=False)

    def repeats(self, cell: str, quantity: str) -> "pd.Series[float]":
        """A quantity of the counted repeats of a cell, by session."""
        counted = self._runs[self._runs["counted"] & (self._runs["cell"] == cell)]
        return counted.set_index("session")[quantity]


@dataclass(frozen=True)
class Row:
    """A cell, a task or the whole: how B's energy and time stand to A's. `q`: see `q_values`; `q_above` of the limit."""

    kind: str
    name: str
    n_cells: int
    n_repeats: tuple[int, int]
    energy: Ratio
    duration: float
    q: float = float("nan")
    q_above: float = float("nan")

    @property
    def differs(self) -> bool:
        """Whether it is among the discoveries."""
        return self.q <= FALSE_DISCOVERIES


@dataclass(frozen=True)
class Comparison:
    """What came of it: rows of cells, tasks and the whole; cells that were refused, and why; what else differs."""

    sides: tuple[Side, Side]
    rows: list[Row]
    refused: dict[str, list[str]]
    alone: tuple[list[str], list[str]]
    spread: Spread
    repeat_error: float
    differences: list[tuple[str, str, str]]
    limit: float | None

    @property
    def above(self) -> list[Row]:
        """The rows whose ratio is above the limit beyond doubt."""
        limit = self.limit
        return [row for row in self.rows if limit and row.energy.value > limit and row.q_above <= FALSE_DISCOVERIES]


def read_side(place: Path, name: str) -> Side:
    """The study at `results/{study}`, or the only one of a `results` folder. Raises `InputError`."""
    folders = [place, *sorted(path for path in place.glob("*") if path.is_dir())] if place.is_dir() else []
    found = [(folder, path) for folder in folders if (path := study_of_tables(folder)) is not None]
    if found and found[0][0] == place:
        found = found[:1]
    if not found:
        near = near_matches(place.name, [path.name for path in place.parent.glob("*")])
        raise InputError(f"{place}: no study with tables lies there; {near}; `snakemake tables` builds them")
    if len(found) > 1:
        names = ", ".join(str(folder) for folder, _ in found)
        raise InputError(f"{place}: it has {len(found)} studies; name one of {names}")
    folder, path = found[0]
    study = read_study(path)
    return Side(name, gather(study, load_catalog(CATALOG_ROOT), folder / "runs"))


def compare(first: Side, second: Side, limit: float | None) -> Comparison:
    """B (`second`) beside A (`first`). `limit`: a ratio above it is told. Raises `InputError` where no cell is comparable."""
    shared = [cell for cell in first.cells if cell in second.cells]
    alone = ([c for c in first.cells if c not in second.cells], [c for c in second.cells if c not in first.cells])
    reasons = {cell: list(why_not(first, second, cell)) for cell in shared}
    refused = {cell: why for cell, why in reasons.items() if why}
    of_cells = {cell: _log_ratio(first, second, cell) for cell in shared if cell not in refused}
    if not of_cells:
        raise InputError(_nothing(first, second, refused))
    spread = spread_between(list(of_cells.values()))
    rows = _tested(list(_rows((first, second), of_cells, spread)), limit)
    errors = [ratio_of([one], Spread()).error for one in of_cells.values()]
    used = [replace(side, evidence=_only(side.evidence, of_cells)) for side in (first, second)]
    return Comparison(
        (used[0], used[1]), rows, refused, alone, spread, float(pd.Series(errors).median()), _differences(*used), limit
    )


def why_not(first: Side, second: Side, cell: str) -> Iterator[str]:
    """Why a cell that both sides have can not be compared; nothing where it can."""
    records = []
    for letter, side in (("A", first), ("B", second)):
        record, problem = side.cells[cell].record, side.cells[cell].problem
        if record is None or record.status != "complete":
            kind = problem.kind if problem is not None else record.status if record is not None else "incomplete"
            yield f"not complete in {letter}: {kind}"
        elif record.spec is None:
            yield f"imported in {letter}: whether device, protocol and data are alike is not recorded"
        else:
            records.append(record)
    if len(records) < 2:
        return
    for aspect, a, b in unlike(
        *(dict(_aspects(side, cell, record)) for side, record in zip((first, second), records, strict=True))
    ):
        yield f"{aspect} = {shortened(a)} in A, {shortened(b)} in B"
    sessions = [{repeat.session for repeat in record.valid_repeats} for record in records]
    if sessions[0] & sessions[1]:
        yield "the same repeats: both studies took them from one store; measure B anew (`make again`, another work directory)"
    for letter, side in (("A", first), ("B", second)):
        values = side.repeats(cell, ENERGY)
        if not (values > 0).all() or values.empty:
            yield f"no energy above zero in every repeat of {letter}"


def _aspects(side: Side, cell: str, record: Record) -> Iterator[tuple[str, str]]:
    """What has to be the same on both sides, field by field."""
    assert record.spec is not None
    yield from leaves("spec", comparable_spec(record.spec))
    yield "samples_sha256", str(record.samples_sha256)
    yield "hub_revision", str(record.hub_revision)
    used = {repeat.session for repeat in record.valid_repeats}
    kinds: dict[str, set[str]] = {}
    for session in record.sessions:
        if session.session in used:
            # A modelled energy follows from an assumed power: another one would pass for a saving.
            facts = {f"meter.{name}": (session.meter or {}).get(name) for name in ("cpu_tdp_w", "ram_power_w")}
            if session.machine is not None:
                facts |= {f"machine.{key}": value for key, value in session.machine.kind.items()}
            for aspect, value in facts.items():
                kinds.setdefault(aspect, set()).add(str(value))
    yield from ((key, " and ".join(sorted(values))) for key, values in kinds.items() if values)
    row = side.rows.loc[cell]
    yield "scope", str(row["headline_scope"])
    yield from ((column, str(row[column])) for column in METHOD_COLUMNS)


def _nothing(first: Side, second: Side, refused: dict[str, list[str]]) -> str:
    if not refused:
        return f"A ({first.name}) and B ({second.name}) have no cell in common; compare runs of one study"
    reasons: dict[str, int] = {}
    for why in refused.values():
        for reason in why:
            reasons[reason] = reasons.get(reason, 0) + 1
    told = "\n".join(f"  {number} x {reason}" for reason, number in sorted(reasons.items(), key=lambda item: -item[1]))
    return f"none of the {len(refused)} cells that A and B share can be compared; measure both alike:\n{told}"


def _log_ratio(first: Side, second: Side, cell: str) -> LogRatio:
    return log_ratio(first.repeats(cell, ENERGY), second.repeats(cell, ENERGY))


def _rows(sides: tuple[Side, Side], of_cells: dict[str, LogRatio], spread: Spread) -> Iterator[Row]:
    """The whole, the tasks, the cells."""
    task_of = {cell: sides[0].cells[cell].resolved.cell.task for cell in of_cells}
    groups = {("all", "all cells"): list(of_cells)}
    groups |= {("task", task): [c for c in of_cells if task_of[c] == task] for task in dict.fromkeys(task_of.values())}
    groups |= {("cell", cell): [cell] for cell in of_cells}
    times = {cell: log_ratio(*(side.repeats(cell, DURATION) for side in sides)) for cell in of_cells}
    for (kind, name), members in groups.items():
        n_a, n_b = (sum(len(side.repeats(cell, ENERGY)) for cell in members) for side in sides)
        yield Row(
            kind,
            name,
            len(members),
            (n_a, n_b),
            ratio_of([of_cells[cell] for cell in members], spread),
            ratio_of([times[cell] for cell in members], Spread()).value,
        )


def _tested(rows: list[Row], limit: float | None) -> list[Row]:
    """The rows with their q values: one family of tests, so that the whole of the page is held at 5 %."""
    same = q_values([row.energy.p() for row in rows])
    above = q_values([row.energy.p(limit) if limit else float("nan") for row in rows])
    return [replace(row, q=float(q), q_above=float(more)) for row, q, more in zip(rows, same, above, strict=True)]


def _only(evidence: Evidence, chosen: dict[str, Any]) -> Evidence:
    return replace(evidence, cells=[cell for cell in evidence.cells if cell.resolved.cell.id in chosen])


def _differences(first: Side, second: Side) -> list[tuple[str, str, str]]:
    """What differs and does not forbid the comparison: versions, code, driver, the very machine."""
    a, b = (_properties(provenance(side.evidence, {})) for side in (first, second))
    return [(aspect, shortened(x), shortened(y)) for aspect, x, y in unlike(a, b) if aspect not in _OWN_TO_A_RUN]


def _properties(table: pd.DataFrame) -> dict[str, str]:
    return {str(aspect): " and ".join(sorted(group["value"])) for aspect, group in table.groupby("aspect", sort=False)}
