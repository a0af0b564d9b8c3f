"""Vocabularies learnt from a fixed corpus of surrogate text, the same bytes in every process.

All kinds learn with the byte-pair trainer of the `tokenizers` library, and dress the result: it is the only trainer
there that does not depend on the process's hash seed (its WordPiece trainer is byte-pair encoding too; its unigram
trainer sums floats in hash order). Since even that one depends on it where symbols carry an affix, words reach it
with their affix folded in: a symbol that ends a word, or continues it, is one character of Unicode's private area.

A unigram model takes the learnt pieces with log-frequencies of the corpus so segmented (one hard step of EM).
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache, partial

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from wattlab.samples.draws import Draws
from wattlab.samples.surrogate.text import prose_text

#: The corpus: 500 texts of 100 words; the held-out text beside it, on which tokens per word are measured.
N_TEXTS, WORDS_PER_TEXT, N_HELD_OUT = 500, 100, 50

_PRIVATE = 0xE000
#: Runs of letters and digits, and single marks, each with the blank before it: SentencePiece splits there too.
_SCRIPTS = re.compile(r"▁?\w+|▁?[^\w▁]|▁")

PRINTABLE = [chr(code) for code in range(33, 127)]

Pieces = tuple[list[str], list[tuple[str, str]]]


@cache
def corpus() -> tuple[str, ...]:
    """50,000 words to learn from: independent of study, seed and datasets."""
    return tuple(prose_text(Draws.of(0, "tokenizers/corpus", row), WORDS_PER_TEXT) for row in range(N_TEXTS))


@cache
def held_out() -> tuple[str, ...]:
    """5,000 words of the same source that no tokenizer learnt from."""
    return tuple(prose_text(Draws.of(0, "tokenizers/held-out", row), WORDS_PER_TEXT) for row in range(N_HELD_OUT))


def folded(character: str) -> str:
    """The private character that stands for a character with its affix."""
    return chr(_PRIVATE + ord(character))


def _unfold(piece: str, dress: Callable[[str], str]) -> str:
    return "".join(dress(chr(ord(c) - _PRIVATE)) if ord(c) >= _PRIVATE else c for c in piece)


def learn(words: list[str], alphabet: list[str], size: int) -> Pieces:
    """Byte-pair encoding of `words` (no blanks inside): `size` pieces, the alphabet included, and their merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, initial_alphabet=sorted(alphabet), special_tokens=[], show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(words)], trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(learnt["vocab"], key=learnt["vocab"].__getitem__)
    return pieces, [(left, right) for left, right in learnt["merges"]]


def byte_pairs(words: list[str], size: int) -> Pieces:
    """Pieces over the 256 byte symbols."""
    return learn(words, pre_tokenizers.ByteLevel.alphabet(), size)


def byte_pairs_with_word_ends(words: list[str], alphabet: list[str], size: int) -> Pieces:
    """Pieces of which those at the end of a word end in `</w>`."""
    marked = [word[:-1] + folded(word[-1]) for word in words]
    pieces, merges = learn(marked, [*alphabet, *map(folded, alphabet)], size)
    dressed = partial(_unfold, dress=lambda character: character + "</w>")
    return [dressed(piece) for piece in pieces], [(dressed(left), dressed(right)) for left, right in merges]


def word_pieces(words: list[str], size: int) -> list[str]:
    """WordPiece vocabulary: pieces that continue a word begin with `##`."""
    marked = [word[0] + "".join(map(folded, word[1:])) for word in words]
    pieces, _ = learn(marked, [*PRINTABLE, *map(folded, PRINTABLE)], size)
    return [("##" if ord(piece[0]) >= _PRIVATE else "") + _unfold(piece, str) for piece in pieces]


def parts(words: list[str]) -> list[str]:
    """Words cut where SentencePiece cuts them, so that no piece joins letters and punctuation."""
    return [part for word in words for part in _SCRIPTS.findall(word)]


def unigrams(words: list[str], size: int) -> list[tuple[str, float]]:
    """Unigram vocabulary: pieces and their log-probabilities, add-one smoothed. None joins letters and punctuation."""
    words = parts(words)
    pieces, merges = learn(words, ["▁", *PRINTABLE], size)
    segmenter = models.BPE(vocab={piece: place for place, piece in enumerate(pieces)}, merges=merges)
    counts: Counter[str] = Counter()
    for word, times in Counter(words).items():
        for token in segmenter.tokenize(word):
            counts[token.value] += times
    total = sum(counts.values()) + len(pieces)
    # Rounded: the last digit of a logarithm is the C library's.
    return [(piece, round(math.log((counts[piece] + 1) / total), 9)) for piece in pieces]
