"""What every adapter shares: the contract with the protocol, and the text and image sides of an input.

    load()      the model, into host memory                the load window
    transfer()  copy it to the device                      the transfer window
    prepare()   row of the dataset -> sample              outside every window
    infer()     sample -> answer                           one inference, inside the query window

Inside an inference: tokenising, the image processor, the copy to the device, forward or generate, decoding of tokens,
boxes or spans. Outside: reading, decoding of image files, resizing to the protocol's size, cutting of words, prompts.
Nothing in an inference writes to the terminal, and each is a function of its sample and the protocol's seed alone.
"""

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from wattlab.foundation.schema import OutputUnit
from wattlab.models.input_limits import longest_input
from wattlab.models.random_weights import build as weights
from wattlab.models.source import Source
from wattlab.study.cells import Spec


@dataclass(frozen=True)
class Answer:
    """What one inference gave: a JSON value (a PIL image in text-to-image), and its length in the adapter's unit."""

    value: Any
    n_output_units: int


class Adapter(ABC):
    """A task's way from a row of a dataset to an answer. See the module's docstring for the order of the calls."""

    #: Unit of `Answer.n_output_units`.
    output_unit: OutputUnit

    model: Any

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        self.spec = spec
        self.source = source
        self.device = device
        self.dtype: torch.dtype = getattr(torch, spec.protocol.dtype)

    def load(self) -> None:
        """The model into host memory."""
        silence()
        self.model = self.source.model()

    def transfer(self) -> None:
        """Copy the model to the device."""
        self.model = self.model.to(self.device)

    @abstractmethod
    def prepare(self, row: dict[str, Any]) -> Any:
        """The sample of a row: the dataset's own columns, images as PIL in RGB. Outside every window."""

    @abstractmethod
    def infer(self, sample: Any) -> Answer:
        """One inference."""

    @property
    def parameters(self) -> int:
        """Distinct parameters of what runs; after `load`."""
        return sum(weights.count(network) for network in self.networks())

    def networks(self) -> list[nn.Module]:
        """What runs, as torch modules; after `load`."""
        return [self.model]

    def parameters_as_published(self, count_as: str | None, counted_components: list[str] | None) -> int | None:
        """Parameters as the authors counted them: "task" is what runs, else as the source counts; null: not stated."""
        if count_as is None:
            return None
        return self.parameters if count_as == "task" else self.source.count_as_published(count_as, counted_components)

    def field(self, row: dict[str, Any], role: str) -> Any:
        """The value that a row has in a role (text, question, image, …)."""
        return row[self.spec.dataset["fields"][role]]


class TextInput(Adapter):
    """Shared by the adapters that read text."""

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        self.tokenizer = source.tokenizer()

    def cut(self, text: str) -> str:
        """The protocol's first `max_input_words` words, single-spaced, or the text as it is where that is null."""
        return first_words(text, self.spec.protocol.max_input_words)

    def load(self) -> None:
        """The model into host memory."""
        super().load()
        accepted = set(inspect.signature(self.model.forward).parameters)
        if getattr(self.model.config, "type_vocab_size", None) in (0, 1):
            accepted.discard("token_type_ids")
        self._accepted = accepted
        #: Longest input in tokens; null: bounded by nothing.
        self.max_tokens = longest_input(self.spec.model["max_input_tokens"], self.tokenizer, self.model)

    def encode(self, *texts: str, **options: Any) -> Any:
        """Token ids of one input, as tensors of shape (1, n_tokens), cut at the model's own length.

        A text without any token becomes one BOS token.
        """
        encoded = self.tokenizer(
            *texts, return_tensors="pt", **{"truncation": True, "max_length": self.max_tokens, **options}
        )
        if encoded["input_ids"].shape[1] == 0:
            only = torch.tensor([[self.bos_token_id]])
            encoded = {"input_ids": only, "attention_mask": torch.ones_like(only)}
        return encoded

    def on_device(self, encoded: Any) -> dict[str, torch.Tensor]:
        """What the model takes of an encoded input, on the device."""
        return {name: tensor.to(self.device) for name, tensor in encoded.items() if name in self._accepted}

    @property
    def bos_token_id(self) -> int:
        """Token that stands for an empty text."""
        for token in (self.tokenizer.bos_token_id, self.model.config.bos_token_id, self.model.config.eos_token_id):
            if token is not None:
                return token
        raise ValueError(f"{self.spec.cell.model}: neither the tokenizer nor the configuration has a BOS token")


class ImageInput(Adapter):
    """Shared by the adapters that read an image."""

    def load(self) -> None:
        """The model into host memory, and the image processor."""
        super().load()
        self.processor = self.source.processor()

    def prepare(self, row: dict[str, Any]) -> Any:
        """The image in RGB, in the protocol's width and height: nearest, aspect ignored, as the authors' resized set."""
        image = self.field(row, "image").convert("RGB")
        size = self.spec.protocol.image_size
        return image if size is None else image.resize(tuple(size), resample=0)

    def pixels(self, image: Any) -> Any:
        """The model's image inputs as tensors on the device."""
        inputs = self.processor(images=image, return_tensors="pt").to(self.device)
        inputs["pixel_values"] = inputs["pixel_values"].to(self.dtype)
        return inputs


def first_words(text: str, n_words: int | None) -> str:
    """The first `n_words` words, single-spaced; the text as it is where it has no more, or where `n_words` is null."""
    if n_words is None:
        return text
    words = text.split()
    return " ".join(words[:n_words]) if len(words) > n_words else text


def best(scores: torch.Tensor, config: Any) -> dict[str, Any]:
    """The likeliest label of a row of logits (n_labels,), with its probability."""
    probability, index = torch.softmax(scores.float(), dim=-1).max(dim=-1)
    return {"label": config.id2label[int(index)], "score": float(probability)}


def silence() -> None:
    """No warnings and no progress bars of the libraries while a model loads and runs."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
