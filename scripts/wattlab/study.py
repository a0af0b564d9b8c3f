"""Schemas of a study: what a person configures, what one cell is, and `study.json`, the study resolved.

`resolve.py` makes the second from the first.
"""

from typing import Any, Literal

from pydantic import model_validator

from wattlab.catalog import Closed, Modality, Override, Protocol, Purpose, Structure, TaskName, Where, fact
from wattlab.hashing import key_of, sha256_of

Weights = Literal["architecture", "hub"]
Data = Literal["surrogate", "hub"]
Scope = Literal["node", "device"]


class TaskGroup(Closed):
    """Datasets and models of one task: every model is measured on every dataset."""

    task: TaskName = fact("task")
    datasets: list[str] = fact("names of catalog/datasets, with `@native` for images at their own size", min_length=1)
    models: list[str] = fact("names of catalog/models, hub ids or aliases", min_length=1)


#: Models of the memory's power; `wattlab.ram` has them.
RamModel = Literal["codecarbon-3", "codecarbon-2"]


class KnownMissing(Closed):
    """Cells that are expected to be missing: listed, but no failure."""

    where: Where = fact("cells that it holds for")
    reason: str = fact("why", min_length=1)


class Logs(Closed):
    """Published CodeCarbon logs to import."""

    path: str | None = fact("folder or archive; null: fetched from their home", None)
    mapping: str = fact("file that maps logs to cells, relative to the repository")


class StudyConfig(Closed):
    """A study: `config.yaml`, and what a file under `studies/` changes of it."""

    study: str = fact("names results/{study}", pattern=r"^[a-z0-9][a-z0-9-]*$")
    source: Literal["measure", "codecarbon-logs"] = fact("measure cells, or import published logs", "measure")
    logs: Logs | None = fact("for source: codecarbon-logs", None)
    weights: Weights = fact("the true architecture with random weights, or the published checkpoint")
    data: Data = fact("rows with the dataset's lengths and resolutions, or the dataset itself")
    stand_in: str | None = fact(
        "what stands in for the published models and datasets: no number is a result then, and every table, figure and "
        "page says so",
        None,
        min_length=1,
    )
    device: str = fact("auto (cuda if there is one, else cpu), cpu or cuda", "auto", pattern=r"^(auto|cpu|cuda)$")
    headline_scope: Scope = fact("scope that energy_kwh_per_1000 shows", "node")
    parallel_cells: int = fact("cells measured side by side", 1, ge=1)
    exclusive: bool = fact("nothing else runs beside a measurement", True)
    require_counters: bool = fact("true: a modelled component makes a repeat invalid", False)
    ram_model: RamModel = fact("model of the memory's power in the tables; nothing is measured again", "codecarbon-3")
    beside: list[str] = fact("studies beside which tables/protocols.csv and the page set this one", [])
    time_limit_s: float | dict[TaskName, float] | None = fact(
        "limit of one cell, or by task; null: none", None, unit="s"
    )
    grid: str | float = fact("entry of catalog/grids.yaml, or an intensity", unit="g CO2eq/kWh")
    selection: Literal["seeded", "first"] = fact("which rows of a dataset", "seeded")
    protocol: str = fact("entry of catalog/protocols.yaml")
    overrides: list[Override] = fact("exceptions to the protocol, in order; the later wins", [])
    tasks: list[TaskGroup] = fact("task-specific cells")
    multi_purpose: list[TaskGroup] = fact("multi-purpose cells", [])
    known_missing: list[KnownMissing] = fact("cells that are expected to be missing", [])

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
        if self.source == "codecarbon-logs" and self.logs is None:
            raise ValueError("source: codecarbon-logs needs logs: {path, mapping}")
        limits = self.time_limit_s.values() if isinstance(self.time_limit_s, dict) else [self.time_limit_s]
        if any(limit is not None and limit <= 0 for limit in limits):
            raise ValueError(f"time_limit_s = {self.time_limit_s}: a limit must be above 0 s; null sets none")
        if not isinstance(self.grid, str) and self.grid < 0:
            raise ValueError(f"grid = {self.grid} is negative; give 0 g/kWh or more, or an entry of catalog/grids.yaml")
        return self


class SampleSpec(Closed):
    """What determines the frozen rows of a dataset; its hash names them."""

    dataset: str = fact("name of the catalog entry")
    data: Data = fact("mode")
    entry: dict[str, Any] = fact("working fields of the dataset's entry under that mode")
    selection: Literal["seeded", "first"] = fact("which rows")
    seed: int = fact("seed")
    n: int = fact("rows", unit="rows", ge=1)
    generator_version: int = fact("raised when the generator or sampler changes what it yields")

    @property
    def key(self) -> str:
        """Name of the samples: `samples/{dataset}/{key}.json`."""
        return key_of(self.model_dump(mode="json"))


class TokenizerSpec(Closed):
    """What determines a tokenizer trained for architecture mode; its hash names it."""

    kind: str = fact("algorithm, as in the model's entry")
    layout: str = fact("layout of the special tokens: the tokenizer class of the model's entry")
    do_lower_case: bool = fact("text is lower-cased first")
    generator_version: int = fact("raised when the training corpus or the trainer changes")

    @property
    def key(self) -> str:
        """Name of the tokenizer: `results/tokenizers/{kind slug}-{key}.json`."""
        return key_of(self.model_dump(mode="json"))

    @property
    def name(self) -> str:
        """File stem: the kind as a slug and the key."""
        slug = "".join(c if c.isalnum() else "-" for c in self.kind.lower()).strip("-")
        while "--" in slug:
            slug = slug.replace("--", "-")
        return f"{slug}-{self.key}"


class Cell(Closed):
    """One task x dataset x model of a study."""

    task: TaskName = fact("task that the cell answers")
    dataset: str = fact("dataset")
    variant: Literal["native"] | None = fact("preprocessing variant", None)
    model: str = fact("stem of the model's catalog file")
    purpose: Purpose = fact("whether the model answers by a task head of its own or by prompt")

    @property
    def id(self) -> str:
        """`task/dataset[@variant]/model`: the cell's place in every path."""
        variant = f"@{self.variant}" if self.variant else ""
        return f"{self.task}/{self.dataset}{variant}/{self.model}"


class Spec(Closed):
    """Everything that determines a measurement. A param of the measuring rule: a change of it plans the cell again."""

    cell: Cell
    weights: Weights
    data: Data
    device: str = fact("as configured")
    exclusive: bool
    protocol: Protocol = fact("resolved, prompts and set lengths included")
    model: dict[str, Any] = fact("working fields of the model's entry")
    dataset: dict[str, Any] = fact("working fields of the dataset's entry")
    tokenizer: TokenizerSpec | None = fact("tokenizer trained for architecture mode; null otherwise")
    samples: SampleSpec
    require_counters: bool
    method_version: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the spec's canonical JSON."""
        return sha256_of(self.model_dump(mode="json"))


class CatalogFacts(Closed):
    """Facts about a cell that do not change its measurement; the tables take them from here."""

    selected: bool = fact("whether the cell enters the paper's tables and figures")
    unselected_because: str | None = fact("why not", None)
    hub_id: str
    hub_revision: str | None = None
    family: str
    structure: Structure | None = fact("null for a model that the catalog lacks: its receipt has it")
    modality: Modality
    environment: str
    published_parameters: int | None = fact("as the authors published them", None, unit="parameters")
    count_as: str | None = fact("how the published count was made", None)
    counted_components: list[str] | None = fact("components in a sum", None)
    other_rows: str | None = fact(
        "what the rows are, where the dataset's copy on the hub is read and its rows are not the paper's", None
    )
    known_missing: str | None = fact("reason, where the study expects the cell to be missing", None)


class ResolvedCell(Closed):
    """A cell of a resolved study. `spec` is null for an imported one."""

    cell: Cell
    spec: Spec | None
    facts: CatalogFacts
    time_limit_s: float | None = fact("limit of the job", None, unit="s")


class Grid(Closed):
    """The carbon intensity that a study's emissions are shown with."""

    grid: str = fact("name of the entry, or 'stated' for a bare number")
    intensity_g_per_kwh: float = fact("carbon intensity", unit="g CO2eq/kWh", ge=0)


class ResolvedStudy(Closed):
    """`results/{study}/study.json`: every default filled in, every cell with its spec and catalog facts."""

    schema_version: int
    config: StudyConfig
    grid: Grid
    cells: list[ResolvedCell]

    def cell(self, cell_id: str) -> ResolvedCell:
        """The cell `task/dataset[@variant]/model`; raises `KeyError`."""
        for resolved in self.cells:
            if resolved.cell.id == cell_id:
                return resolved
        raise KeyError(cell_id)
