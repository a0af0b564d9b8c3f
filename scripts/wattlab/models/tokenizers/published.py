"""Whether a published tokenizer is one, and whether it reads text as its tokenizer.json does.

transformers builds a tokenizer of the special tokens alone where the vocabulary is missing or has another name than its
class asks for, and a class that rebuilds its steps from the vocabulary ignores those of tokenizer.json.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from wattlab.foundation.errors import InputError

#: A vocabulary with fewer tokens beside the special ones is none, where the model has an embedding of thousands.
_FEWEST, _THOUSANDS = 16, 1000

#: Share of unknown tokens from which a cell is flagged: published vocabularies leave less than 1 % of English unknown.
_MANY_UNKNOWN = 0.05

TOKENIZER_FILE = "tokenizer.json"


def check_vocabulary(tokenizer: Any, vocab_size: int | None, files: Collection[str], name: str) -> None:
    """Raise `InputError` for a tokenizer without words. `files`: those beside it; `vocab_size`: the model's, if known."""
    learnt = len(tokenizer) - len(set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder))
    if learnt > 0 and (learnt >= _FEWEST or (vocab_size or 0) < _THOUSANDS):
        return
    wanted = sorted({*type(tokenizer).vocab_files_names.values(), TOKENIZER_FILE})
    there = [file for file in wanted if file in files]
    raise InputError(
        f"{name}: its tokenizer is empty: {len(tokenizer)} tokens, {learnt} of them no special ones, for a model of "
        f"{vocab_size}; {type(tokenizer).__name__} reads {' or '.join(wanted)}, of which the repository has "
        f"{' and '.join(there) or 'none'}; pin a commit that has them, or choose another model"
    )


def told_of(tokenizer: Any, texts: Collection[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Flags and their words of how a tokenizer reads these texts. `folder`: where its files lie."""
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    n_tokens = sum(map(len, ids))
    if not n_tokens:
        return
    n_unknown = sum(text.count(tokenizer.unk_token_id) for text in ids) if tokenizer.unk_token_id is not None else 0
    if n_unknown / n_tokens >= _MANY_UNKNOWN:
        yield (
            "unknown_words",
            f"{n_unknown / n_tokens:.0%} of {n_tokens} tokens of the inputs are unknown to its tokenizer",
        )
    if not (folder / TOKENIZER_FILE).exists():
        return
    # Only here: a tokenizer without this file needs no such library.
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    own.no_truncation()
    own.no_padding()
    theirs = [own.encode(text, add_special_tokens=False).ids for text in texts]
    n_other = sum(one != other for one, other in zip(ids, theirs, strict=True))
    if n_other:
        yield (
            "tokenizer_differs",
            f"{type(tokenizer).__name__} reads {n_other} of {len(ids)} inputs otherwise than its {TOKENIZER_FILE}: "
            f"{n_tokens} tokens, {sum(map(len, theirs))} there",
        )
