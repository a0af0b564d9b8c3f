"""Models of true, full size with seeded random weights (`weights: architecture`).

A model is built by its library's own classes and initialised by its library's own rules; only the random draws are
replaced: every `normal_`, `uniform_` and the like copies from one seeded pool of normal numbers, scaled to the
standard deviation that the draw would have had (copying is two to four times as fast as drawing).
So each parameter has the spread of its initializer range, norm weights are 1, biases 0, buffers (positions,
relative-position indices, running variances) are right, tied matrices stay tied, and no value depends on the state
of a global generator. What a library would leave at zero (query tokens, relative-position tables) gets pool values
too: the power of a GPU depends on operand values.
"""

import math
from copy import deepcopy
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from torch import nn

from wattlab.catalog.facts import Architecture
from wattlab.foundation.errors import InputError
from wattlab.models.random_weights.pool import Pool, drawing_from, fans
from wattlab.study.cells import Spec

#: Standard deviation of what has no initializer range of its own, the default across transformers.
DEFAULT_STD = 0.02

#: BLIP and BLIP-2 publish vision configs with an initializer range of 1e-10; nothing under this is meant.
LEAST_STD = 1e-6


def count(module: nn.Module) -> int:
    """Distinct parameters: a tied matrix counts once, buffers do not count."""
    return sum(parameter.numel() for parameter in module.parameters())


# ---------------------------------------------------------------- mending what is initialised


def _leave_no_zeros(module: nn.Module, pool: Pool) -> None:
    """Pool values for every parameter but a bias that its library initialises to nothing but zeros."""
    for name, parameter in module.named_parameters():
        # The first values alone tell most parameters, and looking at a whole embedding matrix takes long.
        if not (name.endswith("bias") or parameter.flatten()[:1024].any() or parameter.any()):
            pool.fill(parameter, DEFAULT_STD)


def _keep_signal(model: nn.Module, pool: Pool) -> None:
    """Convolutions under batch norms: sqrt(2 / fan-in) (He et al. 2015, arXiv:1502.01852, eq. 10).

    Running means and variances of 0 and 1 normalise nothing, so a narrow initializer range (MobileNet: 0.02) would
    let the signal die out over the layers, into numbers too small for the processor's fast path.
    """
    if any(isinstance(part, nn.BatchNorm2d) for part in model.modules()):
        for part in model.modules():
            if isinstance(part, nn.Conv2d):
                pool.fill(part.weight, math.sqrt(2 / fans(part.weight)[0]))


# ---------------------------------------------------------------- transformers


def build(spec: Spec) -> nn.Module:
    """The task's model of a transformers entry, in evaluation mode, in the protocol's dtype, on the CPU.

    Raises `InputError` for an entry whose classes disagree.
    """
    pool = Pool(spec.protocol.seed)
    with drawing_from(pool, spec.protocol.seed):
        model = _task_model(spec, getattr(torch, spec.protocol.dtype))
        _untie(model, _architecture(spec).untie_lm_head, pool)
        _keep_signal(model, pool)
        _leave_no_zeros(model, pool)
    return model.eval()


def _task_model(spec: Spec, dtype: torch.dtype) -> nn.Module:
    import transformers

    facts = spec.model
    model = getattr(transformers, str(facts.auto_class)).from_config(_config(spec), dtype=dtype)
    if type(model).__name__ != facts.model_class:
        raise InputError(
            f"catalog/models/{spec.cell.model}.yaml: model_class = {facts.model_class!r}: {facts.auto_class} "
            f"gives {type(model).__name__}; correct one of them"
        )
    return model


def _architecture(spec: Spec) -> Architecture:
    assert spec.model.architecture is not None, "random weights have a stated architecture"
    return spec.model.architecture


def _config(spec: Spec) -> Any:
    architecture = _architecture(spec)
    return _configured(spec, "config", str(architecture.config_class), architecture.config or {})


def _configured(spec: Spec, key: str, class_name: str, given: dict[str, Any]) -> Any:
    """A configuration of transformers with what the entry gives below `architecture.{key}`.

    Raises `InputError` where a value is of another type than its key, or where two keys are names of one setting and
    contradict each other, of which transformers would take either in silence.
    """
    import transformers

    place = f"catalog/models/{spec.cell.model}.yaml: architecture.{key}"
    try:
        config = getattr(transformers, class_name)(**deepcopy(given))  # DETA takes keys out of what it is given
    except StrictDataclassError as error:
        raise InputError(f"{place}: {' '.join(str(error).split())}; correct the value") from error
    for alias, name in config.attribute_map.items():
        if given.get(alias, given.get(name)) != given.get(name, given.get(alias)):
            raise InputError(
                f"{place}: {alias} = {given[alias]!r} and {name} = {given[name]!r} name one setting; keep one"
            )
    _mend_ranges(config)
    return config


def _mend_ranges(config: Any) -> None:
    """Give a config and its parts an initializer range that is meant as one."""
    if getattr(config, "initializer_range", None) is not None and config.initializer_range < LEAST_STD:
        config.initializer_range = DEFAULT_STD
    for part in config.sub_configs:
        if getattr(config, part, None) is not None:
            _mend_ranges(getattr(config, part))


def _untie(model: nn.Module, path: str | None, pool: Pool | None) -> None:
    """Give the language-model head a weight of its own, as the published checkpoint has it.

    Its spread is 1 / sqrt(width), which gives logits of the spread of the (normalised) hidden state.
    """
    if path is None:
        return
    head: Any = model.get_submodule(path)
    head.weight = nn.Parameter(torch.empty_like(head.weight))
    if pool is not None:
        pool.fill(head.weight, 1 / math.sqrt(head.weight.shape[1]))


# ---------------------------------------------------------------- diffusers


def build_pipeline(spec: Spec, tokenizer: Any) -> Any:
    """A diffusers pipeline of the entry's components on the CPU, in the protocol's dtype.

    The scheduler has its published configuration; the safety checker and its image processor are there where the
    published repository ships them.
    """
    pool = Pool(spec.protocol.seed)
    parts: dict[str, Any] = {}
    with drawing_from(pool, spec.protocol.seed):
        for name, component in (_architecture(spec).components or {}).items():
            parts[name] = _component(spec, name, component)
            if isinstance(parts[name], nn.Module):
                _zero_biases(parts[name])
                _leave_no_zeros(parts[name], pool)
                parts[name].to(getattr(torch, spec.protocol.dtype)).eval()
    return _pipeline_of(spec, parts, tokenizer)


def _pipeline_of(spec: Spec, parts: dict[str, Any], tokenizer: Any) -> Any:
    import diffusers

    pipeline_class = getattr(diffusers, str(spec.model.pipeline_class))
    if "text_encoder_2" in parts:
        return pipeline_class(**parts, tokenizer=tokenizer, tokenizer_2=tokenizer, add_watermarker=False)
    guarded = {"safety_checker": None, "feature_extractor": None, **parts}
    return pipeline_class(**guarded, tokenizer=tokenizer, requires_safety_checker="safety_checker" in parts)


def _component(spec: Spec, name: str, component: dict[str, Any]) -> Any:
    """One part of a pipeline: a network, the scheduler, or the safety checker's image processor."""
    import diffusers
    import transformers

    class_name = component["class"]
    if name == "feature_extractor":
        return getattr(transformers, f"{class_name}Pil")(size=component["size"], crop_size=component["crop_size"])
    if class_name == "StableDiffusionSafetyChecker":
        from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

        part_class: Any = StableDiffusionSafetyChecker
    else:
        part_class = getattr(diffusers, class_name, None) or getattr(transformers, class_name)
    if component.get("config_class") is None:
        return part_class(**component["config"])
    return part_class(_configured(spec, f"components.{name}.config", component["config_class"], component["config"]))


def _zero_biases(module: nn.Module) -> None:
    """Diffusers leaves torch's uniform biases; here a bias is 0, as in transformers."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d) and part.bias is not None:
            nn.init.zeros_(part.bias)


# ---------------------------------------------------------------- counting as the authors did


def count_as_published(spec: Spec, count_as: str, counted_components: list[str] | None) -> int:
    """Parameters as the authors counted them, on the meta device: no weight is made.

    `count_as` is "task" (the class that runs), "sum" (of `counted_components`) or an auto class ("AutoModel": the
    base model with pooler and without head).
    """
    import transformers

    if count_as == "task":
        return count(on_meta(spec))
    with torch.device("meta"):
        if count_as == "sum":
            components = _architecture(spec).components or {}
            return sum(count(_component(spec, name, components[name])) for name in counted_components or [])
        return count(getattr(transformers, count_as).from_config(_config(spec)))


# ---------------------------------------------------------------- shapes alone


def on_meta(spec: Spec) -> nn.Module:
    """The task's model of a transformers entry on the meta device: shapes, and no weight."""
    with torch.device("meta"):
        model = _task_model(spec, torch.float32)
        _untie(model, _architecture(spec).untie_lm_head, None)
    return model.to("meta").eval()  # a few tensors are made on the CPU whatever the context says


def pipeline_on_meta(spec: Spec, tokenizer: Any) -> Any:
    """A diffusers pipeline whose networks are on the meta device."""
    parts = {}
    for name, component in (_architecture(spec).components or {}).items():
        with torch.device("cpu" if name == "scheduler" else "meta"):
            parts[name] = _component(spec, name, component)
    return _pipeline_of(spec, parts, tokenizer)
