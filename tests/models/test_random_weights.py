"""Random weights: seeded, of each library's own spread, nothing left unfilled; and the parameter counts."""

import math
from copy import deepcopy

import pytest
import torch
import transformers
from diffusers import AutoencoderKL

from support.surrogates import papers_catalog
from support.tiny_models import DATASETS, full_spec, spec_of, tiny_spec, tokenizer_of, with_model
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError
from wattlab.models.random_weights.build import build, build_pipeline, count, count_as_published
from wattlab.models.random_weights.pool import POOL_SIZE, Pool

BERT = ("token-classification", "conll2003", "dslim--bert-base-NER")
T5 = ("summarization", "xsum", "google--flan-t5-base")

#: One transformers model of every configuration class of the catalog but DETA.
KINDS = {
    entry.architecture.config_class: stem
    for stem, entry in load_catalog(CATALOG_ROOT).models.items()
    if entry.library == "transformers" and entry.environment == "main"
}


@pytest.fixture
def _memory_of_nan():
    """Memory that nobody fills holds NaN."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    yield
    torch.use_deterministic_algorithms(False)


# ---------------------------------------------------------------- the pool


def test_the_pool_goes_on_where_it_stopped_and_wraps():
    pool = Pool(0)
    first = pool.fill(torch.empty(POOL_SIZE - 2), 1.0)
    over = pool.fill(torch.empty(2, 3), 2.0, mean=5.0)
    again = Pool(0).fill(torch.empty(POOL_SIZE + 4), 1.0)
    assert torch.equal(again[: first.numel()], first)
    assert torch.equal(over.view(-1), again[first.numel() :] * 2 + 5)
    assert torch.equal(again[-4:], again[:4])
    assert not torch.equal(Pool(1).fill(torch.empty(4), 1.0), again[:4])


def test_the_pool_fills_what_does_not_lie_in_one_piece():
    target = torch.full((3, 4), math.nan).t()
    Pool(0).fill(target, 1.0)
    assert torch.equal(target.reshape(-1), Pool(0).fill(torch.empty(12), 1.0))


# ---------------------------------------------------------------- what is built


def test_a_seed_gives_the_same_weights_whatever_ran_before():
    spec = tiny_spec(*BERT)
    one = build(spec)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    two = build(spec)
    assert torch.equal(torch.get_rng_state(), before)
    other = build(spec.model_copy(update={"protocol": spec.protocol.model_copy(update={"seed": 1})}))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    name = "classifier.weight"
    assert not torch.equal(one.get_parameter(name), other.get_parameter(name))


def test_after_a_build_torch_draws_its_own_numbers_again():
    build(tiny_spec(*BERT))
    draws = [torch.nn.init.normal_(torch.empty(3)) for _ in range(2)]
    assert not torch.equal(*draws)
    assert torch.nn.init.normal_.__module__ == "torch.nn.init"
    assert transformers.initialization.TORCH_INIT_FUNCTIONS["normal_"].__module__ == "torch.nn.init"


@pytest.mark.slow
def test_spread_norms_and_biases_of_a_full_bert():
    model = build(full_spec(*BERT))
    for name, parameter in model.named_parameters():
        if "LayerNorm.weight" in name:
            assert (parameter == 1).all(), name
        elif name.endswith("bias"):
            assert (parameter == 0).all(), name
        elif parameter.numel() > 1e5:
            assert parameter.std().item() == pytest.approx(0.02, rel=0.01), name
            assert abs(parameter.mean().item()) < 2e-4, name
    rows = model.get_parameter("bert.encoder.layer.0.intermediate.dense.weight")
    assert torch.linalg.matrix_rank(rows[:700]) == 700, "rows of a matrix repeat each other"
    assert not model.training


def test_the_dtype_is_the_protocols():
    assert {p.dtype for p in build(tiny_spec(*BERT, dtype="bfloat16")).parameters()} == {torch.bfloat16}


def test_vision_parts_with_a_range_of_1e_10_get_one_that_is_meant():
    model = build(tiny_spec("image-to-text", "coco-captions", "Salesforce--blip-image-captioning-base"))
    layer = model.get_parameter("vision_model.encoder.layers.0.mlp.fc1.weight")
    assert layer.std().item() == pytest.approx(0.02, rel=0.1)


def test_what_a_library_leaves_at_zero_is_filled():
    queries = build(tiny_spec("image-to-text", "coco-captions", "Salesforce--blip2-opt-2.7b")).query_tokens
    assert queries.std().item() == pytest.approx(0.02, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("stem", KINDS.values(), ids=[str(kind) for kind in KINDS])
@pytest.mark.usefixtures("_memory_of_nan")
def test_nothing_is_left_unfilled_and_buffers_are_those_of_a_normal_build(stem):
    spec = spec_of(stem)
    before = spec.sha256
    model = build(spec)
    assert spec.sha256 == before
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter).all(), name
        assert name.endswith("bias") or parameter.any(), name
    architecture = spec.model.architecture
    config = getattr(transformers, architecture.config_class)(**deepcopy(architecture.config))
    normal = dict(getattr(transformers, spec.model.auto_class).from_config(config).named_buffers())
    assert set(dict(model.named_buffers())) == set(normal)
    for name, buffer in model.named_buffers():
        assert torch.equal(buffer, normal[name]), name


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler")
@pytest.mark.parametrize("stem", ["CompVis--stable-diffusion-v1-4", "segmind--tiny-sd"])
@pytest.mark.usefixtures("_memory_of_nan")
def test_a_pipeline_has_its_parts_filled(stem):
    spec = spec_of(stem)
    pipeline = build_pipeline(spec, tokenizer_of(spec))
    assert type(pipeline.scheduler).__name__ == spec.model.architecture.components["scheduler"]["class"]
    has_checker = "safety_checker" in spec.model.architecture.components
    assert (pipeline.safety_checker is not None) == (pipeline.feature_extractor is not None) == has_checker
    networks = {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}
    assert set(networks) == {"unet", "vae", "text_encoder"} | ({"safety_checker"} if has_checker else set())
    for part in networks.values():
        assert not part.training
        for name, parameter in part.named_parameters():
            assert torch.isfinite(parameter).all(), name
            assert name.endswith("bias") or parameter.any(), name
    layer = networks["unet"].get_submodule("conv_in")
    assert (layer.bias == 0).all()
    fan_in = layer.weight[0].numel()
    assert layer.weight.std().item() == pytest.approx(1 / math.sqrt(3 * fan_in), rel=0.1), "torch's own spread"


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler")
def test_a_pipeline_repeats_itself():
    spec = spec_of("segmind--tiny-sd")
    one, two = (build_pipeline(spec, tokenizer_of(spec)).unet for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert isinstance(build_pipeline(spec, tokenizer_of(spec)).vae, AutoencoderKL)


# ---------------------------------------------------------------- tied and untied heads


@pytest.mark.parametrize(
    ("task", "model", "head", "embedding"),
    [
        ("fill-mask", "google-bert--bert-base-uncased", "cls.predictions.decoder", "bert.embeddings.word_embeddings"),
        ("text-generation", "distilbert--distilgpt2", "lm_head", "transformer.wte"),
        ("summarization", "ainize--bart-base-cnn", "lm_head", "model.shared"),
    ],
)
def test_a_tied_head_stays_tied(task, model, head, embedding):
    built = build(tiny_spec(task, DATASETS[task], model))
    assert built.get_submodule(head).weight is built.get_submodule(embedding).weight


def test_flan_t5_has_a_head_of_its_own_and_its_embeddings_stay_tied():
    model = build(tiny_spec(*T5, prompted=True))
    assert model.encoder.embed_tokens.weight is model.shared.weight is model.decoder.embed_tokens.weight
    assert model.lm_head.weight is not model.shared.weight
    assert not torch.equal(model.lm_head.weight, model.shared.weight)
    assert model.lm_head.weight.std().item() == pytest.approx(1 / math.sqrt(32), rel=0.01)


# ---------------------------------------------------------------- what can not be built


def test_classes_that_disagree_are_told():
    spec = tiny_spec(*BERT)
    wrong = with_model(spec, model_class="BertForMaskedLM")
    with pytest.raises(InputError, match="model_class = 'BertForMaskedLM'.*BertForTokenClassification"):
        build(wrong)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"dim": "big"}, "architecture.config: .*'dim'.*expected int, got str .value: 'big'."),
        ({"dim": 256, "hidden_size": 512}, "architecture.config: hidden_size = 512 and dim = 256 name one setting"),
        ({"dim": 256, "hidden_size": 256}, None),
    ],
)
def test_values_that_transformers_would_not_take_as_given_are_told(config, words):
    spec = tiny_spec("fill-mask", "c4", "distilbert--distilbert-base-uncased")
    given = {"n_heads": 4, "hidden_dim": 64, "n_layers": 1, "vocab_size": 100} | config
    changed = with_model(spec, architecture={**spec.model.architecture.model_dump(mode="json"), "config": given})
    if words is None:
        assert build(changed).config.dim == 256
        return
    with pytest.raises(InputError, match=f"catalog/models/distilbert--distilbert-base-uncased.yaml: {words}"):
        build(changed)


# ---------------------------------------------------------------- counts


def published(stem: str) -> tuple[int, int]:
    """(counted here as the authors did, printed by the authors: where no print is known, as the entry says)."""
    entry = load_catalog(CATALOG_ROOT).models[stem]
    counted = count_as_published(spec_of(stem, tiny=False), entry.count_as, entry.counted_components)
    return counted, entry.published_parameters or entry.built_parameters


@pytest.mark.parametrize(
    "stem",
    [
        "distilbert--distilbert-base-uncased-finetuned-sst-2-english",
        "ml6team--keyphrase-extraction-distilbert-inspec",
        "albert--albert-base-v2",
        "distilbert--distilgpt2",
        "ainize--bart-base-cnn",
        "google--mobilenet_v1_0.75_192",
        "hustvl--yolos-tiny",
        "microsoft--git-base",
        "segmind--tiny-sd",
        "google--flan-t5-base",
    ],
)
def test_parameters_are_those_that_the_authors_published(stem):
    counted, printed = published(stem)
    assert counted == printed


def test_what_runs_is_counted_with_its_head():
    spec = spec_of("google--mobilenet_v1_0.75_192", tiny=False)
    assert count(build(spec)) == 2_586_329
    assert count_as_published(spec, "AutoModel", None) == 2_586_329 - 1001 * (768 + 1)


@pytest.mark.slow
def test_all_models_of_today_are_built_and_have_the_counts_that_their_entries_state():
    """Exactly: what is published of them is another number in places, and the entry says why."""
    entries = load_catalog(CATALOG_ROOT).models
    stems = sorted(set(entries) - set(papers_catalog().models))
    assert len(stems) >= 50
    counts = {stem: (published(stem)[0], entries[stem].built_parameters) for stem in stems}
    assert {stem: pair for stem, pair in counts.items() if pair[0] != pair[1]} == {}
    known = {stem: entry for stem, entry in entries.items() if stem in stems and entry.published_parameters}
    far = {stem for stem, entry in known.items() if abs(counts[stem][0] / entry.published_parameters - 1) > 0.005}
    assert far == {stem for stem in stems if entries[stem].count_exception}


@pytest.mark.slow
def test_all_87_models_that_the_main_environment_builds_have_their_published_counts():
    entries = papers_catalog().models
    stems = [stem for stem, entry in entries.items() if entry.environment == "main"]
    assert len(stems) == 87
    off = {stem: abs(counted / printed - 1) for stem in stems for counted, printed in [published(stem)]}
    assert {stem for stem in stems if off[stem] > 0.005} == {
        "ydshieh--vit-gpt2-coco-en",
        "sshleifer--distilbart-xsum-12-6",
        "bigscience--bloomz-7b1",
    }
    assert all(entries[stem].count_exception for stem in stems if off[stem] > 0.005)
    assert sum(difference == 0 for difference in off.values()) == 81
