"""Texts with named entities: tokens with tags, and passages whose entities are marked."""

import re
from typing import Any

from pydantic import model_validator

from wattlab.foundation.schema import fact
from wattlab.samples.draws import Distribution, Draws
from wattlab.samples.surrogate.names import (
    DEMONYMS,
    FAMILY_NAMES,
    FIRST_NAMES,
    ORGANISATION_KINDS,
    ORGANISATIONS,
    PLACES,
)
from wattlab.samples.surrogate.source import Parameters, Row, Source, further_columns
from wattlab.samples.surrogate.text import prose_text, spaced_tokens

#: Share of places in a sentence at which an entity starts (CoNLL-2003: 5,942 entities in 51,362 validation tokens).
ENTITY_SHARE = 0.12

#: Lines of a passage that summarise it, and their words.
_N_HIGHLIGHTS, _HIGHLIGHT_WORDS = 3, 10

_NAMES = re.compile(r"\b(?:" + "|".join([*FIRST_NAMES, *FAMILY_NAMES, *PLACES, *DEMONYMS]) + r")\b")


class TokensParameters(Parameters):
    """Parameters of `tokens`."""

    words: Distribution = fact("tokens of a sentence", unit="words")
    tags: list[str] = fact("tag names in the order of their numbers: O, B-PER, I-PER, …", min_length=1)

    @model_validator(mode="after")
    def _is_bio(self) -> "TokensParameters":
        types = {tag[2:] for tag in self.tags if tag != "O"}
        wanted = ["O", *(f"{place}-{kind}" for kind in sorted(types & set(_ENTITIES)) for place in "BI")]
        missing = [tag for tag in wanted if tag not in self.tags]
        unknown = [tag for tag in self.tags if tag not in wanted]
        if missing or unknown:
            found = f"{unknown} are none of these" if unknown else f"{missing} are missing"
            raise ValueError(
                f"tags: {found}; give O, and B- and I- of each of {', '.join(sorted(_ENTITIES))} that there is"
            )
        return self


_ENTITIES = {
    "PER": lambda draws: [draws.one(FIRST_NAMES), draws.one(FAMILY_NAMES)][draws.index(2) :],
    "ORG": lambda draws: [draws.one(ORGANISATIONS), draws.one(ORGANISATION_KINDS)][: 1 + draws.index(2)],
    "LOC": lambda draws: [draws.one(PLACES)],
    "MISC": lambda draws: [draws.one(DEMONYMS)],
}


def tokens(source: Source, parameters: TokensParameters, row: int) -> Row:
    """`tokens, label`: one tag number per token, every I- after its B- or I-."""
    draws = source.draws(row)
    n = draws.count(parameters.words)
    plain = spaced_tokens(source.draws(row, "tokens"), n)
    types = sorted({tag[2:] for tag in parameters.tags if tag != "O"})
    written: list[str] = []
    tags: list[str] = []
    spans: list[str] = []
    while len(written) < n:
        starts = draws.share() < ENTITY_SHARE
        kind = draws.one(types) if starts and types else None
        # Names of the plain text would be entities without a tag.
        entity = [] if kind is None else _ENTITIES[kind](draws)[: n - len(written)]
        if entity:
            spans.append(f"{kind}: {' '.join(entity)}")
            tags += [f"B-{kind}"] + [f"I-{kind}"] * (len(entity) - 1)
            written += entity
        else:
            token = plain[len(written)]
            written.append(token.lower() if _NAMES.fullmatch(token) else token)
            tags.append("O")
    known: dict[str, Any] = {"tags": [0] * n, "language": ["en"] * n, "spans": spans}
    return {
        source.column("tokens"): written,
        source.column("label"): [parameters.tags.index(tag) for tag in tags],
        **further_columns(source, parameters.columns, row, known),
    }


class PassageParameters(Parameters):
    """Parameters of `passage-query`."""

    words: Distribution = fact("words of the passage, those of its highlights included", unit="words")


def passage_query(source: Source, parameters: PassageParameters, row: int) -> Row:
    """`text`: a passage and, after it, lines that each follow a line `@highlight`."""
    draws = source.draws(row)
    n = draws.count(parameters.words)
    highlights = [prose_text(draws, _HIGHLIGHT_WORDS) for _ in range(_N_HIGHLIGHTS)]
    body = prose_text(draws, max(1, n - _N_HIGHLIGHTS * (_HIGHLIGHT_WORDS + 1)))
    passage = body + "".join(f"\n@highlight\n{line}" for line in highlights)
    found = list(_NAMES.finditer(passage))
    known: dict[str, Any] = {
        "entities": list(dict.fromkeys(match.group() for match in found)),
        "entity_spans": {
            "text": [match.group() for match in found],
            "start": [match.start() for match in found],
            "end": [match.end() for match in found],
        },
        "query": lambda: _query(source.draws(row, "query")),
    }
    return {source.column("text"): passage, **further_columns(source, parameters.columns, row, known)}


def _query(draws: Draws) -> str:
    words = prose_text(draws, 15 + draws.index(10)).split()
    words[draws.index(len(words) - 1)] = "@placeholder"
    return " ".join(words)
