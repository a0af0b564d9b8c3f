"""Which software environment a model needs, whether it is this one, and where another one lies."""

import importlib.metadata
from pathlib import Path

from wattlab.study.cells import Spec

#: Environment named by a model's entry -> major version of transformers that it means.
TRANSFORMERS_MAJOR = {"main": "5", "transformers4": "4"}

REPOSITORY = Path(__file__).resolve().parents[3]


def is_this(environment: str) -> bool:
    """Whether this process has the environment."""
    return importlib.metadata.version("transformers").split(".")[0] == TRANSFORMERS_MAJOR[environment]


def interpreter(environment: str, repository: Path = REPOSITORY) -> Path | None:
    """Python of an environment that `make env-{environment}` built beside the main one; null where it is not whole."""
    folder = repository / f".venv-{environment}"
    python = folder / "bin/python"
    return python if (folder / ".installed").exists() and python.exists() else None


def missing_environment(spec: Spec) -> tuple[str, str] | None:
    """Null where the cell's environment is this one, else the reason and the remedy."""
    environment = spec.model.environment
    if is_this(environment):
        return None
    installed = importlib.metadata.version("transformers")
    wanted = TRANSFORMERS_MAJOR[environment]
    return (
        f"its environment {environment!r} needs transformers {wanted}, and {installed} is installed",
        f"`make env-{environment}` builds it, then `make retry`; the rest of the study goes on without it",
    )
