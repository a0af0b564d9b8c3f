"""Image captioning: an image in, generated text out."""

from collections.abc import Iterator
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
)
from wattlab.tasks.inputs import ImageInput


class ImageToText(ImageInput):
    """A caption without a text prompt."""

    output_unit = "token"

    def __init__(self, spec: Spec, source: Source, device: torch.device) -> None:
        super().__init__(spec, source, device)
        self.tokenizer = source.tokenizer()

    def load(self) -> None:
        """The model into host memory, the image processor, and how it generates."""
        super().load()
        part = generating_part(self.model)
        part.generation_config = generation_config(self.source.generation(part), self.spec.protocol, self.model.config)

    @property
    def generation(self) -> dict[str, Any]:
        """As `load` set it."""
        return stated(generating_part(self.model).generation_config)

    @torch.inference_mode()
    def infer(self, samples: list[Any]) -> list[Answer]:
        """Image processor, generate, decode. Sampling is seeded anew for every inference."""
        torch.manual_seed(self.spec.protocol.seed)
        sequences = self.model.generate(pixel_values=self.pixels(samples)["pixel_values"])
        part = generating_part(self.model)
        # BLIP's `generate` ends a caption with the separator of its text configuration, whatever its defaults say.
        is_blip = hasattr(self.model, "text_decoder")
        ends = part.config.sep_token_id if is_blip else part.generation_config.eos_token_id
        return written(sequences_of(sequences[:, prompt_tokens(self.model) :], ends), self.tokenizer)

    def passes(self, size: tuple[int, int], new_tokens: float | None) -> Iterator[Pass]:
        """The image's encoder once, where it is apart from the decoder; then the decoder from its start token."""
        model, part = self.model, generating_part(self.model)
        image = {"pixel_values": self.pixels([Image.new("RGB", size)])["pixel_values"]}
        beams = part.generation_config.num_beams or 1
        new = part.generation_config.max_new_tokens if new_tokens is None else new_tokens
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


def _of_embeddings(part: Any, prompt: torch.Tensor, beams: int, new: float) -> Iterator[Pass]:
    """The passes of a language model that is given the embeddings of its prompt, of shape (1, n_prompt, width)."""
    if part.config.is_encoder_decoder:
        yield Pass("language encoder", part.get_encoder(), {"inputs_embeds": prompt})
        yield from after_encoder(part, part.get_encoder()(inputs_embeds=prompt), beams, new)
    else:
        yield from decoding(part, lambda n: {"inputs_embeds": prompt[:, :1].expand(beams, n, -1)}, prompt.shape[1], new)
