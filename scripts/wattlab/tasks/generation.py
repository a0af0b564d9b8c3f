"""What the adapters that generate text share: an explicit generation config, seeding, and the new tokens."""

from collections.abc import Callable, Iterator
from functools import partial
from inspect import signature
from math import ceil
from typing import Any

import torch

from wattlab.catalog.protocols import Protocol
from wattlab.models.source import stated
from wattlab.tasks.contract import Answer, Pass
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


def decoding(model: Any, first: Callable[[int], dict[str, Any]], n_prompt: int, n_new: float) -> Iterator[Pass]:
    """The passes of a decoder that writes `n_new` tokens, each beam's: its prompt at once, then a token at a time.

    `first(n)` are the inputs of a pass over n tokens without a cache. The work of a step grows linearly with the tokens in
    the cache, so that two steps give the sum of all: with m = n_new - 1 steps over n_prompt, n_prompt + 1, … tokens it is
    m times that of a step over their mean, n_prompt + (m - 1) / 2. Logits are of the last token alone where the model can
    (transformers, `generate`).
    """
    last = {"logits_to_keep": 1} if "logits_to_keep" in signature(model.forward).parameters else {}
    yield Pass("first token", model, {**first(n_prompt), **last, "use_cache": True})
    steps = n_new - 1
    if steps <= 0:
        return
    span = max(ceil(steps) - 1, 1)
    far = (steps - 1) / 2 / span
    for length, times in ((n_prompt, steps * (1 - far)), (n_prompt + span, steps * far)):
        if times:
            before = first(length)
            yield Pass("next tokens", model, _step(before, length, model(**before, use_cache=True)), times)


def after_encoder(model: Any, encoded: Any, beams: int, n_new: float) -> Iterator[Pass]:
    """The passes of an encoder-decoder after its encoder, from the token that its decoder starts from."""
    states = encoded[0].expand(beams, -1, -1)

    def first(n: int) -> dict[str, Any]:
        ids = torch.ones((beams, n), dtype=torch.long, device=states.device)
        return {"encoder_outputs": type(encoded)(last_hidden_state=states), "decoder_input_ids": ids}

    yield from decoding(model, first, 1, n_new)


def _step(before: dict[str, Any], length: int, seen: Any) -> dict[str, Any]:
    """The inputs of one token more, after a pass over `length` tokens."""
    name = "decoder_input_ids" if "decoder_input_ids" in before else "input_ids"
    kept: dict[str, Any] = {key: before[key] for key in ("encoder_outputs", "encoder_hidden_states") if key in before}
    some = next(before[key] for key in (name, "inputs_embeds") if key in before)
    ids = torch.ones((some.shape[0], 1), dtype=torch.long, device=some.device)
    if "attention_mask" in before:
        mask = before["attention_mask"]
        kept["attention_mask"] = mask if "encoder_outputs" in before else mask.new_ones(len(mask), length + 1)
    return {**kept, name: ids, "past_key_values": seen.past_key_values, "use_cache": True}


def sequences_of(new: torch.Tensor, ends: int | list[int] | None) -> list[list[int]]:
    """Generated tokens (n_samples, n_new), each sequence up to its first end-of-sequence token.

    In a batch padding stands behind it.
    """
    final = set(ends) if isinstance(ends, list) else {ends}
    return [
        tokens[: next((place for place, token in enumerate(tokens, start=1) if token in final), len(tokens))]
        for tokens in new.tolist()
    ]


def written(sequences: list[list[int]], tokenizer: Any) -> list[Answer]:
    """The texts of generated tokens, each with its number of tokens."""
    return [
        Answer(tokenizer.decode(tokens, skip_special_tokens=True), len(tokens), tokens=tokens) for tokens in sequences
    ]


class _Watch:
    """A logits processor that changes nothing, and sees scores that are no numbers. Of what is never to come minus infinity
    is the score."""

    def __init__(self) -> None:
        self.is_finite = True

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.is_finite &= not bool((scores.isnan() | scores.isposinf()).any())
        return scores


def wrote_numbers(answer: Answer, config: Any, generate: Callable[..., Any]) -> bool:
    """Whether the logits behind a text are finite; `generate(logits_processor=[...])` writes it again where it may hide that.

    The largest of logits that are NaN is the first one (torch.argmax), so that without token 0 the most likely tokens came
    from numbers. Several beams hide it always, and a draw (multinomial) fails.
    """
    if config.num_beams in (None, 1) and 0 not in answer.tokens:
        return True
    watch = _Watch()
    generate(logits_processor=[watch])
    return watch.is_finite


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
    def infer(self, samples: list[str]) -> list[Answer]:
        """Tokenise, generate, decode the new tokens. Sampling is seeded anew for every inference."""
        return self.answers(samples, sequences_of(self._new(samples), self.model.generation_config.eos_token_id))

    def _new(self, samples: list[str], **options: Any) -> torch.Tensor:
        """New tokens, of shape (n_samples, n_new)."""
        torch.manual_seed(self.spec.protocol.seed)
        encoded = self.encoded(samples)
        inputs = {name: encoded[name].to(self.device) for name in ("input_ids", "attention_mask")}
        sequences = self.model.generate(**inputs, **options)
        return sequences[:, 1 if self.model.config.is_encoder_decoder else inputs["input_ids"].shape[1] :]

    @torch.inference_mode()
    def is_finite(self, sample: str, answer: Answer) -> bool:
        """A text does not show its logits."""
        return wrote_numbers(answer, self.model.generation_config, partial(self._new, [sample]))

    def answers(self, samples: list[str], sequences: list[list[int]]) -> list[Answer]:
        """The answers to samples in generated tokens."""
        return written(sequences, self.tokenizer)

    def encoded(self, samples: list[str]) -> Any:
        """Token ids of the texts; those that are continued leave room for it, and have their padding before them."""
        if not self.model.config.is_encoder_decoder:
            self.tokenizer.padding_side = "left"
        return self.encode(samples, max_length=self.longest_text, add_special_tokens=self.add_special_tokens)

    @property
    def longest_text(self) -> int | None:
        """Most tokens of a text, so that what a decoder writes fits behind it; null: any number. After `load`."""
        room = 0 if self.model.config.is_encoder_decoder else self.spec.protocol.max_new_tokens or 0
        return None if self.max_tokens is None else self.max_tokens - room

    def passes(self, size: int, new_tokens: float | None) -> Iterator[Pass]:
        """Of an encoder-decoder the encoder once, then the decoder from its start token; else the prompt, and each token."""
        config = self.model.generation_config
        beams, new = config.num_beams or 1, config.max_new_tokens if new_tokens is None else new_tokens
        if not self.model.config.is_encoder_decoder:

            def of_prompt(n: int) -> dict[str, Any]:
                return {"input_ids": self.blank_ids(beams, n), "attention_mask": self.blank_ids(beams, n)}

            yield from decoding(self.model, of_prompt, size, new)
            return
        source = {"input_ids": self.blank_ids(1, size), "attention_mask": self.blank_ids(1, size)}
        yield Pass("encoder", self.model.get_encoder(), source)
        yield from after_encoder(self.model, self.model.get_encoder()(**source), beams, new)
