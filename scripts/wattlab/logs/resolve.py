"""The study that a mapping describes: every logged cell, with the ones that made the printed numbers selected."""

from wattlab import STUDY_VERSION
from wattlab.catalog.reading import Catalog
from wattlab.foundation.errors import InputError, Source, near_matches, place_of
from wattlab.logs.mapping import Group, LoggedModel, Mapping, load_mapping
from wattlab.study.cells import CatalogFacts, Cell, ImportedCell, ResolvedStudy
from wattlab.study.config import StudyConfig
from wattlab.study.resolve import grid_of, names_of

#: A cell that is logged and that no one explains.
NOT_NAMED = "logged, but not named in the study"


def resolve_published(config: StudyConfig, catalog: Catalog, source: Source) -> ResolvedStudy:
    """Resolve a study of imported logs from its mapping alone; the logs need not be there.

    The study's `tasks` and `multi_purpose` name the selected cells; every other cell of the mapping is imported
    unselected, with the reason. `source` names the file of a key in messages. Raises `InputError` for a name that neither
    the catalog nor the mapping knows, a cell that two groups claim, or a selection that is in no log.
    """
    assert config.logs is not None
    mapping = load_mapping(config.logs.mapping)
    stems = model_stems(mapping, catalog, config.logs.mapping)
    selected = _selected(config, {**names_of(catalog), **stems})
    cells: dict[str, ImportedCell] = {}
    for group, name in mapping.cells():
        cell = cell_of(group, stems[name])
        if cell.id in cells:
            raise InputError(
                f"{config.logs.mapping}: groups: {group.file}: the cell {cell.id} is listed twice; keep one of them"
            )
        facts = _facts(
            cell, group, name, mapping, catalog, chosen=selected.pop((cell.purpose, cell.id), None) is not None
        )
        cells[cell.id] = ImportedCell(cell=cell, facts=facts)
    for (purpose, name), place in selected.items():
        near = near_matches(name, cells)
        raise InputError(
            f"{place_of(source, place.partition('.')[0])}: {place}: the {purpose} cell {name} is in no group of the mapping; {near}"
        )
    return ResolvedStudy(
        schema_version=STUDY_VERSION, config=config, grid=grid_of(config, catalog, source), cells=list(cells.values())
    )


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
            raise InputError(
                f"{source}: groups: the model {stated!r} is in no file of catalog/models and not under `models`; "
                f"{near_matches(stated, names)}"
            )
    return stems


def cell_of(group: Group, stem: str) -> Cell:
    """The cell of one model of a group."""
    return Cell(task=group.task, dataset=group.dataset, variant=group.variant, model=stem, purpose=group.purpose)


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
