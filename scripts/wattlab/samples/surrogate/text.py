"""Surrogate text: a bigram walk over English prose, with names, numbers, rare words and punctuation.

The prose is CPython's own reference manual as `pydoc_data.topics` carries it (PSF licence; 28,600 words in whole
paragraphs, 2,200 of them different): the walk goes from a word to what follows one of its places, so that words have
the manual's (Zipf-like) frequencies, and now and then it leaps to another place. Names are those of `names.py`.
No further word list is needed, so none is a dependency.

Frozen: the draws (`draws.py`), the names, the rates below and the rule that picks paragraphs. Not frozen: the prose,
which may differ in a few words between patch releases of CPython, and in more between 3.11, 3.12 and 3.13. So the hash of the rows goes into every
fingerprint, and the manifest names the hash of the prose.

A word is what `str.split()` yields: punctuation hangs on words, except in `spaced_tokens`.
"""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from wattlab.foundation.errors import Unavailable
from wattlab.samples.draws import Draws
from wattlab.samples.surrogate.names import DEMONYMS, FAMILY_NAMES, FIRST_NAMES, PLACES

#: Shares of words that are no step of the walk.
LEAP_SHARE, NAME_SHARE, NUMBER_SHARE, RARE_SHARE = 0.15, 0.03, 0.02, 0.03

#: One mark in about 8 words (facts: English news and reviews); which mark, by cumulative share.
MARK_SHARE = 1 / 8
_MARKS = ((0.45, ","), (0.90, "."), (0.93, "?"), (0.95, "!"), (0.97, ":"), (1.0, ";"))
_ENDS = (".", "?", "!")

_NAMES = tuple(FIRST_NAMES + FAMILY_NAMES + PLACES + DEMONYMS)


@dataclass(frozen=True)
class Prose:
    """Running words in lower case, where each stands, and those that occur once."""

    words: tuple[str, ...]
    places: dict[str, tuple[int, ...]]
    rare: tuple[str, ...]
    sha256: str


@cache
def prose() -> Prose:
    """The source; raises `Unavailable` where Python came without it."""
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise Unavailable(
            "this Python has no pydoc_data.topics, which surrogate text is made of",
            "use a complete CPython (python.org, conda-forge, or the full package of the distribution)",
        ) from error
    words = tuple(word for name in sorted(topics) for word in _paragraph_words(topics[name]))
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(words):
        places[word].append(place)
    return Prose(
        words=words,
        places={word: tuple(where) for word, where in places.items()},
        rare=tuple(sorted(word for word, where in places.items() if len(where) == 1 and len(word) > 3)),
        sha256=hashlib.sha256(" ".join(words).encode()).hexdigest(),
    )


def _paragraph_words(topic: str) -> list[str]:
    """Words of the paragraphs that are prose: eight words or more, no heading, grammar, listing or table."""
    words = []
    for paragraph in re.split(r"\n\s*\n", topic):
        lines = paragraph.splitlines()
        is_listing = any(line.startswith(("   ", "*", "=", "+", "|", ">>>")) for line in lines)
        if is_listing or "::=" in paragraph or len(paragraph.split()) < 8:
            continue
        for word in re.findall(r"[A-Za-z]+(?:-[a-z]+)*", paragraph):
            if len(word) > 1 or word in "aI":
                words.append(word.lower())
    return words


def walk(draws: Draws, n: int) -> list[str]:
    """`n` bare words: lower case, but for names; numbers are digits."""
    source = prose()
    word = source.words[draws.index(len(source.words))]
    written = []
    for kind, pick in draws.shares(n, 2):
        if kind < NAME_SHARE:
            written.append(_NAMES[int(pick * len(_NAMES))])
        elif kind < NAME_SHARE + NUMBER_SHARE:
            written.append(str(int(10 ** (4 * pick))))
        elif kind < NAME_SHARE + NUMBER_SHARE + RARE_SHARE:
            written.append(source.rare[int(pick * len(source.rare))])
        else:
            if kind > 1 - LEAP_SHARE:
                word = source.words[int(pick * len(source.words))]
            else:
                places = source.places[word]
                word = source.words[(places[int(pick * len(places))] + 1) % len(source.words)]
            written.append(word)
    return written


def _marks(draws: Draws, n: int) -> list[str]:
    """A mark or nothing after each of `n` words; a full stop after the last."""
    marks = [
        next(mark for limit, mark in _MARKS if which < limit) if has < MARK_SHARE else ""
        for has, which in draws.shares(n, 2)
    ]
    return [*marks[:-1], "."] if n else []


def sentences(draws: Draws, n: int) -> list[str]:
    """Sentences of `n` words together, punctuated, with capitals."""
    finished: list[str] = []
    current: list[str] = []
    for word, mark in zip(walk(draws, n), _marks(draws, n), strict=True):
        current.append((word if current else word[:1].upper() + word[1:]) + mark)
        if mark in _ENDS:
            finished.append(" ".join(current))
            current = []
    return finished


def prose_text(draws: Draws, n: int) -> str:
    """Running text of `n` words."""
    return " ".join(sentences(draws, n))


def spaced_tokens(draws: Draws, n: int) -> list[str]:
    """`n` tokens, punctuation being tokens of their own, the last one a full stop (one token: a word alone)."""
    if n < 2:
        return walk(draws, n)
    tokens: list[str] = []
    for word, mark in zip(walk(draws, n), _marks(draws, n), strict=True):
        starts = not tokens or tokens[-1] in _ENDS
        tokens.append(word[:1].upper() + word[1:] if starts else word)
        if mark:
            tokens.append(mark)
    return [*tokens[: n - 1], "."]


def title_words(draws: Draws, n: int) -> list[str]:
    """`n` words, each with a capital."""
    return [word.capitalize() for word in walk(draws, n)]


def paragraphs(draws: Draws, n: int, separator: str, words_each: int) -> str:
    """Text of `n` words; after about each `words_each` of them a sentence ends with `separator`."""
    parts: list[str] = []
    since = 0
    whole = sentences(draws, n)
    for place, sentence in enumerate(whole):
        since += len(sentence.split())
        last = place == len(whole) - 1
        breaks = since >= words_each and not last
        parts.append(sentence + (separator if breaks else "" if last else " "))
        since = 0 if breaks else since
    return "".join(parts)
