"""What an adapter asks for; adapters know this interface alone."""

from abc import ABC, abstractmethod
from typing import Any

from torch import nn


class Source(ABC):
    """Where a model and its preparation come from. Everything comes into host memory, in the protocol's dtype, in evaluation mode."""

    @abstractmethod
    def model(self) -> nn.Module:
        """The task's model (library transformers)."""

    @abstractmethod
    def pipeline(self) -> Any:
        """The pipeline (library diffusers)."""

    @abstractmethod
    def tokenizer(self) -> Any:
        """The tokenizer of a transformers model."""

    @abstractmethod
    def processor(self) -> Any:
        """The image processor of a transformers model, in its PIL variant."""

    @abstractmethod
    def generation(self, part: Any) -> dict[str, Any]:
        """Generation defaults (beams, sampling, lengths) of a model, or of the part of it that generates."""

    def told(self, texts: list[str]) -> dict[str, str]:
        """What a reader should know of a loaded model, as flags with their words; `texts` are the cell's inputs."""
        return {}

    def check(self, networks: list[nn.Module]) -> None:
        """Raise `InputError` for loaded networks whose answers would mean nothing; random weights have no answers."""
        return

    @abstractmethod
    def count_as_published(self, count_as: str, counted_components: list[str] | None) -> int | None:
        """Parameters as the authors counted them, on the meta device; null where the way does not fit the model.

        `count_as` is "sum" (of `counted_components`) or an auto class ("AutoModel": the base model with pooler and
        without head).
        """


def stated(generation: Any) -> dict[str, Any]:
    """What of a generation config differs from the library's defaults."""
    return {
        key: value
        for key, value in generation.to_diff_dict().items()
        if not key.startswith("_") and key != "transformers_version"
    }
