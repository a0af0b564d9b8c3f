"""Random weights (`weights: architecture`): the architecture that the catalog states, filled by the protocol's seed."""

from typing import Any

from torch import nn

from wattlab.models.image_processors import image_processor
from wattlab.models.random_weights import build as weights
from wattlab.models.source import Source
from wattlab.study.cells import Spec


class ArchitectureSource(Source):
    """The true architecture with random weights. `tokenizer`: a trained one; null where the task has no text."""

    def __init__(self, spec: Spec, tokenizer: Any | None) -> None:
        self.spec, self._tokenizer = spec, tokenizer

    def model(self) -> nn.Module:
        """Built and filled."""
        return weights.build(self.spec)

    def pipeline(self) -> Any:
        """Its components built and filled; one tokenizer for all text encoders."""
        return weights.build_pipeline(self.spec, self._prompt_tokenizer())

    def _prompt_tokenizer(self) -> Any:
        tokenizer = self.tokenizer()
        limits = (self.spec.model.max_input_tokens, tokenizer.model_max_length)
        tokenizer.model_max_length = min(limit for limit in limits if limit is not None)
        return tokenizer

    def tokenizer(self) -> Any:
        """The trained one."""
        if self._tokenizer is None:
            raise ValueError(f"{self.spec.cell.id}: the adapter needs a tokenizer")
        if self.spec.model.chat_template is not None:
            self._tokenizer.chat_template = self.spec.model.chat_template
        return self._tokenizer

    def processor(self) -> Any:
        """As the catalog states it."""
        if self.spec.model.image_processor is None:
            raise ValueError(f"{self.spec.cell.id}: the adapter needs an image processor")
        return image_processor(self.spec.model.image_processor)

    def generation(self, part: Any) -> dict[str, Any]:
        """As the catalog states them."""
        return {key: value for key, value in (self.spec.model.generation or {}).items() if key != "note"}

    def count_as_published(self, count_as: str, counted_components: list[str] | None) -> int | None:
        """Of the stated architecture."""
        return weights.count_as_published(self.spec, count_as, counted_components)


#: Models without weights so far: the datasets of a model share one.
_SHAPES: dict[str, nn.Module] = {}


class ShapesSource(ArchitectureSource):
    """The same architecture without weights, on the meta device: to count what it would compute."""

    def model(self) -> nn.Module:
        """Its attention and its experts written out as products of matrices, which a counter sees on every device: of a
        mixture those of the experts that a token meets."""
        key = self.spec.model.model_dump_json()
        if key not in _SHAPES:
            model: Any = weights.on_meta(self.spec)
            model.set_attn_implementation("eager")
            if weights.count_active(model) is not None:
                model.set_experts_implementation("batched_mm")
            _SHAPES[key] = model
        return _SHAPES[key]

    def pipeline(self) -> Any:
        """Its networks alone have no weights: the scheduler is the real one."""
        return weights.pipeline_on_meta(self.spec, self._prompt_tokenizer())
