"""Hand-written studies and records: every number is given by the test, nothing is measured.

Defaults make a plain CPU machine without RAPL (CPU `model`, RAM `constant`, GPU `absent`). With `gpu_j` the machine
has GPUs read by `counter` and the session leases the one at `gpu_index`.

    cells = [resolved_cell(task="fill-mask", dataset="c4", model="bert-base-uncased")]
    study = resolved_study(cells)
    record = record_of(cells[0], [measurements.repeat(0, cpu_j=3600.0), measurements.repeat(1, cpu_j=7200.0)])
    write_study(tmp_path, study, [record])          # study-{key}.json and runs/{cell_id}.json
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support import measurements
from wattlab import METHOD_VERSION, SCHEMA_VERSION, STUDY_VERSION
from wattlab.catalog.entries import GridEntry, PaperEntry, PaperTask, TrainingEntry
from wattlab.catalog.facts import DatasetFacts, ModelFacts
from wattlab.catalog.protocols import Protocol, ProtocolEntry
from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog, read_tasks
from wattlab.foundation.files import write_json
from wattlab.records.record import Failure, Record, Repeat, Session, Window
from wattlab.runs.job import Job
from wattlab.study import specs
from wattlab.study.cells import (
    CatalogFacts,
    Cell,
    Grid,
    ImportedCell,
    MeasuredCell,
    ResolvedCell,
    ResolvedStudy,
    SampleSpec,
    Spec,
)
from wattlab.study.config import StudyConfig
from wattlab.tables.evidence import CellEvidence, Evidence

#: Task -> (the paper's name, modality, output unit, mean and sd of Table 2).
TASKS: dict[str, tuple[str, str, str, float, float]] = {
    "text-classification": ("text classification", "text-to-category", "label", 0.002, 0.001),
    "question-answering": ("extractive QA", "text-to-category", "token", 0.003, 0.001),
    "fill-mask": ("masked language modeling", "text-to-text", "token", 0.003, 0.001),
    "token-classification": ("token classification", "text-to-category", "label", 0.004, 0.002),
    "image-classification": ("image classification", "image-to-category", "label", 0.007, 0.001),
    "object-detection": ("object detection", "image-to-category", "box", 0.038, 0.02),
    "text-generation": ("text generation", "text-to-text", "token", 0.047, 0.03),
    "summarization": ("summarization", "text-to-text", "token", 0.049, 0.01),
    "image-to-text": ("image captioning", "image-to-text", "token", 0.063, 0.02),
    "text-to-image": ("image generation", "text-to-image", "image", 2.907, 3.31),
}

#: Grids of the hand-written catalog, g CO2eq/kWh.
GRIDS_G_PER_KWH = {"us-oregon-2023-codecarbon": 138.75, "clean": 10.0}

_MULTI_PURPOSE_DATASETS = {
    "text-classification": ["imdb", "rotten-tomatoes", "sst2"],
    "question-answering": ["sciq", "squad", "squad-v2"],
    "summarization": ["cnn-dailymail", "samsum", "xsum"],
}


def protocol(**values: Any) -> Protocol:
    """Resolved protocol values (3 repeats, 2 redos) with exceptions."""
    given: dict[str, Any] = {
        "repeats": 3,
        "max_redo": 2,
        "n_inferences": 10,
        "min_window_s": 1.0,
        "invalid_below_s": 0.5,
        "warmup_inferences": 2,
        "warmup_s": 0.0,
        "idle_window_s": 1.0,
        "batch_size": 1,
        "dtype": "float32",
        "seed": 0,
        "cpu_threads": 1,
        "max_other_load_cores": None,
        "max_input_words": 50,
        "image_size": [640, 480],
        "steps": None,
        "max_new_tokens": None,
        "min_new_tokens": None,
        "prompt": None,
    }
    return Protocol(**{**given, **values})


def resolved_cell(
    task: str = "fill-mask",
    dataset: str = "c4",
    model: str = "google-bert--bert-base-uncased",
    *,
    purpose: str = "task-specific",
    variant: str | None = None,
    structure: str = "encoder",
    family: str = "bert",
    repeats: int = 3,
    weights: str = "architecture",
    data: str = "surrogate",
    device: str = "auto",
    exclusive: bool = True,
    protocol_values: dict[str, Any] | None = None,
    **facts: Any,
) -> MeasuredCell:
    """A cell of a measured study; `facts` sets any field of CatalogFacts."""
    cell = Cell(task=task, dataset=dataset, variant=variant, model=model, purpose=purpose)
    facts_of_rows = DatasetFacts(fields={})
    samples = SampleSpec(
        dataset=dataset, data=data, entry=facts_of_rows, selection="seeded", seed=0, n=10, generator_version=1
    )
    spec = Spec(
        cell=cell,
        weights=weights,
        data=data,
        device=device,
        exclusive=exclusive,
        protocol=protocol(**{"repeats": repeats, **(protocol_values or {})}),
        model=ModelFacts(library="transformers", environment="main"),
        dataset=facts_of_rows,
        tokenizer=None,
        samples=samples,
        require_counters=False,
        method_version=METHOD_VERSION,
    )
    given: dict[str, Any] = {
        "selected": variant is None,
        "unselected_because": "a variant of the preprocessing" if variant else None,
        "hub_id": model.replace("--", "/"),
        "family": family,
        "structure": structure,
        "modality": TASKS[task][1],
        "environment": "main",
        "published_parameters": 110_000_000,
        **facts,
    }
    return MeasuredCell(cell=cell, spec=spec, facts=CatalogFacts(**given))


def imported_cell(*names: str, **more: Any) -> ImportedCell:
    """The same cell of a study of published logs."""
    cell = resolved_cell(*names, **more)
    return ImportedCell(cell=cell.cell, facts=cell.facts)


def multi_purpose_cells(model: str = "bigscience--bloomz-7b1", **extra: Any) -> list[MeasuredCell]:
    """A model's nine multi-purpose cells."""
    return [
        resolved_cell(
            task, dataset, model, **{"purpose": "multi-purpose", "structure": "decoder", "family": "bloomz", **extra}
        )
        for task, datasets in _MULTI_PURPOSE_DATASETS.items()
        for dataset in datasets
    ]


def record_of(
    resolved: ResolvedCell,
    repeats: Sequence[Repeat] = (),
    *,
    status: str = "complete",
    sessions: Sequence[Session] | None = None,
    extra_repeats: Sequence[Repeat] = (),
    failure: Failure | None = None,
    **extra: Any,
) -> Record:
    """The record of a cell, its spec today's. Its sessions are made for the repeats, on a CPU, when none are given."""
    cell, facts, spec = resolved.cell, resolved.facts, resolved.spec
    if sessions is None:
        sessions = [
            measurements.session(name) for name in dict.fromkeys(one.session for one in [*repeats, *extra_repeats])
        ]
    given: dict[str, Any] = {
        "parameters": 109_500_000,
        "parameters_as_published": 109_500_000,
        "weights": spec.weights if spec else "hub",
        "data": spec.data if spec else "hub",
        "dtype": "float32",
        "device": "cpu",
        "lengths": "set",
        "fingerprint": "f" * 12,
        "spec": spec,
        "protocol": spec.protocol if spec else None,
        **extra,
    }
    return Record(
        schema_version=SCHEMA_VERSION,
        status=status,
        failure=failure,
        selected=facts.selected,
        unselected_because=facts.unselected_because,
        hub_id=facts.hub_id,
        family=facts.family,
        structure=facts.structure,
        modality=facts.modality,
        sessions=list(sessions),
        repeats=list(repeats),
        extra_repeats=list(extra_repeats),
        **cell.model_dump(),
        **given,
    )


def failed(resolved: ResolvedCell, reason: str, remedy: str | None = None, **extra: Any) -> Record:
    """The record of a cell that failed before its first repeat."""
    return record_of(resolved, status="failed", failure=Failure(reason=reason, remedy=remedy, attempts=1), **extra)


def resolved_study(cells: Sequence[ResolvedCell], study: str = "laptop", **config: Any) -> ResolvedStudy:
    """A resolved study of these cells; `config` sets any other key of StudyConfig."""
    given: dict[str, Any] = {
        "weights": "architecture",
        "data": "surrogate",
        "grid": "us-oregon-2023-codecarbon",
        "protocol": "laptop",
        "tasks": [],
        **config,
    }
    intensity = GRIDS_G_PER_KWH[given["grid"]] if isinstance(given["grid"], str) else given["grid"]
    grid = given["grid"] if isinstance(given["grid"], str) else "stated"
    return ResolvedStudy(
        schema_version=STUDY_VERSION,
        config=StudyConfig(study=study, **given),
        grid=Grid(grid=grid, intensity_g_per_kwh=intensity),
        cells=list(cells),
    )


def catalog() -> Catalog:
    """A catalog without models and datasets: the ten tasks, one protocol, two grids, BLOOMz's training, the claims, Table 2."""
    return Catalog(
        models={},
        datasets={},
        tasks={
            task: read_tasks()[task].model_copy(update={"title": name, "paper_name": name, "modality": modality})
            for task, (name, modality, _, _, _) in TASKS.items()
        },
        protocols={"laptop": ProtocolEntry(description="test", values=protocol())},
        grids={
            name: GridEntry(title=name, intensity_g_per_kwh=intensity, source="test")
            for name, intensity in GRIDS_G_PER_KWH.items()
        },
        equivalents={},
        training={
            "bigscience--bloomz-7b1": _training(51_686, 7_571, 1.0e-4, 592_570_000),
            "bigscience--bloomz-3b": _training(25_634, 3_242, 7.3e-5, 395_602_740),
            "bigscience--bloomz-1b7": _training(17_052, 1_081, 6.2e-5, 292_467_741),
            "bigscience--bloomz-560m": _training(10_505, 543, 5.4e-5, 204_592_592),
        },
        claims=load_catalog(CATALOG_ROOT).claims,
        paper=PaperEntry(
            tasks={
                task: PaperTask(energy_kwh_per_1000=mean, sd_energy_kwh_per_1000=sd)
                for task, (_, _, _, mean, sd) in TASKS.items()
            },
            source="Table 2",
        ),
    )


def _training(training_kwh: float, fine_tuning_kwh: float, inference_kwh: float, printed: int) -> TrainingEntry:
    return TrainingEntry(
        training_energy_kwh=float(training_kwh),
        fine_tuning_energy_kwh=float(fine_tuning_kwh),
        printed_inference_energy_kwh=inference_kwh,
        printed_inferences=printed,
        source="Table 5",
    )


def evidence_of(
    pairs: Sequence[tuple[ResolvedCell, Record | None]], unassigned: Sequence[Window] = (), **config: Any
) -> Evidence:
    """Evidence from pairs of cell and record (None: not measured)."""
    cells = [CellEvidence(cell, record) for cell, record in pairs]
    return Evidence(resolved_study([cell for cell, _ in pairs], **config), catalog(), cells, unassigned)


def write_study(folder: Path, study: ResolvedStudy, records: Sequence[Record] = ()) -> Path:
    """Write the study's file and the records below `folder` (`results/{study}`); the path of the study's file."""
    for record in records:
        write_json(folder / "runs" / f"{record.cell_id}.json", record.model_dump(mode="json"))
    return specs.write_study(folder, study)


def job_of(folder: Path, study: ResolvedStudy, cell: MeasuredCell) -> Job:
    """The job of a cell of this study, below `folder` (`results/{study}`), its files written."""
    keys = specs.write_specs(folder.parent, study)
    return Job(specs.write_study(folder, study), specs.spec_path(folder.parent, keys[cell.cell.id]), cell)
