"""What of the catalog's models and datasets enters a spec. `entries` adds what is for people and for the tables.

A mode of weights or data takes a part of the fields (`works`): the others are not set, and the JSON lacks them.
"""

from typing import Any, Literal

from wattlab.foundation.schema import Facts, fact, is_missing

# ---------------------------------------------------------------- models


class TokenizerFacts(Facts):
    """What a tokenizer is, enough to train one of its kind (architecture mode)."""

    kind: Literal[
        "WordPiece",
        "byte-level BPE",
        "SentencePiece-unigram",
        "SentencePiece-BPE (byte fallback)",
        "BPE (CLIP, end-of-word)",
        "BPE (fastBPE)",
    ] = fact("algorithm")
    class_name: str = fact(
        "tokenizer class in transformers, with the family where several lay out one class: gives the special tokens"
    )
    vocab_size: int = fact("entries of the published vocabulary", unit="tokens", gt=0)
    model_vocab_size: int | None = fact("rows of the embedding matrix, where they differ", None, unit="tokens", gt=0)
    do_lower_case: bool = fact("text is lower-cased first", False)
    model_max_length: int | None = fact("longest input that the tokenizer file states", None, unit="tokens", gt=0)
    note: str | None = fact("for people", None, works="never")


class ImageProcessorFacts(Facts):
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
    patch_size: int | None = fact(
        "side of a patch, of a processor that gives patches", None, unit="pixels", exclude_if=is_missing
    )
    merge_size: int | None = fact("patches on a side that the model joins to one token", None, exclude_if=is_missing)
    temporal_patch_size: int | None = fact("frames in a patch: an image is repeated", None, exclude_if=is_missing)


class Architecture(Facts):
    """How to build the model from its configuration, without a checkpoint."""

    config_class: str | None = fact("configuration class in transformers", None)
    config: dict[str, Any] | None = fact("arguments of the configuration that differ from its defaults", None)
    untie_lm_head: str | None = fact("module that gets a weight of its own, as the hub checkpoint has it", None)
    components: dict[str, dict[str, Any]] | None = fact("parts of a diffusers pipeline", None)


class ModelFacts(Facts):
    """How a model is had and run."""

    hub_id: str | None = fact("today's namespaced hub id", None, works="hub")
    revision: str | None = fact(
        "the pinned commit, 40 hexadecimal digits; null where none is known yet",
        None,
        works="hub",
        pattern=r"^[0-9a-f]{40}$",
    )
    library: Literal["transformers", "diffusers"] = fact("library that runs it", works="always")
    environment: Literal["main", "transformers4"] = fact(
        "software environment that can build it", "main", works="always"
    )
    auto_class: str | None = fact("AutoModel class of the task", None, works="always")
    model_class: str | None = fact("class that it must resolve to", None, works="always")
    pipeline_class: str | None = fact("diffusers pipeline class", None, works="always")
    architecture: Architecture | None = fact("configuration, for random weights", None, works="architecture")
    tokenizer: TokenizerFacts | None = fact("tokenizer; null where the task reads no text", None, works="architecture")
    image_processor: ImageProcessorFacts | None = fact(
        "image processor; null where the task reads no image", None, works="architecture"
    )
    max_input_tokens: int | None = fact(
        "longest input that the model takes; null: bounded by nothing", None, works="always", unit="tokens", gt=0
    )
    generation: dict[str, Any] | None = fact(
        "generation defaults of the checkpoint (beams and the like)", None, works="architecture"
    )
    image_prompt: str | None = fact(
        "what the model is asked about an image, {image} where the image's own tokens stand; null: it is asked nothing",
        None,
        works="always",
        exclude_if=is_missing,
    )
    call_defaults: dict[str, float | int] | None = fact(
        "a pipeline's own size, steps and guidance", None, works="always"
    )
    hub_config: dict[str, Any] | None = fact(
        "changes of the published configuration without which this library reads the checkpoint wrong",
        None,
        works="hub",
    )


# ---------------------------------------------------------------- datasets


class ArchiveMember(Facts):
    """Rows in a JSON document inside a ZIP archive."""

    member: str = fact("name of the document in the archive")
    rows: str = fact("its key that holds the list of rows")


class Reservoir(Facts):
    """How a split that is too large for index sampling is sampled: a few of its files, drawn by the seed."""

    files: int = fact("files that the seed picks", ge=1)
    rows_per_file: int = fact("first rows of each that the sample is drawn from", unit="rows", ge=1)


class HubFacts(Facts):
    """Where a dataset lies on the hub today."""

    id: str = fact("the dataset's hub id: owner/name", works="hub", pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str | None = fact(
        "the pinned commit, 40 hexadecimal digits; null where none is known yet",
        None,
        works="hub",
        pattern=r"^[0-9a-f]{40}$",
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


class SurrogateFacts(Facts):
    """How to generate rows of the same schema and the same lengths or resolutions, offline."""

    generator: str = fact(
        "name of the generator in wattlab/samples, in small letters and hyphens", pattern=r"^[a-z-]+$"
    )
    parameters: dict[str, Any] = fact("its arguments: distributions of words or pixels", {})


class DatasetFacts(Facts):
    """Where the rows of a dataset come from and what their columns are."""

    fields: dict[str, str] = fact(
        "role (text, question, context, tokens, image, prompt, label …) to column", works="always"
    )
    mask: Literal["append", "last-of-20-words"] | None = fact(
        "where the mask goes, of a task that masks the text", None, works="always"
    )
    hub: HubFacts | None = fact("today's hub copy", None, works="hub")
    surrogate: SurrogateFacts | None = fact("offline stand-in", None, works="surrogate")


def masked_word(mask: str | None) -> int | None:
    """Number of the word, from 1, whose place the mask takes: the last of so many; null where it is appended."""
    return None if mask in (None, "append") else int(str(mask).split("-")[2])
