"""From a configuration and the catalog to the study resolved: every cell with its spec."""

from collections.abc import Collection
from typing import Any

from wattlab import METHOD_VERSION, SAMPLES_VERSION, STUDY_VERSION
from wattlab.catalog.entries import DatasetEntry, ModelEntry, TaskEntry
from wattlab.catalog.factors import PROTOCOL
from wattlab.catalog.facts import DatasetFacts, ModelFacts
from wattlab.catalog.protocols import WITH_START, Protocol
from wattlab.catalog.reading import Catalog, read_tasks
from wattlab.foundation.errors import InputError, Source, checked, entry_of, near_matches, place_of
from wattlab.foundation.schema import Purpose, TaskName, task_context, working_fields
from wattlab.study.cells import CatalogFacts, Cell, Grid, MeasuredCell, ResolvedStudy, SampleSpec, Spec, TokenizerSpec
from wattlab.study.checks import check_exceptions, check_pins
from wattlab.study.config import StudyConfig, TaskGroup, Weights
from wattlab.study.prompts import check_prompt
from wattlab.study.settings import settings_of
from wattlab.study.uncatalogued import HUB_ID, UncataloguedModel, stem_of, uncatalogued

#: Why a cell of a setting enters no table and no figure of the paper.
ANOTHER_SETTING = "another setting than the protocol's"

#: The grid of a study that names none: that of the paper's logs.
PAPER_GRID = "us-oregon-2023-codecarbon"


def resolve(config: StudyConfig, catalog: Catalog, source: Source) -> ResolvedStudy:
    """Resolve a measured study; `source` names the file of a key in messages. Raises `InputError` for any unknown name,
    a cell listed twice, or a protocol whose values do not fit together."""
    names = names_of(catalog)
    cells: dict[str, MeasuredCell] = {}
    listed: dict[str, str] = {}
    sections: list[tuple[Purpose, str, list[TaskGroup]]] = [
        ("task-specific", "tasks", config.tasks),
        ("multi-purpose", "multi_purpose", config.multi_purpose),
    ]
    for purpose, section, groups in sections:
        for place, group in enumerate(groups):
            key = f"{section}.{place}"
            for cell in _cells_of(
                group, purpose, catalog, names, f"{place_of(source, section)}: {key}", config.weights
            ):
                if cell.id in listed:
                    twice = (
                        _doubled(group, key, cell, names) if listed[cell.id] == key else f"{key} and {listed[cell.id]}"
                    )
                    raise InputError(
                        f"{place_of(source, section)}: {twice}: the cell {cell.id} is listed twice; keep one of them"
                    )
                listed[cell.id] = key
                cells |= {at.cell.id: at for at in _with_settings(cell, config, catalog, source)}
    check_exceptions(config, list(cells.values()), source)
    check_pins(config, list(cells.values()), source)
    return ResolvedStudy(
        schema_version=STUDY_VERSION, config=config, grid=grid_of(config, catalog, source), cells=list(cells.values())
    )


def on_random_weights(cell: Cell, config: StudyConfig, catalog: Catalog) -> Spec:
    """The spec that a study's cell would have with random weights and surrogate rows: what can be said of it without its
    checkpoint and its dataset. Raises `InputError`."""
    stand_ins = {"weights": "architecture", "data": "surrogate", "device": "cpu"}
    return _resolve_cell(cell, config.model_copy(update=stand_ins), catalog, config.study).spec


def _doubled(group: TaskGroup, key: str, cell: Cell, names: dict[str, str]) -> str:
    """The list of a group that names the cell's dataset or model twice, with those names."""
    datasets = [written for written in group.datasets if cell.id.startswith(f"{cell.task}/{written}/")]
    if len(datasets) > 1:
        return f"{key}.datasets = {', '.join(map(repr, datasets))}"
    return f"{key}.models = {', '.join(repr(name) for name in group.models if names.get(name, stem_of(name)) == cell.model)}"


def names_of(catalog: Catalog) -> dict[str, str]:
    """Every spelling of a model's name -> the stem of its file."""
    entries = catalog.models.items()
    return {name: stem for stem, entry in entries for name in (stem, entry.hub_id, *entry.aliases)}


def _cells_of(
    group: TaskGroup, purpose: Purpose, catalog: Catalog, names: dict[str, str], where: str, weights: Weights
) -> list[Cell]:
    cells = []
    for written in group.datasets:
        dataset, _, variant = written.partition("@")
        entry = entry_of(catalog.datasets, dataset, f"{where}.datasets: {written!r} is no file of catalog/datasets")
        if group.task not in entry.tasks:
            raise InputError(
                f"{where}.datasets: {written!r} serves {', '.join(entry.tasks)}, not {group.task}; take it out, or add the task to catalog/datasets/{dataset}.yaml"
            )
        if variant and (variant != "native" or not catalog.tasks[group.task].reads_images):
            raise InputError(f"{where}.datasets: {written!r}: the only variant is @native, for tasks that read images")
        for model in group.models:
            stem = _model_of(model, group.task, catalog, names, where, weights)
            cells.append(
                Cell(
                    task=group.task, dataset=dataset, variant="native" if variant else None, model=stem, purpose=purpose
                )
            )
    return cells


def _model_of(name: str, task: TaskName, catalog: Catalog, names: dict[str, str], where: str, weights: Weights) -> str:
    """The cell's model for a name in a study: a stem of the catalog, or a bare hub id's."""
    stem = names.get(name)
    if stem is None and weights == "hub" and HUB_ID.fullmatch(name):
        return stem_of(name)
    if stem is None:
        near = (
            "set weights: hub to measure an id of the hub without a file" if "/" in name else near_matches(name, names)
        )
        raise InputError(
            f"{where}.models: {name!r} is no file of catalog/models, no hub id and no alias in one; {near}"
        )
    if task not in catalog.models[stem].tasks:
        raise InputError(
            f"{where}.models: {name!r} answers {', '.join(catalog.models[stem].tasks)}, not {task}; take it out, or add the task to catalog/models/{stem}.yaml"
        )
    return stem


def _facts_of(cell: Cell, catalog: Catalog) -> ModelEntry | UncataloguedModel:
    known = catalog.models.get(cell.model)
    return known or uncatalogued(cell, catalog.tasks[cell.task], catalog.own_models.get(cell.model))


def _with_settings(cell: Cell, config: StudyConfig, catalog: Catalog, source: Source) -> list[MeasuredCell]:
    """The cell under the protocol, then at each setting of the study."""
    own = _resolve_cell(cell, config, catalog, source)
    place, task = _place(cell, _facts_of(cell, catalog)), catalog.tasks[cell.task]
    settings = settings_of(cell, place, own.spec.protocol, config, task, source)
    return [own, *(_resolve_cell(at, config, catalog, source) for at in settings)]


def _resolve_cell(cell: Cell, config: StudyConfig, catalog: Catalog, source: Source) -> MeasuredCell:
    model, dataset, task = _facts_of(cell, catalog), catalog.dataset(cell.dataset, cell.task), catalog.tasks[cell.task]
    protocol = _protocol(cell, config, catalog, source)
    check_prompt(cell, protocol.prompt, dataset, place_of(source, "overrides"))
    spec = _spec(cell, config, protocol, model, dataset)
    limit = config.time_limit_s.get(cell.task) if isinstance(config.time_limit_s, dict) else config.time_limit_s
    place = {**_place(cell, model), "setting": cell.setting or PROTOCOL}
    known = next((known.reason for known in config.known_missing if known.where.matches(**place)), None)
    unselected = "a variant of the preprocessing" if cell.variant else ANOTHER_SETTING if cell.setting else None
    facts = CatalogFacts(
        selected=unselected is None,
        unselected_because=unselected,
        hub_id=model.hub_id,
        hub_revision=model.revision if config.weights == "hub" else None,
        family=model.family,
        structure=model.structure,
        modality=task.modality,
        environment=model.environment,
        published_parameters=model.published_parameters,
        count_as=model.count_as,
        counted_components=model.counted_components,
        other_rows=dataset.hub.other_rows if config.data == "hub" else None,
        known_missing=known,
    )
    return MeasuredCell(cell=cell, spec=spec, facts=facts, time_limit_s=limit)


def _spec(
    cell: Cell, config: StudyConfig, protocol: Protocol, model: ModelEntry | UncataloguedModel, dataset: DatasetEntry
) -> Spec:
    dataset_facts = DatasetFacts.model_validate(working_fields(dataset, config.data))
    tokenizer = None
    if config.weights == "architecture" and model.tokenizer is not None:
        tokenizer = TokenizerSpec.of(model.tokenizer)
    samples = SampleSpec(
        dataset=cell.dataset,
        data=config.data,
        entry=dataset_facts,
        selection=config.selection,
        seed=protocol.seed,
        n=protocol.n_inferences,
        generator_version=SAMPLES_VERSION,
    )
    return Spec(
        cell=cell,
        weights=config.weights,
        data=config.data,
        device=config.device,
        exclusive=config.exclusive,
        protocol=protocol,
        model=ModelFacts.model_validate(working_fields(model, config.weights)),
        dataset=dataset_facts,
        tokenizer=tokenizer,
        samples=samples,
        require_counters=config.require_counters,
        method_version=METHOD_VERSION,
    )


def _place(cell: Cell, model: ModelEntry | UncataloguedModel) -> dict[str, str]:
    return {
        "task": cell.task,
        "dataset": cell.dataset,
        "family": model.family,
        "model": cell.model,
        "purpose": cell.purpose,
    }


def _protocol(cell: Cell, config: StudyConfig, catalog: Catalog, source: Source) -> Protocol:
    """The values of the named set, its exceptions, the set lengths of architecture mode, the study's exceptions."""
    named = catalog.protocol(config.protocol, place_of(source, "protocol"))
    place = _place(cell, _facts_of(cell, catalog))
    values: dict[str, Any] = named.values.model_dump(mode="json")
    if cell.purpose == "multi-purpose":
        values["prompt"] = catalog.tasks[cell.task].prompt
    starts = _starts_from_a_token(cell, catalog)
    for override in named.overrides:
        if override.where.matches(**place):
            values.update(_new_tokens(override.set, starts))
    if cell.variant == "native":
        values["image_size"] = None
    if config.weights == "architecture":
        _set_lengths(cell, catalog.tasks[cell.task], values, starts)
    for override in config.overrides:
        if override.where.matches(**place):
            values.update(_new_tokens(override.set, starts))
    values.update(cell.values)
    if config.weights == "architecture" and values["max_new_tokens"] is not None:
        values["min_new_tokens"] = values["max_new_tokens"]  # random weights end no sentence sensibly
    return checked(Protocol, values, f"{place_of(source, 'protocol')}: protocol {config.protocol!r} for {cell.id}")


def _starts_from_a_token(cell: Cell, catalog: Catalog) -> bool:
    """Whether the library's `max_length` counts one token that the model did not produce: a decoder beside an encoder
    starts from it, and so does one that is given an image alone. A decoder that continues its prompt, and a prompted
    model that the catalog lacks, have none."""
    structure = _facts_of(cell, catalog).structure
    if structure is None and cell.purpose == "task-specific":
        structure = catalog.tasks[cell.task].structure
    return structure in ("seq2seq", "vision-encoder-decoder")


def _new_tokens(values: dict[str, Any], starts: bool) -> dict[str, Any]:
    """Values of an override with all lengths in new tokens."""
    return {
        WITH_START.get(key, key): value - starts if key in WITH_START and value is not None else value
        for key, value in values.items()
    }


def _set_lengths(cell: Cell, task: TaskEntry, values: dict[str, Any], starts: bool) -> None:
    """Architecture mode: outputs have the published length, or the protocol's cap where that is lower."""
    if cell.purpose == "task-specific" and not task.generates_text:
        return
    for length in task.set_lengths:
        if length.purpose == cell.purpose:
            cap, (tokens,) = values["max_new_tokens"], _new_tokens(length.set, starts).values()
            values["max_new_tokens"] = tokens if cap is None else min(cap, tokens)
            return
    raise InputError(
        f"catalog/tasks.yaml: {cell.task}: set_lengths has none for purpose {cell.purpose}; add one, with its source"
    )


def grid_of(config: StudyConfig, catalog: Catalog, source: Source) -> Grid:
    """The carbon intensity that the study names or states, else the paper's; raises `InputError`."""
    named = PAPER_GRID if config.grid is None else config.grid
    if not isinstance(named, str):
        return Grid(grid="stated", intensity_g_per_kwh=named)
    where = f"{place_of(source, 'grid')}: grid = {named!r} is no number and no entry of catalog/grids.yaml"
    return Grid(grid=named, intensity_g_per_kwh=entry_of(catalog.grids, named, where).intensity_g_per_kwh)


def check_config(content: dict[str, Any], source: Source, tasks: Collection[str] | None = None) -> StudyConfig:
    """The configuration, checked; `source` names the file of a key (see `errors.explain`).

    `tasks`: those that it may name; null: the repository's.
    """
    return checked(StudyConfig, content, source, context=task_context(read_tasks() if tasks is None else tasks))
