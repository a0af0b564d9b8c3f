"""Where a cell's model, its text and image preparation and its generation defaults come from.

Adapters know this interface alone. `ArchitectureSource`: the catalog and seeded random weights. `HubSource`
(wattlab.hub_weights): the fetched files of a published checkpoint.
"""

from abc import ABC, abstractmethod
from typing import Any

from torch import nn

from wattlab import weights
from wattlab.inputs import CellInputs
from wattlab.processors import image_processor
from wattlab.study import Spec
from wattlab.tokenizers.file import load_tokenizer


class Source(ABC):
    """What an adapter asks for. Everything comes into host memory, in the protocol's dtype, in evaluation mode."""

    def __init__(self, spec: Spec) -> None:
        weights.require_environment(spec)
        self.spec = spec

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

    @abstractmethod
    def count_as_published(self, count_as: str, counted_components: list[str] | None) -> int | None:
        """Parameters as the authors counted them, on the meta device; null where the way does not fit the model.

        `count_as` is "sum" (of `counted_components`) or an auto class ("AutoModel": the base model with pooler and
        without head).
        """


class ArchitectureSource(Source):
    """The true architecture with random weights. `tokenizer`: a trained one; null where the task has no text."""

    def __init__(self, spec: Spec, tokenizer: Any | None) -> None:
        super().__init__(spec)
        self._tokenizer = tokenizer

    def model(self) -> nn.Module:
        """Built and filled."""
        return weights.build(self.spec)

    def pipeline(self) -> Any:
        """Its components built and filled; one tokenizer for all text encoders."""
        tokenizer = self.tokenizer()
        limits = (self.spec.model["max_input_tokens"], tokenizer.model_max_length)
        tokenizer.model_max_length = min(limit for limit in limits if limit is not None)
        return weights.build_pipeline(self.spec, tokenizer)

    def tokenizer(self) -> Any:
        """The trained one."""
        if self._tokenizer is None:
            raise ValueError(f"{self.spec.cell.id}: the adapter needs a tokenizer")
        return self._tokenizer

    def processor(self) -> Any:
        """As the catalog states it."""
        return image_processor(self.spec.model["image_processor"])

    def generation(self, part: Any) -> dict[str, Any]:
        """As the catalog states them."""
        return {key: value for key, value in (self.spec.model["generation"] or {}).items() if key != "note"}

    def count_as_published(self, count_as: str, counted_components: list[str] | None) -> int | None:
        """Of the stated architecture."""
        return weights.count_as_published(self.spec, count_as, counted_components)


def source_of(spec: Spec, inputs: CellInputs) -> Source:
    """The source of a cell's weights; reads its tokenizer or its receipt."""
    if spec.weights == "hub":
        from wattlab.hub_weights import HubSource

        assert inputs.receipt is not None
        return HubSource(spec, inputs.receipt)
    return ArchitectureSource(spec, None if inputs.tokenizer is None else load_tokenizer(inputs.tokenizer))
