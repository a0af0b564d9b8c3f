"""Tokenizers of the twins: small vocabularies, learnt as the architecture mode learns them, saved by the class of the entry."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import transformers
from tokenizers import Tokenizer

from wattlab.catalog.entries import ModelEntry
from wattlab.models.tokenizers import training
from wattlab.models.tokenizers.layouts import layout_of
from wattlab.study.cells import TokenizerSpec

#: Learnt pieces, the alphabet of bytes or characters included.
N_PIECES = 700

#: Special tokens beside those of the class, where the published vocabulary has them: configuration class -> tokens.
ADDED = {"BlipConfig": ["[DEC]", "[ENC]"], "Blip2Config": ["<image>"], "Florence2Config": ["<image>"]}

#: How a template writes that a model shall not think (Qwen3, SmolLM3), where its entry says that it does not.
_NO_THOUGHT = "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"

#: Classes whose published tokenizer.json says how a text is cut, beside those of layouts with a variant in brackets.
_WHOLE = ("BloomTokenizer", "GemmaTokenizer", "GPTNeoXTokenizer", "Qwen2Tokenizer")

#: What their class does not say of itself: OPT's tokenizer is GPT-2's class over RoBERTa's special tokens.
_OPT = {"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>", "add_bos_token": True}


def save_tokenizer(entry: ModelEntry, folder: Path) -> Any:
    """Write the tokenizer files of an entry into `folder`; gives the tokenizer, with `len` and the ids of its roles."""
    facts = entry.tokenizer
    assert facts is not None
    layout = facts.class_name.removesuffix("Fast")
    class_name, _, variant = layout.partition(" (")
    is_opt = _text_model(entry) == "opt"
    trained = _trained(facts.kind, "RobertaTokenizer" if is_opt else layout, bool(facts.do_lower_case))
    longest = {"model_max_length": facts.model_max_length or entry.max_input_tokens}
    if class_name == "BertweetTokenizer":
        tokenizer = _bertweet(_fast_bpe_files(trained, folder), longest)
    elif variant or class_name in _WHOLE:
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_object=trained, **layout_of(TokenizerSpec.of(facts)).roles, **longest
        )
    else:
        tokenizer = getattr(transformers, class_name)(
            **_vocabulary(trained),
            **longest,
            **(_OPT if is_opt else {}),
            **({} if facts.do_lower_case is None else {"do_lower_case": facts.do_lower_case}),
        )
    tokenizer.add_tokens(ADDED.get(str(entry.architecture.config_class), []), special_tokens=True)
    if entry.chat_template is not None:
        thinks = "enable_thinking" in (entry.template_arguments or {})
        tokenizer.add_tokens(["<think>", "</think>"] if thinks else [])
        tokenizer.chat_template = entry.chat_template + (_NO_THOUGHT if thinks else "")
    tokenizer.save_pretrained(folder)
    if class_name == "BertweetTokenizer":
        _fast_bpe_files(trained, folder)  # saving drops the counts, without which the merges are misread
    published = f"{class_name}Fast" if class_name == "PreTrainedTokenizer" else facts.class_name.partition(" (")[0]
    _name_class(folder / "tokenizer_config.json", published)
    return tokenizer


def _text_model(entry: ModelEntry) -> str | None:
    if entry.architecture.config_class == "OPTConfig":
        return "opt"
    return ((entry.architecture.config or {}).get("text_config") or {}).get("model_type")


@cache
def _trained(kind: str, layout: str, lower: bool) -> Tokenizer:
    spec = TokenizerSpec(kind=kind, layout=layout, do_lower_case=lower, generator_version=0)
    with patch.dict(training.N_PIECES, {kind: (N_PIECES, N_PIECES)}):
        return training.train(spec)


def _vocabulary(trained: Tokenizer) -> dict[str, Any]:
    """Arguments of the classes that build their tokenizer of a vocabulary, and of merges where it has them."""
    model = json.loads(trained.to_str())["model"]
    if model["type"] == "Unigram":
        return {"vocab": [(piece, score) for piece, score in model["vocab"]]}
    if model["type"] == "WordPiece":
        return {"vocab": model["vocab"]}
    return {"vocab": model["vocab"], "merges": [tuple(pair) for pair in model["merges"]]}


def _fast_bpe_files(trained: Tokenizer, folder: Path) -> tuple[Path, Path]:
    """BERTweet's files: pieces with `@@` where a word goes on, and merges, each with a count."""
    model = json.loads(trained.to_str())["model"]
    pieces = [piece for piece in sorted(model["vocab"], key=model["vocab"].__getitem__) if not piece.startswith("<")]
    dressed = [piece.removesuffix("</w>") if piece.endswith("</w>") else f"{piece}@@" for piece in pieces]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, merges = folder / "vocab.txt", folder / "bpe.codes"
    vocabulary.write_text("".join(f"{piece} 1\n" for piece in dressed))
    merges.write_text("".join(f"{left} {right} 1\n" for left, right in model["merges"]))
    return vocabulary, merges


def _bertweet(files: tuple[Path, Path], longest: dict[str, Any]) -> Any:
    return transformers.BertweetTokenizer(*map(str, files), normalization=True, **longest)


def _name_class(path: Path, class_name: str) -> None:
    """The class as the hub's file names it, whatever the saving class is called."""
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "tokenizer_class": class_name}, indent=1))
