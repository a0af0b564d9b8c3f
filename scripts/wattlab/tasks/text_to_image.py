"""Text-to-image: a prompt in, one image out, by a diffusers pipeline."""

import warnings
from collections.abc import Iterator
from inspect import signature
from typing import Any

import torch
from torch import nn

from wattlab.tasks.contract import Adapter, Answer, Pass, silence
from wattlab.tasks.inputs import PIXELS_PER_MEGAPIXEL, first_words

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
    def infer(self, samples: list[str]) -> list[Answer]:
        """One call of the pipeline, from noise seeded anew for every inference."""
        return [Answer(image, 1) for image in self._drawn(samples)]

    def _drawn(self, samples: list[str], **options: Any) -> Any:
        noise = [torch.Generator(self.device).manual_seed(self.spec.protocol.seed) for _ in samples]
        return self.model(samples, generator=noise, **self._call, **options).images

    @torch.inference_mode()
    def is_finite(self, sample: str, answer: Answer) -> bool:
        """What is no number becomes a colour, the same everywhere: such an image is drawn again, up to its rounding."""
        return answer.value.getcolors(1) is None or bool(self._drawn([sample], output_type="pt").isfinite().all())

    def counts(self, samples: list[str]) -> dict[str, float]:
        """Tokens of the prompts, special ones included, padding not; images that are drawn and their pixels."""
        own = self.model.unet.config.sample_size * self.model.vae_scale_factor
        pixels = self._call.get("width", own) * self._call.get("height", own)
        tokens = self.model.tokenizer(samples, truncation=True)["input_ids"]
        megapixels = len(samples) * pixels / PIXELS_PER_MEGAPIXEL
        return {"input_token": sum(map(len, tokens)), "image": len(samples), "megapixel": megapixels}

    def size(self, sample: str) -> int:
        """Input tokens: a prompt is filled up to the length that its encoder has."""
        return int(self.model.tokenizer.model_max_length)

    def passes(self, size: int, new_tokens: float | None) -> Iterator[Pass]:
        """The text encoders, the denoiser at every step, the decoder of the latents, the safety checker.

        With guidance (above 1) the denoiser takes a second, empty prompt beside the prompt. It is encoded too, unless
        the pipeline has zeros in its place (diffusers, `encode_prompt`).
        """
        pipe = self.model
        call = {name: one.default for name, one in signature(pipe.__call__).parameters.items()} | self._call
        unet, batch = pipe.unet.config, 2 if call["guidance_scale"] > 1 else 1
        side = unet.sample_size * pipe.vae_scale_factor
        height, width = ((call[name] or side) // pipe.vae_scale_factor for name in ("height", "width"))
        new = torch.empty((), device=self.device).new_zeros
        texts = 1 if getattr(pipe.config, "force_zeros_for_empty_prompt", False) else batch
        for name in ("text_encoder", "text_encoder_2"):
            if getattr(pipe, name, None) is not None:
                ids = torch.ones((1, size), dtype=torch.long, device=self.device)
                yield Pass("text encoder", getattr(pipe, name), {"input_ids": ids}, texts)
        noise = {"sample": new(batch, unet.in_channels, height, width), "timestep": new(())}
        text: dict[str, Any] = {"encoder_hidden_states": new(batch, size, unet.cross_attention_dim)}
        if hasattr(pipe, "text_encoder_2"):
            pooled = new(batch, pipe.text_encoder_2.config.projection_dim)
            text["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": new(batch, 6)}
        pipe.scheduler.set_timesteps(call["num_inference_steps"])
        yield Pass("denoiser", pipe.unet, {**noise, **text}, len(pipe.scheduler.timesteps))
        yield Pass("image decoder", pipe.vae.decode, {"z": new(1, pipe.vae.config.latent_channels, height, width)})
        if getattr(pipe, "safety_checker", None) is not None:
            crop = pipe.feature_extractor.crop_size
            pixels = {"pixel_values": new(1, 3, crop["height"], crop["width"])}
            yield Pass("safety checker", pipe.safety_checker.vision_model, pixels)
            seen = {"input": new(1, pipe.safety_checker.config.vision_config.hidden_size)}
            yield Pass("safety checker", pipe.safety_checker.visual_projection, seen)
