"""From the runs of the logs to records, unassigned windows, and the account of every row."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, Literal

from wattlab import SCHEMA_VERSION
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError
from wattlab.foundation.units import J_PER_KWH
from wattlab.logs.account import account_of
from wattlab.logs.archive import LogFiles
from wattlab.logs.formats.contract import Listed, LoggedWindow, Problem
from wattlab.logs.lengths import CellLength, read_lengths
from wattlab.logs.mapping import Mapping
from wattlab.logs.resolve import model_stems
from wattlab.logs.runs import Run, Windows, absent, read_groups, read_windows, stray_files
from wattlab.records.record import OTHER_MODEL, Phase, Record, Repeat, Session, Unassigned
from wattlab.study.cells import ResolvedCell, ResolvedStudy

#: Below these lengths a window is flagged `short`: what the counters' own rates recommend.
_SHORT_S = {"gpu": 10.0, "cpu": 5.0}

#: What makes two logged machines one, and the way in which a tracker counts them.
_MACHINE = ("cpu_model", "gpu_model", "tracking_mode")


@dataclass
class Import:
    """What the logs became."""

    records: list[Record] = field(default_factory=list)
    unassigned: list[Unassigned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lengths: list[CellLength] = field(default_factory=list)
    account: dict[str, Any] = field(default_factory=dict)


def import_study(study: ResolvedStudy, mapping: Mapping, catalog: Catalog, logs: LogFiles) -> Import:
    """Import every cell of a resolved study; raises `InputError` where nothing can be read at all."""
    assert study.config.logs is not None
    stems = model_stems(mapping, catalog, study.config.logs.mapping)
    windows = read_windows(logs, mapping)
    listed, group_problems = read_groups(logs, mapping, stems, windows.problems)
    lengths, length_problems = read_lengths(logs, mapping, stems)
    problems = [*windows.problems, *group_problems, *length_problems, *stray_files(logs, mapping)]
    result = Import(problems=problems, lengths=list(lengths.values()))
    builder = _Builder(study, mapping, windows, result.problems)
    used: dict[str, str] = {}
    for resolved in study.cells:
        if resolved.cell.id not in listed:
            raise InputError(f"{resolved.cell.id} is not in the mapping any more; run `snakemake` again")
        entries = listed[resolved.cell.id]
        used.update({entry.run_id: resolved.cell.id for entry in entries})
        result.records.append(builder.record(resolved, entries, lengths.get(resolved.cell.id)))
    result.unassigned = builder.unassigned(used)
    result.problems = _grouped(result.problems)
    result.account = account_of(windows, result.problems, used)
    return result


def _grouped(problems: Iterable[Problem]) -> list[Problem]:
    """One problem for what a file has in several places, with their number and the first one's line."""
    found: dict[tuple[str | None, ...], Problem] = {}
    for one in problems:
        key = (one.file, one.problem, one.cell)
        first = found.get(key, replace(one, n_rows=0, n_places=0))
        found[key] = replace(first, n_rows=first.n_rows + one.n_rows, n_places=first.n_places + one.n_places)
    return list(found.values())


class _Builder:
    """Builds the records of one study from its runs."""

    def __init__(self, study: ResolvedStudy, mapping: Mapping, windows: Windows, problems: list[Problem]) -> None:
        self.study, self.mapping, self.windows, self.problems = study, mapping, windows, problems
        self.tracker = type(mapping.reader()).__name__

    def record(self, resolved: ResolvedCell, entries: list[Listed], length: CellLength | None) -> Record:
        """The record of one cell from the runs that its group names."""
        cell, facts, mapping = resolved.cell, resolved.facts, self.mapping
        runs = [(entry, self.windows.runs[entry.run_id]) for entry in entries if self._has_query(entry, cell.id)]
        runs.sort(key=lambda place: place[1].windows["query"].started_at)
        if not any(run.windows["query"].energy_gpu_kwh for _, run in runs):
            runs = [(entry, _without_gpus(run)) for entry, run in runs]
        mixed = self._mixed(runs, cell.id)
        sessions = [self._session(entry, run) for entry, run in runs]
        repeats = [self._repeat(index, entry, run, length, cell.id, mixed) for index, (entry, run) in enumerate(runs)]
        return Record(
            schema_version=SCHEMA_VERSION,
            status="complete" if any(repeat.valid for repeat in repeats) else "failed",
            repeats_wanted=mapping.repeats or len(entries),
            selected=facts.selected,
            unselected_because=facts.unselected_because,
            **cell.model_dump(),
            hub_id=facts.hub_id,
            family=facts.family,
            structure=facts.structure,
            modality=facts.modality,
            parameters_as_published=facts.published_parameters,
            weights=self.study.config.weights,
            data=self.study.config.data,
            dtype=mapping.dtype,
            device=mapping.device,
            lengths="published" if any(repeat.n_output_units is not None for repeat in repeats) else None,
            sessions=sessions,
            repeats=repeats,
        )

    def _has_query(self, entry: Listed, cell: str) -> bool:
        run = self.windows.runs.get(entry.run_id)
        if run is not None and "query" in run.windows:
            return True
        if any(entry.run_id == problem.run_id for problem in self.windows.problems):
            return False  # why, is said of its rows
        what = "no window of the run can be read" if run is None else "the run has no query window that can be read"
        text = f"{what}: the cell lacks this repeat"
        remedy = "see what is said of its file, or add it"
        self.problems.append(Problem(entry.file, text, remedy, line=entry.line, run_id=entry.run_id, cell=cell))
        return False

    def _mixed(self, runs: list[tuple[Listed, Run]], cell: str) -> list[str]:
        """A reason against all its repeats, and a problem, where they are of several machines or ways to track them.

        What a file does not state contradicts no other.
        """
        kinds: dict[str, Listed] = {}
        stated: dict[str, set[str]] = {}
        for entry, run in runs:
            facts = {name: fact for name, fact in run.windows["query"].facts.items() if name in _MACHINE}
            kinds.setdefault(", ".join(facts[name] for name in _MACHINE if name in facts), entry)
            for name, fact in facts.items():
                stated.setdefault(name, set()).add(fact)
        if all(len(values) == 1 for values in stated.values()):
            return []
        reason = f"{len(kinds)} machines in one cell: {' and '.join(kinds)}"
        first = next(iter(kinds.values()))
        remedy = "keep the rows of one machine, and import those of each other one as a study of its own"
        self.problems.append(Problem(first.file, reason, remedy, cell=cell))
        return [reason]

    def _session(self, entry: Listed, run: Run) -> Session:
        first = min(run.windows.values(), key=lambda window: window.started_at)
        return Session(
            session=entry.run_id,
            started_at_utc=_iso(first),
            boot_id=None,
            attempt=1,
            study=self.study.config.study,
            machine=None,
            software=dict(first.software) or None,
            code_sha256=None,
            method_version=None,
            meter=self._meter(run),
            load=self._phase("load", run),
            transfer=self._phase("transfer", run),
            ended="done",
        )

    def _meter(self, run: Run) -> dict[str, Any]:
        """What the tracker says of itself, with the emissions that it logged (kg), by phase."""
        query = run.windows["query"]
        return {
            "tracker": self.tracker,
            "logged_name": query.name,
            "logged_emissions_kg": {phase: row.emissions_kg for phase, row in sorted(run.windows.items())},
            **query.facts,
        }

    def _phase(self, phase: Literal["load", "transfer"], run: Run) -> Phase | None:
        row = run.windows.get(phase)
        if row is None:
            return None
        wrong = faults(row, self.mapping.max_node_power_w)
        self._tell_faults(row, wrong, "the window is kept as logged")
        return Phase(phase=phase, **_window(row))

    def _tell_faults(self, row: LoggedWindow, wrong: list[str], consequence: str, cell: str | None = None) -> None:
        for fault in wrong:
            text = f"{fault}: {consequence}"
            self.problems.append(Problem(row.file, text, "repair the row, or take it out", row.line, row.run_id, cell))

    def _repeat(
        self, index: int, entry: Listed, run: Run, length: CellLength | None, cell: str, mixed: list[str]
    ) -> Repeat:
        row = run.windows["query"]
        wrong = faults(row, self.mapping.max_node_power_w)
        self._tell_faults(row, wrong, "the repeat is invalid", cell)
        reasons = [*mixed, *wrong]
        limit_s = _SHORT_S["gpu"] if row.gpu_count else _SHORT_S["cpu"]
        flags = self._flags(entry, run, row, cell)
        if any(flag.startswith(OTHER_MODEL) for flag in flags):  # the length is the listed model's
            length = None
        return Repeat(
            **_window(row),
            index=index,
            session=entry.run_id,
            n_inferences=self.mapping.n_inferences,
            n_output_units=None if length is None else length.n_output_units,
            output_unit=None if length is None else length.unit,
            idle_before=None,
            idle_after=None,
            valid=not reasons,
            short=row.duration_s < limit_s,
            flags=flags,
            reasons=reasons,
        )

    def _flags(self, entry: Listed, run: Run, row: LoggedWindow, cell: str) -> list[str]:
        flags = [*(["whole run: load and transfer are inside"] if run.whole else []), *row.flags]
        if row.name is not None and row.name != entry.name:
            told = {(known.listed, known.logged): known for known in self.mapping.relabelled}
            known = told.get((entry.name, row.name))
            note = f"listed as {entry.name}, logged by the run itself as {row.name}" if known is None else known.note
            if known is None:
                self.problems.append(Problem(row.file, note, "add it under `relabelled`", row.line, row.run_id, cell))
            flags.append(note if known is not None and known.same_model else OTHER_MODEL + note)
        return flags

    def unassigned(self, used: dict[str, str]) -> list[Unassigned]:
        """The unassigned windows, in the order of time."""
        lost = []
        for run_id, run in self.windows.runs.items():
            if run_id in used and "query" in run.windows:
                continue
            reason = "the run has no query window" if run_id in used else "no file of the groups names the run"
            for phase, row in run.windows.items():
                self._tell_faults(row, faults(row, self.mapping.max_node_power_w), "the window is kept as logged")
                values = _window(row)
                lost.append(Unassigned(**values, session=run_id, name=row.name, phase=phase, reason=reason))
        return sorted(lost, key=lambda window: (window.started_at_utc, window.session, window.phase))


def _without_gpus(run: Run) -> Run:
    """The run with GPUs that no run of the cell has a reading of, as a node without them, flagged."""
    text = "{} GPUs, but no run of the cell has their energy: they are not in it"
    return Run(
        {
            phase: replace(absent(row, "gpu"), flags=(*row.flags, text.format(row.gpu_count))) if row.gpu_count else row
            for phase, row in run.windows.items()
        }
    )


def faults(window: LoggedWindow, max_node_power_w: float) -> list[str]:
    """Why a window's energies can not be right; empty for a sound one."""
    parts = {"CPU": window.energy_cpu_kwh, "GPU": window.energy_gpu_kwh, "RAM": window.energy_ram_kwh}
    found = [
        f"the energy of the {name} is negative" for name, value in parts.items() if value is not None and value < 0
    ]
    if window.gpu_count > 0 and not window.energy_gpu_kwh:
        found.append(f"{window.gpu_count} GPUs, but no GPU energy")
    power_w = window.energy_node_kwh * J_PER_KWH / window.duration_s
    if power_w <= 0:
        found.append("the energy of the node is not above 0")
    elif power_w > max_node_power_w and not window.faults:  # one cause is named once
        found.append(f"a mean power of {power_w:.4g} W is above max_node_power_w = {max_node_power_w:g}: another unit?")
    return [*found, *window.faults]


def _iso(window: LoggedWindow) -> str:
    moment = window.started_at.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _window(window: LoggedWindow) -> dict[str, Any]:
    """The fields of a record's window: the log's duration is between its energies' readings, and it has no other clock."""
    gpu_j = _joules(window.energy_gpu_kwh)
    return {
        "started_at_utc": _iso(window),
        "window_s": window.duration_s,
        "duration_s": window.duration_s,
        "energy_cpu_j": _joules(window.energy_cpu_kwh),
        "energy_ram_j": _joules(window.energy_ram_kwh),
        "energy_gpu_j": None if gpu_j is None else [gpu_j],
        "gpu_count": window.gpu_count,
        "energy_cpu_method": window.energy_cpu_method,
        "energy_ram_method": window.energy_ram_method,
        "energy_gpu_method": window.energy_gpu_method,
    }


def _joules(kwh: float | None) -> float | None:
    return None if kwh is None else kwh * J_PER_KWH
