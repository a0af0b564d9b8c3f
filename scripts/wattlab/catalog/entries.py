"""Schemas of the catalog's entries: models, datasets, tasks, grids, training, the paper's numbers."""

from decimal import Decimal
from typing import Literal

from pydantic import model_validator

from wattlab.catalog.facts import Architecture, DatasetFacts, HubFacts, ModelFacts, SurrogateFacts
from wattlab.foundation.members import Member
from wattlab.foundation.schema import Closed, Modality, Purpose, Structure, TaskName, fact

# ---------------------------------------------------------------- models


class ModelEntry(ModelFacts):
    """A model: `catalog/models/{name}.yaml`, its name being the hub id with `--` for `/`."""

    hub_id: str = fact("today's hub id: owner/name", works="hub", pattern=r"^[\w.-]+/[\w.-]+$")
    aliases: list[str] = fact("other spellings: Table 6, the authors' logs, redirects", [])
    tasks: list[TaskName] = fact("tasks that the model answers", min_length=1)
    family: str = fact(
        "the family of architectures, for overrides, in small letters, digits and hyphens: bert, flan-t5, bloomz, …",
        pattern=r"^[a-z0-9-]+$",
    )
    structure: Structure = fact("structure, as in the paper's figures")
    architecture: Architecture = fact("configuration, for random weights", works="architecture")
    positions: str | None = fact("how positions are bounded, where the number alone does not say it", None)
    revision_source: str | None = fact(
        "how the pinned commit is known: A, in a path or URL of the hub in public code; B, beside the id there; hub, asked on a day",
        None,
    )
    hub_dtype: str = fact("precision of the published weights")
    hub_weights: str = fact("file format of the published weights, and how that is known")
    published_parameters: int | None = fact(
        "parameters as the paper's authors published them; null for a model of your own", None, unit="parameters", gt=0
    )
    active_parameters: int | None = fact(
        "of a mixture of experts: those parameters that one token meets, counted like those that a record states",
        None,
        unit="parameters",
        gt=0,
    )
    published_row: str | None = fact("row of the authors' model_parameters.csv", None)
    count_as: str = fact(
        "how the published number was counted: AutoModel (base, no head), task, sum (of components), or a class"
    )
    counted_components: list[str] | None = fact("components in a sum", None)
    count_exception: str | None = fact("why the count differs by more than 0.5 %", None)
    built_parameters: int | None = fact("what count_as gives for the built architecture", None, unit="parameters")
    task_model_parameters: int | None = fact("what the built task model has: what runs", None, unit="parameters")
    component_parameters: dict[str, int] | None = fact("the same by component of a pipeline", None, unit="parameters")
    built_with: str | None = fact("library version that the architecture was built and counted with", None)
    sources: str | None = fact("where the facts come from", None)
    notes: str | None = fact("what is uncertain, and traps", None)

    @model_validator(mode="after")
    def _is_buildable(self) -> "ModelEntry":
        if self.library == "transformers" and not (
            self.auto_class and self.model_class and self.architecture.config_class
        ):
            raise ValueError("library transformers needs auto_class, model_class and architecture.config_class")
        if self.library == "diffusers" and not (
            self.pipeline_class and self.architecture.components and self.call_defaults
        ):
            raise ValueError("library diffusers needs pipeline_class, architecture.components and call_defaults")
        return self


# ---------------------------------------------------------------- datasets


class HubSource(HubFacts):
    """Where a dataset lies on the hub today, how sure that is, and what the paper read."""

    revision_source: str | None = fact("how the pinned commit is known, as of a model", None, works="never")
    gated: bool = fact("needs an accepted licence and a token", False, works="never")
    loads: str = fact("whether and how it loads without a loading script, and how that is known", works="never")
    replaces: str | None = fact(
        "what the paper read, where that is gone, and why this replaces it", None, works="never"
    )
    other_rows: str | None = fact(
        "where these are not the rows that the paper read: what they are; stands where the numbers stand",
        None,
        works="never",
    )
    licence: str | None = fact("licence of this copy, where it is not that of the original", None, works="never")


class SurrogateSource(SurrogateFacts):
    """How to generate rows of the same schema, and the evidence."""

    source: str = fact("evidence of the distributions; [E] marks an estimate", works="never")


class DatasetEntry(DatasetFacts):
    """A dataset: `catalog/datasets/{name}.yaml`."""

    title: str = fact("name for people")
    tasks: list[TaskName] = fact("tasks that it serves", min_length=1)
    paper: str = fact("what the paper's script loaded: id, configuration, split")
    hub: HubSource = fact("today's hub copy", works="hub")
    surrogate: SurrogateSource | None = fact(
        "offline stand-in; only a file of one's own has none", None, works="surrogate"
    )
    labels_hidden: str | None = fact("why a quality metric needs another split", None)
    licence: str = fact("licence of the content")
    notes: str | None = fact("for people", None)

    @model_validator(mode="after")
    def _has_a_stand_in(self) -> "DatasetEntry":
        if self.surrogate is None and self.hub.source == "hub":
            raise ValueError("surrogate: this key is missing; add it (offline stand-in)")
        return self


# ---------------------------------------------------------------- tasks, grids, training, the paper


class SetLength(Closed):
    """An output length that architecture mode sets, from what is published of the task and purpose."""

    purpose: Purpose = fact("cells that it holds for")
    max_new_tokens: int | None = fact("new tokens", None, unit="tokens", gt=0)
    max_length: int | None = fact(
        "the same with the decoder's start token, where it has one", None, unit="tokens", gt=0
    )
    number: Literal["cap", "median", "mean"] = fact("what the source has: a cap, a median or a mean")
    source: str = fact("where it is published")

    @property
    def set(self) -> dict[str, int]:
        """The one that is given, as an override of a protocol has it."""
        return self.model_dump(include={"max_new_tokens", "max_length"}, exclude_none=True)

    @model_validator(mode="after")
    def _is_one_length(self) -> "SetLength":
        if len(self.set) != 1:
            raise ValueError("needs either max_new_tokens or max_length, and not both")
        return self


class TaskEntry(Closed):
    """A task: an entry of `catalog/tasks.yaml`. Its adapter says what an inference is, and in which unit answers are counted."""

    title: str = fact("name for people")
    paper_name: str | None = fact("name in the paper's Table 2; null for a task that it lacks", None)
    modality: Modality = fact("what the task reads and gives")
    adapter: Member = fact("class of its task-specific cells, a wattlab.tasks.contract.Adapter: module:Class")
    metric: Member | None = fact(
        "function that scores the answers, from wattlab.quality.answered.Answered to scores: module:function", None
    )
    no_metric: str | None = fact("why nothing scores the answers, where `metric` is null", None)
    generates_text: bool = fact("its task-specific models write text, whose length random weights do not end", False)
    fixed_input_words: int | None = fact(
        "words of a text that its task-specific adapter reads, whatever the protocol's max_input_words", None, gt=0
    )
    auto_class: str | None = fact("AutoModel class that loads a model which the catalog lacks", None)
    pipeline_class: str | None = fact("diffusers class that loads it, where the task needs a pipeline", None)
    structure: Structure | None = fact("structure of a model which the catalog lacks; null: by its configuration", None)
    set_lengths: list[SetLength] = fact("output lengths under random weights", [])
    prompt: str | None = fact("prompt for multi-purpose models, with the roles of a dataset in braces: {text}", None)
    source: str = fact("where the preparation and the prompt are documented")

    @property
    def reads_images(self) -> bool:
        """Whether the input is an image."""
        return self.modality.startswith("image-")

    @property
    def reads_text(self) -> bool:
        """Whether a tokenizer is needed: for the input, or to write with."""
        return self.modality != "image-to-category"

    @model_validator(mode="after")
    def _is_complete(self) -> "TaskEntry":
        for one, other in (("metric", "no_metric"), ("auto_class", "pipeline_class")):
            if (getattr(self, one) is None) == (getattr(self, other) is None):
                raise ValueError(f"needs either {one} or {other}, and not both")
        if self.pipeline_class and not self.structure:
            raise ValueError("pipeline_class needs structure: a pipeline has no configuration that says it")
        return self


class GridEntry(Closed):
    """A carbon intensity with its source."""

    title: str = fact("name for people")
    intensity_g_per_kwh: float = fact("carbon intensity of consumed electricity", unit="g CO2eq/kWh", ge=0)
    year: int | None = fact("year of the data", None)
    source: str = fact("where the number comes from")


class EquivalentEntry(Closed):
    """What people know and an energy or an emission can be counted in, with its source."""

    title: str = fact("plural, as after a number")
    meaning: str = fact("what one of them is")
    energy_kwh: float | None = fact("energy of one", None, unit="kWh", gt=0)
    emissions_g: float | None = fact("emissions of one", None, unit="g CO2eq", gt=0)
    source: str = fact("where the number comes from")

    @model_validator(mode="after")
    def _is_one_amount(self) -> "EquivalentEntry":
        if (self.energy_kwh is None) == (self.emissions_g is None):
            raise ValueError("needs either energy_kwh or emissions_g, and not both")
        return self


class TrainingEntry(Closed):
    """Training energy of a model, for the parity with its inferences."""

    training_energy_kwh: float = fact("energy of pre-training", unit="kWh", gt=0)
    fine_tuning_energy_kwh: float = fact("energy of fine-tuning", unit="kWh", ge=0)
    printed_inference_energy_kwh: float = fact("energy per inference as Table 5 prints it", unit="kWh", gt=0)
    printed_inferences: int = fact("parity as Table 5 prints it", unit="inferences", gt=0)
    source: str = fact("where the energies come from")


class PaperTask(Closed):
    """A row of the paper's Table 2."""

    energy_kwh_per_1000: float = fact("mean", unit="kWh per 1,000 inferences", gt=0)
    sd_energy_kwh_per_1000: float = fact("standard deviation", unit="kWh per 1,000 inferences", ge=0)

    @property
    def rounding_kwh_per_1000(self) -> float:
        """Half a unit of the last digit of the mean: what its rounding hides at most."""
        exponent = Decimal(repr(self.energy_kwh_per_1000)).as_tuple().exponent
        return float(Decimal(5).scaleb(int(exponent) - 1))


class PaperEntry(Closed):
    """Numbers of the paper that a study is compared with."""

    tasks: dict[TaskName, PaperTask] = fact("Table 2, in its order")
    source: str = fact("where they are printed")
