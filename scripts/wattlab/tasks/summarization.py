"""Summarization by a model trained for it: an article or a dialogue in, a summary out."""

from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.generation import TextGenerating


class Summarization(TextGenerating):
    """The summary, with the beams of the model's own generation config."""

    def prepare(self, row: dict[str, Any]) -> str:
        """The text, in the protocol's number of words."""
        return self.text(row, "text")

    @torch.inference_mode()
    def infer(self, sample: str) -> Answer:
        """Tokenise, generate, decode."""
        return self.generate(sample)
