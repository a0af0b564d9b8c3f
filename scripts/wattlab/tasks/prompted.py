"""Multi-purpose models: a task put as a prompt in, generated text out."""

from string import Formatter
from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.generation import TextGenerating


class Prompted(TextGenerating):
    """The answer to the protocol's prompt, from an encoder-decoder (Flan-T5) or a decoder (BLOOMz).

    A tokenizer that has a chat template (instruct models) gets the prompt as what a user said in it.
    """

    def prepare(self, row: dict[str, Any]) -> str:
        """The prompt around the roles that it names, as `TextInput.text` gives them; that again in the chat template, if
        there is one. An empty context is nothing in the prompt: the authors' scripts ask the model all the same.
        """
        prompt = self._prompt(row)
        if self.tokenizer.chat_template is None:
            return prompt
        said = [{"role": "user", "content": prompt}]
        return self.tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)

    def _prompt(self, row: dict[str, Any]) -> str:
        template = self.spec.protocol.prompt
        if template is None:
            raise ValueError(f"{self.spec.cell.id}: the protocol has no prompt for a multi-purpose cell")
        roles = {role for _, role, _, _ in Formatter().parse(template) if role}
        return template.format(**{role: self.text(row, role) for role in roles})

    @torch.inference_mode()
    def infer(self, sample: str) -> Answer:
        """Tokenise, generate, decode. A chat template writes the special tokens itself."""
        return self.generate(sample, add_special_tokens=self.tokenizer.chat_template is None)
