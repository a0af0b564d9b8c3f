"""Which files of a model's repository are needed to run it: configuration, text and image preparation, one set of weights.

Weights are those in safetensors, whole or in shards by their index; else the pickle, likewise. Never another framework's
(onnx, h5, msgpack), never a variant (fp16), never a single-file checkpoint of another program, never code.
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any, Literal

from wattlab.foundation.errors import Unavailable

#: What makes a repository a pipeline.
PIPELINE_INDEX = "model_index.json"

#: Reads a JSON file of the repository.
ReadJson = Callable[[str], dict[str, Any]]

#: What configurations, tokenizers and processors consist of.
_SMALL = ("*.json", "*.txt", "*.model", "*.codes", "*.bpe", "*.spm", "*.tiktoken", "*.jinja")

#: Names of the same kinds that nothing is loaded from: indexes of weights (the chosen one is added), logs of a training.
_NOT_LOADED = (
    "*.index.json",
    "adapter_config.json",
    "trainer_state.json",
    "*_results.json",
    "requirements.txt",
    "*eval*.txt",
    "training_args.*",
)

#: Folders that belong to a repository's root.
_ROOT_FOLDERS = ("additional_chat_templates/",)

#: What weights look like, of whichever framework.
_WEIGHTS = ("*.safetensors", "*.bin", "*.h5", "*.msgpack", "*.ckpt", "*.pt", "*.onnx", "*.gguf")

#: Stems of weights: safetensors, pickle.
_STEMS = {
    "transformers": (("model",), ("pytorch_model",)),
    "diffusers": (("diffusion_pytorch_model", "model"), ("diffusion_pytorch_model", "pytorch_model")),
}


def choose(paths: Iterable[str], library: Literal["transformers", "diffusers"], read_json: ReadJson) -> list[str]:
    """The files to fetch, sorted. Raises `Unavailable` where no set of weights is whole."""
    there = set(paths)
    if library == "transformers":
        _need(there, "config.json", "it is no repository of transformers")
        weights = _weights(there, "", "transformers", read_json)
        if weights is None:
            raise _without_weights("", there)
        return sorted(_small(there, "") | weights)
    _need(there, PIPELINE_INDEX, "it is no pipeline of diffusers")
    index = read_json(PIPELINE_INDEX)
    if not isinstance(index.get("_class_name"), str):
        raise Unavailable(
            "its pipeline is code of its own", "choose a pipeline of diffusers: no repository's code is run"
        )
    chosen = {PIPELINE_INDEX}
    for name in pipeline_parts(index):
        folder = f"{name}/"
        inside = {path for path in there if path.startswith(folder)}
        if not inside:
            raise Unavailable(f"its model_index.json names {name}, which it lacks", "pin a commit that has it")
        weights = _weights(there, folder, "diffusers", read_json)
        if weights is None and any(_looks_like_weights(path) for path in inside):
            raise _without_weights(folder, inside)
        chosen |= _small(there, folder) | (weights or set())
    return sorted(chosen)


def pipeline_parts(index: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Library and class of each part that a model_index.json names."""
    return {
        name: (str(value[0]), str(value[1]))
        for name, value in index.items()
        if not name.startswith("_") and isinstance(value, list) and len(value) == 2 and value[0] is not None
    }


def notes_on(paths: Iterable[str]) -> list[str]:
    """What a person should know of chosen files: weights that are a pickle."""
    pickles = [path for path in paths if path.endswith(".bin")]
    return [f"weights are a pickle, read with weights_only: {', '.join(pickles)}"] if pickles else []


def _need(there: set[str], path: str, meaning: str) -> None:
    if path not in there:
        raise Unavailable(
            f"it has no {path}: {meaning}",
            "correct `library` or `hub_id` in its catalog entry, or choose another model",
        )


def _small(there: set[str], folder: str) -> set[str]:
    """Everything but weights in a folder itself, and the root's own folders."""
    return {
        path
        for path in there
        if (_folder_of(path) == folder or (folder == "" and _folder_of(path) in _ROOT_FOLDERS))
        and any(fnmatch(path, kind) for kind in _SMALL)
        and not any(fnmatch(PurePosixPath(path).name, kind) for kind in _NOT_LOADED)
    }


def _weights(there: set[str], folder: str, library: str, read_json: ReadJson) -> set[str] | None:
    """The weights in a folder with their index; null where no set of them is whole."""
    safetensors, pickles = _STEMS[library]
    names = [f"{stem}.safetensors" for stem in safetensors] + [f"{stem}.bin" for stem in pickles]
    for name in names:
        whole, index = f"{folder}{name}", f"{folder}{name}.index.json"
        if whole in there:
            return {whole}
        if index in there:
            placed = read_json(index).get("weight_map")
            shards = {f"{folder}{shard}" for shard in placed.values()} if isinstance(placed, dict) else set()
            if shards and shards <= there:
                return shards | {index}
    return None


def _without_weights(folder: str, there: set[str]) -> Unavailable:
    found = sorted(path for path in there if _folder_of(path) == folder and _looks_like_weights(path))
    return Unavailable(
        f"{folder.rstrip('/') or 'it'} has no whole set of weights that torch loads"
        + (f", only {', '.join(found[:5])}{', …' if len(found) > 5 else ''}" if found else ""),
        "pin a commit that has model.safetensors or pytorch_model.bin, or choose another model",
    )


def _looks_like_weights(path: str) -> bool:
    return any(fnmatch(path, kind) for kind in _WEIGHTS)


def _folder_of(path: str) -> str:
    return path[: path.rfind("/") + 1]
