"""The structure of a model that the catalog lacks: that of its task's entry, else by its configuration.

| the task reads | structure |
|---|---|
| images | vision-transformer where the configuration states attention heads, else convnet |
| text | seq2seq where the configuration says `is_encoder_decoder`; decoder where the task generates text, or where transformers knows the model type as a causal language model and not as a masked one; else encoder |
"""

from pathlib import Path
from typing import Any

from huggingface_hub.errors import StrictDataclassError

from wattlab.catalog.entries import TaskEntry
from wattlab.foundation.errors import library_words
from wattlab.foundation.schema import Structure
from wattlab.hub.failures import HubUnavailable

#: Spellings of a number of attention heads.
_HEADS = ("num_attention_heads", "num_heads", "n_heads", "encoder_attention_heads")


def structure_of(task: TaskEntry, folder: Path) -> Structure:
    """The structure of the model whose files lie in `folder`. Raises `HubUnavailable` for a type that needs code of its own."""
    if task.structure is not None and task.pipeline_class is not None:
        return task.structure
    config = read_config(folder)
    if task.structure is not None:
        return task.structure
    if task.reads_images:
        return "vision-transformer" if _has_heads(config) else "convnet"
    if config.is_encoder_decoder:
        return "seq2seq"
    return "decoder" if task.generates_text or is_causal(config.model_type) else "encoder"


def read_config(folder: Path) -> Any:
    """The configuration as transformers knows it."""
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    content, _ = transformers.PretrainedConfig.get_config_dict(folder, local_files_only=True)
    model_type = content.get("model_type")
    if model_type is not None and str(model_type) not in CONFIG_MAPPING_NAMES:
        raise HubUnavailable(
            f"its model_type {model_type!r} is not in transformers {transformers.__version__}",
            "choose another model: no repository's code is run; a newer transformers may know it",
        )
    try:
        return transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, TypeError, KeyError, AttributeError, StrictDataclassError) as error:
        said = library_words(error, folder)[:200]
        raise HubUnavailable(
            f"its config.json is not one that transformers {transformers.__version__} reads: {said}",
            "choose another model, or pin a commit whose configuration is whole",
        ) from error


def _has_heads(config: Any) -> bool:
    return any(getattr(config, name, None) is not None for name in _HEADS)


def is_causal(model_type: str) -> bool:
    """Whether models of the type write text from the left to the right, and fill no masks."""
    from transformers.models.auto import modeling_auto

    return (
        model_type in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
        and model_type not in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    )
