"""Fill-mask: a text with one mask in, the five likeliest tokens for it out."""

from typing import Any

import torch

from wattlab.catalog.facts import masked_word
from wattlab.models.source import Source
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput

#: Candidates of an answer: the default of transformers' `fill-mask` pipeline, which the authors used.
TOP = 5


class FillMask(TextInput):
    """The likeliest tokens at the mask. One output token: one place is filled."""

    output_unit = "token"

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        if self.tokenizer.mask_token is None:
            raise ValueError(f"{spec.cell.id}: the tokenizer has no mask token")

    def prepare(self, row: dict[str, Any]) -> str:
        """The text with the tokenizer's mask: appended, or in the place of the last of so many words."""
        text, mask = self.field(row, "text"), self.tokenizer.mask_token
        place = masked_word(self.spec.dataset.mask)
        if place is None:
            return text.replace(".", "") + mask
        return " ".join([*text.split()[:place][:-1], mask])

    @torch.inference_mode()
    def infer(self, sample: str) -> Answer:
        """Tokenise (a text that is too long loses its beginning: the mask is its end), forward, top 5 at the mask."""
        self.tokenizer.truncation_side = "left"
        encoded = self.encode(sample)
        place = int((encoded["input_ids"][0] == self.tokenizer.mask_token_id).nonzero()[-1])
        probabilities = torch.softmax(self.model(**self.on_device(encoded)).logits[0, place].float(), dim=-1)
        scores, tokens = probabilities.topk(TOP)
        candidates = [
            {"token": token, "text": self.tokenizer.decode([token]), "score": score}
            for token, score in zip(tokens.tolist(), scores.tolist(), strict=True)
        ]
        return Answer(candidates, 1)
