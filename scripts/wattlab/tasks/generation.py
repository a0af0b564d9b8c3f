"""What the adapters that generate text share: an explicit generation config, seeding, and the new tokens."""

from typing import Any

import torch

from wattlab.catalog.protocols import Protocol
from wattlab.models.source import stated
from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput

#: Defaults that the protocol's caps on new tokens replace.
_LENGTHS = ("max_length", "min_length", "max_new_tokens", "min_new_tokens")

#: Special tokens that a generation needs; those of the configuration hold where the defaults name none.
_SPECIAL = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")


def generation_config(defaults: dict[str, Any], protocol: Protocol, config: Any) -> Any:
    """The whole generation config of a cell: beams and sampling of the model's defaults, caps on new tokens of the protocol.

    `config` is the model's configuration. The defaults' lengths hold only where the protocol has no cap. Where
    least and most new tokens are equal, no end-of-sequence token and no early stopping can shorten the answer.
    """
    from transformers import GenerationConfig

    values = dict(defaults)
    if protocol.max_new_tokens is not None:
        values = {key: value for key, value in values.items() if key not in _LENGTHS}
        values["max_new_tokens"] = protocol.max_new_tokens
    if protocol.min_new_tokens is not None:
        values["min_new_tokens"] = protocol.min_new_tokens
    parts = (config, config.get_text_config(decoder=True))
    for name in _SPECIAL:
        stated = [values.get(name), *(getattr(part, name, None) for part in parts)]
        values[name] = next((token for token in stated if token is not None), None)
    if values["pad_token_id"] is None:
        ends = values["eos_token_id"]
        values["pad_token_id"] = ends[0] if isinstance(ends, list) else ends
    return GenerationConfig(**values)


def prompt_tokens(model: Any) -> int:
    """Tokens at the head of what `generate` returns that the model did not produce, where it is given no text.

    The start token of a decoder, and the places of the image in BLIP-2's decoder-only language model.
    """
    language_model = getattr(model, "language_model", None)
    if language_model is not None and not language_model.config.is_encoder_decoder:
        return model.config.num_query_tokens + 1
    return 1


def generating_part(model: Any) -> Any:
    """The part of a model whose generation config its `generate` reads: BLIP and BLIP-2 pass on to a decoder."""
    for name in ("text_decoder", "language_model"):
        if hasattr(model, name):
            return getattr(model, name)
    return model


class TextGenerating(TextInput):
    """Shared by the adapters whose answer is generated from text."""

    output_unit = "token"

    #: Whether the tokenizer adds the special tokens of an input.
    add_special_tokens = True

    def load(self) -> None:
        """The model into host memory, and how it generates."""
        super().load()
        self.model.generation_config = generation_config(
            self.source.generation(self.model), self.spec.protocol, self.model.config
        )

    @property
    def generation(self) -> dict[str, Any]:
        """As `load` set it."""
        return stated(self.model.generation_config)

    @torch.inference_mode()
    def infer(self, sample: str) -> Answer:
        """Tokenise, generate, decode the new tokens. Sampling is seeded anew for every inference."""
        torch.manual_seed(self.spec.protocol.seed)
        decoder_only = not self.model.config.is_encoder_decoder
        room = (self.spec.protocol.max_new_tokens or 0) if decoder_only else 0
        longest = None if self.max_tokens is None else self.max_tokens - room
        encoded = self.encode(sample, max_length=longest, add_special_tokens=self.add_special_tokens)
        inputs = {name: encoded[name].to(self.device) for name in ("input_ids", "attention_mask")}
        sequence = self.model.generate(**inputs)[0]
        new = sequence[inputs["input_ids"].shape[1] if decoder_only else 1 :]
        return Answer(self.tokenizer.decode(new, skip_special_tokens=True), len(new))
