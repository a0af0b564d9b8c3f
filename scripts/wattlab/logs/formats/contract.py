"""What a log format owes, and the common form of what it reads. None where nothing is logged, never zero.

Energies are kWh, as trackers write them, so that the account adds up what is logged to the last bit; records are joules.
Durations are s, emissions kg of CO2eq.

A format knows one tool's files and nothing of cells: `runs` joins the windows to runs, `assemble` makes records of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

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


class Damaged(Exception):
    """A file or a row that can not be read. Its text says why, `n_rows` how many rows are lost with it."""

    def __init__(self, why: str, remedy: str = "fetch it again", n_rows: int = 0) -> None:
        super().__init__(why)
        self.remedy, self.n_rows = remedy, n_rows


@dataclass(frozen=True, kw_only=True)
class LoggedWindow:
    """One span of a run with its energies, as a row of a log states it."""

    file: str
    line: int
    run_id: str
    name: str | None = None
    """Model or project, as the log writes it."""
    part: str | None = None
    """Part of the run, by the log's name: a key of the mapping's `phases`, or a phase itself. None: the whole run."""
    started_at: datetime
    """With a time zone."""
    duration_s: float
    """Above 0, between the two readings of the energies."""
    energy_cpu_kwh: float | None = None
    energy_ram_kwh: float | None = None
    energy_gpu_kwh: float | None = None
    """All GPUs together."""
    energy_node_kwh: float
    """As logged for all of it; where the log states none, the sum."""
    energy_cpu_method: Method
    energy_ram_method: Method
    energy_gpu_method: Method
    """`absent` on a machine without GPUs."""
    gpu_count: int = 0
    emissions_kg: float | None = None
    software: Mapping[str, str] = field(default_factory=dict)
    """Version by package, the tracker among them."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Machine, place and settings; `region`, `cpu_model` and `gpu_model` are named so in every format."""
    faults: tuple[str, ...] = ()
    """Why the energies can not be right, beyond what `assemble.faults` sees; a query with any is invalid."""
    flags: tuple[str, ...] = ()
    """What a reader should know of a window that is used."""

    @property
    def reading(self) -> tuple[Any, ...]:
        """What was measured: equal for a row that is there twice."""
        energies = (self.energy_cpu_kwh, self.energy_ram_kwh, self.energy_gpu_kwh)
        return (self.run_id, self.part, self.started_at, self.duration_s, energies)


@dataclass(frozen=True)
class Listed:
    """A run that a group's file names: its id, and its model by the name there."""

    run_id: str
    name: str
    file: str
    line: int


class LogFormat(ABC):
    """Reads the files of one tool. `model_column` of a mapping replaces the class's own."""

    #: The tool, in records and messages.
    name: ClassVar[str]
    #: Column or key with the model's name.
    model_column: str

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
