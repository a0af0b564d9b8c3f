"""Image captioning: an image in, generated text out."""

from typing import Any

import torch

from wattlab.models.source import Source, stated
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Answer
from wattlab.tasks.generation import generating_part, generation_config, prompt_tokens
from wattlab.tasks.inputs import ImageInput


class ImageToText(ImageInput):
    """A caption without a text prompt."""

    output_unit = "token"

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        self.tokenizer = source.tokenizer()

    def load(self) -> None:
        """The model into host memory, the image processor, and how it generates."""
        super().load()
        part = generating_part(self.model)
        part.generation_config = generation_config(self.source.generation(part), self.spec.protocol, self.model.config)

    @property
    def generation(self) -> dict[str, Any]:
        """As `load` set it."""
        return stated(generating_part(self.model).generation_config)

    @torch.inference_mode()
    def infer(self, sample: Any) -> Answer:
        """Image processor, generate, decode. Sampling is seeded anew for every inference."""
        torch.manual_seed(self.spec.protocol.seed)
        sequence = self.model.generate(pixel_values=self.pixels(sample)["pixel_values"])[0]
        new = sequence[prompt_tokens(self.model) :]
        return Answer(self.tokenizer.decode(new, skip_special_tokens=True), len(new))
