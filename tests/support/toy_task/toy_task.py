"""A task that the package does not know: to count the words of a text. It needs no model, so that a cell takes a second."""

from typing import Any

from wattlab.quality.answered import Answered, Score
from wattlab.tasks.contract import Adapter, Answer


class WordCounting(Adapter):
    """The number of words of a text: one output unit for each."""

    output_unit = "word"

    def load(self) -> None:
        """No model."""

    def transfer(self) -> None:
        """Nothing to copy."""

    def networks(self) -> list[Any]:
        return []

    def prepare(self, row: dict[str, Any]) -> str:
        return " ".join(self.field(row, "text").split()[:3])

    def infer(self, samples: list[str]) -> list[Answer]:
        counts = [len(sample.split()) for sample in samples]
        return [Answer(n_words, n_words) for n_words in counts]


def share_right(answered: Answered) -> list[Score]:
    """The share of texts whose words were counted rightly."""
    texts = answered.references("text")
    right = sum(len(text.split()) == answer for text, answer in zip(texts, answered.answers, strict=True))
    return [Score("share right", right / len(texts), len(texts), 0, headline=True)]
