"""Text generation: the first words of a text in, its continuation out."""

from typing import Any

from wattlab.tasks.generation import TextGenerating
from wattlab.tasks.inputs import first_words

#: The authors' scripts read so many words of each text.
FIRST_WORDS = 20


class TextGeneration(TextGenerating):
    """The continuation of the first 20 words; an empty text is one BOS token."""

    def prepare(self, row: dict[str, Any]) -> str:
        """The first 20 words."""
        return first_words(self.field(row, "text"), FIRST_WORDS)
