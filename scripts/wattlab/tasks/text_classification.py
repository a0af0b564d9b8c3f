"""Text classification: a review or a sentence in, one label out."""

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput, best


class TextClassification(TextInput):
    """The sequence-classification head's likeliest label."""

    output_unit = "label"

    @torch.inference_mode()
    def infer(self, samples: list[str]) -> list[Answer]:
        """Tokenise, forward, the likeliest labels."""
        return best(self.model(**self.on_device(self.encoded(samples))).logits, self.model.config)
