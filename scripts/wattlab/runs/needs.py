"""What a cell asks of a cluster: walltime and memory, from the study alone; and of a machine's cores."""

import math
from collections.abc import Iterator
from typing import Any

from wattlab.catalog.factors import FACTORS
from wattlab.study.cells import MeasuredCell

#: Time around the measurement itself: start, imports, samples, record (min).
OVERHEAD_MIN = 5

#: Walltime of a cell without a `time_limit_s` (min). What it finished by then is kept, and a retry goes on.
WITHOUT_LIMIT_MIN = 240

#: Memory of the process without a model: torch, tokenizers, samples (MB).
PROCESS_MB = 4000

BYTES_PER_PARAMETER = {"float32": 4, "float16": 2, "bfloat16": 2}


def walltime_min(cell: MeasuredCell) -> int:
    """`time_limit_s` and five minutes; four hours where there is no limit."""
    if cell.time_limit_s is None:
        return WITHOUT_LIMIT_MIN
    return math.ceil(cell.time_limit_s / 60) + OVERHEAD_MIN


def memory_mb(cell: MeasuredCell) -> int:
    """Room for the process and twice the model's weights, since they are built before they go to the device.

    A model without a published count gets the process's share alone; `--set-resources measure_cell:mem_mb=…` gives more.
    """
    parameters = cell.facts.published_parameters or 0
    weights_mb = parameters * BYTES_PER_PARAMETER.get(cell.spec.protocol.dtype, 4) / 1e6
    return PROCESS_MB + math.ceil(2 * weights_mb)


def beyond_cores(cell: MeasuredCell, cores: float) -> Iterator[tuple[str, Any, str]]:
    """Factors of which a machine of so many cores can not take the cell's value: key, value, and what it lacks."""
    for key, factor in FACTORS.items():
        value = getattr(cell.spec.protocol, key)
        lacking = factor.lacking(value, cores)
        if lacking:
            yield key, value, lacking
