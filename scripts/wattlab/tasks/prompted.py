"""Multi-purpose models: a task put as a prompt in, generated text out."""

from bisect import bisect
from string import Formatter
from typing import Any

import torch

from wattlab.foundation.errors import InputError
from wattlab.models.chat import Chat
from wattlab.models.source import Source
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Answer
from wattlab.tasks.generation import TextGenerating
from wattlab.tasks.inputs import WHOLE


class Prompted(TextGenerating):
    """The answer to the protocol's prompt, from an encoder-decoder (Flan-T5) or a decoder (BLOOMz).

    A tokenizer that has a chat template (instruct models) gets the prompt as what a user said in it; the template writes
    the special tokens itself. What a model thinks first is no part of its answer.
    """

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        assert spec.protocol.prompt is not None, "checked when the study was resolved"
        self._prompt, arguments = spec.protocol.prompt, spec.model.template_arguments or {}
        has_template = self.tokenizer.chat_template is not None
        if arguments and not has_template:
            raise InputError(
                f"catalog/models/{spec.cell.model}.yaml: template_arguments: {spec.model.hub_id} has no chat template; "
                "take them out"
            )
        self.chat = Chat(self.tokenizer, arguments, spec.cell.model) if has_template else None
        self.add_special_tokens = self.chat is None
        #: Whether what asks stands behind the text, so that a cut at the end would lose it.
        self._asks_last = self.chat is not None or not self._prompt.rstrip().endswith("}")
        if self._asks_last:
            self.tokenizer.truncation_side = "left"

    def prepare(self, row: dict[str, Any]) -> str:
        """The prompt around the roles that it names, as `TextInput.text` gives them; that again in the chat template, if
        there is one. An empty context is nothing in the prompt: the authors' scripts ask the model all the same.

        Where the whole is longer than the model's input and asks at its end, the longest text in it loses its last words.
        """
        return self._cut(row)[0]

    def words_read(self, row: dict[str, Any]) -> int | None:
        """Of the text that lost its last words."""
        return self._cut(row)[1]

    def _cut(self, row: dict[str, Any]) -> tuple[str, int | None]:
        """What is asked, and how many words the longest text in it has left; null: all."""
        texts = {role: self.text(row, role) for _, role, _, _ in Formatter().parse(self._prompt) if role}
        asked = self._asked(texts)
        if not self._asks_last or self._fits(asked):
            return asked, None
        longest = max(texts, key=lambda role: (role not in WHOLE, len(texts[role])))
        words = texts[longest].split()

        def shortened(n_words: int) -> str:
            return self._asked({**texts, longest: " ".join(words[:n_words])})

        fewest_too_long = bisect(range(len(words)), False, key=lambda n_words: not self._fits(shortened(n_words)))
        n_words = max(fewest_too_long - 1, 0)
        return shortened(n_words), n_words

    def _asked(self, texts: dict[str, str]) -> str:
        prompt = self._prompt.format(**texts)
        return prompt if self.chat is None else self.chat.prompt(prompt)

    def _fits(self, asked: str) -> bool:
        longest = self.longest_text
        ids = self.tokenizer(asked, add_special_tokens=self.add_special_tokens)["input_ids"]
        return longest is None or len(ids) <= longest

    def answers(self, samples: list[str], sequences: list[list[int]]) -> list[Answer]:
        """What stands behind the thought; null where the answer was cut inside it."""
        thought = None if self.chat is None else self.chat.thought
        if thought is None:
            return super().answers(samples, sequences)
        found = [
            thought.split(tokens, self._decoded, thought.is_open(sample))
            for sample, tokens in zip(samples, sequences, strict=True)
        ]
        return [Answer(said, len(tokens), of, tokens) for (of, said), tokens in zip(found, sequences, strict=True)]

    def _decoded(self, tokens: list[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=True)

    @property
    def generation(self) -> dict[str, Any]:
        """As `load` set it, and what its chat template was told."""
        return {**super().generation, **({} if self.chat is None else self.chat.stated)}
