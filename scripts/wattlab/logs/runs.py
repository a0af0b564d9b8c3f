"""Runs of the logs: their windows by phase, and which of them the groups name for which cell."""

import itertools
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from wattlab.foundation.errors import InputError, near_matches
from wattlab.logs.archive import LogFiles
from wattlab.logs.formats.contract import Damaged, Listed, LogFormat, LoggedWindow, Problem
from wattlab.logs.mapping import Mapping, Methods, Phase


@dataclass
class Run:
    """The windows of one run id."""

    windows: dict[Phase, LoggedWindow] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """The query window is the whole run: its log has no parts."""
        return any(window.part is None for window in self.windows.values())


@dataclass
class Windows:
    """Every window of the logs by run id, and the account of the rows."""

    runs: dict[str, Run] = field(default_factory=dict)
    read: list[LoggedWindow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_files: int = 0
    n_files_read: int = 0
    n_rows: int = 0


def read_windows(logs: LogFiles, mapping: Mapping) -> Windows:
    """Read every file of windows; raises `InputError` where not one row can be read."""
    account, log_format = Windows(), mapping.reader()
    for name in sorted({name for pattern in mapping.windows for name in logs.match(pattern)}):
        account.n_files += 1
        try:
            found = list(log_format.windows(name, logs.files[name]))
        except Damaged as error:
            account.problems.append(Problem(name, str(error), error.remedy, n_rows=error.n_rows))
            account.n_rows += error.n_rows
            continue
        account.n_files_read += 1
        account.n_rows += len(found)
        account.problems += [problem for problem in found if isinstance(problem, Problem)]
        account.read += [stated(window, mapping.methods) for window in found if isinstance(window, LoggedWindow)]
    if not account.read:
        first = account.problems[0] if account.problems else None
        text = "it has no row" if first is None else f"{first.file}: {first.problem}; {first.remedy}"
        raise InputError(f"{logs.source}: no window can be read from {mapping.windows}: {text}")
    _place(mapping.phases, account)
    return account


def stated(window: LoggedWindow, methods: Methods) -> LoggedWindow:
    """The window with the methods that the mapping states; a component that it calls `absent` has no energy."""
    for part in ("cpu", "ram", "gpu"):
        method = getattr(methods, part)
        if method == "absent":
            window = absent(window, part)
        elif method is not None and getattr(window, f"energy_{part}_method") != "absent":
            changes: dict[str, Any] = {f"energy_{part}_method": method}
            window = replace(window, **changes)
    return window


def absent(window: LoggedWindow, part: str) -> LoggedWindow:
    """The window without a component: `cpu`, `ram` or `gpu`."""
    changes: dict[str, Any] = {f"energy_{part}_kwh": None, f"energy_{part}_method": "absent"}
    return replace(window, **changes, gpu_count=0 if part == "gpu" else window.gpu_count)


def _place(phases: dict[str, Phase], account: Windows) -> None:
    """Put every window under its run and phase, or name why not."""
    by_place: dict[tuple[str, Phase], list[LoggedWindow]] = defaultdict(list)
    for window in account.read:
        phase = _phase(window.part, phases)
        if phase is None:
            text = f"the task {window.part!r} is in none of the mapping's phases; "
            text += near_matches(str(window.part), phases)
            account.problems.append(_left_out(window, text, "add it under `phases`; where no phase fits, it stays out"))
        else:
            by_place[window.run_id, phase].append(window)
    for (run_id, phase), found in by_place.items():
        kept = _only(found, account.problems)
        if kept is not None:
            account.runs.setdefault(run_id, Run()).windows[phase] = kept


def _phase(part: str | None, phases: dict[str, Phase]) -> Phase | None:
    """A part's phase: as the mapping says (of a part that comes twice trackers append `_` and an id), or its own name."""
    if part is None:
        return "query"
    for name, phase in phases.items():
        if part == name or part.startswith(f"{name}_"):
            return phase
    return next((phase for phase in get_args(Phase) if phase == part), None)


def _left_out(window: LoggedWindow, problem: str, remedy: str) -> Problem:
    return Problem(window.file, problem, remedy, line=window.line, run_id=window.run_id, n_rows=1)


def _only(found: list[LoggedWindow], problems: list[Problem]) -> LoggedWindow | None:
    """The one row of a run and phase: the first of equal ones, the last of growing ones; others are all left out."""
    kept, *others = found
    if all(other.reading == kept.reading for other in others):
        problems += [_left_out(row, "the same row is there twice; the first is used", "none needed") for row in others]
        return kept
    if all(later.continues(row) for row, later in itertools.pairwise(found)):
        text = "rows of one run that grow, as a tracker that is flushed writes them; the last is used"
        problems += [_left_out(row, text, "none needed") for row in found[:-1]]
        return found[-1]
    text = f"the run id has {len(found)} rows of one phase that differ, so none of them is used"
    problems += [_left_out(row, text, "keep one row of a run and phase") for row in found]
    return None


def read_groups(
    logs: LogFiles, mapping: Mapping, stems: dict[str, str], known_problems: Collection[Problem]
) -> tuple[dict[str, list[Listed]], list[Problem]]:
    """Cell id -> its runs, in the order of the files, and what the groups' files hold beside them.

    `known_problems` are the problems of the windows: a row that one of them names is not named again.
    """
    known = {(problem.file, problem.line) for problem in known_problems}
    problems: list[Problem] = []
    listed: dict[str, list[Listed]] = {group.cell(stems[name]).id: [] for group, name in mapping.cells()}
    names: dict[str, set[str]] = defaultdict(set)
    tables: dict[str, list[Listed]] = {}
    log_format = mapping.reader()
    for group in mapping.groups:
        files = logs.match(group.file)
        if not files:
            remedy = f"correct the name in the mapping, or fetch the logs again; {near_matches(group.file, logs.files)}"
            problems.append(Problem(group.file, "no such file in the logs", remedy))
        for file in files:
            if file not in tables:
                tables[file], found = _listing(log_format, file, logs.files[file])
                problems += [problem for problem in found if (file, problem.line) not in known]
            names[file].update(group.models)
            for entry in tables[file]:
                if entry.name in group.models:
                    listed[group.cell(stems[entry.name]).id].append(entry)
    problems += _unlisted(tables, names)
    return _named_once(listed, problems), problems


def _listing(log_format: LogFormat, file: str, content: bytes) -> tuple[list[Listed], list[Problem]]:
    """The runs that a file names, and its problems."""
    try:
        found = list(log_format.runs(file, content))
    except Damaged as error:
        return [], [Problem(file, f"{error}: its cells have no runs", error.remedy)]
    return [run for run in found if isinstance(run, Listed)], [one for one in found if isinstance(one, Problem)]


def _unlisted(tables: dict[str, list[Listed]], names: dict[str, set[str]]) -> list[Problem]:
    """Runs of a file whose model no group of the file has."""
    return [
        Problem(
            file,
            f"the model {entry.name!r} is in no group of this file, so the run belongs to no cell",
            f"add it to the group; {near_matches(entry.name, names[file])}",
            line=entry.line,
            run_id=entry.run_id,
        )
        for file, entries in tables.items()
        for entry in entries
        if entry.name not in names[file]
    ]


def _named_once(listed: dict[str, list[Listed]], problems: list[Problem]) -> dict[str, list[Listed]]:
    """Each run in one cell once: a second mention in the cell is named; a run of two cells is taken from both."""
    places: dict[str, set[str]] = defaultdict(set)
    for cell, entries in listed.items():
        for entry in entries:
            places[entry.run_id].add(cell)
    kept: dict[str, list[Listed]] = {cell: [] for cell in listed}
    for cell, entries in listed.items():
        for entry in entries:
            if len(places[entry.run_id]) > 1:
                text = f"the run is listed for {len(places[entry.run_id])} cells, so none of them gets it"
                remedy = "keep the right line"
            elif any(entry.run_id == other.run_id for other in kept[cell]):
                text, remedy = "the run is listed twice; the first is used", "none needed"
            else:
                kept[cell].append(entry)
                continue
            problems.append(Problem(entry.file, text, remedy, line=entry.line, run_id=entry.run_id, cell=cell))
    return kept


def stray_files(logs: LogFiles, mapping: Mapping) -> list[Problem]:
    """Logs of the same format beside those that the mapping names."""
    patterns = mapping.patterns
    folders = {pattern.rpartition("/")[0] for pattern in patterns}
    named = {name for pattern in patterns for name in logs.match(pattern)}
    looks_like = mapping.reader().looks_like
    text = "no group of the mapping names this file: it belongs to no cell"
    return [
        Problem(name, text, "add a group, or remove the file")
        for name in sorted(logs.files)
        if name not in named and name.rpartition("/")[0] in folders and looks_like(logs.files[name])
    ]
