"""Detectors that were published with a ResNet of timm in them, read into transformers' own ResNet.

It is the same graph under other names, and needs neither timm nor torchvision: DETR and deformable DETR have the
published parameter counts with it. Sources: timm's ResNet (conv1, bn1, layer{n}.{block}.conv{k}, .bn{k}, .downsample.{0,1});
transformers' convert_detr_to_pytorch.py.
"""

from typing import Any

#: Blocks of each stage, of the timm models with bottlenecks.
_DEPTHS = {"resnet50": [3, 4, 6, 3], "resnet101": [3, 4, 23, 3]}

_BACKBONE = r"backbone\.conv_encoder\.model\."
_OWN = "backbone.conv_encoder.model."


def own_backbone(config: Any) -> dict[str, Any] | None:
    """The changes of a detector's configuration that give it transformers' own ResNet; null where it has no such timm one."""
    backbone: Any = getattr(config, "backbone_config", None)
    if getattr(backbone, "model_type", None) != "timm_backbone" or backbone.backbone not in _DEPTHS:
        return None
    if getattr(config, "dilation", False):
        return None  # its last stage has another stride
    stages = [f"stage{index}" for index in backbone.out_indices if index > 0]  # index 0 is the stem
    resnet = {"model_type": "resnet", "depths": _DEPTHS[backbone.backbone], "out_features": stages}
    return {"use_timm_backbone": False, "backbone": None, "backbone_kwargs": None, "backbone_config": resnet}


def own_names() -> dict[str, str]:
    """Regular expression of a tensor's published name -> its own."""
    names = {
        rf"{_BACKBONE}conv1\.": f"{_OWN}embedder.embedder.convolution.",
        rf"{_BACKBONE}bn1\.": f"{_OWN}embedder.embedder.normalization.",
    }
    for stage in range(4):
        theirs, ours = rf"{_BACKBONE}layer{stage + 1}\.(\d+)\.", rf"{_OWN}encoder.stages.{stage}.layers.\1."
        for place in range(3):
            names[rf"{theirs}conv{place + 1}\."] = rf"{ours}layer.{place}.convolution."
            names[rf"{theirs}bn{place + 1}\."] = rf"{ours}layer.{place}.normalization."
        names[rf"{theirs}downsample\.0\."] = rf"{ours}shortcut.convolution."
        names[rf"{theirs}downsample\.1\."] = rf"{ours}shortcut.normalization."
    return names
