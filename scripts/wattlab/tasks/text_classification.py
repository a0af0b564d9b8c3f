"""Text classification: a review or a sentence in, one label out."""

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput, best


class TextClassification(TextInput):
    """The sequence-classification head's likeliest label."""

    output_unit = "label"

    @torch.inference_mode()
    def infer(self, sample: str) -> Answer:
        """Tokenise, forward, the likeliest label."""
        logits = self.model(**self.on_device(self.encode(sample))).logits
        return Answer(best(logits[0], self.model.config), 1)
