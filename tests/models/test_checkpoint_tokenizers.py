"""Tokenizers of published checkpoints: what is read, what is told, and what is refused."""

import json

import pytest
import sentencepiece
import tokenizers
import transformers

from support.hub_models import BERT, SST2, Published, answer, edit_json, fetch, hub_cell, repo_of, source_on
from support.tiny_models import TEXT
from wattlab.foundation.errors import InputError
from wattlab.hub.snapshots import snapshot_of

pytestmark = pytest.mark.slow


def test_a_tokenizer_that_is_a_sentencepiece_model_alone(hub, tmp_path):
    published = Published(hub, tmp_path, "fill-mask", "c4", "FacebookAI--xlm-roberta-base")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (published.folder / name).unlink()
    (tmp_path / "text").write_text(f"{TEXT}\n" * 100)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"), model_prefix=str(tmp_path / "trained"), vocab_size=50, minloglevel=2
    )
    (published.folder / "sentencepiece.bpe.model").write_bytes((tmp_path / "trained.model").read_bytes())
    adapter, got = answer(published.spec, published.source())
    assert adapter.tokenizer.is_fast and adapter.tokenizer.mask_token == "<mask>"
    assert len(got.value) == 5


def without_tokenizer(published: Published) -> None:
    """Take its tokenizer's files away: its class is then that of the configuration."""
    for path in published.folder.glob("*token*"):
        path.unlink()


@pytest.mark.parametrize(
    "cell",
    [
        BERT,
        SST2,
        ("text-generation", "oscar", "openai-community--gpt2"),
        ("fill-mask", "c4", "FacebookAI--roberta-base"),
        ("fill-mask", "c4", "albert--albert-base-v2"),
        ("fill-mask", "c4", "FacebookAI--xlm-roberta-base"),
        ("summarization", "xsum", "ainize--bart-base-cnn"),
    ],
    ids=lambda cell: cell[2],
)
def test_a_repository_without_a_vocabulary_is_no_published_model(hub, tmp_path, cell):
    published = Published(hub, tmp_path, *cell)
    without_tokenizer(published)
    with pytest.raises(InputError, match=r"its tokenizer is empty: .* of which the repository has none; pin a commit"):
        published.source().tokenizer()


def test_a_tokenizer_that_can_not_be_built(hub, tmp_path):
    published = Published(hub, tmp_path, *BERT)
    (published.folder / "tokenizer.json").unlink()
    assert (
        json.loads((published.folder / "tokenizer_config.json").read_text())["tokenizer_class"] == "TokenizersBackend"
    )
    with pytest.raises(InputError, match=r"its tokenizer can not be built: .*; pin a commit") as caught:
        published.source().tokenizer()
    assert "\n" not in str(caught.value)


def test_a_vocabulary_by_a_name_that_its_class_does_not_read(hub, tmp_path):
    published = Published(hub, tmp_path, "fill-mask", "c4", "albert--albert-base-v2")
    without_tokenizer(published)
    (published.folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nC\nO\n")
    with pytest.raises(InputError, match=r"AlbertTokenizer reads spiece.model or tokenizer.json, of which .* none"):
        published.source().tokenizer()


def test_a_small_vocabulary_of_a_small_model_is_one(hub, tmp_path):
    """Amino acids: 20 letters and the special tokens."""
    published = Published(hub, tmp_path, "fill-mask", "c4", "google-bert--bert-base-uncased")
    without_tokenizer(published)
    (published.folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"ACDEFGHIKL"])
    )
    edit_json(published.folder / "config.json", vocab_size=15)
    source = published.source()
    assert len(source.tokenizer()) == 15
    told = source.told(["A C D", "E F"])
    assert told == {"unknown_words": "100% of 5 tokens of the inputs are unknown to its tokenizer"}


@pytest.mark.parametrize(("config", "lower"), [("Llama", False), ("Qwen2", True)])
def test_ids_are_held_against_those_of_the_file(hub, tmp_path, config, lower):
    """A byte-level vocabulary under LlamaTokenizerFast is read as it is; Qwen2's class rebuilds its steps, and drops others."""
    folder = tmp_path / "published"
    folder.mkdir()
    own = tokenizers.Tokenizer(tokenizers.models.BPE())
    own.normalizer = tokenizers.normalizers.Lowercase() if lower else None
    own.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "</s>"], initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet()
    )
    own.train_from_iterator([TEXT] * 50, trainer)
    own.save(str(folder / "tokenizer.json"))
    stated = {"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(stated))
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}
    made = getattr(transformers, f"{config}Config")(**sizes, intermediate_size=32, vocab_size=512)
    getattr(transformers, f"{config}ForCausalLM")(made).save_pretrained(folder)
    cell = hub_cell("text-generation", "oscar", "org/model")
    hub.models["org/model"] = repo_of(folder)
    receipt = fetch(cell.spec, tmp_path / "receipt.json")
    source = source_on(cell.spec, snapshot_of(receipt, tmp_path / "receipt.json"))
    source.tokenizer()
    told = source.told(["The Museum in 2019,  a b  c", "a map"])
    if not lower:
        assert told == {}
    else:
        assert told.keys() == {"tokenizer_differs"}
        assert " reads 1 of 2 inputs otherwise than its tokenizer.json: " in told["tokenizer_differs"]
