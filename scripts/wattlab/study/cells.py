"""Schemas of the study resolved: what one cell is, its spec, and the study file with all of them.

`resolve.py` makes them from the configuration.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from wattlab import STUDY_VERSION, TOKENIZERS_VERSION
from wattlab.catalog.factors import setting_text, setting_values
from wattlab.catalog.facts import DatasetFacts, HubFacts, ModelFacts, TokenizerFacts
from wattlab.catalog.protocols import Protocol
from wattlab.foundation.hashing import KEY_LENGTH, key_of, sha256_of
from wattlab.foundation.schema import Closed, Modality, Purpose, Structure, TaskName, fact, is_missing
from wattlab.study.config import Data, StudyConfig, Weights


class SampleSpec(Closed):
    """What determines the frozen rows of a dataset; its hash names them."""

    dataset: str = fact("name of the catalog entry")
    data: Data = fact("mode")
    entry: DatasetFacts = fact("working fields of the dataset's entry under that mode")
    selection: Literal["seeded", "first"] = fact("which rows")
    seed: int = fact("seed")
    n: int = fact("rows", unit="rows", ge=1)
    generator_version: int = fact("raised when the generator or sampler changes what it yields")

    @property
    def hub(self) -> HubFacts:
        """Where the dataset lies on the hub, of a spec of hub data."""
        assert self.entry.hub is not None, "surrogate rows come from no hub"
        return self.entry.hub

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

    @classmethod
    def of(cls, tokenizer: TokenizerFacts) -> "TokenizerSpec":
        """Of a model's entry."""
        return cls(
            kind=tokenizer.kind,
            layout=tokenizer.class_name,
            do_lower_case=tokenizer.do_lower_case,
            generator_version=TOKENIZERS_VERSION,
        )

    @property
    def key(self) -> str:
        """Name of the tokenizer: `results/tokenizers/{kind slug}-{key}.json`."""
        return key_of(self.model_dump(mode="json"))

    @property
    def name(self) -> str:
        """File stem: the kind as a slug and the key."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.kind.lower()).strip("-")
        return f"{slug}-{self.key}"


class Cell(Closed):
    """One task x dataset x model of a study."""

    task: TaskName = fact("task that the cell answers")
    dataset: str = fact("dataset")
    variant: Literal["native"] | None = fact("preprocessing variant", None)
    model: str = fact("stem of the model's catalog file")
    purpose: Purpose = fact("whether the model answers by a task head of its own or by prompt")
    setting: str | None = fact(
        "values in the place of the protocol's, as `key=value` in the order of the keys; null: the protocol's own",
        None,
        exclude_if=is_missing,
    )

    @model_validator(mode="after")
    def _is_a_setting(self) -> Self:
        setting_values(self.setting)
        return self

    @property
    def id(self) -> str:
        """`task/dataset[@variant]/model[@setting]`: the cell's place in every path."""
        return cell_id_of(self.task, self.dataset, self.variant, self.model, self.setting)

    @property
    def values(self) -> dict[str, Any]:
        """The protocol's values that its setting replaces."""
        return setting_values(self.setting)

    def at(self, values: Mapping[str, Any]) -> "Cell":
        """The same cell with these values of the protocol instead."""
        return self.model_copy(update={"setting": setting_text(values)})


def cell_id_of(task: str, dataset: str, variant: str | None, model: str, setting: str | None) -> str:
    """`task/dataset[@variant]/model[@setting]`."""
    variant, setting = (f"@{part}" if part else "" for part in (variant, setting))
    return f"{task}/{dataset}{variant}/{model}{setting}"


class CellId(NamedTuple):
    """The parts of a cell's id. `read` is its one parser."""

    task: str
    dataset: str
    variant: str | None
    model: str
    setting: str | None

    @classmethod
    def read(cls, cell_id: str) -> "CellId":
        """The parts of an id as `Cell.id` writes it; raises `ValueError` for any other text."""
        task, place, named = cell_id.split("/")
        (dataset, _, variant), (model, _, setting) = place.partition("@"), named.partition("@")
        found = cls(task, dataset, variant or None, model, setting or None)
        setting_values(found.setting)
        return found

    @property
    def under_protocol(self) -> str:
        """Id of the same cell at the protocol's own setting."""
        return cell_id_of(*self._replace(setting=None))


class Spec(Closed):
    """Everything that determines a measurement. Its key is a param of the measuring rule: a change plans the cell again."""

    cell: Cell
    weights: Weights
    data: Data
    device: str = fact("as configured")
    exclusive: bool
    protocol: Protocol = fact("resolved, prompts and set lengths included")
    model: ModelFacts = fact("working fields of the model's entry")
    dataset: DatasetFacts = fact("working fields of the dataset's entry")
    tokenizer: TokenizerSpec | None = fact("tokenizer trained for architecture mode; null otherwise")
    samples: SampleSpec
    require_counters: bool
    method_version: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the spec's canonical JSON."""
        return sha256_of(self.model_dump(mode="json"))

    @property
    def key(self) -> str:
        """Name of the spec's file: `results/specs/{key}.json`."""
        return self.sha256[:KEY_LENGTH]


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


class MeasuredCell(Closed):
    """A cell that the study measures."""

    source: Literal["measured"] = "measured"
    cell: Cell
    spec: Spec
    facts: CatalogFacts
    time_limit_s: float | None = fact("limit of the job", None, unit="s")


class ImportedCell(Closed):
    """A cell whose record comes from other people's logs."""

    source: Literal["imported"] = "imported"
    cell: Cell
    facts: CatalogFacts

    @property
    def spec(self) -> None:
        """What determined an imported measurement is not known."""


ResolvedCell = Annotated[MeasuredCell | ImportedCell, Field(discriminator="source")]


#: The grid of logs that say their own carbon intensity.
AS_LOGGED = "as-logged"


class Grid(Closed):
    """The carbon intensity that a study's emissions are shown with."""

    grid: str = fact("name of the entry, 'stated' for a bare number, or 'as-logged'")
    intensity_g_per_kwh: float = fact("carbon intensity", unit="g CO2eq/kWh", ge=0)


class ResolvedStudy(Closed):
    """`results/{study}/study-{key}.json`: every default filled in, every cell with its spec and catalog facts."""

    schema_version: int
    config: StudyConfig
    grid: Grid
    cells: list[ResolvedCell]
    logs_sha256: str | None = fact("checksum of the imported logs, so that changed ones are another study's file", None)

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, content: Any) -> Any:
        """In version 1 an imported cell was one without a spec. Keys that the configuration has no more say nothing here."""
        if not isinstance(content, dict) or content.get("schema_version") != 1:
            return content
        cells = [
            {**cell, "source": "measured"}
            if cell["spec"]
            else {"source": "imported", "cell": cell["cell"], "facts": cell["facts"]}
            for cell in content["cells"]
        ]
        config = {key: value for key, value in content["config"].items() if key in StudyConfig.model_fields}
        return {**content, "schema_version": STUDY_VERSION, "config": config, "cells": cells}

    @property
    def measured(self) -> list[MeasuredCell]:
        """The cells that the study measures."""
        return [cell for cell in self.cells if isinstance(cell, MeasuredCell)]

    def cell(self, cell_id: str) -> ResolvedCell:
        """The cell with this id; raises `KeyError`."""
        for resolved in self.cells:
            if resolved.cell.id == cell_id:
                return resolved
        raise KeyError(cell_id)
