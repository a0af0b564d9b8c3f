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
    def infer(self, samples: list[str]) -> list[Answer]:
        """Tokenise (a text that is too long loses its beginning: the mask is its end), forward, top 5 at each mask."""
        self.tokenizer.truncation_side = "left"
        encoded = self.encoded(samples)
        places = [int((ids == self.tokenizer.mask_token_id).nonzero()[-1]) for ids in encoded["input_ids"]]
        at_masks = self.model(**self.on_device(encoded)).logits[range(len(samples)), places]
        scores, tokens = torch.softmax(at_masks.float(), dim=-1).topk(TOP)
        return [
            Answer([{"token": t, "text": self.tokenizer.decode([t]), "score": s} for t, s in zip(*row, strict=True)], 1)
            for row in zip(tokens.tolist(), scores.tolist(), strict=True)
        ]
