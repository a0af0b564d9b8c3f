"""Image classification: an image in, one label out."""

from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import ImageInput, best


class ImageClassification(ImageInput):
    """The classification head's likeliest label."""

    output_unit = "label"

    @torch.inference_mode()
    def infer(self, samples: list[Any]) -> list[Answer]:
        """Image processor, forward, the likeliest labels."""
        return best(self.model(**self.pixels(samples)).logits, self.model.config)
