"""Specs of the catalog's models with few, narrow layers, real tokenizers and made-up rows, for tests of the adapters."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from wattlab.catalog.facts import ModelFacts
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.models.source import Source
from wattlab.models.tokenizers.file import load_tokenizer, save
from wattlab.models.tokenizers.training import train
from wattlab.study.cells import MeasuredCell, Spec, TokenizerSpec
from wattlab.study.resolve import check_config, resolve

_ENCODER = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
_SEQ2SEQ = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
}
_RESNET = {"embedding_size": 8, "hidden_sizes": [8, 16, 32, 64], "depths": [1, 1, 1, 1]}
_GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 2}
_T5 = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}
_OPT = {"hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "word_embed_proj_dim": 32}
_DECODER = {**_ENCODER, "num_key_value_heads": 1, "head_dim": 16}
_DETECTOR = {**_SEQ2SEQ, "backbone_config": _RESNET, "num_queries": 10}

_VISION = {"hidden_size": 32, "depth": 2, "num_heads": 2, "intermediate_size": 64, "out_hidden_size": 32}
_RT_DETR = {
    "backbone_config": {"embedding_size": 8, "hidden_sizes": [8, 16, 32, 64], "depths": [1, 1, 1, 1]},
    "encoder_in_channels": [16, 32, 64],
    "encoder_hidden_dim": 32,
    "encoder_ffn_dim": 64,
    "encoder_attention_heads": 2,
    "feat_strides": [8, 16, 32],
    "d_model": 32,
    "decoder_in_channels": [32, 32, 32],
    "decoder_layers": 2,
    "decoder_ffn_dim": 64,
    "decoder_attention_heads": 2,
    "num_queries": 10,
}
_D_FINE = {
    **{
        key: value
        for key, value in _RT_DETR.items()
        if key not in ("backbone_config", "encoder_in_channels", "feat_strides")
    },
    "decoder_in_channels": [32, 32],
}

#: Configuration class -> what makes it small. Vocabularies stay whole, so that every special token has its row.
SMALLER: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("BertConfig", "RobertaConfig", "XLMRobertaConfig", "ViTConfig", "BeitConfig"), _ENCODER),
    **dict.fromkeys(("DebertaConfig", "DebertaV2Config"), _ENCODER),
    "ElectraConfig": {**_ENCODER, "embedding_size": 32},
    "AlbertConfig": {**_ENCODER, "embedding_size": 16},
    "DistilBertConfig": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "GPT2Config": _GPT2,
    "GPTNeoConfig": {
        "hidden_size": 32,
        "num_layers": 2,
        "num_heads": 2,
        "attention_types": [[["global", "local"], 1]],
    },
    "BloomConfig": {"hidden_size": 32, "n_layer": 2, "n_head": 2},
    "OPTConfig": _OPT,
    **dict.fromkeys(("BartConfig", "PegasusConfig"), _SEQ2SEQ),
    "LEDConfig": {**_SEQ2SEQ, "attention_window": [1024, 1024]},
    "T5Config": _T5,
    "ConvNextV2Config": {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]},
    "ResNetConfig": _RESNET,
    "MobileNetV1Config": {"depth_multiplier": 0.25},
    "YolosConfig": {**_ENCODER, "num_detection_tokens": 10},
    **dict.fromkeys(("DetrConfig", "DeformableDetrConfig"), _DETECTOR),
    "DetaConfig": {
        **_SEQ2SEQ,
        "backbone_config": {
            "model_type": "swin",
            "embed_dim": 16,
            "depths": [1, 1, 1, 1],
            "num_heads": [1, 2, 2, 2],
            "window_size": 4,
        },
        "num_queries": 20,
    },
    "GitConfig": {**_ENCODER, "vision_config": _ENCODER},
    "BlipConfig": {"text_config": {**_ENCODER, "encoder_hidden_size": 32}, "vision_config": _ENCODER},
    "Blip2Config": {
        "vision_config": _ENCODER,
        "qformer_config": {**_ENCODER, "encoder_hidden_size": 32},
        "text_config": {"t5": _T5, "opt": _OPT},
    },
    **dict.fromkeys(
        ("LlamaConfig", "Qwen3Config", "Olmo2Config", "Gemma3TextConfig", "GraniteConfig", "SmolLM3Config"), _DECODER
    ),
    "ModernBertConfig": _ENCODER,
    "Phi3Config": {key: value for key, value in _DECODER.items() if key != "head_dim"},
    "GraniteMoeHybridConfig": {
        **_ENCODER,
        "shared_intermediate_size": 64,
        "mamba_n_heads": 2,
        "num_key_value_heads": 1,
        "layer_types": ["attention"] * 2,
    },
    "Lfm2Config": {**_DECODER, "layer_types": ["conv", "full_attention"], "full_attn_idxs": [1]},
    "OlmoeConfig": {**_ENCODER, "num_key_value_heads": 1, "num_experts": 4, "num_experts_per_tok": 2},
    "Qwen3MoeConfig": {**_DECODER, "moe_intermediate_size": 64, "num_experts": 4, "num_experts_per_tok": 2},
    "GptOssConfig": {**_DECODER, "num_local_experts": 4, "layer_types": ["sliding_attention", "full_attention"]},
    **dict.fromkeys(("MT5Config", "LongT5Config"), {**_T5, "num_decoder_layers": 2}),
    "Dinov2Config": _ENCODER,
    "RTDetrV2Config": _RT_DETR,
    "DFineConfig": _D_FINE,
    "Florence2Config": {
        "vision_config": {
            "embed_dim": [8, 8, 16, 16],
            "depths": [1, 1, 1, 1],
            "num_heads": [1, 1, 2, 2],
            "num_groups": [1, 1, 2, 2],
            "projection_dim": 32,
        },
        "text_config": _SEQ2SEQ,
    },
    "Qwen3VLConfig": {"vision_config": {**_VISION, "deepstack_visual_indexes": [0]}, "text_config": _DECODER},
    "Qwen2_5_VLConfig": {
        "vision_config": {**_VISION, "fullatt_block_indexes": [1]},
        "text_config": {**_DECODER, "rope_parameters": {"mrope_section": [2, 3, 3]}},
    },
    "VisionEncoderDecoderConfig": {"encoder": _ENCODER, "decoder": _GPT2},
}

#: A pipeline with two text encoders reads both side by side, and the second's projection beside six sizes.
_SMALLER_XL = {"cross_attention_dim": 64, "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 80}

_SMALLER_COMPONENTS: dict[str, dict[str, Any]] = {
    "unet": {
        "block_out_channels": [16, 32],
        "norm_num_groups": 8,
        "layers_per_block": 1,
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
        "cross_attention_dim": 32,
        "attention_head_dim": 8,
    },
    "vae": {
        "block_out_channels": [8, 8, 8, 8],
        "norm_num_groups": 8,
        "layers_per_block": 1,
    },
    "text_encoder": {**_ENCODER, "projection_dim": 32},
    "text_encoder_2": {**_ENCODER, "projection_dim": 32},
    "safety_checker": {"projection_dim": 32, "text_config": _ENCODER, "vision_config": {**_ENCODER, "patch_size": 32}},
}


#: A dataset of each task, to make a cell of a model.
DATASETS = {
    "text-classification": "imdb",
    "question-answering": "squad",
    "token-classification": "conll2003",
    "fill-mask": "c4",
    "text-generation": "oscar",
    "summarization": "xsum",
    "image-classification": "cifar10",
    "object-detection": "coco",
    "image-to-text": "coco-captions",
    "text-to-image": "sd-prompts",
}


def _merge(values: dict[str, Any], smaller: dict[str, Any]) -> dict[str, Any]:
    merged = deepcopy(values)
    for key, value in smaller.items():
        if isinstance(value, dict):
            inner = merged.get(key) or {}
            merged[key] = _merge(inner, value.get(inner.get("model_type"), value))
        else:
            merged[key] = value
    return merged


def cell_on(
    weights: str, task: str, dataset: str, model: str, *, prompted: bool = False, **protocol: Any
) -> MeasuredCell:
    """A cell under the laptop protocol, with these values of the protocol instead; `model` may be a bare hub id."""
    group = {"task": task, "datasets": [dataset], "models": [model]}
    content = {
        "study": "tiny",
        "weights": weights,
        "data": "surrogate",
        "device": "cpu",
        "grid": 100.0,
        "protocol": "laptop",
        "overrides": [{"where": {"task": task}, "set": protocol}] if protocol else [],
        "tasks": [] if prompted else [group],
        "multi_purpose": [group] if prompted else [],
    }
    (cell,) = resolve(check_config(content, "test"), load_catalog(CATALOG_ROOT), "test").measured
    return cell


def full_spec(task: str, dataset: str, model: str, **more: Any) -> Spec:
    """The spec of a cell on the full-size architecture."""
    return cell_on("architecture", task, dataset, model, **more).spec


def tiny_spec(task: str, dataset: str, model: str, *, prompted: bool = False, **protocol: Any) -> Spec:
    """`full_spec` with a model of few, narrow layers."""
    spec = full_spec(task, dataset, model, prompted=prompted, **protocol)
    assert spec.model.architecture is not None
    return with_model(spec, architecture=tiny_architecture(spec.model.architecture.model_dump(mode="json")))


def with_model(spec: Spec, **facts: Any) -> Spec:
    """The spec with these facts of its model instead."""
    changed = ModelFacts.model_validate({**spec.model.model_dump(mode="json"), **facts})
    return spec.model_copy(update={"model": changed})


def spec_of(stem: str, *, tiny: bool = True) -> Spec:
    """A cell of this model."""
    entry = load_catalog(CATALOG_ROOT).models[stem]
    task = entry.tasks[0]
    return (tiny_spec if tiny else full_spec)(task, DATASETS[task], stem, prompted=len(entry.tasks) > 1)


def tiny_architecture(architecture: dict[str, Any]) -> dict[str, Any]:
    """An entry's architecture with few, narrow layers."""
    architecture = deepcopy(architecture)
    if architecture["config_class"] is not None:
        smaller = SMALLER[architecture["config_class"]]
        return {**architecture, "config": _merge(architecture["config"] or {}, smaller)}
    components = architecture["components"]
    for name, smaller in _SMALLER_COMPONENTS.items():
        if name in components:
            components[name]["config"] = _merge(components[name]["config"], smaller)
    if "text_encoder_2" in components:
        components["unet"]["config"] |= {**_SMALLER_XL, "transformer_layers_per_block": 1}
    return architecture


def tokenizer_of(spec: Spec) -> Any:
    """A tokenizer trained for the spec, the caller's own: adapters change theirs. Null where the task reads and writes no text."""
    return None if spec.tokenizer is None else deepcopy(_tokenizer(spec.tokenizer.model_dump_json()))


def source_of(spec: Spec) -> Source:
    """What an adapter builds the spec's model from."""
    return ArchitectureSource(spec, tokenizer_of(spec))


@cache
def _tokenizer(spec_json: str) -> Any:
    spec = TokenizerSpec.model_validate_json(spec_json)
    with TemporaryDirectory() as folder:
        return load_tokenizer(save(train(spec), spec, Path(folder) / "tokenizer.json"))


#: 40 words.
TEXT = (
    "Mr Smith returned from Paris in 2019. He brought 12 bottles of wine, a map and two old books, and he gave "
    "them all to the museum of his town. Nobody had asked for them, but nobody refused them."
)


def photo(width: int = 320, height: int = 200) -> Image.Image:
    """A picture with some structure."""
    blocks = np.random.default_rng(0).integers(0, 255, (height // 20, width // 20, 3), dtype=np.uint8)
    return Image.fromarray(np.kron(blocks, np.ones((20, 20, 1), dtype=np.uint8)))


def row_of(spec: Spec, **values: Any) -> dict[str, Any]:
    """A row of the spec's dataset; `values` by role, made up where there is none."""
    made_up = {
        "text": TEXT,
        "question": "Who returned from Paris?",
        "context": TEXT,
        "tokens": TEXT.split(),
        "image": photo(),
        "prompt": TEXT,
    }
    return {column: {**made_up, **values}.get(role) for role, column in spec.dataset.fields.items()}
