"""Published checkpoints (`weights: hub`): loaded from the files of a receipt, at its commit, and from nothing else.

Explicit dtype; safetensors where they are there, else a pickle read with `weights_only`; no code of a repository.
Every weight that training makes must come from the checkpoint: a head that would be random is an error, since its
answers would look like a model's.
"""

import inspect
import json
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import nn

from wattlab.catalog.facts import ModelFacts
from wattlab.foundation.errors import InputError, library_words
from wattlab.hub.choice import PIPELINE_INDEX, pipeline_parts
from wattlab.hub.snapshots import Snapshot
from wattlab.models.image_processors import hub_processor
from wattlab.models.random_weights.build import count
from wattlab.models.source import Source, stated
from wattlab.models.timm_backbones import own_backbone, own_names
from wattlab.models.tokenizers.published import check_vocabulary, told_of

#: Nothing is looked up on the hub, and no code of a repository is run.
_LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}

#: Loading that says what does not fit, so that the message names the tensors.
_CHECKED: dict[str, Any] = {"output_loading_info": True, "ignore_mismatched_sizes": True}

#: Tensors that a message names.
_SHOWN = 4

#: Tensors of a pooler or a second head, which many checkpoints have beside the class that they name.
_FEW_UNUSED = 8


class HubSource(Source):
    """A fetched checkpoint."""

    def __init__(
        self, facts: ModelFacts, fetched: Snapshot, dtype: str = "float32", options: dict[str, Any] | None = None
    ) -> None:
        """`facts`: the entry's, or those of the task; `options`: more of `from_pretrained`."""
        self._facts, self._options = facts, options or {}
        self._receipt, self._folder = fetched.receipt, fetched.folder
        self._entry = f"catalog/models/{self._receipt.hub_id.replace('/', '--')}.yaml"
        self._dtype: torch.dtype = getattr(torch, dtype)
        self._tokenizer: Any = None
        self._told: dict[str, str] = {}

    # ------------------------------------------------------------ transformers

    def model(self) -> nn.Module:
        """The class that the entry states, or the one of the task and the configuration."""
        import transformers

        config, names = self.config()
        if getattr(config, "quantization_config", None) is not None:
            raise InputError(
                f"{self._name}: its weights are quantized, which no dtype of the protocol means; choose the checkpoint "
                "that it was made from"
            )
        auto_class = self._facts.auto_class or generating_class(config)
        with self._weights_only():
            model, found = getattr(transformers, auto_class).from_pretrained(
                self._folder,
                config=config,
                dtype=self._dtype,
                weights_only=True,
                use_safetensors=self._has_safetensors(""),
                key_mapping=names,
                **_CHECKED,
                **_LOCAL,
                **self._options,
            )
        wanted = self._facts.model_class
        if wanted is not None and type(model).__name__ != wanted:
            raise InputError(
                f"{self._entry}: model_class = {wanted!r}: {auto_class} gives "
                f"{type(model).__name__} for {self._name}; correct one of them"
            )
        correct = "" if wanted is None else f"correct auto_class in {self._entry}, or "
        self._check(model, found, f"{correct}choose a checkpoint that was trained for it")
        self._tell_unused(model, config.architectures or [], found, getattr(config, "auto_map", None))
        return model.eval()

    def tokenizer(self) -> Any:
        """The checkpoint's own, the fast one where there is one. Raises `InputError` for none, and for one without words."""
        import transformers

        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(self._folder, **_LOCAL)
        except (ValueError, OSError) as error:
            raise InputError(
                f"{self._name}: its tokenizer can not be built: {library_words(error, self._folder)}; pin a commit "
                "that has its files, or choose another model"
            ) from error
        size = getattr(self.config()[0].get_text_config(decoder=True), "vocab_size", None)
        check_vocabulary(self._tokenizer, size, [file.path for file in self._receipt.files], self._name)
        return self._tokenizer

    def told(self, texts: list[str]) -> dict[str, str]:
        """Tensors that nothing used, and how its tokenizer reads the inputs."""
        read = {} if self._tokenizer is None else dict(told_of(self._tokenizer, texts, self._folder))
        return {**self._told, **read}

    def check(self, networks: list[nn.Module]) -> None:
        """Raise `InputError` for a weight that is no number."""
        for network in networks:
            for name, weight in network.named_parameters():
                if not bool(weight.isfinite().all()):
                    raise InputError(
                        f"{self._name}: {name} of {type(network).__name__} holds NaN or infinity in {self._dtype}; "
                        "pin a commit whose weights are whole, or set a dtype that holds them"
                    )

    def processor(self) -> Any:
        """The checkpoint's own."""
        return hub_processor(self._folder, self._name)

    def generation(self, part: Any) -> dict[str, Any]:
        """What the loaded part states: its generation_config.json, else its configuration."""
        return stated(part.generation_config)

    def config(self) -> tuple[Any, dict[str, str] | None]:
        """The fetched configuration with what it takes to read the checkpoint, and names of tensors that differ."""
        import transformers

        config = transformers.AutoConfig.from_pretrained(self._folder, **_LOCAL)
        backbone = own_backbone(config)
        changes = {**(backbone or {}), **(self._facts.hub_config or {})}
        if changes:
            content, _ = type(config).get_config_dict(self._folder, local_files_only=True)
            config = type(config).from_dict({**content, **changes})
        return config, None if backbone is None else own_names()

    # ------------------------------------------------------------ diffusers

    def pipeline(self) -> Any:
        """The pipeline with its published scheduler, tokenizers and safety checker."""
        import diffusers
        from transformers import PreTrainedTokenizerBase

        index = json.loads((self._folder / PIPELINE_INDEX).read_text())
        stated = self._facts.pipeline_class
        if stated not in (index["_class_name"], "DiffusionPipeline"):
            raise InputError(
                f"{self._entry}: pipeline_class = {stated!r}: {self._name} has {index['_class_name']}; correct it"
            )
        parts = {name: self._part(name, *part) for name, part in pipeline_parts(index).items()}
        pipeline_class = getattr(diffusers, index["_class_name"])
        if "add_watermarker" in inspect.signature(pipeline_class.__init__).parameters:
            parts["add_watermarker"] = False  # whether it does would depend on what else is installed
        given = {name: part for name, part in parts.items() if part is not None}
        pipeline = pipeline_class.from_pretrained(self._folder, dtype=self._dtype, **given, **_LOCAL)
        for name, part in pipeline.components.items():
            if isinstance(part, PreTrainedTokenizerBase):
                files = [file.path.removeprefix(f"{name}/") for file in self._receipt.files]
                check_vocabulary(part, len(part), files, f"{self._name}: {name}")
        return pipeline

    def _part(self, name: str, library: str, class_name: str) -> Any:
        """A network, verified, or an image processor in its PIL variant; null: the pipeline loads it itself."""
        if class_name.endswith(("ImageProcessor", "FeatureExtractor")):
            return hub_processor(self._folder / name, f"{self._name}: {name}")
        part_class = _class_of(library, class_name)
        if not issubclass(part_class, nn.Module):
            return None
        own = {} if _is_diffusers(part_class) else {"weights_only": True, **_LOCAL}
        with self._weights_only():
            network, found = part_class.from_pretrained(
                self._folder / name,
                **{"dtype": self._dtype, "local_files_only": True, **own},
                use_safetensors=self._has_safetensors(f"{name}/"),
                **_CHECKED,
            )
        self._check(network, found, f"pin a commit whose {name} is whole")
        self._tell_unused(network, [class_name], found)
        return network.eval()

    # ------------------------------------------------------------ both

    @property
    def _name(self) -> str:
        return f"{self._receipt.hub_id}@{str(self._receipt.commit)[:12]}"

    @contextmanager
    def _weights_only(self) -> Iterator[None]:
        """Within: a pickle that holds anything but weights is one line; nothing of it was run."""
        try:
            yield
        except pickle.UnpicklingError as error:
            pickles = ", ".join(file.path for file in self._receipt.files if file.path.endswith(".bin"))
            raise InputError(
                f"{self._name}: {pickles} holds more than weights and is not read; pin a commit with safetensors, or "
                "choose another model"
            ) from error

    def _has_safetensors(self, folder: str) -> bool:
        return any(
            file.path.endswith(".safetensors") and file.path.rpartition("/")[0] == folder.rstrip("/")
            for file in self._receipt.files
        )

    def _check(self, model: nn.Module, found: dict[str, Any], remedy: str) -> None:
        """Refuse what training makes and the checkpoint lacks, or has in another shape; `found`: what the library says."""
        missing = found["missing_keys"]
        lacking = sorted(set(missing) & _trained(model)) if missing else []
        others = [f"{key} of {_shape(theirs)}, not {_shape(ours)}," for key, theirs, ours in found["mismatched_keys"]]
        for what, names in (("lacks", lacking), ("has", sorted(others))):
            if names:
                raise InputError(
                    f"{self._name}: the checkpoint {what} {_some(names)} of {type(model).__name__}, "
                    f"which would be random; {remedy}"
                )

    def _tell_unused(self, model: nn.Module, names: list[str], found: dict[str, Any], code: Any = None) -> None:
        """Keep what of the checkpoint is not in the model that runs: adapters, layers beyond the configuration's.

        `names`: the classes that it says it is; `code`: what it names of its own.
        """
        unused = found["unexpected_keys"]
        if unused and (len(unused) > _FEW_UNUSED or type(model).__name__ not in names):
            own = ", and has code of its own (auto_map), which is not run" if code else ""
            told = (
                f"{len(unused)} tensors of the checkpoint are not in {type(model).__name__} ({_some(sorted(unused))}); "
                f"it says that it is {' or '.join(names) or 'no class'}{own}"
            )
            self._told["unused_weights"] = "; ".join(filter(None, [self._told.get("unused_weights"), told]))

    def count_as_published(self, count_as: str, counted_components: list[str] | None) -> int | None:
        """From the fetched configurations."""
        import transformers

        with torch.device("meta"):
            if count_as == "sum":
                parts = pipeline_parts(json.loads((self._folder / PIPELINE_INDEX).read_text()))
                return sum(count(self._untrained(name, *parts[name])) for name in counted_components or [])
            config, _ = self.config()
            auto_class = getattr(transformers, count_as)
            if type(config) not in getattr(auto_class, "_model_mapping", {type(config)}):
                return None
            return count(auto_class.from_config(config))

    def _untrained(self, name: str, library: str, class_name: str) -> nn.Module:
        part_class = _class_of(library, class_name)
        folder = self._folder / name
        if _is_diffusers(part_class):
            return part_class.from_config(part_class.load_config(folder, local_files_only=True))
        return part_class(part_class.config_class.from_pretrained(folder, local_files_only=True))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _shape(size: Iterable[int]) -> str:
    return "x".join(map(str, size))


def generating_class(config: Any) -> str:
    """The auto class of a multi-purpose model, which may be of either architecture."""
    return "AutoModelForSeq2SeqLM" if config.is_encoder_decoder else "AutoModelForCausalLM"


def _class_of(library: str, class_name: str) -> Any:
    """The class of a pipeline's part; what is in neither library is a module of diffusers' pipelines."""
    if library not in ("diffusers", "transformers"):
        library = f"diffusers.pipelines.{library}"
    return getattr(import_module(library), class_name)


def _trained(model: Any) -> set[str]:
    """Names of the tensors that training makes: the parameters but fixed positions (Pegasus), and what a normalisation over
    batches gathered or froze. All other buffers are computed.

    Asked of the class: a parameter that was missing does not say any more whether it was fixed.
    """
    with torch.device("meta"):
        blank = type(model).from_config(model.config) if _is_diffusers(model) else type(model)(model.config)
    trained = {name for name, parameter in blank.named_parameters() if parameter.requires_grad}
    for place, part in blank.named_modules():
        statistics = dict(part.named_buffers(recurse=False))
        if statistics.get("running_mean") is not None:
            trained |= {f"{place}.{name}" for name, buffer in statistics.items() if buffer.is_floating_point()}
    return trained


def _is_diffusers(model_or_class: Any) -> bool:
    return hasattr(model_or_class, "load_config")
