"""The settings of a study: which values its cells have beside the protocol's, and which cells there are for that.

The protocol's own values are no setting: a setting that names one of them is the cell without it.
"""

from typing import Any

from wattlab.catalog.entries import TaskEntry
from wattlab.catalog.factors import FACTORS
from wattlab.catalog.protocols import Protocol
from wattlab.foundation.errors import InputError, Source, place_of
from wattlab.study.cells import Cell
from wattlab.study.config import StudyConfig


def settings_of(
    cell: Cell, place: dict[str, str], protocol: Protocol, config: StudyConfig, task: TaskEntry, source: Source
) -> list[Cell]:
    """The cell at each setting that the study names for it, but for the protocol's own; `place` as for `Where.matches`.

    Raises `InputError` for a factor that the cell can not take, and for a number of samples that whole batches of the
    largest size do not make.
    """
    own = protocol.model_dump(mode="json")
    found: dict[str, Cell] = {}
    for where, setting in config.all_settings:
        if setting.where.matches(**place):
            _check(setting.set, cell, task, f"{place_of(source, where.partition('.')[0])}: {where}")
            at = cell.at({key: value for key, value in setting.set.items() if value != own[key]})
            found[at.id] = at
    found.pop(cell.id, None)
    _check_batches([cell, *found.values()], protocol, source)
    return list(found.values())


def _check(values: dict[str, Any], cell: Cell, task: TaskEntry, where: str) -> None:
    for key in values:
        factor = FACTORS[key]
        if not factor.taken(task, cell.purpose, cell.variant):
            raise InputError(
                f"{where}.{key}: {cell.id} has no such thing ({key}: {factor.words}); name it under `settings`, with a "
                "`where` that leaves the cell out"
            )


def _check_batches(cells: list[Cell], protocol: Protocol, source: Source) -> None:
    largest = max(cell.values.get("batch_size", protocol.batch_size) for cell in cells)
    if protocol.n_inferences % largest:
        raise InputError(
            f"{place_of(source, 'settings')}: {cells[0].id}: n_inferences = {protocol.n_inferences} is no multiple of "
            f"batch_size = {largest}, and a last batch would be smaller; set n_inferences: {-(-protocol.n_inferences // largest) * largest} in `overrides`"
        )
