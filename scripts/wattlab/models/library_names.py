"""The names that the installed transformers and diffusers know, for `catalog/schema/libraries.json` (`make schema`).

Planning a study imports neither library; it checks the catalog against that file (`wattlab.catalog.libraries`).
"""

import ast
import dataclasses
import inspect
import re
from collections.abc import Collection, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: What transformers reads of any configuration beside the fields of `PreTrainedConfig`.
_OF_ALL = (
    "num_labels is_decoder add_cross_attention tie_word_embeddings bos_token_id eos_token_id pad_token_id "
    "decoder_start_token_id forced_bos_token_id forced_eos_token_id"
).split()

#: What it reads beside `backbone_config`.
_OF_BACKBONES = {"backbone", "backbone_kwargs", "use_timm_backbone", "use_pretrained_backbone"}

#: How models ask for a key that their configuration class does not have.
_ASKED = re.compile(r'getattr\((?:self\.)?config, "(\w+)"')


def library_names(auto_classes: Collection[str]) -> dict[str, Any]:
    """The content of the file, by the fields of `wattlab.catalog.libraries.Libraries`.

    `auto_classes`: those of the tasks.
    """
    import transformers
    from diffusers.pipelines.auto_pipeline import AUTO_TEXT2IMAGE_PIPELINES_MAPPING
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES

    signatures = {
        part.__name__: inspect.signature(part.__init__) for part in AUTO_TEXT2IMAGE_PIPELINES_MAPPING.values()
    }
    encoders = dict(encoder for signature in signatures.values() for encoder in _encoders(signature))
    loaded = {
        name: {
            CONFIG_MAPPING_NAMES[kind]: model if isinstance(model, str) else model[0]
            for kind, model in getattr(transformers, name)._model_mapping._model_mapping.items()
            if kind in CONFIG_MAPPING_NAMES
        }
        for name in sorted(auto_classes)
    }
    configs: dict[str, Any] = {}
    backbones = {CONFIG_MAPPING_NAMES[kind] for kind in transformers.AutoBackbone._model_mapping._model_mapping}
    for name in {*encoders.values(), *backbones, *(config for models in loaded.values() for config in models)}:
        _add(getattr(transformers, name), configs)
    backends = IMAGE_PROCESSOR_MAPPING_NAMES.values()
    return {
        "versions": {name: version(name) for name in ("transformers", "diffusers")},
        "config_keys": sorted(_fields(transformers.PreTrainedConfig).union(_OF_ALL)),
        "configs": dict(sorted(configs.items())),
        "model_types": {kind: name for kind, name in sorted(CONFIG_MAPPING_NAMES.items()) if name in configs},
        "auto_classes": loaded,
        "image_processors": sorted({name["pil"].removesuffix("Pil") for name in backends if name.get("pil")}),
        "generation_keys": sorted(transformers.GenerationConfig().to_dict()),
        "pipelines": {name: list(signature.parameters)[1:] for name, signature in sorted(signatures.items())},
        "encoders": dict(sorted(encoders.items())),
        "parts": dict(sorted(_parts())),
    }


def _encoders(pipeline: inspect.Signature) -> Iterator[tuple[str, str]]:
    """Networks of transformers in a pipeline, by their annotations, and the configuration class of each."""
    for parameter in pipeline.parameters.values():
        config = getattr(parameter.annotation, "config_class", None)
        if isinstance(config, type) and config.__module__.startswith("transformers."):
            yield parameter.annotation.__name__, config.__name__


def _fields(config: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(config)}


def _add(config: Any, found: dict[str, Any]) -> None:
    """A configuration class and those of its parts: its keys beside those of all, and the class of each part."""
    if config.__name__ in found or config.__name__ == "AutoConfig":
        return
    import transformers

    parts = config.sub_configs
    of_all = {*dir(transformers.PreTrainedConfig), *_fields(transformers.PreTrainedConfig)}
    settable = {name for name, value in inspect.getmembers(config) if isinstance(value, property) and value.fset}
    keys = (_fields(config) | set(config.attribute_map) | settable) - of_all
    keys |= _OF_BACKBONES if "backbone_config" in parts else set()
    for path in Path(inspect.getfile(config)).parent.glob("modeling_*.py"):
        keys |= set(_ASKED.findall(path.read_text()))
    found[config.__name__] = {
        "keys": " ".join(sorted(keys)),
        "parts": {name: part.__name__ for name, part in parts.items()},
    }
    if positions := _positions(config):
        found[config.__name__]["positions"] = positions
    for part in parts.values():
        _add(part, found)


def _positions(config: Any) -> dict[str, int]:
    """The key of a class that says how many positions its model has, and the default; empty where there is none."""
    name = config.attribute_map.get("max_position_embeddings", "max_position_embeddings")
    return {
        field.name: field.default
        for field in dataclasses.fields(config)
        if field.name == name and isinstance(field.default, int)
    }


def _parts() -> Iterator[tuple[str, str]]:
    """Networks and schedulers of diffusers with the arguments of each, read from the source: an import takes long."""
    import diffusers

    folder = Path(diffusers.__file__).parent
    for path in [*folder.glob("models/**/*.py"), *folder.glob("schedulers/*.py")]:
        classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        for made in classes:
            for method in made.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__" and _is_registered(method):
                    arguments = [*method.args.args[1:], *method.args.kwonlyargs]
                    yield made.name, " ".join(argument.arg for argument in arguments)


def _is_registered(method: ast.FunctionDef) -> bool:
    return any(isinstance(name, ast.Name) and name.id == "register_to_config" for name in method.decorator_list)
