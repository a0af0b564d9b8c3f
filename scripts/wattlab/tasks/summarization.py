"""Summarization by a model trained for it: an article or a dialogue in, a summary out."""

from wattlab.tasks.generation import TextGenerating


class Summarization(TextGenerating):
    """The summary of the text, with the beams of the model's own generation config."""
