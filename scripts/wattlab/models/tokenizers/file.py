"""A trained tokenizer as one JSON file: the library's own JSON with the spec it comes from, roles and content hash."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_json
from wattlab.foundation.hashing import sha256_of
from wattlab.foundation.schema import Outcome, fact
from wattlab.foundation.stored import read_json
from wattlab.models.tokenizers.layouts import layout_of
from wattlab.study.cells import TokenizerSpec

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast


class TokenizerFile(Outcome):
    """`results/tokenizers/{name}.json`."""

    spec: TokenizerSpec = fact("what determines it")
    special_tokens: dict[str, str] = fact("role in transformers to token", {})
    vocab_size: int | None = fact("tokens, special ones included", None, unit="tokens")
    tokens_per_word: float | None = fact("on held-out surrogate text, without special tokens", None)
    sha256: str | None = fact("hash of `tokenizer` and `special_tokens`", None)
    tokenizer: dict[str, Any] | None = fact("JSON of the tokenizers library", None)

    @model_validator(mode="after")
    def _is_consistent(self) -> "TokenizerFile":
        if self.status == "complete" and (self.tokenizer is None or self.sha256 is None):
            raise ValueError("status complete needs tokenizer and sha256")
        return self


def save(tokenizer: "Tokenizer", spec: TokenizerSpec, path: Path) -> TokenizerFile:
    """Write a trained tokenizer and what it is, atomically."""
    # Only here: training imports scipy, and every cell that reads a tokenizer would wait for it.
    from wattlab.models.tokenizers.training import tokens_per_word

    roles = layout_of(spec).roles
    content = json.loads(tokenizer.to_str())
    whole = TokenizerFile(
        status="complete",
        spec=spec,
        special_tokens=roles,
        vocab_size=tokenizer.get_vocab_size(),
        tokens_per_word=round(tokens_per_word(tokenizer), 4),
        sha256=_sha256(content, roles),
        tokenizer=content,
    )
    write_json(path, whole.model_dump(mode="json"))
    return whole


def _sha256(content: dict[str, Any], roles: dict[str, str]) -> str:
    return sha256_of({"tokenizer": content, "special_tokens": roles})


def read_tokenizer(path: Path) -> TokenizerFile:
    """The file, its content hash checked; an `InputError` names it and the remedy."""
    whole = read_json(path, TokenizerFile, f"run `snakemake {path}`")
    if whole.tokenizer is not None and whole.sha256 != _sha256(whole.tokenizer, whole.special_tokens):
        raise InputError(
            f"{path}: sha256 = {whole.sha256} is not that of its content; "
            "`make retry` trains it again for the cells that lack it"
        )
    return whole


def load_tokenizer(whole: TokenizerFile) -> "PreTrainedTokenizerFast":
    """The tokenizer as transformers knows it; an `InputError` where there is none.

    `model_max_length` is set only where the class fixes it (CLIP 77, BERTweet 128): cutting text at the model's own
    maximum is the caller's, with `truncation=True, max_length=…`.
    """
    # Only here: planning a study needs none of these libraries.
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    if whole.tokenizer is None:
        raise InputError(f"tokenizer {whole.spec.name}: status = {whole.status}: {whole.reason}; {whole.remedy}")
    layout = layout_of(whole.spec)
    more = {} if layout.model_max_length is None else {"model_max_length": layout.model_max_length}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(whole.tokenizer)),
        model_input_names=list(layout.model_input_names),
        clean_up_tokenization_spaces=False,
        **whole.special_tokens,
        **more,
    )
