"""Tokenizers of architecture mode: 1.3 tokens per word, the ids that the models expect, the same bytes every time."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import train_tokenizer
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import InputError, Unavailable
from wattlab.models.tokenizers import vocabulary
from wattlab.models.tokenizers.file import load_tokenizer, read_tokenizer, save
from wattlab.models.tokenizers.layouts import LAYOUTS
from wattlab.models.tokenizers.training import N_PIECES, tokens_per_word, train
from wattlab.study.cells import TokenizerSpec

pytestmark = pytest.mark.slow

TEXT = "The class of 1995 was taken to Mira Larsen, and returned; who knows?"
QUESTION = "Who returned it?"


def spec_of(layout: str, do_lower_case: bool = False) -> TokenizerSpec:
    kind = LAYOUTS[layout.removesuffix("Fast")].kind
    return TokenizerSpec(kind=kind, layout=layout, do_lower_case=do_lower_case, generator_version=1)


def catalog_specs() -> list[TokenizerSpec]:
    facts = [entry.tokenizer for entry in load_catalog(CATALOG_ROOT).models.values() if entry.tokenizer is not None]
    pairs = {(fact.kind, fact.class_name, fact.do_lower_case) for fact in facts}
    return [
        TokenizerSpec(kind=kind, layout=layout, do_lower_case=lower, generator_version=1)
        for kind, layout, lower in sorted(pairs)
    ]


SPECS = catalog_specs()
KINDS = {spec.kind: spec for spec in SPECS}


def label(spec: TokenizerSpec) -> str:
    return spec.layout + ("-lower" if spec.do_lower_case else "")


each = pytest.mark.parametrize("spec", SPECS, ids=label)


@cache
def trained(spec_json: str) -> Any:
    return train(TokenizerSpec.model_validate_json(spec_json))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokenizers")


def saved(spec: TokenizerSpec, folder: Path) -> Path:
    path = folder / f"{spec.name}.json"
    if not path.exists():
        save(trained(spec.model_dump_json()), spec, path)
    return path


def loaded(path: Path) -> Any:
    return load_tokenizer(read_tokenizer(path))


def test_the_catalog_has_the_kinds_and_layouts_that_are_known() -> None:
    assert set(KINDS) == set(N_PIECES)
    assert len(SPECS) >= 15


@each
def test_tokens_per_word_are_one_point_three(spec: TokenizerSpec, folder: Path) -> None:
    assert tokens_per_word(trained(spec.model_dump_json())) == pytest.approx(1.3, abs=0.1)
    assert read_tokenizer(saved(spec, folder)).tokens_per_word == pytest.approx(1.3, abs=0.1)


@pytest.mark.parametrize("size", [1000, 100_000])
def test_vocabularies_of_other_sizes_would_fail_that_test(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(N_PIECES, "SentencePiece-unigram", (size, size))
    assert tokens_per_word(train(spec_of("T5Tokenizer", do_lower_case=True))) != pytest.approx(1.3, abs=0.1)


def test_the_corpus_is_fifty_thousand_words_and_the_held_out_text_is_another() -> None:
    assert sum(len(text.split()) for text in vocabulary.corpus()) == 50_000
    assert not set(vocabulary.corpus()) & set(vocabulary.held_out())


@each
def test_vocabularies_fit_below_the_published_ones(spec: TokenizerSpec) -> None:
    """An id beyond the embedding matrix would be an index error inside a measurement."""
    highest = max(trained(spec.model_dump_json()).get_vocab().values())
    sizes = [
        entry.tokenizer.vocab_size
        for entry in load_catalog(CATALOG_ROOT).models.values()
        if entry.tokenizer is not None and entry.tokenizer.class_name == spec.layout
    ]
    assert highest == trained(spec.model_dump_json()).get_vocab_size() - 1
    assert highest < min(sizes)


IDS = {
    "BertTokenizer": {"[PAD]": 0},
    "RobertaTokenizer": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3},
    "BartTokenizer": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3},
    "LEDTokenizer": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3},
    "XLMRobertaTokenizer": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3},
    "BertweetTokenizer": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3},
    "T5Tokenizer": {"<pad>": 0, "</s>": 1, "<unk>": 2},
    "PegasusTokenizer": {"<pad>": 0, "</s>": 1},
    "AlbertTokenizer": {"<pad>": 0, "<unk>": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4},
    "BloomTokenizerFast": {"<unk>": 0, "<s>": 1, "</s>": 2, "<pad>": 3},
    "DebertaTokenizer": {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3},
    "DebertaV2Tokenizer": {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2},
    "GemmaTokenizer": {"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3},
}


@pytest.mark.parametrize("layout", sorted(IDS))
def test_special_tokens_have_the_ids_that_the_models_expect(layout: str) -> None:
    tokenizer = trained(next(spec for spec in SPECS if spec.layout == layout).model_dump_json())
    assert {token: tokenizer.token_to_id(token) for token in IDS[layout]} == IDS[layout]


def test_clip_ends_in_the_highest_id_and_pads_to_77(folder: Path) -> None:
    tokenizer = loaded(saved(KINDS["BPE (CLIP, end-of-word)"], folder))
    ids = tokenizer(TEXT, padding="max_length", truncation=True)["input_ids"]
    assert len(ids) == 77 == tokenizer.model_max_length
    assert max(ids) == tokenizer.eos_token_id == len(tokenizer) - 1
    assert ids[0] == tokenizer.bos_token_id
    assert ids.index(tokenizer.eos_token_id) == len(tokenizer(TEXT)["input_ids"]) - 1
    assert len(tokenizer(TEXT * 20, truncation=True)["input_ids"]) == 77


#: First tokens, between two texts, last: by the published tokenizers.
FRAMES = {
    "BertTokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "DistilBertTokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "ElectraTokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "AlbertTokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "DebertaTokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "DebertaV2Tokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "RobertaTokenizer": (["<s>"], ["</s>", "</s>"], ["</s>"]),
    "BartTokenizer": (["<s>"], ["</s>", "</s>"], ["</s>"]),
    "LEDTokenizer": (["<s>"], ["</s>", "</s>"], ["</s>"]),
    "XLMRobertaTokenizer": (["<s>"], ["</s>", "</s>"], ["</s>"]),
    "BertweetTokenizer": (["<s>"], ["</s>", "</s>"], ["</s>"]),
    "T5Tokenizer": ([], ["</s>"], ["</s>"]),
    "PegasusTokenizer": ([], [], ["</s>"]),
    "GPT2Tokenizer": ([], [], []),
    "BloomTokenizerFast": ([], [], []),
    "CLIPTokenizer": (["<|startoftext|>"], ["<|endoftext|>", "<|endoftext|>"], ["<|endoftext|>"]),
    "PreTrainedTokenizer (ModernBERT)": (["[CLS]"], ["[SEP]"], ["[SEP]"]),
    "GemmaTokenizer": (["<bos>"], ["<bos>"], []),
    "PreTrainedTokenizer (Llama 3)": (["<|begin_of_text|>"], ["<|begin_of_text|>"], []),
    "PreTrainedTokenizer (LFM2)": (["<|startoftext|>"], ["<|startoftext|>"], []),
    **dict.fromkeys(
        (
            "Qwen2Tokenizer",
            "GPTNeoXTokenizer",
            "PreTrainedTokenizer (harmony)",
            *(
                f"GPT2Tokenizer ({name})"
                for name in ("SmolLM2", "SmolLM3", "OLMo 2", "Granite 3", "Granite 4", "Phi 4")
            ),
        ),
        ([], [], []),
    ),
}


@each
def test_one_text_and_two_are_framed_as_by_the_published_tokenizers(spec: TokenizerSpec, folder: Path) -> None:
    tokenizer = loaded(saved(spec, folder))
    first, between, last = FRAMES[spec.layout]
    question = tokenizer.tokenize(QUESTION)
    text = tokenizer.tokenize(TEXT)
    single = tokenizer.convert_ids_to_tokens(tokenizer(TEXT)["input_ids"])
    pair = tokenizer(QUESTION, TEXT)
    assert single == [*first, *text, *last]
    assert tokenizer.convert_ids_to_tokens(pair["input_ids"]) == [*first, *question, *between, *text, *last]
    sequences = [part for part in pair.sequence_ids(0) if part is not None]
    assert sequences == [0] * len(question) + [1] * len(text)
    if "token_type_ids" in pair:
        assert sum(pair["token_type_ids"]) == len(text) + len(last)


@each
def test_text_comes_back(spec: TokenizerSpec, folder: Path) -> None:
    tokenizer = loaded(saved(spec, folder))
    back = tokenizer.decode(tokenizer(TEXT)["input_ids"], skip_special_tokens=True)
    lowered = spec.do_lower_case or spec.layout == "CLIPTokenizer"
    expected = TEXT.lower() if lowered else TEXT
    if spec.kind in ("byte-level BPE", "SentencePiece-unigram", "SentencePiece-BPE (byte fallback)"):
        assert back == expected
    else:  # these kinds do not keep the blanks around marks
        assert "".join(back.split()) == "".join(expected.split())
    if "unk_token" in LAYOUTS[spec.layout.removesuffix("Fast")].roles:
        assert tokenizer.unk_token_id not in tokenizer(TEXT, add_special_tokens=False)["input_ids"]


@each
def test_offsets_cut_the_words_from_the_text(spec: TokenizerSpec, folder: Path) -> None:
    tokenizer = loaded(saved(spec, folder))
    encoded = tokenizer(QUESTION, TEXT, return_offsets_mapping=True)
    of_text = [
        offsets for offsets, part in zip(encoded["offset_mapping"], encoded.sequence_ids(0), strict=True) if part == 1
    ]
    pieces = [TEXT[start:end].strip() for start, end in of_text]
    assert "".join(pieces) == TEXT.replace(" ", "")
    start = TEXT.index("Larsen")
    inside = [span for span in of_text if span[1] > start and span[0] < start + len("Larsen")]
    assert TEXT[inside[0][0] : inside[-1][1]].strip() == "Larsen"


@each
def test_masks_padding_and_roles(spec: TokenizerSpec, folder: Path) -> None:
    tokenizer = loaded(saved(spec, folder))
    roles = LAYOUTS[spec.layout.removesuffix("Fast")].roles
    assert {role: getattr(tokenizer, role) for role in roles} == roles
    assert tokenizer.is_fast
    if "mask_token" in roles:
        ids = tokenizer(f"the class {tokenizer.mask_token} taken")["input_ids"]
        assert ids.count(tokenizer.mask_token_id) == 1
    both = tokenizer([QUESTION, TEXT], padding=True)["input_ids"]
    assert len(both[0]) == len(both[1])
    assert both[0][-1] == tokenizer.pad_token_id


@each
def test_ids_beyond_the_vocabulary_decode_to_nothing(spec: TokenizerSpec, folder: Path) -> None:
    """A model with random weights produces any id of its full embedding matrix."""
    assert loaded(saved(spec, folder)).decode([29_999]) == ""


@each
def test_empty_text_and_unseen_signs_are_taken(spec: TokenizerSpec, folder: Path) -> None:
    tokenizer = loaded(saved(spec, folder))
    first, _, last = FRAMES[spec.layout]
    assert tokenizer.convert_ids_to_tokens(tokenizer("")["input_ids"]) == [*first, *last]
    assert len(tokenizer("naïve – 東京\n\tyes")["input_ids"]) > len([*first, *last]) + 2


def test_the_same_bytes_in_another_process(folder: Path, tmp_path: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path; from wattlab.study.cells import TokenizerSpec;"
        "from wattlab.models.tokenizers.file import save; from wattlab.models.tokenizers.training import train;"
        "specs = [TokenizerSpec.model_validate(spec) for spec in json.loads(sys.argv[1])];"
        "[save(train(spec), spec, Path(sys.argv[2]) / f'{spec.name}.json') for spec in specs];"
        "assert 'transformers' not in sys.modules and 'torch' not in sys.modules"
    )
    specs = json.dumps([spec.model_dump() for spec in KINDS.values()])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "scripts"), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, specs, str(tmp_path)], check=True, env=environment)
    for spec in KINDS.values():
        assert (tmp_path / f"{spec.name}.json").read_bytes() == saved(spec, folder).read_bytes()


def test_the_hash_is_of_the_content(folder: Path, tmp_path: Path) -> None:
    hashes = {read_tokenizer(saved(spec, folder)).sha256 for spec in KINDS.values()}
    assert len(hashes) == len(KINDS)
    content = json.loads(saved(KINDS["WordPiece"], folder).read_text())
    content["special_tokens"]["mask_token"] = "[UNK]"
    (tmp_path / "changed.json").write_text(json.dumps(content))
    with pytest.raises(
        InputError, match=r"changed.json: sha256 = \w{64} is not that of its content; `make retry` trains it again"
    ):
        read_tokenizer(tmp_path / "changed.json")


def test_unknown_layouts_and_wrong_kinds_are_told() -> None:
    with pytest.raises(InputError, match=r"class_name = 'RobertTokenizer'.*did you mean 'RobertaTokenizer'"):
        train(TokenizerSpec(kind="WordPiece", layout="RobertTokenizer", do_lower_case=False, generator_version=1))
    with pytest.raises(InputError, match=r"kind = 'WordPiece' with class_name = 'T5Tokenizer'"):
        train(TokenizerSpec(kind="WordPiece", layout="T5Tokenizer", do_lower_case=False, generator_version=1))


def test_missing_text_is_a_status_and_a_mistake_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: TokenizerSpec) -> Any:
        raise Unavailable("no prose", "use a complete CPython")

    def mistaken(_: TokenizerSpec) -> Any:
        raise KeyError("a programming error")

    path, spec = tmp_path / "tokenizer.json", spec_of("BertTokenizer")
    monkeypatch.setattr(train_tokenizer, "train", missing)
    assert train_tokenizer.train_and_save(spec, path).status == "unavailable"
    with pytest.raises(InputError, match=r"tokenizer .*: status = unavailable: no prose; use a complete CPython"):
        load_tokenizer(read_tokenizer(path))
    monkeypatch.setattr(train_tokenizer, "train", mistaken)
    with pytest.raises(KeyError):
        train_tokenizer.train_and_save(spec, tmp_path / "other.json")
    with pytest.raises(InputError, match="other.json: no such file"):
        read_tokenizer(tmp_path / "other.json")


def test_the_command_takes_a_spec(tmp_path: Path) -> None:
    spec = next(iter(KINDS.values()))
    output = ["--output", str(tmp_path / "tokenizer.json")]
    assert train_tokenizer.main(["--spec", spec.model_dump_json(), *output]) == 0
    assert read_tokenizer(tmp_path / "tokenizer.json").spec == spec
    with pytest.raises(InputError, match="--spec: kindd"):
        train_tokenizer.main(["--spec", spec.model_dump_json().replace('"kind"', '"kindd"'), *output])
