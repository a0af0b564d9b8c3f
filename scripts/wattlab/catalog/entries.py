"""Schemas of the catalog's entries: models, datasets, tasks, grids, training, the paper's numbers."""

from typing import Any, Literal

from pydantic import model_validator

from wattlab.foundation.schema import Closed, Modality, OutputUnit, Purpose, Structure, TaskName, fact

# ---------------------------------------------------------------- models


class TokenizerFacts(Closed):
    """What a tokenizer is, enough to train one of its kind (architecture mode)."""

    kind: Literal[
        "WordPiece", "byte-level BPE", "SentencePiece-unigram", "BPE (CLIP, end-of-word)", "BPE (fastBPE)"
    ] = fact("algorithm")
    class_name: str = fact("tokenizer class in transformers; gives the layout of the special tokens")
    vocab_size: int = fact("entries of the published vocabulary", unit="tokens", gt=0)
    model_vocab_size: int | None = fact("rows of the embedding matrix, where they differ", None, unit="tokens", gt=0)
    do_lower_case: bool = fact("text is lower-cased first", False)
    model_max_length: int | None = fact("longest input that the tokenizer file states", None, unit="tokens", gt=0)
    note: str | None = fact("for people", None, works="never")


class ImageProcessorFacts(Closed):
    """How an image becomes the model's input."""

    class_name: str = fact(
        "image processor class in transformers (its PIL variant is used where torchvision is absent)"
    )
    size: dict[str, int] = fact("size argument of the processor", unit="pixels")
    resample: Literal["nearest", "bilinear", "bicubic", "lanczos"] = fact("resampling filter")
    crop_pct: float | None = fact("share of the image that a centre crop keeps", None)
    crop_size: dict[str, int] | None = fact("size of the centre crop", None, unit="pixels")
    do_center_crop: bool | None = fact("whether to crop", None)
    image_mean: list[float] = fact("channel means")
    image_std: list[float] = fact("channel standard deviations")
    input_hw: list[int] | None = fact("height and width that reach the model, checked by a test", None, unit="pixels")
    input_hw_for_640x480: list[int] | None = fact("the same where it depends on the image", None, unit="pixels")


class Architecture(Closed):
    """How to build the model from its configuration, without a checkpoint."""

    config_class: str | None = fact("configuration class in transformers", None)
    config: dict[str, Any] | None = fact("arguments of the configuration that differ from its defaults", None)
    untie_lm_head: str | None = fact("module that gets a weight of its own, as the hub checkpoint has it", None)
    components: dict[str, dict[str, Any]] | None = fact("parts of a diffusers pipeline", None)


class ModelEntry(Closed):
    """A model: `catalog/models/{name}.yaml`, its name being the hub id with `--` for `/`."""

    hub_id: str = fact("today's namespaced hub id", works="hub", pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str | None = fact(
        "pinned commit; null where none is known yet", None, works="hub", pattern=r"^[0-9a-f]{40}$"
    )
    aliases: list[str] = fact("other spellings: Table 6, the authors' logs, redirects", [])
    tasks: list[TaskName] = fact("tasks that the model answers", min_length=1)
    family: str = fact("family of architectures, for overrides: bert, flan-t5, bloomz, …", pattern=r"^[a-z0-9-]+$")
    structure: Structure = fact("structure, as in the paper's figures")
    library: Literal["transformers", "diffusers"] = fact("library that runs it", works="always")
    environment: Literal["main", "transformers4"] = fact(
        "software environment that can build it", "main", works="always"
    )
    auto_class: str | None = fact("AutoModel class of the task", None, works="always")
    model_class: str | None = fact("class that it must resolve to", None, works="always")
    pipeline_class: str | None = fact("diffusers pipeline class", None, works="always")
    architecture: Architecture = fact("configuration, for random weights", works="architecture")
    tokenizer: TokenizerFacts | None = fact("tokenizer; null where the task reads no text", None, works="architecture")
    image_processor: ImageProcessorFacts | None = fact(
        "image processor; null where the task reads no image", None, works="architecture"
    )
    max_input_tokens: int | None = fact(
        "longest input that the model takes; null: bounded by nothing", None, works="always", unit="tokens", gt=0
    )
    positions: str | None = fact("how positions are bounded, where the number alone does not say it", None)
    generation: dict[str, Any] | None = fact(
        "generation defaults of the checkpoint (beams and the like)", None, works="architecture"
    )
    call_defaults: dict[str, float | int] | None = fact(
        "a pipeline's own size, steps and guidance", None, works="always"
    )
    hub_config: dict[str, Any] | None = fact(
        "changes of the published configuration without which this library reads the checkpoint wrong",
        None,
        works="hub",
    )
    hub_dtype: str = fact("precision of the published weights")
    hub_weights: str = fact("file format of the published weights, and how that is known")
    published_parameters: int | None = fact(
        "parameters as the paper's authors published them; null for a model of your own", None, unit="parameters", gt=0
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


class ArchiveMember(Closed):
    """Rows in a JSON document inside a ZIP archive."""

    member: str = fact("name of the document in the archive")
    rows: str = fact("its key that holds the list of rows")


class Reservoir(Closed):
    """How a split that is too large for index sampling is sampled: a few of its files, drawn by the seed."""

    files: int = fact("files that the seed picks", ge=1)
    rows_per_file: int = fact("first rows of each that the sample is drawn from", unit="rows", ge=1)


class HubSource(Closed):
    """Where a dataset lies on the hub today."""

    id: str = fact("namespaced dataset id", works="hub", pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str | None = fact(
        "pinned commit; null where none is known yet", None, works="hub", pattern=r"^[0-9a-f]{40}$"
    )
    config: str | None = fact("configuration name", None, works="hub")
    split: str = fact("split that the study reads", works="hub")
    files: list[str] = fact(
        "files of that split, relative to the repository (globs: * within a folder, ** across); empty: as the card says",
        [],
        works="hub",
    )
    archive: ArchiveMember | None = fact("where the rows lie in a file that is a ZIP archive", None, works="hub")
    columns: dict[str, str] = fact(
        "column in `fields` to its name in this copy, where that is another", {}, works="hub"
    )
    boxes: Literal["xywh", "xyxy"] | None = fact(
        "boxes of this copy: corner and size, or two corners (pixels); samples hold xywh", None, works="hub"
    )
    first_where: dict[str, int | str] = fact(
        "column of this copy to value: the only rows that `selection: first` takes", {}, works="hub"
    )
    reservoir: Reservoir | None = fact(
        "how `selection: seeded` samples a very large split; null: all its rows alike", None, works="hub"
    )
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


class SurrogateSource(Closed):
    """How to generate rows of the same schema and the same lengths or resolutions, offline."""

    generator: str = fact("name of the generator in wattlab/samples", pattern=r"^[a-z-]+$")
    parameters: dict[str, Any] = fact("its arguments: distributions of words or pixels", {})
    source: str = fact("evidence of the distributions; [E] marks an estimate", works="never")


class DatasetEntry(Closed):
    """A dataset: `catalog/datasets/{name}.yaml`."""

    title: str = fact("name for people")
    tasks: list[TaskName] = fact("tasks that it serves", min_length=1)
    fields: dict[str, str] = fact(
        "role (text, question, context, tokens, image, prompt, label …) to column", works="always"
    )
    mask: Literal["append", "last-of-20-words"] | None = fact("fill-mask: where the mask goes", None, works="always")
    paper: str = fact("what the paper's script loaded: id, configuration, split")
    hub: HubSource = fact("today's hub copy", works="hub")
    surrogate: SurrogateSource = fact("offline stand-in", works="surrogate")
    labels_hidden: str | None = fact("why a quality metric needs another split", None)
    licence: str = fact("licence of the content")
    notes: str | None = fact("for people", None)


# ---------------------------------------------------------------- tasks, grids, training, the paper


class SetLength(Closed):
    """An output length that architecture mode sets, the published mean of the task and purpose."""

    purpose: Purpose = fact("cells that it holds for")
    tokens: int = fact("new tokens", unit="tokens", gt=0)
    source: str = fact("where the mean is published")


class TaskEntry(Closed):
    """One of the ten tasks."""

    title: str = fact("name for people")
    paper_name: str = fact("name in the paper's Table 2")
    modality: Modality = fact("the paper's modality")
    output_unit: OutputUnit = fact("unit in which a task-specific model's answers are counted")
    max_words: int | None = fact(
        "the paper reads only so many words of the input, whatever the protocol says", None, unit="words"
    )
    set_lengths: list[SetLength] = fact("output lengths under random weights", [])
    prompt: str | None = fact("the authors' prompt for multi-purpose models: {text}, or {question} and {context}", None)
    source: str = fact("where the preparation and the prompt are documented")


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


class PaperEntry(Closed):
    """Numbers of the paper that a study is compared with."""

    tasks: dict[TaskName, PaperTask] = fact("Table 2, in its order")
    source: str = fact("where they are printed")
