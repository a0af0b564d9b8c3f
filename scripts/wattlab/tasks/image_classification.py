"""Image classification: an image in, one label out."""

from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import ImageInput, best


class ImageClassification(ImageInput):
    """The classification head's likeliest label."""

    output_unit = "label"

    @torch.inference_mode()
    def infer(self, sample: Any) -> Answer:
        """Image processor, forward, the likeliest label."""
        logits = self.model(**self.pixels(sample)).logits
        return Answer(best(logits[0], self.model.config), 1)
