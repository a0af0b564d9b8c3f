"""What a study costs, at least or by what it took so far: time and energy from its protocol, disk and memory from its catalog facts."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil
from huggingface_hub import constants

from wattlab.foundation.clock import seconds_between
from wattlab.foundation.errors import InputError
from wattlab.hub.receipts import read_receipt
from wattlab.hub.requests import model_receipt
from wattlab.machine.cgroups import memory_limit_bytes
from wattlab.runs.needs import BYTES_PER_PARAMETER
from wattlab.samples.places import manifest_of
from wattlab.study.cells import CellId, MeasuredCell, ResolvedStudy
from wattlab.workflow.notice import here, restored

#: Memory of the measuring process beside the weights (torch, transformers, one sample and its activations).
PROCESS_GB = 1.5

#: Disk that a row of the samples takes, from the surrogate rows of ImageNet and COCO (0.29 and 0.44 MB) and of C4 (3 kB).
IMAGE_ROW_GB, TEXT_ROW_GB = 0.0005, 0.000004

BYTES_PER_GB = 1024**3


def finished_cells(study: ResolvedStudy, folder: Path) -> dict[str, float | None]:
    """Cells whose record is of today's spec, and those that the store restores, with their sessions' time (s); null: unknown.

    A record that is not there or can not be read counts as none: the tables say what is wrong with it.
    """
    finished: dict[str, float | None] = {}
    for resolved in study.measured:
        try:
            record = json.loads((folder / "runs" / f"{resolved.cell.id}.json").read_text())
            is_todays = record["spec"] == resolved.spec.model_dump(mode="json")
            times = [(s["started_at_utc"], s["ended_at_utc"]) for s in record["sessions"] if s["ended_at_utc"]]
        except (OSError, ValueError, LookupError, TypeError):
            continue
        if is_todays:
            finished[resolved.cell.id] = sum(seconds_between(*both) for both in times) if times else None
    lacking = {resolved.cell.id for resolved in study.measured} - finished.keys()
    whole = restored(study, lacking, folder.parent, here(study.config.device))
    return finished | {measured.cell_id: measured.duration_s for measured in whole}


def likely_time_s(study: ResolvedStudy, finished: dict[str, float | None]) -> float | None:
    """Time of the cells to come (s), by those that were measured: the mean of its task, or of all where its own has none.

    Side by side where the study says so; null where nothing was measured yet.
    """
    by_task: dict[str, list[float]] = defaultdict(list)
    for cell_id, took_s in finished.items():
        if took_s is not None:
            by_task[CellId.read(cell_id).task].append(took_s)
    if not by_task:
        return None
    overall = mean(took_s for group in by_task.values() for took_s in group)
    to_come = [r.cell for r in study.cells if r.cell.id not in finished]
    times_s = (mean(by_task[cell.task]) if by_task[cell.task] else overall for cell in to_come)
    return sum(times_s) / study.config.parallel_cells


def least_window_s(resolved: MeasuredCell) -> float:
    """Time of all windows that a cell's protocol fixes (s): repeats, idle and warm-up.

    Loading, windows of one pass and passes beyond the shortest window come on top: they depend on the model.
    """
    protocol = resolved.spec.protocol
    queries_s = protocol.repeats * protocol.min_window_s
    return queries_s + (protocol.repeats + 1) * protocol.idle_window_s + protocol.warmup_s


def least_time_s(study: ResolvedStudy, finished: Collection[str]) -> float:
    """Time that the cells without a finished record take at least (s); side by side where the study says so."""
    cells = [r for r in study.measured if r.cell.id not in finished]
    return sum(least_window_s(resolved) for resolved in cells) / study.config.parallel_cells


def passes_of_unknown_length(study: ResolvedStudy, finished: Collection[str]) -> int:
    """How many of these cells run one pass per window, however short: their queries count 0 in the least time."""
    return sum(r.spec.protocol.min_window_s == 0 for r in study.measured if r.cell.id not in finished)


@dataclass(frozen=True)
class Largest:
    """The cell that needs most memory: its model, parameters and memory (GB)."""

    model: str
    parameters: int
    memory_gb: float


def largest(study: ResolvedStudy, finished: Collection[str]) -> Largest | None:
    """The model with most parameters, as published, of the cells to come; null where no count is known."""
    sizes = [
        Largest(resolved.cell.model, parameters, _weights_gb(resolved, parameters) + PROCESS_GB)
        for resolved in study.measured
        if (parameters := resolved.facts.published_parameters) is not None and resolved.cell.id not in finished
    ]
    return max(sizes, key=lambda size: size.memory_gb, default=None)


def _weights_gb(cell: MeasuredCell, parameters: int) -> float:
    return parameters * BYTES_PER_PARAMETER[cell.spec.protocol.dtype] / BYTES_PER_GB


def available_memory_gb() -> float:
    """Memory that this process may still get (GB): what is free, and no more than its control group's limit."""
    free, limit = psutil.virtual_memory().available, memory_limit_bytes()
    return (free if limit is None else min(free, limit)) / BYTES_PER_GB


def disk_gb(study: ResolvedStudy, results: Path) -> dict[Path, float]:
    """Disk that is still needed (GB), by place: samples below `results`, in hub studies weights in the client's cache."""
    samples, weights = {}, {}
    for resolved in study.measured:
        spec, parameters = resolved.spec, resolved.facts.published_parameters
        row_gb = IMAGE_ROW_GB if resolved.facts.modality.startswith("image-") else TEXT_ROW_GB
        if not manifest_of(results, spec.samples).exists():
            samples[spec.samples.key] = spec.samples.n * row_gb
        receipt = model_receipt(results, resolved)
        if receipt is not None and parameters is not None and not _is_fetched(receipt):
            weights[resolved.cell.model] = _weights_gb(resolved, parameters)
    needed = {results: sum(samples.values()), Path(constants.HF_HUB_CACHE): sum(weights.values())}
    return {place: needed_gb for place, needed_gb in needed.items() if needed_gb}


def _is_fetched(receipt: Path) -> bool:
    try:
        return read_receipt(receipt).status == "complete"
    except InputError:
        return False
