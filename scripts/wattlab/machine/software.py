"""By what is measured here: the versions of the packages and of this code. Imports nothing heavy."""

import hashlib
import importlib.metadata
from pathlib import Path

from wattlab.meters.accelerators import torch_versions

#: Packages whose versions make repeats comparable or not (they do, or time, the work inside a window).
FINGERPRINTED = ("torch", "transformers", "diffusers", "tokenizers", "accelerate", "timm", "codecarbon", "pillow")

#: Parts of the package that run before or after a measurement and never in it.
_AFTERWARDS = frozenset({"doctor", "figures", "published", "report", "tables"})


def versions(packages: tuple[str, ...] = FINGERPRINTED) -> dict[str, str]:
    """Installed versions by package, and of what torch was built for (`cuda`); what is not there is left out."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found | torch_versions()


def code_sha256() -> str:
    """SHA-256 over the package's source files, without those that never run in a measurement: which code measured."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in _AFTERWARDS):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
