"""What a study costs at least: time and energy from its protocol, disk and memory from its catalog facts."""

from collections.abc import Collection
from dataclasses import dataclass

from wattlab.runs.needs import BYTES_PER_PARAMETER
from wattlab.study.cells import MeasuredCell, ResolvedStudy

#: Memory of the measuring process beside the weights (torch, transformers, one sample and its activations).
PROCESS_GB = 1.5

#: Disk that a row of the samples takes, from the surrogate rows of ImageNet and COCO (0.29 and 0.44 MB) and of C4 (3 kB).
IMAGE_ROW_GB, TEXT_ROW_GB = 0.0005, 0.000004

BYTES_PER_GB = 1024**3


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


def largest(study: ResolvedStudy) -> Largest | None:
    """The model with most parameters, as published; null where no count is known."""
    sizes = [
        Largest(
            resolved.cell.model,
            parameters,
            parameters * BYTES_PER_PARAMETER[resolved.spec.protocol.dtype] / BYTES_PER_GB + PROCESS_GB,
        )
        for resolved in study.measured
        if (parameters := resolved.facts.published_parameters) is not None
    ]
    return max(sizes, key=lambda size: size.memory_gb, default=None)


def disk_gb(study: ResolvedStudy) -> float:
    """Disk that samples, and in hub studies the weights, need (GB)."""
    samples, weights = {}, {}
    for resolved in study.measured:
        spec = resolved.spec
        row_gb = IMAGE_ROW_GB if resolved.facts.modality.startswith("image-") else TEXT_ROW_GB
        samples[spec.samples.key] = spec.samples.n * row_gb
        if spec.weights == "hub" and resolved.facts.published_parameters is not None:
            weights[resolved.cell.model] = resolved.facts.published_parameters * 4 / BYTES_PER_GB
    return sum(samples.values()) + sum(weights.values())
