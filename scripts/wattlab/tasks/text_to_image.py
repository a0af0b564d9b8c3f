"""Text-to-image: a prompt in, one image out, by a diffusers pipeline."""

import warnings
from typing import Any

import torch
from torch import nn

from wattlab.tasks.contract import Adapter, Answer, silence
from wattlab.tasks.inputs import first_words

#: The authors' scripts read so many words of each prompt.
FIRST_WORDS = 50


class TextToImage(Adapter):
    """One image: tokenising, denoising, decoding of the latents, and the safety checker where the model has one."""

    output_unit = "image"

    def load(self) -> None:
        """The pipeline's components into host memory."""
        from diffusers.utils import logging

        silence()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # an old scheduler configuration, which the pipeline mends
            self.model = self.source.pipeline()
        self.model.set_progress_bar_config(disable=True)
        self._call = self._call_arguments()

    def _call_arguments(self) -> dict[str, Any]:
        """Size, steps and guidance: the protocol's, else the model's, else left to the pipeline."""
        own, wanted = self.spec.model.call_defaults or {}, self.spec.protocol
        width, height = wanted.image_size or (own.get("width"), own.get("height"))
        arguments = {
            "width": width,
            "height": height,
            "num_inference_steps": wanted.steps or own.get("num_inference_steps"),
            "guidance_scale": own.get("guidance_scale"),
        }
        return {name: value for name, value in arguments.items() if value is not None}

    def networks(self) -> list[nn.Module]:
        """The pipeline's networks."""
        return [part for part in self.model.components.values() if isinstance(part, nn.Module)]

    def prepare(self, row: dict[str, Any]) -> str:
        """The first 50 words of the prompt."""
        return first_words(self.field(row, "prompt"), FIRST_WORDS)

    @torch.inference_mode()
    def infer(self, sample: str) -> Answer:
        """One call of the pipeline, from noise seeded anew for every inference."""
        noise = torch.Generator(self.device).manual_seed(self.spec.protocol.seed)
        return Answer(self.model(sample, generator=noise, **self._call).images[0], 1)
