"""Runs of the logs: their windows by phase, and which of them the groups name for which cell."""

from collections import defaultdict
from dataclasses import dataclass, field

from wattlab.foundation.errors import InputError, near_matches
from wattlab.logs.archive import LogFiles
from wattlab.logs.formats.codecarbon import Damaged, Parsed, Problem, Row, parse_windows, table_of
from wattlab.logs.mapping import Group, Mapping, Phase
from wattlab.logs.resolve import cell_of


@dataclass
class Run:
    """The windows of one run id."""

    windows: dict[Phase, Row] = field(default_factory=dict)
    whole: bool = False
    """The query window is the whole run: the file has no task rows."""


@dataclass
class Windows:
    """Every window of the logs by run id, and the account of the rows."""

    runs: dict[str, Run] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    n_files: int = 0
    n_files_read: int = 0
    n_rows: int = 0


@dataclass(frozen=True)
class Listed:
    """A run that a group names."""

    run_id: str
    name: str
    file: str
    line: int


def read_windows(logs: LogFiles, mapping: Mapping) -> Windows:
    """Parse every file of windows; raises `InputError` where not one row can be read."""
    windows = Windows()
    rows: list[Row] = []
    for name in sorted({name for pattern in mapping.windows for name in logs.match(pattern)}):
        parsed: Parsed = parse_windows(name, logs.files[name], mapping.model_column)
        rows += parsed.rows
        windows.problems += parsed.problems
        windows.n_files += 1
        windows.n_files_read += parsed.readable
        windows.n_rows += parsed.n_rows
    if not rows:
        first = windows.problems[0] if windows.problems else None
        told = "it has no row" if first is None else f"{first.file}: {first.problem}; {first.remedy}"
        raise InputError(f"{logs.source}: no window can be read from {mapping.windows}: {told}")
    by_place: dict[tuple[str, Phase], list[Row]] = defaultdict(list)
    for row in rows:
        phase = _phase(row, mapping)
        if phase is None:
            told = f"the task {row.task!r} is in none of the mapping's phases; {near_matches(str(row.task), mapping.phases)}"
            windows.problems.append(_left_out(row, told, "add it under `phases`"))
        else:
            by_place[row.run_id, phase].append(row)
    for (run_id, phase), found in by_place.items():
        kept = _only(found, windows.problems)
        if kept is not None:
            run = windows.runs.setdefault(run_id, Run())
            run.windows[phase] = kept
            run.whole = run.whole or kept.task is None
    return windows


def _phase(row: Row, mapping: Mapping) -> Phase | None:
    """A row's phase. A tracker that meets a task's name twice appends `_` and an id to it."""
    if row.task is None:
        return "query"
    for task, phase in mapping.phases.items():
        if row.task == task or row.task.startswith(f"{task}_"):
            return phase
    return None


def _left_out(row: Row, problem: str, remedy: str) -> Problem:
    return Problem(row.file, problem, remedy, line=row.line, run_id=row.run_id, n_rows=1)


def _only(found: list[Row], problems: list[Problem]) -> Row | None:
    """The one row of a run and phase. The same row again is named; rows that differ are all left out, and named."""
    kept, *others = found
    if all(other.reading == kept.reading for other in others):
        problems += [_left_out(row, "the same row is there twice; the first is used", "none needed") for row in others]
        return kept
    told = f"the run id has {len(found)} rows of one phase that differ, so none of them is used"
    remedy = "keep the right one (a tracker that flushes writes growing rows for one run: the last)"
    problems += [_left_out(row, told, remedy) for row in found]
    return None


def read_groups(
    logs: LogFiles, mapping: Mapping, stems: dict[str, str]
) -> tuple[dict[str, list[Listed]], list[Problem]]:
    """Cell id -> its runs, in the order of the files, and what the groups' files hold beside them."""
    problems: list[Problem] = []
    listed: dict[str, list[Listed]] = {cell_of(group, stems[name]).id: [] for group, name in mapping.cells()}
    names: dict[str, set[str]] = defaultdict(set)
    tables: dict[str, list[Listed]] = {}
    for group in mapping.groups:
        files = logs.match(group.file)
        if not files:
            remedy = f"correct the name in the mapping, or fetch the logs again; {near_matches(group.file, logs.files)}"
            problems.append(Problem(group.file, "no such file in the logs", remedy))
        for file in files:
            if file not in tables:
                tables[file], told = _listing(file, logs.files[file], mapping.model_column)
                problems += told
            names[file].update(group.models)
            for entry in tables[file]:
                if entry.name in group.models:
                    listed[cell_of(group, stems[entry.name]).id].append(entry)
    for file, entries in tables.items():
        for entry in entries:
            if entry.name not in names[file]:
                told_name = f"the model {entry.name!r} is in no group of this file, so the run belongs to no cell"
                remedy = f"add it to the group; {near_matches(entry.name, names[file])}"
                problems.append(Problem(file, told_name, remedy, line=entry.line, run_id=entry.run_id))
    return _named_once(listed, problems), problems


def _listing(file: str, content: bytes, model_column: str) -> tuple[list[Listed], list[Problem]]:
    try:
        header, rows = table_of(content)
    except Damaged as error:
        return [], [Problem(file, f"the file is {error}: its cells have no runs", "fetch it again")]
    for column in ("run_id", model_column):
        if column not in header:
            told = f"the column {column!r} is missing: its cells have no runs; {near_matches(column, header)}"
            return [], [Problem(file, told, "log with CodeCarbon 2.x or 3.x")]
    entries, problems = [], []
    for line, values in rows:
        cells = dict(zip(header, values, strict=False))
        if len(values) == len(header) and cells["run_id"]:
            entries.append(Listed(cells["run_id"], cells[model_column], file, line))
        else:
            told = f"{len(values)} values under {len(header)} columns, or no run id: no run is named here"
            problems.append(Problem(file, told, "fetch the file again, or repair the row", line=line))
    return entries, problems


def _named_once(listed: dict[str, list[Listed]], problems: list[Problem]) -> dict[str, list[Listed]]:
    """Each run in one cell once: a second mention in the cell is named; a run of two cells is taken from both."""
    places: dict[str, set[str]] = defaultdict(set)
    for cell, entries in listed.items():
        for entry in entries:
            places[entry.run_id].add(cell)
    kept: dict[str, list[Listed]] = {}
    for cell, entries in listed.items():
        seen: set[str] = set()
        kept[cell] = []
        for entry in entries:
            told = None
            if len(places[entry.run_id]) > 1:
                told = f"the run is listed for {len(places[entry.run_id])} cells, so none of them gets it"
            elif entry.run_id in seen:
                told = "the run is listed twice; the first is used"
            else:
                kept[cell].append(entry)
            seen.add(entry.run_id)
            if told is not None:
                remedy = "keep the right line" if len(places[entry.run_id]) > 1 else "none needed"
                problems.append(Problem(entry.file, told, remedy, line=entry.line, run_id=entry.run_id, cell=cell))
    return kept


def stray_files(logs: LogFiles, mapping: Mapping) -> list[Problem]:
    """CSV files beside those that the mapping names."""
    patterns = [*mapping.windows, *(group.file for group in mapping.groups)]
    if mapping.lengths is not None:
        patterns += [entry.file for entry in mapping.lengths.files]
    folders = {pattern.rpartition("/")[0] for pattern in patterns}
    named = {name for pattern in patterns for name in logs.match(pattern)}
    if mapping.quality is not None:
        named.add(mapping.quality.file)
    return [
        Problem(
            name, "no group of the mapping names this file: it belongs to no cell", "add a group, or remove the file"
        )
        for name in sorted(logs.files)
        if name.endswith(".csv") and name not in named and name.rpartition("/")[0] in folders
    ]


def group_of(mapping: Mapping, stems: dict[str, str]) -> dict[str, tuple[Group, str]]:
    """Cell id -> its group and the model's name in the logs."""
    return {cell_of(group, stems[name]).id: (group, name) for group, name in mapping.cells()}
