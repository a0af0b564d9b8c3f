"""FLOPs: those that are composed of forward passes on the meta device against a real inference, a formula, a published count."""

from typing import Any

import pytest
import torch
import transformers

from support.adapters import ready
from support.tiny_models import full_spec, row_of, spec_of, tokenizer_of, with_model
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.models.random_weights.build import build, count, count_active
from wattlab.models.random_weights.source import ShapesSource
from wattlab.study.cells import Spec
from wattlab.tasks import adapter_for
from wattlab.tasks.contract import Pass
from wattlab.tasks.flops import OperationCounter, count_inference, count_passes

pytestmark = pytest.mark.slow

#: One model at least of every task, and of every way to write text.
MODELS = (
    "distilbert--distilbert-base-uncased-finetuned-sst-2-english",
    "google--flan-t5-base",
    "bigscience--bloomz-560m",
    "timpal0l--mdeberta-v3-base-squad2",
    "dslim--bert-base-NER",
    "albert--albert-base-v2",
    "microsoft--deberta-base",
    "openai-community--gpt2",
    "EleutherAI--gpt-neo-125m",
    "facebook--opt-1.3b",
    "facebook--bart-large-cnn",
    "google--pegasus-xsum",
    "pszemraj--led-large-book-summary",
    "microsoft--resnet-50",
    "facebook--detr-resnet-50",
    "SenseTime--deformable-detr",
    "hustvl--yolos-tiny",
    "nlpconnect--vit-gpt2-image-captioning",
    "Salesforce--blip-image-captioning-base",
    "Salesforce--blip2-opt-2.7b",
    "Salesforce--blip2-flan-t5-xl",
    "microsoft--git-base",
    "florence-community--Florence-2-base",
    "Qwen--Qwen3-VL-2B-Instruct",
    "Qwen--Qwen2.5-VL-3B-Instruct",
    "stable-diffusion-v1-5--stable-diffusion-v1-5",
    "stabilityai--stable-diffusion-xl-base-1.0",
)


def on_meta(spec: Spec) -> Any:
    """The spec's adapter, its model without weights."""
    adapter: Any = adapter_for(spec)(spec, ShapesSource(spec, tokenizer_of(spec)), torch.device("meta"))
    adapter.load()
    return adapter


@pytest.mark.parametrize("model", MODELS)
def test_the_passes_add_up_to_a_real_inference(model: str):
    spec = spec_of(model)
    real, shapes = ready(spec), on_meta(spec)
    sample = real.prepare(row_of(spec))
    with OperationCounter() as counter:
        real.infer([sample])
    composed = count_inference(shapes, [shapes.size(sample)])
    # The safety checker's distances, 1280 operations, are no network's.
    assert composed.flops == pytest.approx(counter.flops, rel=1e-6)
    assert {"mm", "addmm", "bmm", "convolution"}.isdisjoint(composed.uncounted)


def test_bert_base_of_128_tokens_by_hand():
    """Devlin et al. 2019: 12 layers of width 768, feed-forward 3072; the head of the masked language model is width x (width + vocabulary)."""
    counted = count_inference(on_meta(full_spec("fill-mask", "c4", "google-bert--bert-base-uncased")), [128])
    n, width, vocabulary = 128, 768, 30_522
    layers = 12 * (2 * n * (4 * width**2 + 2 * width * 4 * width) + 4 * n**2 * width)
    assert counted.flops == layers + 2 * n * width * (width + vocabulary)
    assert layers == pytest.approx(
        22.5e9, rel=0.02
    )  # BERT-base at 128 tokens, table 1 of MobileBERT (arXiv:2004.02984)


def test_resnet_50_as_torchvision_publishes_it():
    """4.09 billion multiply-adds at 224 x 224 (torchvision, ResNet50_Weights.IMAGENET1K_V1: GFLOPS 4.09)."""
    counted = count_inference(
        on_meta(full_spec("image-classification", "cifar10", "microsoft--resnet-50")), [(640, 480)]
    )
    assert counted.flops == pytest.approx(2 * 4.09e9, rel=0.02)


def test_gpt_2_writes_ten_tokens_by_hand():
    """Radford et al. 2019: 12 layers of width 768; the cache grows by a token at every step, logits are of the last one."""
    counted = count_inference(on_meta(full_spec("text-generation", "oscar", "openai-community--gpt2")), [20], 10)
    width, head = 768, 2 * 768 * 50_257
    prompt = 12 * (24 * 20 * width**2 + 4 * 20**2 * width) + head
    steps = sum(12 * (24 * width**2 + 4 * cached * width) + head for cached in range(21, 30))
    assert counted.flops == prompt + steps


def unet_of_stable_diffusion_1(n: int = 4096, text: int = 77) -> int:
    """Its UNet by hand, of one latent image of n places: the configuration of Rombach et al. 2022 (arXiv:2112.10752), v1."""

    def resnet(c_in: int, c: int, n: int) -> int:
        return 2 * n * (9 * c_in * c + 9 * c * c + (c_in != c) * c_in * c) + 2 * 1280 * c

    def attention(c: int, n: int) -> int:
        of_itself, of_text = 8 * n * c * c + 4 * n * n * c, 4 * n * c * c + 4 * text * 768 * c + 4 * n * text * c
        return 4 * n * c * c + of_itself + of_text + 24 * n * c * c

    total = 2 * n * 9 * 4 * 320 * 2 + 2 * (320 * 1280 + 1280 * 1280)  # first and last convolution, time
    kept, c_in = [320], 320
    for level, c in enumerate((320, 640, 1280, 1280)):
        for _ in range(2):
            total += resnet(c_in, c, n) + (level < 3) * attention(c, n)
            kept.append(c_in := c)
        if level < 3:
            n //= 4
            total += 2 * n * 9 * c * c
            kept.append(c)
    total += 2 * resnet(1280, 1280, n) + attention(1280, n)
    for level, c in enumerate((1280, 1280, 640, 320)):
        for _ in range(3):
            total += resnet(c_in + kept.pop(), c, n) + (level > 0) * attention(c, n)
            c_in = c
        if level < 3:
            n *= 4
            total += 2 * n * 9 * c * c
    return total


def test_the_unet_of_stable_diffusion_by_hand():
    spec = full_spec(
        "text-to-image", "sd-prompts", "stable-diffusion-v1-5--stable-diffusion-v1-5", image_size=[512, 512], steps=4
    )
    counted = count_inference(on_meta(spec), [77])
    runs = 5 * 2  # its scheduler (PNDM) takes the second step twice; with guidance
    assert counted.parts["denoiser"] == runs * unet_of_stable_diffusion_1()


def test_the_mean_over_lengths_is_that_of_all_of_them():
    adapter = on_meta(spec_of("dslim--bert-base-NER"))
    lengths = [7, 12, 12, 19, 40, 41, 77, 128]
    each = [count_inference(adapter, [length]).flops for length in lengths]
    assert count_inference(adapter, lengths).flops == pytest.approx(sum(each) / len(each), rel=1e-12)


def test_a_question_without_a_context_computes_nothing():
    adapter = on_meta(spec_of("timpal0l--mdeberta-v3-base-squad2"))
    with_context = adapter.prepare(row_of(adapter.spec))
    sizes = [adapter.size(with_context), adapter.size((with_context[0], " "))]
    assert count_inference(adapter, sizes).flops == count_inference(adapter, sizes[:1]).flops / 2


#: Published mixtures of experts: all parameters, and those that a token meets.
MIXTURES = {
    # Qwen3-30B-A3B: its authors say 30.5 and 3.3 billion; the counts are those of public code.
    "Qwen3MoeConfig": (
        {
            "hidden_size": 2048, "intermediate_size": 6144, "moe_intermediate_size": 768, "num_hidden_layers": 48,
            "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128,
            "num_experts_per_tok": 8, "vocab_size": 151936, "tie_word_embeddings": False,
        },
        30_532_122_624,
        3_353_032_704,
    ),
    # Mixtral 8x7B: 46.7 and 12.9 billion (arXiv:2401.04088); the defaults of its configuration are its own.
    "MixtralConfig": ({"vocab_size": 32000}, 46_702_792_704, 12_879_925_248),
}  # fmt: skip


@pytest.mark.parametrize("config", MIXTURES)
def test_a_token_meets_a_part_of_a_mixture_of_experts(config: str):
    given, parameters, active = MIXTURES[config]
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(getattr(transformers, config)(**given))
    assert (count(model), count_active(model)) == (parameters, active)
    assert count_active(transformers.GPT2Model(transformers.GPT2Config(n_embd=8, n_layer=1, n_head=1))) is None


def test_mixtures_in_the_catalog_state_what_is_counted_of_them():
    """Their authors count otherwise, some without embeddings: gpt-oss-20b 3.6 billion."""
    stated = {stem: entry for stem, entry in load_catalog(CATALOG_ROOT).models.items() if entry.active_parameters}
    assert len(stated) >= 3
    for stem, entry in stated.items():
        config = getattr(transformers, entry.architecture.config_class)(**entry.architecture.config)
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(config)
        assert (stem, entry.active_parameters) == (stem, count_active(model))


@pytest.mark.parametrize("real", ["eager", "grouped_mm"])
def test_only_the_experts_that_a_token_meets_compute(real: str):
    """Shapes alone against a forward pass of 40 tokens, and that against the active parameters: 2 each, and attention."""
    small = {
        "hidden_size": 32, "moe_intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 2, "head_dim": 16, "num_experts": 8, "num_experts_per_tok": 2, "vocab_size": 64,
    }  # fmt: skip
    spec = with_model(
        full_spec("text-generation", "oscar", "openai-community--gpt2"),
        auto_class="AutoModelForCausalLM",
        model_class="Qwen3MoeForCausalLM",
        architecture={"config_class": "Qwen3MoeConfig", "config": {**small, "tie_word_embeddings": False}},
    )
    built: Any = build(spec)
    built.set_experts_implementation(real)
    ids = torch.ones((1, 40), dtype=torch.long)
    with OperationCounter() as counter, torch.inference_mode():
        built(input_ids=ids)
    (whole,) = (Pass("all", ShapesSource(spec, None).model(), {"input_ids": ids.to("meta")}),)
    assert count_passes([whole]).flops == counter.flops
    active, embeddings, attention = count_active(built), 64 * 32, 2 * 4 * 40**2 * 32
    norms = sum(p.numel() for name, p in built.named_parameters() if "norm" in name)
    assert counter.flops == 2 * 40 * (active - embeddings - norms) + attention
