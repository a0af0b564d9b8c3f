"""Entity F1 of token classification, by seqeval: an entity counts where type and both ends are right (micro mean).

A model's entities lie in the text, a dataset's tags on its tokens: a token has the label of the entity that covers its
first letter. `PERSON`, `ORGANIZATION`, `LOCATION` and `MISCELLANEOUS` mean PER, ORG, LOC and MISC. An entity of a type
that the dataset does not mark (MISC in WikiANN) is left out; a model with labels beyond these four has another scheme.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from seqeval.metrics import f1_score

from wattlab.quality.answered import Answered, Score, Unscorable
from wattlab.quality.labels import shown

_LONG_NAMES = {"PERSON": "PER", "ORGANIZATION": "ORG", "LOCATION": "LOC", "MISCELLANEOUS": "MISC"}
_SCHEME = {"PER", "ORG", "LOC", "MISC"}


def entity_f1(answered: Answered) -> list[Score]:
    """The score of token classification. Raises `Unscorable` for a model or dataset of another scheme."""
    tags = answered.references("label")
    names = answered.class_names(answered.fields["label"])
    marked = {_kind(name) for name in names} - {"O"}
    said = {_kind(entity["label"]) for answer in answered.answers for entity in answer}
    strange = sorted((said | marked) - _SCHEME)
    if strange:
        raise Unscorable(f"label scheme: {shown(strange)}; only PER, ORG, LOC and MISC have one meaning for all")
    uncut = answered.references("tokens")
    if not all(_are_numbers(numbers, len(words), len(names)) for numbers, words in zip(tags, uncut, strict=True)):
        raise Unscorable(f"its tags are not one number for each token, below {len(names)}")
    tokens = [_read(*of_row) for of_row in zip(uncut, answered.n_words, strict=True)]
    references = [
        [_tag(names[number]) for number in numbers[: len(words)]] for numbers, words in zip(tags, tokens, strict=True)
    ]
    predicted = [
        tags_of(words, [entity for entity in answer if _kind(entity["label"]) in marked])
        for words, answer in zip(tokens, answered.answers, strict=True)
    ]
    value = float(f1_score(references, predicted, zero_division=0))
    return [Score("entity F1", value, len(references), 0, headline=True)]


def _are_numbers(tags: Any, n_tokens: int, n_names: int) -> bool:
    return isinstance(tags, list) and len(tags) == n_tokens and all(tag in range(n_names) for tag in tags)


def _read(tokens: list[str], n_words: int | None) -> list[str]:
    """The tokens that the model could read: no other has a tag to find."""
    upto = accumulate(len(token.split()) for token in tokens)
    return [token for token, n in zip(tokens, upto, strict=True) if n_words is None or n <= n_words]


def tags_of(tokens: list[str], entities: Iterable[dict[str, Any]]) -> list[str]:
    """A tag (O, B-PER, I-PER, …) for each token of the text that they make with single blanks."""
    spans = [(entity["start"], entity["end"], _kind(entity["label"])) for entity in entities]
    tags, start, before = [], 0, None
    for token in tokens:
        covering = next((place for place, (first, last, _) in enumerate(spans) if first <= start < last), None)
        if covering is None:
            tags.append("O")
        else:
            tags.append(f"{'I' if covering == before else 'B'}-{spans[covering][2]}")
        start, before = start + len(token) + 1, covering
    return tags


def _kind(label: str) -> str:
    """The type that a tag or label names; `O` stays."""
    bare = label[2:] if label[:2] in ("B-", "I-") else label
    return _LONG_NAMES.get(bare.upper(), bare.upper())


def _tag(name: str) -> str:
    return name if name == "O" else f"{name[:2]}{_kind(name)}"
