"""Every shown quantity, described once: words, unit, scope, method, interval, rounding. Imports nothing heavy.

Captions, notes, axes, headings, tooltips, terminal lines and sentences take their words from here. Which scopes, methods,
intervals and counts hold, `tables.words` reads from the rows that are shown.
"""

from dataclasses import dataclass

from wattlab.foundation.units import UNITS, ending_of
from wattlab.foundation.wording import count

#: Confidence of every interval; the columns' names say it (`ci95_…`).
CONFIDENCE = 0.95
LEVEL = f"{100 * CONFIDENCE:.0f} %"

#: Significant digits of a number in a table for people, by the form of its file.
DIGITS = {"md": 4, "tex": 3}

#: Columns of numbers that somebody states: printed as they are stated.
STATED = frozenset({"intensity_g_per_kwh", "paper_energy_kwh_per_1000", "sd_paper_energy_kwh_per_1000"})

#: Components of a node -> their names.
COMPONENTS = {"gpu": "GPU", "cpu": "CPU", "ram": "RAM"}

#: Method of an energy -> what it means, and its name with the component's.
METHODS = {
    "counter": ("a hardware counter", "{} counter"),
    "sampled": ("integrated power readings", "{} power sampled"),
    "model": ("computed from load and an assumed power, a nameplate's or a guess", "{} model"),
    "constant": ("a fixed power times time", "constant {} power"),
    "absent": ("the machine has none", "no {}"),
    "unrecorded": ("the log does not say how", "{} by an unrecorded method"),
}

#: A method that is neither known to measure nor known to estimate.
UNRECORDED = "unrecorded"

#: Flag of a window whose tracker counted its own process: its energy is of no whole node.
PROCESS = "tracked by process: CPU and RAM of the process alone"

#: Methods that estimate instead of measuring.
MODELLED = frozenset({"model", "constant"})

#: Scope of an energy -> what it holds.
SCOPES = {
    "node": "all GPUs, the CPU and the RAM",
    "device": "the computing device alone",
    "wall": "the whole machine with its power supply, by a meter at the wall",
}

#: Scope of the energies that the paper's Table 2 prints.
PAPER_SCOPE = "node"

#: Basis of an energy -> what it is.
GROSS, NET = "gross", "net of idle"
BASES = {GROSS: "all that the window took", NET: "gross minus idle power times the window's length"}

#: Where output lengths come from -> in words.
LENGTHS = {"set": "set, not produced", "produced": "as the models produced them", "published": "as the authors published them"}  # fmt: skip

#: Scope of a quantity whose rows say which one it is, in a column of this name.
HEADLINE = "headline_scope"


class IfAny(str):
    """A column that is there only where a row has a value: without a meter at the wall the tables are as they ever were."""


@dataclass(frozen=True)
class Quantity:
    """A column of the tables. `scope` is a key of `SCOPES` or `COMPONENTS`, `HEADLINE`, or None for what is no energy.

    `method` is the column that says how its energy was obtained. `basis` is a key of `BASES`.
    """

    name: str
    scope: str | None = None
    method: str | None = None
    basis: str = GROSS

    @property
    def unit(self) -> str:
        """Its unit, as figures and page write it: `kWh per 1,000 inferences`."""
        return f"{unit_of(self.name)} inferences"

    @property
    def title(self) -> str:
        """Which energy it is: `node, gross`."""
        return f"{self.scope}, {self.basis}"


ENERGY, EMISSIONS, DURATION = "energy_kwh_per_1000", "emissions_g_per_1000", "duration_s_per_1000"

#: Quantities per 1,000 inferences by column, each with its statistics in `cells`. The first is the headline scope's.
QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity(ENERGY, HEADLINE, "energy_method"),
        Quantity("energy_node_kwh_per_1000", "node", "energy_node_method"),
        Quantity("energy_device_kwh_per_1000", "device", "energy_device_method"),
        Quantity("net_energy_node_kwh_per_1000", "node", "energy_node_method", NET),
        Quantity("net_energy_device_kwh_per_1000", "device", "energy_device_method", NET),
        Quantity("energy_cpu_kwh_per_1000", "cpu", "energy_cpu_method"),
        Quantity("energy_ram_kwh_per_1000", "ram", "energy_ram_method"),
        Quantity("energy_gpu_kwh_per_1000", "gpu", "energy_gpu_method"),
        Quantity(EMISSIONS, HEADLINE, "energy_method"),
        Quantity(DURATION),
        Quantity(IfAny("energy_wall_kwh_per_1000"), "wall", IfAny("energy_wall_method")),
    )
}


@dataclass(frozen=True)
class Interval:
    """The `ci95_…` columns of a table: how they are computed, over what, and the column that counts that.

    `least`: with fewer there is no interval, and `instead` what stands there, from two on. `row`: what a row is.
    """

    method: str
    over: str
    noun: str
    count: str
    least: int
    instead: str = ""
    row: str = "row"

    @property
    def words(self) -> str:
        """`95 % interval by Student's t over the repeats`."""
        return f"{LEVEL} interval {self.method} over {self.over}"

    @property
    def short(self) -> str:
        """`95 % interval over the repeats`: where there is no room for the method."""
        return f"{LEVEL} interval over {self.over}"

    def kind(self, number: int) -> str:
        """What stands beside a mean over so many: `95 % interval`, `range`, or `none`."""
        if number >= self.least:
            return f"{LEVEL} interval"
        return RANGE if self.instead and number > 1 else "none"

    def spread(self, number: int) -> str:
        """The same in words: `95 % interval`, `range of 2 models`, `one model`."""
        kind = self.kind(number)
        return f"one {self.noun}" if number == 1 else f"{kind} of {count(number, self.noun)}" if kind == RANGE else kind


RANGE = "range"

#: Two repeats carry no interval: t is 12.7 there, and says more of itself than of them.
_REPEATS = Interval("by Student's t", "the repeats", "valid repeat", "n_valid", 3)
_FIXED_CELLS = Interval("by Student's t", "the repeats of a fixed set of cells, whose noise alone it holds", "cell", "n_cells", 1)  # fmt: skip
_MODELS = Interval(
    "of the mean by Cox's method with Student's t",
    "the models",
    "model",
    "n_models",
    5,
    "the range from the least to the greatest mean of a model",
    "task",
)

#: Table -> what its intervals are.
INTERVALS = {
    "cells": _REPEATS,
    "emissions": _REPEATS,
    "functional_units": _REPEATS,
    "factors": _FIXED_CELLS,
    "protocols": _REPEATS,
    "tasks": _MODELS,
    "then_and_now": Interval(
        "of the ratio of medians by Price and Bonett", "the models of each study", "model", "n_models", 5
    ),
    "multipurpose": _FIXED_CELLS,
    "parity": _FIXED_CELLS,
    "boundaries": Interval("of Spearman's rho by Fisher's z", "the cells", "cell", "n_ranked", 4),
    "comparison": Interval("of Spearman's rho by Fisher's z", "the tasks", "task", "n_tasks", 4),
    "flop_energy": _REPEATS,
    "flop_ranks": Interval("of Spearman's rho by Fisher's z", "the models of a task", "model", "n_models", 4),
}


def unit_of(column: str) -> str:
    """The unit that a column's name ends in, as people read it: `g CO₂eq per 1,000`; empty for none."""
    return UNITS.get(ending_of(column) or "", "").replace("CO2", "CO₂")


def significant(value: float, digits: int) -> str:
    """Significant digits, zeros kept, thousands separated: `0.00229`, `13.0`, `10,000`; a power of ten beyond 1e-6, 1e14."""
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    if value == 0:
        return "0"
    if not power or not -6 <= int(power) <= 14:
        return f"{mantissa}e{power}" if power else mantissa
    return f"{float(f'{value:.{digits - 1}e}'):,.{max(0, digits - 1 - int(power))}f}"


def rounded(value: float, digits: int, column: str = "") -> str:
    """A number of a table for people: whole and stated ones as they are, others with so many significant digits."""
    if column in STATED:
        return f"{value:,.10g}"
    return f"{value:,.0f}" if float(value).is_integer() else significant(value, digits)


def obtained(component: str, method: str) -> str:
    """`CPU load model`, `constant RAM power`: how a component's energy was obtained."""
    name = "CPU load" if (component, method) == ("cpu", "model") else COMPONENTS.get(component, component)
    return METHODS[method][1].format(name) if method in METHODS else f"{name} {method}"
