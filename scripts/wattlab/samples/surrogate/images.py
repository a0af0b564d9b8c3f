"""Surrogate images: crops of photographs that lie inside the wheels of scikit-image and scikit-learn.

From scikit-image, CC0 or in the public domain by its own docstrings: astronaut (NASA), camera (Lav Varshney), chelsea
(Stefan van der Walt), coffee (Rachel Michetti), hubble_deep_field (NASA), retina (Mikael Häggström), rocket (SpaceX).
From scikit-learn, CC-BY-2.0: china.jpg and flower.jpg (credits in `CREDITS`, which every manifest of images carries).
The files are read by path: nothing here can reach for what those packages would download, nor for their faces.

Noise would be no stand-in: as PNG it is twice the size of a photograph, and detectors behave oddly on it.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from wattlab.foundation.errors import Unavailable
from wattlab.samples.draws import Draws

# Only where images are made: planning a study has no Pillow.
if TYPE_CHECKING:
    from PIL import Image

_PHOTOGRAPHS = (
    ("skimage", "data/astronaut.png"),
    ("skimage", "data/camera.png"),
    ("skimage", "data/chelsea.png"),
    ("skimage", "data/coffee.png"),
    ("skimage", "data/hubble_deep_field.jpg"),
    ("skimage", "data/retina.jpg"),
    ("skimage", "data/rocket.jpg"),
    ("sklearn", "datasets/images/china.jpg"),
    ("sklearn", "datasets/images/flower.jpg"),
)

CREDITS = (
    "Images are crops of photographs in scikit-image (astronaut, camera, chelsea, coffee, hubble_deep_field, retina, "
    "rocket: CC0 or public domain) and scikit-learn (china.jpg by danielbuechele, flower.jpg by vultilion on Flickr: "
    "CC BY 2.0, cropped, mirrored, brightened and resized)."
)

#: Least side of the crop as a share of the largest crop of that shape.
SMALLEST_CROP_SHARE = 0.4


@cache
def _photograph(package: str, path: str) -> "Image.Image":
    from PIL import Image

    spec = find_spec(package)
    file = Path(str(spec.origin)).parent / path if spec is not None and spec.origin else None
    if file is None or not file.is_file():
        raise Unavailable(
            f"the photograph {path} of the package {package} is missing, which surrogate images are made of",
            "install the pinned scikit-image and scikit-learn (`make install` does)",
        )
    return Image.open(file).convert("RGB")


def photograph(draws: Draws, width: int, height: int, mode: str = "RGB") -> "Image.Image":
    """A crop of one of the photographs, mirrored half of the time, 20 % darker to brighter, at width x height."""
    from PIL import Image, ImageEnhance

    image = _photograph(*draws.one(_PHOTOGRAPHS))
    whole_width, whole_height = image.size
    scale = min(whole_width / width, whole_height / height)
    scale *= SMALLEST_CROP_SHARE + (1 - SMALLEST_CROP_SHARE) * draws.share()
    # Very long shapes would leave less than a pixel.
    crop_width, crop_height = max(1.0, width * scale), max(1.0, height * scale)
    left = (whole_width - crop_width) * draws.share()
    top = (whole_height - crop_height) * draws.share()
    is_mirrored, brightness = draws.share() < 0.5, 0.8 + 0.4 * draws.share()
    box = (left, top, left + crop_width, top + crop_height)
    crop = image.resize((width, height), Image.Resampling.BICUBIC, box=box)
    if is_mirrored:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageEnhance.Brightness(crop).enhance(brightness).convert(mode)
