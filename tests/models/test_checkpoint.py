"""Published checkpoints, small ones of a mock hub: what is loaded, in which dtype, and what is refused."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from support.hub_models import BERT, SST2, Published, answer, edit_json, pickled, same
from support.tiny_models import full_spec, row_of, tiny_spec
from wattlab.foundation.errors import InputError
from wattlab.hub.receipts import read_receipt
from wattlab.hub.snapshots import snapshot_of
from wattlab.models.random_weights.build import build

pytestmark = pytest.mark.slow


# ---------------------------------------------------------------- every task


@pytest.mark.parametrize(
    ("task", "dataset", "model", "prompted"),
    [
        (*SST2, False),
        ("question-answering", "squad", "deepset--electra-base-squad2", False),
        (*BERT, False),
        ("fill-mask", "c4", "google-bert--bert-base-uncased", False),
        ("text-generation", "oscar", "openai-community--gpt2", False),
        ("summarization", "xsum", "google--pegasus-xsum", False),
        ("summarization", "xsum", "bigscience--bloomz-560m", True),
        ("text-classification", "imdb", "google--flan-t5-base", True),
        ("image-classification", "cifar10", "microsoft--resnet-18", False),
        ("object-detection", "coco", "hustvl--yolos-tiny", False),
        ("image-to-text", "coco-captions", "nlpconnect--vit-gpt2-image-captioning", False),
        ("image-to-text", "coco-captions", "Salesforce--blip-image-captioning-base", False),
    ],
)
def test_a_checkpoint_of_each_task_is_loaded_as_it_was_saved(hub, tmp_path, task, dataset, model, prompted):
    published = Published(hub, tmp_path, task, dataset, model, prompted=prompted)
    adapter, got = answer(published.spec, published.source())
    assert same(adapter.model, published.original)
    assert not adapter.model.training
    assert adapter.parameters == sum(p.numel() for p in published.original.parameters())
    assert got.n_output_units >= 0
    assert adapter.source.told(adapter.texts([row_of(published.spec)])) == {}
    assert hub.requests == [], "nothing is asked of the hub while a cell is measured"


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler")
@pytest.mark.parametrize("pickles", [False, True])
def test_a_pipeline(hub, tmp_path, pickles):
    task = ("text-to-image", "sd-prompts", "CompVis--stable-diffusion-v1-4")
    published = Published(hub, tmp_path, *task, image_size=[64, 64], steps=1)
    if pickles:
        unet = published.folder / "unet/diffusion_pytorch_model.safetensors"
        torch.save(load_file(unet), unet.with_suffix(".bin"))
        unet.unlink()
    adapter, got = answer(published.spec, published.source())
    assert all(
        same(getattr(adapter.model, name), getattr(published.original, name))
        for name in ("unet", "vae", "safety_checker")
    )
    assert type(adapter.model.feature_extractor).__name__ == "CLIPImageProcessorPil"
    assert (got.value.size, got.n_output_units) == ((64, 64), 1)
    networks = [published.original.unet, published.original.vae]
    assert adapter.parameters_as_published("sum", ["unet", "vae"]) == sum(
        p.numel() for network in networks for p in network.parameters()
    )
    assert hub.requests == []


def test_a_pipeline_without_a_weight_is_refused(hub, tmp_path):
    published = Published(hub, tmp_path, "text-to-image", "sd-prompts", "segmind--tiny-sd")
    unet = published.folder / "unet/diffusion_pytorch_model.safetensors"
    tensors = load_file(unet)
    del tensors["conv_out.weight"]
    save_file(tensors, unet)
    with pytest.raises(InputError, match=r"the checkpoint lacks conv_out\.weight of UNet2DConditionModel"):
        published.source().pipeline()


# ---------------------------------------------------------------- dtype, format, commit


@pytest.mark.parametrize(("stored", "asked"), [(torch.float16, "float32"), (torch.float32, "bfloat16")])
def test_the_dtype_is_the_protocols_and_not_the_files(hub, tmp_path, stored, asked):
    published = Published(hub, tmp_path, *BERT, dtype=asked)
    published.original.to(stored).save_pretrained(published.folder)
    assert json.loads((published.folder / "config.json").read_text())["dtype"] == str(stored).removeprefix("torch.")
    assert {p.dtype for p in published.source().model().parameters()} == {getattr(torch, asked)}


def test_a_pickle_is_read_where_there_is_nothing_else(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    pickled(published.folder)
    assert same(published.source().model(), published.original)


class Trap:
    """What a malicious pickle runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_with_code_is_refused_and_not_run(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    pickled(published.folder)
    torch.save({"bert.pooler": Trap(tmp_path / "trapped")}, published.folder / "pytorch_model.bin")
    with pytest.raises(
        InputError, match=r"dslim/bert-base-NER@\w{12}: pytorch_model.bin holds more than weights"
    ) as caught:
        published.source().model()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "trapped").exists()


def test_what_was_fetched_is_loaded_also_when_main_moved_on(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    source = published.source()
    hub.models["dslim/bert-base-NER"].push({"config.json": b"{}"})
    assert same(source.model(), published.original)


@pytest.mark.parametrize("change", ["gone", "cut"])
def test_a_file_that_is_not_as_it_was_fetched(hub, tmp_path, change):
    published = Published(hub, tmp_path, *BERT)
    source = published.source()
    weights = (source._folder / "model.safetensors").resolve()
    if change == "gone":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(
        InputError, match=r"model\.safetensors (is not|has 100 bytes, not \d+,) in the cache.*make retry"
    ):
        snapshot_of(read_receipt(published.receipt), published.receipt)


# ---------------------------------------------------------------- what a checkpoint lacks


def test_a_head_that_would_be_random_is_refused(hub, tmp_path):
    published = Published(hub, tmp_path, *SST2)
    weights = published.folder / "model.safetensors"
    save_file(
        {name: tensor for name, tensor in load_file(weights).items() if "classifier" not in name},
        weights,
        {"format": "pt"},
    )
    with pytest.raises(InputError) as caught:
        published.source().model()
    assert (
        "lacks classifier.bias, classifier.weight, pre_classifier.bias, pre_classifier.weight of DistilBertFor"
        in str(caught.value)
    )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["running_mean", "running_var"])
def test_statistics_that_would_be_zero_and_one_are_refused(hub, tmp_path, missing):
    published = Published(hub, tmp_path, "image-classification", "cifar10", "microsoft--resnet-18")
    weights = published.folder / "model.safetensors"
    save_file({name: t for name, t in load_file(weights).items() if missing not in name}, weights, {"format": "pt"})
    with pytest.raises(InputError, match=rf"the checkpoint lacks \S+normalization\.{missing}, .* of ResNetFor"):
        published.source().model()


def test_tensors_that_the_class_does_not_use_are_told(hub, tmp_path):
    """A checkpoint with adapters of its own code runs without them."""
    published = Published(hub, tmp_path, *BERT)
    weights = published.folder / "model.safetensors"
    adapters = {f"bert.encoder.layer.0.adapter.{i}.weight": torch.ones(2) for i in range(3)}
    save_file({**load_file(weights), **adapters}, weights, {"format": "pt"})
    source = published.source()
    source.model()
    assert source.told([]) == {}, "a few tensors beside the named class are a pooler or a second head"
    auto_map = {"AutoModel": "own.BertWithAdapters"}
    edit_json(published.folder / "config.json", architectures=["BertWithAdapters"], auto_map=auto_map)
    source = published.source()
    source.model()
    assert source.told([]) == {
        "unused_weights": "3 tensors of the checkpoint are not in BertForTokenClassification "
        "(bert.encoder.layer.0.adapter.0.weight, bert.encoder.layer.0.adapter.1.weight, "
        "bert.encoder.layer.0.adapter.2.weight); it says that it is BertWithAdapters, and has code of its own (auto_map), "
        "which is not run"
    }


def test_a_part_of_a_pipeline_tells_its_unused_tensors_too(hub, tmp_path):
    published = Published(hub, tmp_path, "text-to-image", "sd-prompts", "segmind--tiny-sd")
    unet = published.folder / "unet/diffusion_pytorch_model.safetensors"
    save_file({**load_file(unet), **{f"lora.{n}.weight": torch.ones(1) for n in range(9)}}, unet)
    source = published.source()
    source.pipeline()
    assert source.told([])["unused_weights"].startswith(
        "9 tensors of the checkpoint are not in UNet2DConditionModel (lora.0.weight, lora.1.weight, lora.2.weight, "
        "lora.3.weight and 5 more); it says that it is UNet2DConditionModel"
    )


def test_a_head_of_another_shape_is_refused_by_its_name(hub, tmp_path):
    published = Published(hub, tmp_path, *SST2)
    weights = published.folder / "model.safetensors"
    tensors = load_file(weights)
    save_file({**tensors, "classifier.bias": torch.ones(5)}, weights, {"format": "pt"})
    with pytest.raises(
        InputError, match=r"has classifier\.bias of 5, not 2, of DistilBertFor.*would be random; correct"
    ):
        published.source().model()


@pytest.mark.parametrize(("value", "dtype"), [(float("nan"), "float32"), (float("inf"), "float32"), (1e5, "float16")])
def test_weights_that_are_no_numbers_are_refused(hub, tmp_path, value, dtype):
    """What float16 can not hold is none either."""
    published = Published(hub, tmp_path, *SST2, dtype=dtype)
    weights = published.folder / "model.safetensors"
    tensors = load_file(weights)
    tensors["classifier.bias"][1] = value
    save_file(tensors, weights, {"format": "pt"})
    source = published.source()
    with pytest.raises(
        InputError, match=rf"classifier\.bias of DistilBertFor\w+ holds NaN or infinity in torch\.{dtype}; pin"
    ):
        source.check([source.model()])


def test_an_image_processor_that_is_not_there(hub, tmp_path):
    published = Published(hub, tmp_path, "image-classification", "cifar10", "microsoft--resnet-18")
    (published.folder / "preprocessor_config.json").unlink()
    with pytest.raises(InputError, match=r"image processor can not be built: it has no preprocessor_config.json; pin"):
        published.source().processor()


def test_positions_that_are_computed_may_be_missing(hub, tmp_path):
    published = Published(hub, tmp_path, "summarization", "xsum", "google--pegasus-xsum")
    weights = published.folder / "model.safetensors"
    tensors = load_file(weights)
    left = {name: tensor for name, tensor in tensors.items() if "embed_positions" not in name}
    assert len(left) < len(tensors)
    save_file(left, weights, {"format": "pt"})
    assert same(published.source().model(), published.original)


def test_another_class_than_the_catalog_states(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    with pytest.raises(InputError, match="model_class = 'BertForMaskedLM'.*gives BertForTokenClassification"):
        published.source(model_class="BertForMaskedLM").model()


def test_quantized_weights_are_refused(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    edit_json(
        published.folder / "config.json", quantization_config={"quant_method": "bitsandbytes", "load_in_8bit": True}
    )
    with pytest.raises(InputError, match="its weights are quantized"):
        published.source().model()


def test_code_of_a_repository_is_not_run(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    edit_json(published.folder / "config.json", model_type="own", auto_map={"AutoConfig": "own.Own"})
    (published.folder / "own.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ValueError, match="trust_remote_code"):
        published.source().model()


# ---------------------------------------------------------------- names of another library


@pytest.mark.parametrize("model", ["facebook--detr-resnet-50", "SenseTime--deformable-detr"])
def test_detectors_that_were_published_with_a_resnet_of_timm(hub, tmp_path, model):
    cell = ("object-detection", "coco", model)
    published = Published(hub, tmp_path, *cell)
    small, whole = tiny_spec(*cell), full_spec(*cell)
    small.model.architecture.config["backbone_config"] = whole.model.architecture.config["backbone_config"]
    original: Any = build(small)
    original.save_pretrained(published.folder)
    weights = published.folder / "model.safetensors"
    theirs = {_of_timm(name): tensor for name, tensor in load_file(weights).items()}
    assert "model.backbone.conv_encoder.model.layer4.0.downsample.1.running_var" in theirs
    assert "model.backbone.conv_encoder.model.conv1.weight" in theirs
    save_file(theirs, weights, {"format": "pt"})
    edit_json(published.folder / "config.json", backbone_config=None, use_timm_backbone=True, backbone="resnet50")
    source = published.source()
    loaded: Any = source.model()
    assert same(loaded, original)
    ours, buffers = dict(loaded.named_buffers()), dict(original.named_buffers())
    assert ours.keys() == buffers.keys() and all(torch.equal(ours[name], buffers[name]) for name in buffers)
    assert loaded.config.backbone_config.out_features[-1] == "stage4"
    assert source.count_as_published("AutoModel", None) == sum(p.numel() for p in original.model.parameters())


def _of_timm(name: str) -> str:
    """Our name of a tensor in timm's words, as the published files have it."""
    name = re.sub(r"^model\.backbone\.model\.", "model.backbone.conv_encoder.model.", name)
    name = name.replace("embedder.embedder.convolution", "conv1").replace("embedder.embedder.normalization", "bn1")
    name = re.sub(r"encoder\.stages\.(\d)\.layers\.", lambda found: f"layer{int(found[1]) + 1}.", name)
    name = name.replace("shortcut.convolution", "downsample.0").replace("shortcut.normalization", "downsample.1")
    name = re.sub(r"layer\.(\d)\.convolution", lambda found: f"conv{int(found[1]) + 1}", name)
    return re.sub(r"layer\.(\d)\.normalization", lambda found: f"bn{int(found[1]) + 1}", name)


def test_a_head_that_only_a_changed_configuration_finds(hub, tmp_path):
    published = Published(hub, tmp_path, "fill-mask", "c4", "microsoft--deberta-base")
    assert published.spec.model.hub_config == {"legacy": False}
    spec = tiny_spec("fill-mask", "c4", "microsoft--deberta-base")
    spec.model.architecture.config["legacy"] = False
    original: Any = build(spec)
    original.save_pretrained(published.folder)
    edit_json(published.folder / "config.json", legacy=None)
    assert same(published.source().model(), original)
    with pytest.raises(InputError, match="lacks cls.predictions.bias"):
        published.source(hub_config=None).model()


# ---------------------------------------------------------------- generation


def test_generation_is_the_checkpoints_with_the_protocols_caps(hub, tmp_path):
    cell = ("summarization", "xsum", "facebook--bart-large-cnn")
    published = Published(hub, tmp_path, *cell, max_new_tokens=12, min_new_tokens=3)
    stated = {"num_beams": 3, "length_penalty": 2.0, "max_length": 142, "min_length": 56, "forced_bos_token_id": 0}
    (published.folder / "generation_config.json").write_text(json.dumps(stated))
    adapter, got = answer(published.spec, published.source())
    config = adapter.model.generation_config
    assert (config.num_beams, config.length_penalty, config.forced_bos_token_id) == (3, 2.0, 0)
    assert (config.max_new_tokens, config.min_new_tokens, config.max_length) == (12, 3, None)
    assert 3 <= got.n_output_units <= 12


@pytest.mark.parametrize(("beside", "beams"), [(False, 4), (True, None)])
def test_generation_settings_of_an_old_configuration_are_told(hub, tmp_path, beside, beams):
    """Those of config.json hold where there is no generation_config.json beside it (the library's rule)."""
    published = Published(hub, tmp_path, "summarization", "xsum", "facebook--bart-large-cnn", max_new_tokens=8)
    (published.folder / "generation_config.json").unlink(missing_ok=True)
    edit_json(published.folder / "config.json", num_beams=4, no_repeat_ngram_size=3)
    if beside:
        (published.folder / "generation_config.json").write_text(json.dumps({"length_penalty": 2.0}))
    adapter, _ = answer(published.spec, published.source())
    assert adapter.generation.get("num_beams") == beams
    assert adapter.generation["max_new_tokens"] == 8
