"""By what is measured here: the versions of the packages and of this code. Imports nothing heavy."""

import hashlib
import importlib.metadata
from pathlib import Path

from wattlab.foundation.closure import SCRIPTS, closure
from wattlab.meters.accelerators import torch_versions

#: Packages whose versions make repeats comparable or not (they do, or time, the work inside a window).
FINGERPRINTED = ("torch", "transformers", "diffusers", "tokenizers", "accelerate", "timm", "codecarbon", "pillow")

#: What measures, below this package: the worker, and the folders whose members it imports by name.
_MEASURES = ("runs.worker", "tasks.*", "meters.*")

#: `code_sha256` of the code that measured before its files were moved, and its commit. Moving them changed no method:
#: METHOD_VERSION alone tells those sessions from later ones.
CODE_OF_OLDER_LAYOUT = {"476a255b76c857e3d07d0d129bf701dee3e0f352250a6b1a8ae56dd5f676fde7": "d48ec93"}


def versions(packages: tuple[str, ...] = FINGERPRINTED) -> dict[str, str]:
    """Installed versions by package, and of what torch was built for (`cuda`); what is not there is left out."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found | torch_versions()


def code_sha256(scripts: Path = SCRIPTS) -> str:
    """SHA-256 over the source files that a measurement can run, with their names: which code measured."""
    digest = hashlib.sha256()
    for path in closure(*(f"wattlab.{part}" for part in _MEASURES), home=scripts):
        digest.update(path.relative_to(scripts).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
