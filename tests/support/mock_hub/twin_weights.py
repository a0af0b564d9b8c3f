"""Networks of the twins: the catalog's classes, few narrow layers, the vocabulary of the small tokenizer, small images."""

import json
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors.torch import load_file

from support.tiny_models import spec_of
from wattlab.catalog.entries import ModelEntry
from wattlab.catalog.facts import ModelFacts
from wattlab.models.random_weights import build as weights
from wattlab.study.cells import Spec

#: The most labels that a head has: 21,841 of them would weigh more than the rest.
MOST_LABELS = 1000

#: A model of more parameters was published in shards; its twin is.
SHARDED_ABOVE = 2_500_000_000

#: Longformer's windows and positions, which weigh by their number.
_SHORTER = {"LEDConfig": {"attention_window": [64, 64], "max_encoder_position_embeddings": 1024}}

#: Key of a configuration -> roles of the tokenizer, of which the first that there is stands for it.
_ROLES = {
    "bos_token_id": ("bos", "cls", "eos"),
    "eos_token_id": ("eos", "sep"),
    "pad_token_id": ("pad", "eos"),
    "sep_token_id": ("sep",),
    "decoder_start_token_id": ("bos", "pad"),
    "forced_bos_token_id": ("bos",),
    "forced_eos_token_id": ("eos",),
}


def shrunk(pixels: int) -> int:
    """A side of an image, about a quarter of what it was, in whole patches of 16 and 32."""
    return max(32, pixels // 4 // 32 * 32)


def twin_spec(stem: str, entry: ModelEntry, tokenizer: Any | None) -> Spec:
    """A cell's spec of the shrunken model, in architecture mode."""
    spec = spec_of(stem)
    model = spec.model.model_dump(mode="json")
    architecture = model["architecture"]
    if architecture["config_class"] is None:
        for name in ("text_encoder", "text_encoder_2"):
            if name in architecture["components"]:
                architecture["components"][name]["config"]["vocab_size"] = len(tokenizer)
        if "safety_checker" in architecture["components"]:
            architecture["components"]["safety_checker"]["config"]["vision_config"]["image_size"] = shrunk(224)
            architecture["components"]["feature_extractor"] |= _shrunk_sizes(
                architecture["components"]["feature_extractor"]
            )
    else:
        shorter = _SHORTER.get(architecture["config_class"], {})
        config = {**(architecture["config"] or {}), **shorter, **(entry.hub_config or {})}
        built = getattr(transformers, architecture["config_class"])(**deepcopy(config))
        architecture["config"] = _laid_over(config, _fitted(built, tokenizer))
    if entry.image_processor is not None:
        model["image_processor"] |= _shrunk_sizes(model["image_processor"])
    return spec.model_copy(update={"model": ModelFacts.model_validate(model)})


def _shrunk_sizes(facts: dict[str, Any]) -> dict[str, Any]:
    sizes = {key: facts[key] for key in ("size", "crop_size") if facts.get(key)}
    return {key: {side: shrunk(pixels) for side, pixels in size.items()} for key, size in sizes.items()}


def _fitted(config: Any, tokenizer: Any | None) -> dict[str, Any]:
    """What of a configuration and of its parts has to change for the small tokenizer and the small images."""
    changes: dict[str, Any] = {}
    image_size = getattr(config, "image_size", None)
    if image_size is not None:
        changes["image_size"] = (
            shrunk(image_size) if isinstance(image_size, int) else [shrunk(side) for side in image_size]
        )
    if len(config.id2label or {}) > MOST_LABELS:
        changes["num_labels"] = MOST_LABELS
    if getattr(config, "vocab_size", None) is not None and tokenizer is not None:
        changes["vocab_size"] = len(tokenizer)
    for key in ("image_token_index", "image_token_id"):
        if getattr(config, key, None) is not None and tokenizer is not None:
            vocabulary = tokenizer.get_vocab()
            changes[key] = next(vocabulary[token] for token in ("<image>", "<|image_pad|>") if token in vocabulary)
    for key in _ROLES if tokenizer is not None else ():
        stated = getattr(config, key, None)
        if stated is not None and (key != "decoder_start_token_id" or stated >= len(tokenizer)):
            changes[key] = _id_of(tokenizer, key)
    for part in config.sub_configs:
        if getattr(config, part, None) is not None:
            changes[part] = _fitted(getattr(config, part), tokenizer)
    return changes


def _id_of(tokenizer: Any, key: str) -> int | None:
    ids = (getattr(tokenizer, f"{role}_token_id") for role in _ROLES[key])
    return next((found for found in ids if found is not None), None)


def _laid_over(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in changes.items():
        merged[key] = _laid_over(merged.get(key) or {}, value) if isinstance(value, dict) else value
    return merged


def save_weights(entry: ModelEntry, spec: Spec, tokenizer: Any, folder: Path) -> None:
    """Write configuration and weights (and, of a pipeline, all its parts) in the published precision and format."""
    if entry.library == "diffusers":
        diffusers.utils.logging.set_verbosity_error()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # an old scheduler configuration, which the pipeline mends
            pipeline = weights.build_pipeline(spec, tokenizer)
        for part in pipeline.components.values():
            if isinstance(part, torch.nn.Module):
                part.to(getattr(torch, entry.hub_dtype))
        pipeline.save_pretrained(folder)
    else:
        model: Any = weights.build(spec).to(getattr(torch, entry.hub_dtype))
        if model.can_generate():
            model.generation_config = _generation_config(model, spec.model.generation or {})
        size_bytes = sum(parameter.nbytes for parameter in model.parameters())
        sharded = (entry.task_model_parameters or 0) > SHARDED_ABOVE
        model.save_pretrained(folder, max_shard_size=size_bytes // 3 if sharded else size_bytes * 2)
        _take_out(folder / "config.json", entry.hub_config or {})
    if not entry.hub_weights.startswith(("safetensors", "unknown")):
        _pickle(folder)


def _take_out(path: Path, keys: dict[str, Any]) -> None:
    """What the entry has to add to the published configuration is not in it."""
    content = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in content.items() if key not in keys}, indent=1))


def _generation_config(model: Any, stated: dict[str, Any]) -> Any:
    own = {key: value for key, value in stated.items() if key != "note"}
    parts = (model.config, model.config.get_text_config(decoder=True))
    for key in ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"):
        found = [value for value in (getattr(part, key, None) for part in parts) if value is not None]
        own |= {key: found[0]} if found else {}
    return transformers.GenerationConfig(**own)


def _pickle(folder: Path) -> None:
    """Let every set of weights be a pickle, whole or in shards."""
    for path in folder.rglob("*.safetensors"):
        torch.save(load_file(path), path.with_name(_pickled(path.name)))
        path.unlink()
    for index in folder.rglob("*.safetensors.index.json"):
        content = json.loads(index.read_text())
        content["weight_map"] = {tensor: _pickled(file) for tensor, file in content["weight_map"].items()}
        index.with_name(_pickled(index.name)).write_text(json.dumps(content, indent=1))
        index.unlink()


def _pickled(name: str) -> str:
    """Name of a pickle in the place of a safetensors file."""
    stem = name if name.startswith("diffusion_") else name.replace("model", "pytorch_model", 1)
    return stem.replace(".safetensors", ".bin")
