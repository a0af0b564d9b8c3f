"""A model that lacks what its tasks load is told where it is fetched, in the receipt, and never reaches a measurement."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import transformers

import fetch_from_hub
from support.hub_models import BERT, SST2, edit_json, publish, repo_of
from support.mock_hub import MockHub
from wattlab.hub.receipts import ModelFetch, Receipt, read_receipt

RESNET = ("image-classification", "cifar10", "microsoft--resnet-18")
GPT2 = ("text-generation", "oscar", "openai-community--gpt2")


def came(hub: MockHub, tmp_path: Path, folder: Path, hub_id: str, task: str | None = None) -> Receipt:
    """The receipt of a folder that the hub serves, by the program of the fetching rule."""
    hub.models[hub_id] = repo_of(folder)
    path = tmp_path / "results/fetched/models/a--model/main-0.json"
    spec = ModelFetch(hub_id=hub_id, library="transformers", structure_for=task).model_dump_json()
    assert fetch_from_hub.main(["--kind", "model", "--spec", spec, "--receipt", str(path)]) == 0
    return read_receipt(path)


def without_tokenizer(folder: Path) -> None:
    for path in folder.glob("*token*"):
        path.unlink()


def without_processor(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


def body_alone(folder: Path) -> None:
    """The encoder that a classifier was made from, as `save_pretrained` leaves it."""
    transformers.AutoModel.from_pretrained(folder).save_pretrained(folder)


def of_another_task(folder: Path) -> None:
    transformers.AutoModelForMaskedLM.from_pretrained(folder).save_pretrained(folder)


def of_a_type_of_its_own(folder: Path) -> None:
    edit_json(folder / "config.json", model_type="own", auto_map={"AutoConfig": "own.Config"})


def without_type(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({key: config[key] for key in config if key != "model_type"}))


def of_another_processor(folder: Path) -> None:
    edit_json(folder / "preprocessor_config.json", image_processor_type="Own")


@pytest.mark.parametrize(
    ("cell", "spoil", "said"),
    [
        (SST2, without_tokenizer, "its tokenizer is empty: "),
        (RESNET, without_processor, "its image processor can not be built: it has no preprocessor_config.json"),
        (SST2, body_alone, "the checkpoint lacks classifier.bias, classifier.weight, pre_classifier.bias, pre_classifier.w"),
        (SST2, of_a_type_of_its_own, "its model_type 'own' is not in transformers "),
        (SST2, without_type, "reads: Unrecognized model in "),
        (RESNET, of_another_processor, "its image processor can not be built: Unrecognized image processor in "),
        (BERT, of_another_task, "the checkpoint lacks classifier.bias, classifier.weight of BertForTokenClassification"),
    ],
)  # fmt: skip
def test_what_a_model_lacks_is_in_its_receipt(
    hub: MockHub, tmp_path: Path, cell: tuple[str, str, str], spoil: Callable[[Path], None], said: str
) -> None:
    folder, hub_id = tmp_path / "published", cell[2].replace("--", "/", 1)
    publish(folder, *cell)
    assert came(hub, tmp_path, folder, hub_id).status == "complete"
    spoil(folder)
    for name, task in ((hub_id, None), ("org/model", cell[0])):  # of the catalog, and by its bare id
        receipt = came(hub, tmp_path, folder, name, task)
        assert receipt.status == "unavailable" and receipt.files == []
        assert said in str(receipt.reason), receipt.reason
        assert str(tmp_path) not in str(receipt.reason), "a place of this machine"
        assert "\n" not in str(receipt.reason) and str(receipt.remedy).endswith(
            ("then `make retry`", "know it", "is whole")
        )


def test_weights_without_a_word_of_their_class_are_looked_at(hub: MockHub, tmp_path: Path) -> None:
    """Tied heads, and checkpoints that name no class or their body: whole, though the configuration does not say so."""
    folder = tmp_path / "published"
    for cell, names in ((GPT2, ["GPT2Model"]), (SST2, None)):
        publish(folder, *cell)
        edit_json(folder / "config.json", architectures=names)
        receipt = came(hub, tmp_path, folder, cell[2].replace("--", "/", 1))
        assert receipt.status == "complete", receipt.reason


def test_a_decoder_may_be_asked_by_prompt(hub: MockHub, tmp_path: Path) -> None:
    """Nothing in a fetch says how a model without an entry is asked."""
    folder = tmp_path / "published"
    publish(folder, *GPT2)
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["GPT2LMHeadModel"]
    for names in (["GPT2LMHeadModel"], None, ["GPT2WithNameOfLongAgo"]):
        edit_json(folder / "config.json", architectures=names)
        receipt = came(hub, tmp_path, folder, "org/model", "text-classification")
        assert receipt.status == "complete", receipt.reason
