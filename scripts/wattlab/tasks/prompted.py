"""Multi-purpose models: a task put as a prompt in, generated text out."""

from string import Formatter
from typing import Any

import torch

from wattlab.models.source import Source
from wattlab.study.cells import Spec
from wattlab.tasks.generation import TextGenerating


class Prompted(TextGenerating):
    """The answer to the protocol's prompt, from an encoder-decoder (Flan-T5) or a decoder (BLOOMz).

    A tokenizer that has a chat template (instruct models) gets the prompt as what a user said in it; the template writes
    the special tokens itself.
    """

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        self.add_special_tokens = self.tokenizer.chat_template is None

    def prepare(self, row: dict[str, Any]) -> str:
        """The prompt around the roles that it names, as `TextInput.text` gives them; that again in the chat template, if
        there is one. An empty context is nothing in the prompt: the authors' scripts ask the model all the same.
        """
        template = self.spec.protocol.prompt
        assert template is not None, "checked when the study was resolved"
        roles = {role for _, role, _, _ in Formatter().parse(template) if role}
        prompt = template.format(**{role: self.text(row, role) for role in roles})
        if self.add_special_tokens:
            return prompt
        said = [{"role": "user", "content": prompt}]
        return self.tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
