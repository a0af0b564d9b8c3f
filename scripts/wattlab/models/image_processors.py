"""Image processors: how a PIL image becomes the model's input, inside the measured window.

The PIL variants of transformers are named explicitly (in transformers 4 they are the classes without a suffix), so that the work is the same with and without torchvision.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from wattlab.catalog.facts import ImageProcessorFacts
from wattlab.foundation.errors import InputError, library_words
from wattlab.models.environments import is_this

#: The catalog's names of resampling filters.
_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

#: Facts that the processor takes as they are, where they are set.
_ARGUMENTS = (
    "size",
    "crop_pct",
    "crop_size",
    "do_center_crop",
    "image_mean",
    "image_std",
    "patch_size",
    "merge_size",
    "temporal_patch_size",
)


def image_processor(facts: ImageProcessorFacts) -> Any:
    """The transformers image processor (PIL variant) of a catalog entry's `image_processor`."""
    import transformers

    arguments = {name: value for name in _ARGUMENTS if (value := getattr(facts, name)) is not None}
    processor_class = getattr(transformers, facts.class_name + ("Pil" if is_this("main") else ""))
    return processor_class(resample=_FILTERS[facts.resample], **arguments)


def hub_processor(folder: Path, name: str) -> Any:
    """The image processor that a checkpoint's folder states, in its PIL variant. Looks nothing up on the hub.

    Raises `InputError` where there is none; `name`: the checkpoint's.
    """
    from transformers import AutoImageProcessor

    variant = {"backend": "pil"} if is_this("main") else {"use_fast": False}
    try:
        return AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **variant)
    except (ValueError, OSError) as error:
        said = "it has no preprocessor_config.json" if isinstance(error, OSError) else library_words(error, folder)
        raise InputError(
            f"{name}: its image processor can not be built: {said}; pin a commit that has its files, or choose another model"
        ) from error
