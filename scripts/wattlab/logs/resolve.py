"""The study that a mapping describes: every logged cell, with the ones that made the printed numbers selected."""

import math
from pathlib import Path
from typing import Any

from wattlab import STUDY_VERSION
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError, Source, near_matches, place_of
from wattlab.logs.archive import LogFiles, checksum_of, read_logs
from wattlab.logs.archive import place_of as place_of_logs
from wattlab.logs.mapping import Group, LoggedModel, Mapping, load_mapping
from wattlab.logs.runs import read_windows
from wattlab.study.cells import AS_LOGGED, CatalogFacts, Cell, Grid, ImportedCell, ResolvedStudy
from wattlab.study.config import StudyConfig
from wattlab.study.resolve import grid_of, names_of

#: A cell that is logged and that no one explains.
NOT_NAMED = "logged, but not named in the study"

#: How a mapping describes a model that the catalog lacks.
OWN_MODEL = "models: {{{}: {{hub_id: owner/name, family: bert, structure: encoder}}}}"


def resolve_published(
    config: StudyConfig, catalog: Catalog, source: Source, fetched: Path | None = None
) -> ResolvedStudy:
    """Resolve a study of imported logs from its mapping; without `fetched` (where a fetch puts logs) from that alone.

    The study's `tasks` and `multi_purpose` name the selected cells; every other cell of the mapping is imported
    unselected, with the reason. `source` names the file of a key in messages. Raises `InputError` for a name that neither
    the catalog nor the mapping knows, a cell that two groups claim, a selection that is in no log, or logs of one's own
    that are not there.
    """
    assert config.logs is not None
    mapping = load_mapping(config.logs.mapping)
    stems = model_stems(mapping, catalog, config.logs.mapping)
    selected = _selected(config, {**names_of(catalog), **stems})
    cells: dict[str, ImportedCell] = {}
    for group, name in mapping.cells():
        cell = group.cell(stems[name])
        if cell.id in cells:
            raise InputError(
                f"{config.logs.mapping}: groups: {group.file}: the cell {cell.id} is listed twice; keep one of them"
            )
        facts = _facts(
            cell, group, name, mapping, catalog, chosen=selected.pop((cell.purpose, cell.id), None) is not None
        )
        cells[cell.id] = ImportedCell(cell=cell, facts=facts)
    for (purpose, name), place in selected.items():
        raise InputError(
            f"{place_of(source, place.partition('.')[0])}: {place}: the {purpose} cell {name} is in no group of the "
            f"mapping; {near_matches(name, cells)}"
        )
    study = ResolvedStudy(
        schema_version=STUDY_VERSION, config=config, grid=grid_of(config, catalog, source), cells=list(cells.values())
    )
    return study if fetched is None else _with_logs(study, mapping, place_of(source, "grid"), fetched)


def _with_logs(study: ResolvedStudy, mapping: Mapping, source: str, fetched: Path) -> ResolvedStudy:
    """The study with the checksum of its logs, and with their own carbon intensity where it names no grid."""
    path, own = place_of_logs(study.config.logs, mapping.home, None, fetched)
    if mapping.home is not None and not own:
        if study.config.grid is None:
            raise InputError(f"{source}: grid is missing: logs that are fetched do not say theirs before; name one")
        return study.model_copy(update={"logs_sha256": mapping.home.sha256})
    logs = read_logs(path, mapping)
    own_grid: dict[str, Any] = {} if study.config.grid is not None else {"grid": _grid(logs, mapping)}
    return study.model_copy(update={"logs_sha256": checksum_of(logs.files, mapping.home), **own_grid})


def _grid(logs: LogFiles, mapping: Mapping) -> Grid:
    """Logged emissions over logged energy, of all rows that have both; its name says where the rows differ by a per cent."""
    rows = [
        (window.emissions_kg * 1000, window.energy_node_kwh)
        for window in read_windows(logs, mapping).read
        if window.emissions_kg is not None and window.energy_node_kwh > 0
    ]
    if not rows:
        raise InputError(
            f"{logs.source}: no row has emissions, so that the study has to name a grid: a number in g/kWh, or an entry of catalog/grids.yaml"
        )
    grams, kwh = (math.fsum(column) for column in zip(*rows, strict=True))
    low, high = (extreme(g / e for g, e in rows) for extreme in (min, max))
    several = f", {low:.4g} to {high:.4g} by row" if high > 1.01 * low else ""
    return Grid(grid=f"{AS_LOGGED}{several}", intensity_g_per_kwh=grams / kwh)


def model_stems(mapping: Mapping, catalog: Catalog, source: str) -> dict[str, str]:
    """Name in the logs -> the model's name in the study (`owner--model`); raises `InputError` for an unknown one."""
    names = names_of(catalog)
    stems = {}
    for _, name in mapping.cells():
        stated = mapping.models.get(name, name)
        if isinstance(stated, LoggedModel):
            stems[name] = stated.hub_id.replace("/", "--")
        elif stated in names:
            stems[name] = names[stated]
        else:
            near = near_matches(stated, names)
            hint = (
                near if near.startswith("did you mean") else f"describe a model of your own: {OWN_MODEL.format(name)}"
            )
            where = f"models.{name}" if name in mapping.models else "groups"
            raise InputError(f"{source}: {where}: {stated!r} is no model of catalog/models; {hint}")
    return stems


def _selected(config: StudyConfig, stems: dict[str, str]) -> dict[tuple[str, str], str]:
    """Purpose and id of every cell that the study names -> the place where it does."""
    by_name = {stem.replace("--", "/"): stem for stem in stems.values()} | stems
    return {
        (purpose, f"{group.task}/{dataset}/{by_name.get(model, model)}"): f"{section}.{place}"
        for purpose, section in (("task-specific", "tasks"), ("multi-purpose", "multi_purpose"))
        for place, group in enumerate(getattr(config, section))
        for dataset in group.datasets
        for model in group.models
    }


def _facts(cell: Cell, group: Group, name: str, mapping: Mapping, catalog: Catalog, *, chosen: bool) -> CatalogFacts:
    stated = mapping.models.get(name)
    model = stated if isinstance(stated, LoggedModel) else catalog.models[cell.model]
    reason = None if chosen else mapping.unselected.get(name) or group.unselected_because or NOT_NAMED
    return CatalogFacts(
        selected=chosen,
        unselected_because=reason,
        hub_id=model.hub_id,
        family=model.family,
        structure=model.structure,
        modality=catalog.tasks[cell.task].modality,
        environment="main",
        published_parameters=model.published_parameters,
    )
