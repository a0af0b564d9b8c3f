"""Image captioning: an image in, generated text out. A model that is asked about the image reads a prompt besides."""

from collections.abc import Iterator
from functools import partial
from inspect import signature
from math import prod
from typing import Any

import torch
from PIL import Image

from wattlab.models.source import Source, stated
from wattlab.study.cells import Spec
from wattlab.tasks.contract import Answer, Pass
from wattlab.tasks.generation import (
    after_encoder,
    decoding,
    generating_part,
    generation_config,
    prompt_tokens,
    sequences_of,
    written,
    wrote_numbers,
)
from wattlab.tasks.inputs import ImageInput


class ImageToText(ImageInput):
    """A caption, without a text prompt or as the answer to the model's own (`image_prompt` of its entry)."""

    output_unit = "token"

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        self.tokenizer = source.tokenizer()

    def load(self) -> None:
        """The model into host memory, the image processor, and how it generates."""
        super().load()
        self._accepted = set(signature(self.model.forward).parameters)
        self.part = self.model if self.spec.model.image_prompt else generating_part(self.model)
        self.part.generation_config = generation_config(
            self.source.generation(self.part), self.spec.protocol, self.model.config
        )

    @property
    def generation(self) -> dict[str, Any]:
        """As `load` set it."""
        return stated(self.part.generation_config)

    @torch.inference_mode()
    def infer(self, samples: list[Any]) -> list[Answer]:
        """Image processor, the prompt's tokens, generate, decode. Sampling is seeded anew for every inference."""
        # BLIP's `generate` ends a caption with the separator of its text configuration, whatever its defaults say.
        is_blip = hasattr(self.model, "text_decoder")
        ends = self.part.config.sep_token_id if is_blip else self.part.generation_config.eos_token_id
        return written(sequences_of(self._new(samples), ends), self.tokenizer)

    def _new(self, samples: list[Any], **options: Any) -> torch.Tensor:
        """New tokens, of shape (n_samples, n_new)."""
        torch.manual_seed(self.spec.protocol.seed)
        pixels = self.pixels(samples)
        if self.spec.model.image_prompt is None:
            sequences = self.model.generate(pixel_values=pixels["pixel_values"], **options)
            return sequences[:, prompt_tokens(self.model) :]
        asked = self._asked(pixels, len(samples))
        sequences = self.model.generate(**asked, **options)
        return sequences[:, 1 if self.model.config.is_encoder_decoder else asked["input_ids"].shape[1] :]

    @torch.inference_mode()
    def is_finite(self, sample: Any, answer: Answer) -> bool:
        """A caption does not show its logits."""
        return wrote_numbers(answer, self.part.generation_config, partial(self._new, [sample]))

    def hindrance(self, samples: list[Any]) -> str | None:
        """Prompts differ in length where images of several sizes have tokens of their own in them."""
        several = self.spec.model.image_prompt is not None and len({sample.size for sample in samples}) > 1
        return "its images have several sizes, and so its prompts several lengths" if several else None

    def _prompt(self, pixels: Any) -> list[int]:
        """The prompt around the tokens of an image."""
        before, _, after = str(self.spec.model.image_prompt).partition("{image}")
        image = self.model.config.image_token_id
        head = self.tokenizer(before, add_special_tokens=False)["input_ids"]
        # A prompt that begins with the image has the tokenizer's own frame behind it (Florence-2); a chat writes its own.
        tail = self.tokenizer(after, add_special_tokens=not before)["input_ids"]
        return [*head, *[image] * image_tokens(self.model.config, pixels), *tail]

    def _asked(self, pixels: Any, n_images: int) -> dict[str, torch.Tensor]:
        """What the model takes of images and the prompt around their tokens, the same for each."""
        ids = torch.tensor([self._prompt(pixels)], device=self.device).expand(n_images, -1)
        of_image = (ids == self.model.config.image_token_id).long()
        given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": of_image}
        return {name: tensor for name, tensor in {**pixels, **given}.items() if name in self._accepted}

    def passes(self, size: tuple[int, int], new_tokens: float | None) -> Iterator[Pass]:
        """The image's encoder once, where it is apart from the decoder; then the decoder from its start token."""
        model, part = self.model, self.part
        beams = part.generation_config.num_beams or 1
        new = part.generation_config.max_new_tokens if new_tokens is None else new_tokens
        if self.spec.model.image_prompt is not None:
            pixels = self.processor(images=[Image.new("RGB", size)], return_tensors="pt")
            n_prompt, width = len(self._prompt(pixels)), model.config.get_text_config(decoder=True).hidden_size
            # A grid of patches stays on the CPU: without values there would be no number of them.
            image = {**pixels, "pixel_values": pixels["pixel_values"].to(self.device, self.dtype)}
            taken = signature(model.get_image_features).parameters
            yield Pass("encoder", model.get_image_features, {name: image[name] for name in image if name in taken})
            yield from _of_embeddings(model, image["pixel_values"].new_zeros(1, n_prompt, width), beams, new)
            return
        image = {"pixel_values": self.pixels([Image.new("RGB", size)])["pixel_values"]}
        if hasattr(model, "qformer"):  # BLIP-2: the queries are the head of a prompt
            yield Pass("encoder", model.get_image_features, image)
            n_prompt, width = prompt_tokens(part) + model.config.num_query_tokens, part.config.hidden_size
            yield from _of_embeddings(part, image["pixel_values"].new_zeros(1, n_prompt, width), beams, new)
            return
        ids = torch.ones((beams, 1), dtype=torch.long, device=self.device)
        given = {name: tensor.expand(beams, -1, -1, -1) for name, tensor in image.items()}
        if model.config.is_encoder_decoder:
            yield Pass("encoder", model.get_encoder(), image)
            yield from after_encoder(model, model.get_encoder()(**image), beams, new)
            return
        if part is not model:  # BLIP: `generate` gives the vision model one image, the decoder one for each beam
            yield Pass("encoder", model.vision_model, image)
            given = {"encoder_hidden_states": model.vision_model(**image)[0].repeat_interleave(beams, dim=0)}
        yield from decoding(part, lambda n: {**given, "input_ids": ids.expand(-1, n)}, 1, new)


def image_tokens(config: Any, pixels: Any) -> int:
    """Tokens that one image has in the prompt: patches, joined as the model joins them.

    Qwen-VL: frames x rows x columns of its grid over the joined square. Florence-2: a token for each place of its last
    feature map, and one for their mean (transformers, `Qwen3VLProcessor`, `Florence2MultiModalProjector`).
    """
    if "image_grid_thw" in pixels:
        return int(pixels["image_grid_thw"][0].prod()) // config.vision_config.spatial_merge_size**2
    stride = prod(config.vision_config.patch_stride)
    height, width = pixels["pixel_values"].shape[-2:]
    return (height // stride) * (width // stride) + 1


def _of_embeddings(part: Any, prompt: torch.Tensor, beams: int, new: float) -> Iterator[Pass]:
    """The passes of a language model that is given the embeddings of its prompt, of shape (1, n_prompt, width)."""
    if part.config.is_encoder_decoder:
        yield Pass("language encoder", part.get_encoder(), {"inputs_embeds": prompt})
        yield from after_encoder(part, part.get_encoder()(inputs_embeds=prompt), beams, new)
    else:
        yield from decoding(part, lambda n: {"inputs_embeds": prompt[:, :1].expand(beams, n, -1)}, prompt.shape[1], new)
