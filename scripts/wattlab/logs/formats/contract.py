"""What a log format owes, and the common form of what it reads. None where nothing is logged, never zero.

Energies are kWh, as trackers write them, so that the account adds up what is logged to the last bit; records are joules.
Durations are s, emissions kg of CO2eq.

A format knows one tool's files and nothing of cells: `runs` joins the windows to runs, `assemble` makes records of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from wattlab.records.record import Method


@dataclass(frozen=True)
class Problem:
    """Something in the logs that was not taken, or not without saying so."""

    file: str
    problem: str
    remedy: str
    line: int | None = None
    run_id: str | None = None
    cell: str | None = None
    n_rows: int = 0
    """Rows that were left out for it."""
    n_places: int = 1
    """How often it is in the file; the line is the first."""


class Damaged(Exception):
    """A file or a row that can not be read. Its text says why, `n_rows` how many rows are lost with it."""

    def __init__(self, why: str, remedy: str = "save it again as it was written", n_rows: int = 0) -> None:
        super().__init__(why)
        self.remedy, self.n_rows = remedy, n_rows


@dataclass(frozen=True, kw_only=True)
class LoggedWindow:
    """One span of a run with its energies, as a row of a log states it.

    `name` is the model or project as the log writes it. `part` is the part of the run by the log's own name: a key of
    the mapping's `phases`, or a phase itself; None is the whole run. `started_at` has a time zone. `duration_s` is above
    0. The GPUs are one sum, and `absent` on a machine without any. `energy_node_kwh` is what the log states for all of
    it, or else the sum. `software` has versions by package, `facts` machine, place and settings (`region`, `cpu_model`
    and `gpu_model` in every format). `faults` say why the energies can not be right, beyond what `assemble.faults`
    sees: a query with any is invalid. `flags` say what a reader should know of a window that is used.
    """

    file: str
    line: int
    run_id: str
    name: str | None = None
    part: str | None = None
    started_at: datetime
    duration_s: float
    energy_cpu_kwh: float | None = None
    energy_ram_kwh: float | None = None
    energy_gpu_kwh: float | None = None
    energy_node_kwh: float
    energy_cpu_method: Method
    energy_ram_method: Method
    energy_gpu_method: Method
    gpu_count: int = 0
    emissions_kg: float | None = None
    software: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def reading(self) -> tuple[Any, ...]:
        """What was measured: equal for a row that is there twice."""
        energies = (self.energy_cpu_kwh, self.energy_ram_kwh, self.energy_gpu_kwh)
        return (self.run_id, self.part, self.started_at, self.duration_s, energies)

    def continues(self, earlier: "LoggedWindow") -> bool:
        """Whether it is the earlier window, longer: same name, later end, more time and energy."""
        ends = [row.started_at + timedelta(seconds=row.duration_s) for row in (earlier, self)]
        same = (earlier.name, earlier.part) == (self.name, self.part)
        return (
            same
            and ends[0] < ends[1]
            and earlier.duration_s < self.duration_s
            and earlier.energy_node_kwh < self.energy_node_kwh
        )


@dataclass(frozen=True)
class Listed:
    """A run that a group's file names: its id, and its model by the name there."""

    run_id: str
    name: str
    file: str
    line: int


class LogFormat(ABC):
    """Reads the files of one tool. `model_column` of a mapping replaces the class's own."""

    #: Column or key with the model's name.
    model_column = "model"

    def __init__(self, model_column: str | None = None) -> None:
        if model_column is not None:
            self.model_column = model_column

    @abstractmethod
    def looks_like(self, content: bytes) -> bool:
        """Whether a file is a log of this format, sound or not: one that the mapping forgot is named by it."""

    @abstractmethod
    def windows(self, file: str, content: bytes) -> Iterator[LoggedWindow | Problem]:
        """Every row of a file, in order: its window, or a problem with `n_rows=1`. Raises `Damaged` for the file."""

    def runs(self, file: str, content: bytes) -> Iterator[Listed | Problem]:
        """The runs that a group's file names; unless it lists them otherwise, those of its windows, each once."""
        seen: set[tuple[str, str | None]] = set()
        for found in self.windows(file, content):
            if isinstance(found, Problem):
                yield Problem(found.file, f"{found.problem}: no run is named here", found.remedy, found.line)
            elif (found.run_id, found.name) not in seen:
                seen.add((found.run_id, found.name))
                yield Listed(found.run_id, found.name or "", file, found.line)
