"""What an entry names of transformers, diffusers, tokenizers and generators is checked before anything runs, without them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.imports import ROOT
from support.surrogates import DATASETS, rows_of
from support.workflow import make_project
from wattlab.catalog.libraries import LIBRARIES
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.samples.surrogate.generate import GENERATORS
from wattlab.samples.surrogate.source import FILLERS
from wattlab.workflow.loading import check_members
from write_schemas import libraries_text

Edit = Callable[[dict[str, Any]], Any]

BERT, RESNET = "models/distilbert--distilbert-base-uncased.yaml", "models/microsoft--resnet-18.yaml"
DETR, TINY_SD, BART = (
    "models/facebook--detr-resnet-50.yaml",
    "models/segmind--tiny-sd.yaml",
    "models/ainize--bart-base-cnn.yaml",
)
BLIP2, DEBERTA = "models/Salesforce--blip2-opt-2.7b.yaml", "models/microsoft--deberta-base.yaml"
IMDB, COCO = "datasets/imdb.yaml", "datasets/coco.yaml"


def config(**keys: Any) -> Edit:
    return lambda entry: entry["architecture"]["config"].update(keys)


def component(name: str, **keys: Any) -> Edit:
    return lambda entry: entry["architecture"]["components"][name].update(keys)


def words(**keys: Any) -> Edit:
    return lambda entry: entry["surrogate"]["parameters"]["words"].update(keys)


def parameters(**keys: Any) -> Edit:
    return lambda entry: entry["surrogate"]["parameters"].update(keys)


MISTAKES: list[tuple[str, Edit, list[str]]] = [
    (BERT, config(n_layer=24), ["architecture.config.n_layer: DistilBertConfig has no such key", "did you mean 'n_layers'"]),
    (BERT, config(dimension=2048), ["architecture.config.dimension", "did you mean", "'dim'"]),
    (BERT, config(num_labelz=3), ["architecture.config.num_labelz", "'num_labels'"]),
    (BERT, config(num_beams=4), ["architecture.config.num_beams"]),
    (DETR, lambda e: e["architecture"]["config"]["backbone_config"].update(depth=[1]), ["config.backbone_config.depth: ResNetConfig", "'depths'"]),
    (DETR, lambda e: e["architecture"]["config"]["backbone_config"].update(model_type="resnt"), ["backbone_config.model_type = 'resnt'", "'resnet'"]),
    (BLIP2, lambda e: e["architecture"]["config"]["qformer_config"].update(layers=1), ["config.qformer_config.layers: Blip2QFormerConfig"]),
    (DEBERTA, lambda e: e.update(hub_config={"legcy": False}), ["hub_config.legcy: DebertaConfig", "'legacy'"]),
    (BERT, lambda e: e.update(max_input_tokens=513), ["max_input_tokens = 513", "512 positions (DistilBertConfig.max_position_embeddings)"]),
    (BERT, lambda e: (e["architecture"]["config"].update(max_position_embeddings=128), e.update(max_input_tokens=512)), ["max_input_tokens = 512", "128 positions"]),
    (BERT, lambda e: e["architecture"].update(config_class="DistillBertConfig"), ["config_class = 'DistillBertConfig'", "'DistilBertConfig'"]),
    (BERT, lambda e: e.update(auto_class="AutoModelForMaskLM"), ["auto_class = 'AutoModelForMaskLM'", "'AutoModelForMaskedLM'"]),
    (BERT, lambda e: e.update(auto_class="AutoModelForCausalLM"), ["it loads no model of DistilBertConfig"]),
    (BERT, lambda e: e.update(model_class="DistilBertModel"), ["model_class = 'DistilBertModel'", "gives DistilBertForMaskedLM"]),
    (BERT, lambda e: e.update(count_as="AutoModle"), ["count_as = 'AutoModle'", "'AutoModel'"]),
    (BERT, lambda e: e["tokenizer"].update(class_name="BertTokeniser"), ["tokenizer.class_name = 'BertTokeniser'", "'BertTokenizer'"]),
    (BERT, lambda e: e["tokenizer"].update(kind="byte-level BPE"), ["tokenizer.kind = 'byte-level BPE'", "'WordPiece'"]),
    (RESNET, lambda e: e["image_processor"].update(class_name="ConvNextProcessor"), ["image_processor.class_name = 'ConvNextProcessor'", "'ConvNextImageProcessor'"]),
    (BART, lambda e: e["generation"].update(num_beam=4), ["generation.num_beam: unknown key", "'num_beams'"]),
    (TINY_SD, lambda e: e.update(pipeline_class="StableDifusionPipeline"), ["pipeline_class = 'StableDifusionPipeline'", "'StableDiffusionPipeline'"]),
    (TINY_SD, component("unet", **{"class": "UNet2D"}), ["components.unet.class = 'UNet2D'", "'UNet2DModel'"]),
    (TINY_SD, component("vae", confg={}), ["components.vae.confg", "'config'"]),
    (TINY_SD, component("scheduler", config={"beta_begin": 1}), ["components.scheduler.config.beta_begin", "'beta_end'"]),
    (TINY_SD, component("text_encoder", config={"width": 1}), ["components.text_encoder.config.width: CLIPTextConfig"]),
    (TINY_SD, component("text_encoder", config_class="CLIPConfig"), ["config_class = 'CLIPConfig'", "needs CLIPTextConfig"]),
    (TINY_SD, lambda e: e["architecture"]["components"].update(unett={"class": "UNet2DConditionModel"}), ["components.unett", "'unet'"]),
    (IMDB, lambda e: e["surrogate"].update(generator="reviw"), ["surrogate.generator = 'reviw'", "'review'"]),
    (IMDB, words(distribution="lognormall"), ["surrogate.parameters: words", "'lognormall'", "'lognormal'"]),
    (IMDB, words(sigma=-1), ["surrogate.parameters: words.sigma = -1", "more than 0"]),
    (IMDB, words(sigma="big"), ["surrogate.parameters: words.sigma = 'big'", "a number"]),
    (IMDB, words(min=10_000), ["surrogate.parameters: words", "min 10000.0 is above max 2470.0"]),
    (IMDB, lambda e: e["surrogate"]["parameters"]["words"].pop("mu"), ["surrogate.parameters: words.mu", "missing"]),
    (IMDB, parameters(clases=["neg"]), ["surrogate.parameters: clases", "'classes'"]),
    (IMDB, parameters(columns={"extra": "titel"}), ["columns.extra = 'titel'", "'title'"]),
    (IMDB, parameters(columns={"extra": "spans"}), ["columns.extra = 'spans'", "'review' can not fill it"]),
    (COCO, lambda e: e.update(fields={"image": "image"}), ["fills the role 'objects'", "which has no column", "add `objects: its column`"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(CATALOG_ROOT, tmp_path_factory.mktemp("names") / "catalog"))


@pytest.mark.slow
@pytest.mark.parametrize(("file", "edit", "said"), MISTAKES)
def test_a_name_that_is_nowhere_is_told_before_anything_runs(
    folder: Path, file: str, edit: Edit, said: list[str]
) -> None:
    path = folder / file
    before = path.read_text()
    content = read_yaml(path)
    edit(content)
    path.write_text(yaml.safe_dump(content))
    try:
        load_catalog.cache_clear()
        with pytest.raises(InputError) as caught:
            check_members(load_catalog(folder))
    finally:
        path.write_text(before)
        load_catalog.cache_clear()
    message = str(caught.value)
    assert message.startswith(f"catalog/{file}: ")
    assert "tagged-union" not in message
    for word in said:
        assert word in message


def test_all_mistakes_of_the_models_are_told_at_once(folder: Path) -> None:
    catalog = load_catalog(CATALOG_ROOT)
    models = dict(catalog.models)
    for name in ("distilbert--distilbert-base-uncased", "microsoft--resnet-18"):
        models[name] = models[name].model_copy(update={"count_as": "nothing"})
    with pytest.raises(InputError) as caught:
        check_members(catalog.model_copy(update={"models": models}))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_fills_the_roles_and_kinds_that_it_states(name: str) -> None:
    dataset = next(stem for stem, e in DATASETS.items() if e.surrogate.generator == name)
    entry, generator = DATASETS[dataset], GENERATORS[name]
    kinds = {f"of {kind}": kind for kind in (*generator.kinds, *FILLERS)}
    columns = {**entry.surrogate.parameters.get("columns", {}), **kinds}
    (row,) = rows_of(dataset, 1, columns=columns)
    assert {entry.fields[role] for role in generator.roles} | columns.keys() <= row.keys()
    fewer = entry.fields.keys() - set(generator.roles) - {"image_url"}
    assert not {entry.fields[role] for role in fewer} & row.keys() - columns.keys() - {"distractors"}


@pytest.mark.slow
def test_the_committed_names_are_those_of_the_installed_libraries() -> None:
    assert (ROOT / "catalog" / LIBRARIES).read_text() == libraries_text(), "`make schema` repairs it"


@pytest.mark.slow
def test_a_dry_run_refuses_an_unknown_key_of_an_architecture(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    path = project.root / "catalog" / BERT
    path.write_text(path.read_text().replace("config: {}", "config: {n_layer: 24, dimension: 2048}"))
    ran = project.snakemake("--dry-run")
    assert ran.returncode == 1
    assert (
        f"catalog/{BERT}: architecture.config.n_layer: DistilBertConfig has no such key; did you mean 'n_layers'"
        in ran.stdout
    )
    assert "Traceback" not in ran.stdout
