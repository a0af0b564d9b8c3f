"""What a cell asks of a cluster."""

import pytest

from support import records
from wattlab.runs.needs import memory_mb, walltime_min
from wattlab.study.cells import ResolvedCell


def cell(time_limit_s: float | None = None, parameters: int | None = None, dtype: str = "float32") -> ResolvedCell:
    plain = records.resolved_cell()
    assert plain.spec is not None
    spec = plain.spec.model_copy(update={"protocol": records.protocol(dtype=dtype)})
    facts = plain.facts.model_copy(update={"published_parameters": parameters})
    return plain.model_copy(update={"spec": spec, "facts": facts, "time_limit_s": time_limit_s})


@pytest.mark.parametrize(("time_limit_s", "minutes"), [(600.0, 15), (601.0, 16), (1.0, 6), (None, 240)])
def test_walltime_is_the_limit_and_five_minutes(time_limit_s: float | None, minutes: int) -> None:
    assert walltime_min(cell(time_limit_s=time_limit_s)) == minutes


@pytest.mark.parametrize(
    ("parameters", "dtype", "mb"),
    [(None, "float32", 4000), (1_000_000_000, "float32", 12_000), (1_000_000_000, "bfloat16", 8_000)],
)
def test_memory_holds_the_weights_twice(parameters: int | None, dtype: str, mb: int) -> None:
    assert memory_mb(cell(parameters=parameters, dtype=dtype)) == mb
