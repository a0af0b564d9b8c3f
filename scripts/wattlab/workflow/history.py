"""What the repeat store holds and what it cost, file by file: the archive that no rerun empties."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattlab.foundation.clock import seconds_between
from wattlab.foundation.errors import InputError
from wattlab.foundation.shared import Shared
from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Session, Window
from wattlab.records.store import StoredCell, read_events, read_store
from wattlab.runs.fingerprint import comparable_spec, without_pins
from wattlab.study.cells import ResolvedCell
from wattlab.tables.energies import Device, components_of, total_j
from wattlab.tables.overlaps import Span, device_name, overlapping


@dataclass(frozen=True)
class Measured:
    """A file of the store: one cell under one fingerprint."""

    path: Path
    cell_id: str
    identity: dict[str, Any]
    stored: StoredCell

    @property
    def spec(self) -> dict[str, Any]:
        """The comparable part of the spec that was measured."""
        return without_pins(self.identity["spec"])

    @property
    def fingerprint(self) -> str:
        """What the repeats share, in the file's name."""
        return self.path.stem.partition(".")[0]

    @property
    def is_set_aside(self) -> bool:
        """Whether a person had the cell measured anew (`make again`)."""
        return "." in self.path.stem

    @property
    def began_at_utc(self) -> str | None:
        """Start of the first session."""
        return min((session.started_at_utc for session in self.stored.sessions), default=None)

    @property
    def studies(self) -> list[str]:
        """Studies that paid for it."""
        return sorted({session.study for session in self.stored.sessions})

    @property
    def energy_kwh(self) -> float | None:
        """Everything that it cost: load, transfer, warm-up, repeats and idle; null where nothing could be read.

        As in the table of totals: of the node, or of its device where it was measured beside others.
        """
        energies_j = [total_j(self._parts(session, window)) for session, window in self._windows()]
        known_j = [energy_j for energy_j in energies_j if energy_j is not None]
        return sum(known_j) / J_PER_KWH if known_j else None

    @property
    def is_exclusive(self) -> bool:
        """Whether no other cell was measured beside it."""
        return bool(self.spec.get("exclusive", True))

    def _parts(self, session: Session, window: Window) -> list[tuple[float | None, str]]:
        return components_of(window, "node" if self.is_exclusive else "device", Device(session.gpu_index))

    def spans(self) -> list[Span]:
        """Its windows, where other cells may have run beside it."""
        found = [(device_name(session), window) for session, window in self._windows() if not self.is_exclusive]
        return [(device, self.path, window) for device, window in found if device is not None]

    @property
    def duration_s(self) -> float | None:
        """Time that its sessions took (s), as far as each says when it ended."""
        ended = [session for session in self.stored.sessions if session.ended_at_utc]
        return sum(seconds_between(s.started_at_utc, str(s.ended_at_utc)) for s in ended) if ended else None

    def _windows(self) -> Iterator[tuple[Session, Window]]:
        for session in self.stored.sessions:
            yield from ((session, window) for window in (session.load, session.transfer, session.warmup) if window)
        sessions, seen = {session.session: session for session in self.stored.sessions}, set()
        for repeat in self.stored.observed:
            for window in (repeat.idle_before, repeat, repeat.idle_after):
                if window is not None and (repeat.session, window.started_at_utc) not in seen:
                    seen.add((repeat.session, window.started_at_utc))  # neighbours share an idle window
                    yield sessions[repeat.session], window


def at_once(measured: Iterable[Measured]) -> set[Path]:
    """The files whose cells ran beside one another on one device: their energies hold the same joules."""
    spans = [span for one in measured for span in one.spans()]
    return {path for place in overlapping(spans) if isinstance(path := spans[place][1], Path)}


def measured_cells(
    results: Path, cell_ids: Iterable[str] | None = None, damaged: list[str] | None = None
) -> list[Measured]:
    """Every file of the store, or those of some cells, by cell and date.

    A file that can not be read is left out; what is wrong with it is added to `damaged`.
    """
    root = results / Shared.REPEATS
    found = []
    if cell_ids is None:
        cell_ids = {path.parent.relative_to(root).as_posix() for path in root.glob("*/*/*/*.jsonl")}
    for cell_id in sorted(cell_ids):
        folder = root / cell_id
        for path in sorted(folder.glob("*.jsonl")):
            try:
                events = read_events(path)
                if events and events[0]["event"] == "identity":
                    found.append(Measured(path, cell_id, events[0], read_store(path)))
            except InputError as error:
                if damaged is not None:
                    damaged.append(str(error))
    return sorted(found, key=lambda measured: (measured.cell_id, measured.began_at_utc or ""))


def is_of(measured: Measured, cell: ResolvedCell) -> bool:
    """Whether the study's cell, as it is configured today, would go on with these repeats (on the same machine)."""
    if measured.is_set_aside or cell.spec is None or measured.spec != comparable_spec(cell.spec):
        return False
    return cell.spec.model.revision in (None, measured.identity.get("hub_commit"))
