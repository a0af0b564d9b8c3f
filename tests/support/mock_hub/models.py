"""Twins of model repositories, under their real ids: the same classes and files, few narrow layers.

Each folder holds what the published repository does: configuration, weights in its format and precision, text and image
preparation, generation defaults, and files of other frameworks that nobody has a reason to fetch.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.mock_hub.repository import Repo
from support.mock_hub.twin_tokenizers import save_tokenizer
from support.mock_hub.twin_weights import save_weights, shrunk, twin_spec
from support.surrogates import papers_catalog
from wattlab.catalog.entries import ModelEntry
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.models.environments import interpreter, is_this
from wattlab.models.image_processors import image_processor
from wattlab.tasks.contract import silence

#: Weights of other frameworks: word in the entry's `hub_weights` -> file.
_OTHERS = {"TF": "tf_model.h5", "JAX": "flax_model.msgpack", "Rust": "rust_model.ot"}


def make_twins(folder: Path, models: Mapping[str, ModelEntry] | None = None) -> None:
    """Write the twins of these models, or of the paper's, into `folder`, one folder for each of their catalog files, named
    after it; those that are there stay."""
    silence()
    for stem, entry in (papers_catalog().models if models is None else models).items():
        if not (folder / stem).is_dir():
            making = folder / f".{stem}"
            shutil.rmtree(making, ignore_errors=True)
            make_twin(stem, entry, making)
            making.rename(folder / stem)


def twins(folder: Path) -> dict[str, Repo]:
    """The repositories of the folders that `make_twins` wrote, by hub id, at their pinned commits."""
    models = load_catalog(CATALOG_ROOT).models
    return {entry.hub_id: _repo(folder / stem, entry) for stem, entry in models.items() if (folder / stem).is_dir()}


def _repo(folder: Path, entry: ModelEntry) -> Repo:
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return Repo(dict(files), commit=entry.revision or "")


def make_twin(stem: str, entry: ModelEntry, folder: Path) -> None:
    """Write one twin. One of another environment is made by that; where it is not installed, its configuration is written
    and no weights that load."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(f"---\nlibrary_name: {entry.library}\n---\nA shrunken twin of {entry.hub_id}.\n")
    for word, name in _OTHERS.items():
        if word in entry.hub_weights:
            (folder / name).write_bytes(b"weights of another framework")
    if not is_this(entry.environment):
        python = interpreter(entry.environment)
        if python is None:
            _write_without_class(entry, folder)
        else:
            folders = os.pathsep.join(str(CATALOG_ROOT.parent / name) for name in ("scripts", "tests"))
            subprocess.run(
                [python, "-m", "support.mock_hub.models", stem, folder],
                check=True,
                env=os.environ | {"PYTHONPATH": folders},
            )
        return
    tokenizer = None
    if entry.tokenizer is not None:
        tokenizer = save_tokenizer(entry, folder / "tokenizer" if entry.library == "diffusers" else folder)
    spec = twin_spec(stem, entry, tokenizer)
    if spec.model.image_processor is not None:
        image_processor(spec.model.image_processor).save_pretrained(folder)
    save_weights(entry, spec, tokenizer, folder)
    for path in folder.rglob("*.json"):
        _name_published_classes(path)


def _name_published_classes(path: Path) -> None:
    """Image processors by the names that the hub's files have: without the word for the variant that saved them."""
    if path.name in ("preprocessor_config.json", "model_index.json"):
        path.write_text(path.read_text().replace('ImageProcessorPil"', 'ImageProcessor"'))


def _write_without_class(entry: ModelEntry, folder: Path) -> None:
    facts: Any = entry.image_processor
    architecture = entry.architecture
    config = {"model_type": entry.family, "architectures": [entry.model_class], **(architecture.config or {})}
    processor = {
        "image_processor_type": facts.class_name,
        "size": {side: shrunk(pixels) for side, pixels in facts.size.items()},
        "image_mean": facts.image_mean,
        "image_std": facts.image_std,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=1))
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")  # no tensor


if __name__ == "__main__":  # in another environment, for a model that it alone can build
    make_twin(sys.argv[1], load_catalog(CATALOG_ROOT).models[sys.argv[1]], Path(sys.argv[2]))
