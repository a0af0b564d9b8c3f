"""What a run is about to measure a second time, and what the first time cost: said once, before anything starts."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattlab.foundation.clock import spoken
from wattlab.foundation.errors import NoDevice
from wattlab.foundation.quantities import significant
from wattlab.foundation.wording import count
from wattlab.machine.describe import describe_machine
from wattlab.machine.software import versions
from wattlab.runs.fingerprint import comparable_spec
from wattlab.runs.needs import beyond_cores
from wattlab.runs.validity import is_settled
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.study.config import StudyConfig
from wattlab.workflow.history import Measured, is_of, measured_cells

ANOTHER_MACHINE = "another machine"
SET_ASIDE = "what `make again` set aside"


@dataclass(frozen=True)
class Here:
    """What this machine would measure with, without torch; null where that is not known."""

    device_kind: dict[str, Any] | None = None
    versions: dict[str, str] | None = None


def here(configured_device: str) -> Here:
    """Of the machine and the environment of this process. Where it has no torch, another environment measures."""
    try:
        kind = describe_machine(configured_device).kind
    except NoDevice:
        kind = None
    installed = versions()
    return Here(kind, installed if "torch" in installed else None)


@dataclass(frozen=True)
class Again:
    """Cells whose repeats in the store can not be gone on with; `reasons` are those of their latest files."""

    n_cells: int
    n_planned: int
    energy_kwh: float | None
    duration_s: float | None
    reasons: tuple[str, ...]


def measured_again(
    study: ResolvedStudy, planned: Collection[str], results: Path, this: Here | None = None
) -> Again | None:
    """What of the planned cells was measured before and can not be gone on with; null where nothing is.

    Costs are those of each cell's latest file in the store: all windows of all its sessions. Null where no file says.
    """
    this = this or Here()
    energies_kwh, durations_s, n_cells = [], [], 0
    reasons: dict[str, None] = {}
    for resolved in study.measured:
        if resolved.cell.id not in planned:
            continue
        files = measured_cells(results, [resolved.cell.id])
        differing = [list(_differences(measured, resolved, this)) for measured in files]
        if not all(differing) or not files:
            continue
        n_cells += 1
        latest = files[-1]
        reasons |= dict.fromkeys(differing[-1])
        energies_kwh += [] if latest.energy_kwh is None else [latest.energy_kwh]
        durations_s += [] if latest.duration_s is None else [latest.duration_s]
    if not n_cells:
        return None
    return Again(n_cells, len(planned), sum(energies_kwh) or None, sum(durations_s) or None, tuple(reasons))


def restored(study: ResolvedStudy, planned: Collection[str], results: Path, this: Here | None = None) -> list[Measured]:
    """Of the planned cells, the files of the store that are whole: their records are made without measuring."""
    found = []
    for resolved in study.measured:
        if resolved.cell.id in planned:
            whole = (
                one for one in measured_cells(results, [resolved.cell.id]) if _is_whole(one, resolved, this or Here())
            )
            found += list(whole)[-1:]
    return found


def _is_whole(measured: Measured, cell: MeasuredCell, this: Here) -> bool:
    return not any(_differences(measured, cell, this)) and is_settled(measured.stored, cell.spec)


def restored_words(n_restored: int, n_planned: int) -> str:
    """One sentence for the person who reads a plan."""
    are = "is" if n_restored == 1 else "are"
    return (
        f"{n_restored} of {count(n_planned, 'planned cell')} {are} restored from the store: the repeats are whole, and nothing "
        "is measured again"
    )


def beyond_machine(
    study: ResolvedStudy, planned: Collection[str], results: Path, cores: float, source: Callable[[str], str]
) -> list[str]:
    """A sentence for each value of a factor that this machine can not take. `source`: the file of a key.

    What the store has whole is made without measuring, on any machine.
    """
    cells = [resolved for resolved in study.measured if resolved.cell.id in planned]
    lacking = {resolved.cell.id: found for resolved in cells if (found := list(beyond_cores(resolved, cores)))}
    for measured in restored(study, lacking, results) if lacking else ():
        del lacking[measured.cell_id]
    numbers = Counter(
        (_key_of(study.config, resolved, key, source), f"{value}: {what}")
        for resolved in cells
        for key, value, what in lacking.get(resolved.cell.id, ())
    )
    return [
        f"{place} = {what}; {count(n_cells, 'planned cell')} of {len(planned)} will be "
        "`unavailable`: name a lower value, or measure on a larger machine"
        for (place, what), n_cells in numbers.items()
    ]


def _key_of(config: StudyConfig, measured: MeasuredCell, key: str, source: Callable[[str], str]) -> str:
    """File and key that say the cell's value of a factor."""
    cell = measured.cell
    if key in cell.values:
        places = (place for place, setting in config.all_settings if setting.set.get(key) == cell.values[key])
    else:
        names = {name: getattr(cell, name) for name in ("task", "dataset", "model", "purpose")}
        places = (
            f"overrides.{number}.set"
            for number, override in reversed(list(enumerate(config.overrides)))
            if key in override.set and override.where.matches(**names, family=measured.facts.family)
        )
    place = next(places, None)
    if place is None:
        return f"catalog/protocols.yaml: {config.protocol}: {key}"
    return f"{source(place.partition('.')[0])}: {place}.{key}"


def _differences(measured: Measured, cell: MeasuredCell, this: Here) -> Iterator[str]:
    """Why repeats can not be gone on with here; none where they can."""
    if measured.is_set_aside:
        yield SET_ASIDE
        return
    if not is_of(measured, cell):
        wanted = comparable_spec(cell.spec)
        differing = (key for key in wanted if measured.spec.get(key) != wanted[key])
        yield f"another {' and '.join(differing).replace('_', ' ') or 'commit of the model'}"
        return
    kind, before = measured.identity.get("device_kind"), measured.identity.get("versions")
    if this.device_kind is not None and kind is not None and kind != this.device_kind:
        yield ANOTHER_MACHINE
    # A model's other environment has other versions.
    if this.versions is None or before is None or cell.spec.model.environment != "main":
        return
    for package in sorted(before.keys() | this.versions.keys()):
        was, now = before.get(package, "none"), this.versions.get(package, "none")
        if was != now:
            yield f"{package} {was} (now {now})"


def notice(again: Again) -> str:
    """One sentence for the person who is about to pay."""
    energy = "an unknown energy" if again.energy_kwh is None else f"{significant(again.energy_kwh, 3)} kWh"
    duration = "an unknown time" if again.duration_s is None else spoken(again.duration_s)
    return (
        f"Of {count(again.n_planned, 'cell')} to measure, {again.n_cells} {'was' if again.n_cells == 1 else 'were'} measured before with "
        f"{'; '.join(again.reasons)}: last time they cost {energy} and {duration}. Those repeats stay in results/repeats "
        "(`make history` lists them). To keep their numbers instead, stop here (Ctrl-C) and undo the change."
    )
