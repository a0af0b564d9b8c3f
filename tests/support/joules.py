"""Cells whose repeats take the joules that a test gives, and the column that the tables make of them."""

from support import measurements, records
from support.records import evidence_of
from support.tables import Tables
from wattlab.records.record import Failure

ENERGY = "energy_kwh_per_1000"


def repeats_of(*joules, **extra):
    return [measurements.repeat(index, cpu_j=energy, **extra) for index, energy in enumerate(joules)]


def one_cell(*joules, cell=None, **extra):
    cell = cell or records.resolved_cell()
    return Tables(evidence_of([(cell, records.record_of(cell, repeats_of(*joules, **extra)))]))


def two_models():
    """Model a with two cells (0.2 and 0.4 kWh), b with one (0.9); beside them cells that must not count."""
    made = [
        (records.resolved_cell(dataset="c4", model="a"), (3600.0, 7200.0, 10800.0)),
        (records.resolved_cell(dataset="oscar", model="a"), (14400.0, 14400.0, 14400.0)),
        (records.resolved_cell(dataset="c4", model="b"), (32400.0, 32400.0, 32400.0)),
        (records.resolved_cell(dataset="c4", model="m", purpose="multi-purpose"), (9e9, 9e9, 9e9)),
        (records.resolved_cell(dataset="c4", model="x", selected=False, unselected_because="test"), (9e9, 9e9, 9e9)),
    ]
    pairs = [(cell, records.record_of(cell, repeats_of(*joules))) for cell, joules in made]
    lost = records.resolved_cell(dataset="c4", model="c")
    few = [measurements.repeat(0, cpu_j=9e9), measurements.repeat(1, valid=False, reasons=["no"])]
    return [*pairs, (lost, records.record_of(lost, few, status="failed", failure=Failure(reason="too few")))]
