"""The text and image sides of an input, shared by the adapters."""

import inspect
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from PIL import Image

from wattlab.models.input_limits import longest_input
from wattlab.models.source import Source
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Adapter, Answer, Pass

PIXELS_PER_MEGAPIXEL = 1_000_000

#: A question stays whole: the protocol's number of words holds for what it is asked of.
WHOLE = ("question",)


class TextInput(Adapter):
    """Shared by the adapters that read text."""

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        self.tokenizer = source.tokenizer()

    def prepare(self, row: dict[str, Any]) -> Any:
        """The text, in the protocol's number of words."""
        return self.text(row, "text")

    def text(self, row: dict[str, Any], role: str) -> str:
        """What a row has in a role, as running text: tokens joined with spaces, null as nothing, and of all but a question
        the protocol's first `max_input_words` words."""
        value = self.field(row, role) or ""
        text = value if isinstance(value, str) else " ".join(value)
        return text if role in WHOLE else first_words(text, self.spec.protocol.max_input_words)

    def texts(self, rows: list[dict[str, Any]]) -> list[str]:
        """The samples; a question and its context are two."""
        samples = [self.prepare(row) for row in rows]
        return [text for sample in samples for text in ([sample] if isinstance(sample, str) else sample)]

    def load(self) -> None:
        """The model into host memory."""
        super().load()
        accepted = set(inspect.signature(self.model.forward).parameters)
        if getattr(self.model.config, "type_vocab_size", None) in (0, 1):
            accepted.discard("token_type_ids")
        self._accepted = accepted
        #: Longest input in tokens; null: bounded by nothing.
        self.max_tokens = longest_input(self.spec.model.max_input_tokens, self.tokenizer, self.model)

    def encoded(self, samples: list[Any]) -> Any:
        """Token ids of the samples, as `encode` gives them."""
        return self.encode(samples)

    def encode(self, *texts: list[str], **options: Any) -> Any:
        """Token ids of a batch, as tensors of shape (n_texts, n_tokens), cut at the model's own length, padded to its longest.

        A text without any token becomes one BOS token.
        """
        n_texts = len(texts[0])
        limits = {"truncation": True, "max_length": self.max_tokens, **options}
        encoded = self.tokenizer(*texts, return_tensors="pt", padding=n_texts > 1, **limits)
        ids = encoded["input_ids"]
        if ids.shape[1] == 0:
            only = torch.full((n_texts, 1), self.bos_token_id)
            return {"input_ids": only, "attention_mask": torch.ones_like(only)}
        if n_texts > 1:
            mask = encoded["attention_mask"]
            empty, place = mask.sum(dim=1) == 0, -1 if self.tokenizer.padding_side == "left" else 0
            if bool(empty.any()):
                ids[empty, place], mask[empty, place] = self.bos_token_id, 1
        return encoded

    def whole_words(self, encoded: Any, part: int, text: str) -> int | None:
        """Words that are whole in an encoded input of one sample, of its `part`-th text; null where none was cut."""
        if encoded["input_ids"].shape[1] < (self.max_tokens or math.inf):
            return None
        spans = zip(encoded["offset_mapping"][0].tolist(), encoded.sequence_ids(0), strict=True)
        end = max((last for (_, last), of in spans if of == part), default=0)
        read, rest = text[:end].split(), text[end:]
        if not rest.strip():
            return None
        return len(read) - (not rest[0].isspace() and text[:end].rstrip() == text[:end] and bool(read))

    def counts(self, samples: list[Any]) -> dict[str, float]:
        """Tokens that reach the model, special ones included, padding not."""
        return {"input_token": sum(self.size(sample) for sample in samples)}

    def hindrance(self, samples: list[Any]) -> str | None:
        """A batch is padded: where tokenizer or model state no token for that, with the end of sequence. It is masked."""
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.unk_token
        if getattr(self.model.config, "pad_token_id", None) is None:
            self.model.config.pad_token_id = self.tokenizer.pad_token_id
        return "its tokenizer has no token to pad with" if self.tokenizer.pad_token_id is None else None

    def on_device(self, encoded: Any) -> dict[str, torch.Tensor]:
        """What the model takes of an encoded input, on the device."""
        return {name: tensor.to(self.device) for name, tensor in encoded.items() if name in self._accepted}

    def size(self, sample: Any) -> int:
        """Input tokens."""
        return int(self.encoded([sample])["input_ids"].shape[1])

    def passes(self, size: int, new_tokens: float | None) -> Iterator[Pass]:
        """One forward pass."""
        taken = set(self.tokenizer.model_input_names) & self._accepted
        yield Pass("forward", self.model, dict.fromkeys(sorted(taken), self.blank_ids(1, size)))

    def blank_ids(self, *shape: int) -> torch.Tensor:
        """Token ids, or a mask, of this shape, where the values do not matter."""
        return torch.ones(shape, dtype=torch.long, device=self.device)

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
        self._sizes: dict[tuple[int, ...], tuple[int, int]] = {}
        self.dtype: torch.dtype = getattr(torch, self.spec.protocol.dtype)

    def prepare(self, row: dict[str, Any]) -> Any:
        """The image in RGB, in the protocol's width and height: nearest, aspect ignored, as the authors' resized set."""
        image = self.field(row, "image").convert("RGB")
        size = self.spec.protocol.image_size
        return image if size is None else image.resize(tuple(size), resample=0)

    def counts(self, samples: list[Any]) -> dict[str, float]:
        """Images and their pixels as `prepare` leaves them, before the image processor."""
        pixels = sum(image.width * image.height for image in samples)
        return {"image": len(samples), "megapixel": pixels / PIXELS_PER_MEGAPIXEL}

    def pixels(self, images: list[Any]) -> Any:
        """The model's image inputs as tensors on the device."""
        inputs = self.processor(images=images, return_tensors="pt").to(self.device)
        inputs["pixel_values"] = inputs["pixel_values"].to(self.dtype)
        return inputs

    def size(self, sample: Any) -> tuple[int, int]:
        """Width and height of the image; of those that reach the model in one size, the first one's."""
        width, height = sample.size
        seen = self.pixels([Image.new("RGB", (width, height))])["pixel_values"].shape
        return self._sizes.setdefault(tuple(seen), (width, height))

    def passes(self, size: tuple[int, int], new_tokens: float | None) -> Iterator[Pass]:
        """One forward pass."""
        yield Pass("forward", self.model, dict(self.pixels([Image.new("RGB", size)])))


def first_words(text: str, n_words: int | None) -> str:
    """The first `n_words` words, single-spaced; the text as it is where it has no more, or where `n_words` is null."""
    if n_words is None:
        return text
    words = text.split()
    return " ".join(words[:n_words]) if len(words) > n_words else text


def best(scores: torch.Tensor, config: Any) -> list[Answer]:
    """The likeliest label of each row of logits (n_samples, n_labels), with its probability; that of a single label (of a
    reranker) is its logistic function."""
    to_shares = torch.sigmoid if scores.shape[-1] == 1 else partial(torch.softmax, dim=-1)
    probabilities, indices = to_shares(scores.float()).max(dim=-1)
    found = zip(indices.tolist(), probabilities.tolist(), strict=True)
    return [Answer({"label": config.id2label[index], "score": probability}, 1) for index, probability in found]
