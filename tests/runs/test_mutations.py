"""One joule, one second or one count more, anywhere in a record, changes a table: no measured number gets lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from support import measurements, records
from support.records import evidence_of
from support.tables import Tables
from wattlab.records.record import Record
from wattlab.tables.building import build
from wattlab.tables.writing import as_csv

CELL = records.resolved_cell()

#: Fields of a window that hold a measured number, beside the lists of GPUs.
NUMBERS = (
    "window_s",
    "duration_s",
    "energy_cpu_j",
    "energy_ram_j",
    "reference_energy_cpu_j",
    "process_cpu_s",
    "other_load_cores",
)
COUNTS = ("n_inferences", "n_output_units", "gpu_count")
LISTS = ("energy_gpu_j", "reference_energy_gpu_j")

#: Of windows outside the means only what the study cost stands in a table; of an idle one also its power.
COSTS = ("duration_s", "energy_cpu_j", "energy_ram_j")


def base() -> dict[str, Any]:
    """A record on a machine with two GPUs, the second leased; every number given."""
    extra = {
        "gpu_j": [50.0, 400.0],
        "reference_energy_gpu_j": [50.0, 400.0],
        "reference_energy_cpu_j": 99.0,
        "process_cpu_s": 9.9,
        "other_load_cores": 0.1,
        "energy_cpu_method": "counter",
    }
    made = [measurements.repeat(index, cpu_j=100.0 + index, ram_j=20.0, **extra) for index in range(3)]
    record = records.record_of(CELL, made, sessions=[measurements.session("s1", gpu_index=1)], device="cuda")
    content: dict[str, Any] = record.model_dump(mode="json")
    return content


def places() -> Iterator[tuple[Any, ...]]:
    """The path of every measured number."""
    for key in (*NUMBERS, *COUNTS):
        yield ("repeats", 1, key)
    for key in LISTS:
        for gpu in (0, 1):
            yield ("repeats", 1, key, gpu)
    for idle in ("idle_before", "idle_after"):
        # The idle window before a repeat is the one after its neighbour, and its duration is counted there.
        costs = COSTS if idle == "idle_after" else COSTS[1:]
        for key in (*costs, "window_s"):
            yield ("repeats", 1, idle, key)
        for gpu in (0, 1):
            yield ("repeats", 1, idle, "energy_gpu_j", gpu)
    for phase in ("load", "transfer", "warmup"):
        for key in COSTS:
            yield ("sessions", 0, phase, key)


def tables_of(content: dict[str, Any]) -> dict[str, str]:
    record = Record.model_validate(content)
    return {name: as_csv(table) for name, table in build(evidence_of([(CELL, record)])).items()}


@pytest.fixture(scope="module")
def unchanged() -> dict[str, str]:
    return tables_of(base())


@pytest.mark.slow
@pytest.mark.parametrize("place", list(places()), ids=lambda place: ".".join(str(part) for part in place))
def test_one_more_is_seen(place: tuple[Any, ...], unchanged: dict[str, str]) -> None:
    content = base()
    holder = content
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] += 1
    tables = Tables(evidence_of([(CELL, Record.model_validate(content))]))
    # The first table that shows it is enough, and the others are not built.
    assert any(as_csv(tables[name]) != text for name, text in unchanged.items())


def test_what_is_not_touched_does_not_change(unchanged: dict[str, str]) -> None:
    assert tables_of(base()) == unchanged
    assert len(unchanged["runs"].splitlines()) == 4
