"""Schema of what a person configures: `config.yaml`, and what a file under `studies/` changes of it."""

import operator
from functools import cached_property
from itertools import product
from typing import Any, ClassVar, Literal

from pydantic import NonNegativeFloat, PositiveFloat, ValidationError, model_validator

from wattlab.catalog.factors import FACTORS, PROTOCOL, setting_text
from wattlab.catalog.protocols import Override, Where
from wattlab.foundation.errors import near_matches
from wattlab.foundation.schema import Closed, TaskName, fact
from wattlab.foundation.shared import Shared

Weights = Literal["architecture", "hub"]
Data = Literal["surrogate", "hub"]
Scope = Literal["node", "device"]

#: Logs that are fetched from where they are published, and those of a folder or archive that a study names.
PUBLISHED_LOGS, OWN_LOGS = "published logs", "imported logs"


class TaskGroup(Closed):
    """Datasets and models of one task: every model is measured on every dataset."""

    task: TaskName = fact("task")
    datasets: list[str] = fact("names of catalog/datasets, with `@native` for images at their own size", min_length=1)
    models: list[str] = fact("names of catalog/models, hub ids or aliases", min_length=1)


class Setting(Override):
    """Values of factors in the place of the protocol's: another cell each, beside the protocol's own."""

    name: str = fact("a name for people", min_length=1)
    where: Where = fact("cells that have it", Where())

    @model_validator(mode="after")
    def _sets_factors(self) -> "Setting":
        for key in self.set:
            if key not in FACTORS:
                raise ValueError(f"set.{key}: {key!r} is no factor; {near_matches(key, FACTORS)}")
        return self


class CellWhere(Where):
    """Which cells, settings included."""

    setting: str | list[str] | None = fact(
        f"settings as ids of cells end, or {PROTOCOL!r} for the protocol's own", None
    )


class KnownMissing(Closed):
    """Cells that are expected to be missing: listed, but no failure."""

    where: CellWhere = fact("cells that it holds for")
    reason: str = fact("why", min_length=1)


class Logs(Closed):
    """Other people's logs to import."""

    path: str | None = fact("folder or archive of one's own; null: the published ones, fetched from their home", None)
    mapping: str = fact("file that maps logs to cells, relative to the repository")


class Nameplate(Closed):
    """Powers of one's own machine, in the place of what CodeCarbon assumes; counted energies stay as they are."""

    cpu_w: PositiveFloat | None = fact("nameplate power of all CPUs (sockets) together", None, unit="W")
    ram_w: PositiveFloat | None = fact("the memory's power", None, unit="W")


class StudyConfig(Closed):
    """A study: `config.yaml`, and what a file under `studies/` changes of it."""

    #: Keys that older configurations have -> what stands in their place.
    GONE: ClassVar[dict[str, str]] = {
        "ram_model": "the columns energy_ram_codecarbon_2_kwh_per_1000 and energy_node_codecarbon_2_kwh_per_1000 of "
        "tables/cells.csv are always there; take the key out"
    }

    study: str = fact(
        "a name for results/{study}: small letters, digits and hyphens, a letter or digit first",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
    )
    source: Literal["measure", "logs", "codecarbon-logs"] = fact(
        "measure cells, or import logs; codecarbon-logs: the same", "measure"
    )
    logs: Logs | None = fact("for source: logs", None)
    weights: Weights = fact("the true architecture with random weights, or the published checkpoint")
    data: Data = fact("rows with the dataset's lengths and resolutions, or the dataset itself")
    stand_in: str | None = fact(
        "what stands in for the published models and datasets: no number is a result then, and every table, figure and "
        "page says so",
        None,
        min_length=1,
    )
    device: str = fact(
        "auto (an accelerator if there is one, else cpu), cpu, or an accelerator: cuda", "auto", pattern=r"^[a-z0-9_]+$"
    )
    headline_scope: Scope = fact("scope that energy_kwh_per_1000 shows", "node")
    parallel_cells: int = fact("cells measured side by side", 1, ge=1)
    exclusive: bool = fact("nothing else runs beside a measurement", True)
    require_counters: bool = fact("true: a modelled component makes a repeat invalid", False)
    beside: list[str] = fact("studies beside which tables/protocols.csv and the page set this one", [])
    time_limit_s: PositiveFloat | dict[TaskName, PositiveFloat] | None = fact(
        "limit of one cell, or by task; null: none", None, unit="s"
    )
    grid: str | NonNegativeFloat | None = fact(
        "entry of catalog/grids.yaml, or an intensity; null: the paper's, of imported logs as they were logged",
        None,
        unit="g CO2eq/kWh",
    )
    figures: Literal["emissions", "energy"] = fact(
        "what figures show of the cells: emissions at the study's grid, or energy",
        "emissions",
        exclude_if=lambda shown: shown == "emissions",
    )
    selection: Literal["seeded", "first"] = fact("which rows of a dataset", "seeded")
    protocol: str = fact("entry of catalog/protocols.yaml")
    overrides: list[Override] = fact("exceptions to the protocol, in order; the later wins", [])
    nameplate: Nameplate | None = fact(
        "stated powers: modelled energies are computed from them afterwards, and nothing is measured again",
        None,
        exclude_if=lambda stated: stated is None,
    )
    settings: list[Setting] = fact("settings beside the protocol's own", [], exclude_if=operator.not_)
    factors: dict[str, list[Any]] = fact(
        "protocol keys and their values: all combinations are settings", {}, exclude_if=operator.not_
    )
    tasks: list[TaskGroup] = fact("task-specific cells")
    multi_purpose: list[TaskGroup] = fact("multi-purpose cells", [])
    known_missing: list[KnownMissing] = fact("cells that are expected to be missing", [])

    @cached_property
    def all_settings(self) -> list[tuple[str, Setting]]:
        """Each setting with the key that names it."""
        combinations = [dict(zip(self.factors, values, strict=True)) for values in product(*self.factors.values())]
        named = [(f"settings.{place}.set", setting) for place, setting in enumerate(self.settings)]
        return named + [("factors", _combination(values)) for values in combinations if values]

    @property
    def is_imported(self) -> bool:
        """Whether the records come from logs and not from measuring."""
        return self.source != "measure"

    @property
    def origin(self) -> str | None:
        """Whose logs are imported; a study that names their folder imports its owner's. Null: none are."""
        if self.logs is None or not self.is_imported:
            return None
        return PUBLISHED_LOGS if self.logs.path is None else OWN_LOGS

    @property
    def no_result(self) -> str | None:
        """Why no number of the study is a result, as a clause; null where they are results."""
        return None if self.stand_in is None else f"{self.stand_in}: no number here is a result"

    @model_validator(mode="after")
    def _is_consistent(self) -> "StudyConfig":
        if self.parallel_cells > 1 and self.exclusive:
            raise ValueError(f"parallel_cells = {self.parallel_cells} needs exclusive: false")
        if not self.exclusive and self.headline_scope != "device":
            raise ValueError("exclusive: false needs headline_scope: device, since node numbers are not valid then")
        if self.study in self.beside or len(set(self.beside)) < len(self.beside):
            raise ValueError(f"beside = {self.beside}: name other studies than {self.study!r}, each once")
        if self.study in set(Shared):
            raise ValueError(f"study = {self.study!r}: all studies share results/{self.study}; choose another name")
        if self.is_imported and self.logs is None:
            raise ValueError(f"source: {self.source} needs logs: {{path, mapping}}")
        if self.all_settings and self.is_imported:
            raise ValueError("settings and factors are measured: logs have those that they have; take them out")
        return self


def _combination(values: dict[str, Any]) -> Setting:
    """The setting of one combination of factors."""
    unknown = next((key for key in values if key not in FACTORS), None)
    if unknown:
        raise ValueError(f"factors.{unknown}: {unknown!r} is no factor; {near_matches(unknown, FACTORS)}")
    try:
        return Setting(name=str(setting_text(values)), set=values)
    except ValidationError as error:
        raise ValueError(error.errors(include_url=False)[0]["msg"].replace("Value error, set.", "factors.")) from error
