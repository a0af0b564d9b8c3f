"""From a model's word for a class to the dataset's.

Names are compared without case, underscores or surrounding blanks, and a name of several words parted by commas
("tabby, tabby cat") also by each of them that no other class has. Sentiment has two classes in all datasets of the
paper: `negative`, `neg`, `1 star` and `2 stars` are negative; `positive`, `pos`, `4 stars` and `5 stars` positive;
`neutral`, `neu` and `3 stars` are no class of theirs, so that these answers are wrong. A label without a name
(`LABEL_1`) is the class of that number where the model's head has as many classes as the dataset. Where the dataset's
classes are texts, and all of them in the sample are classes of the head, they are the head's: a sample has few of many.
"""

import re
from collections.abc import Iterable, Sequence

from wattlab.quality.answered import Unscorable

#: Class that a sentiment's name stands for; None: between the two.
_SENTIMENTS: dict[str, str | None] = {
    **dict.fromkeys(("negative", "neg", "very negative", "1 star", "2 stars"), "negative"),
    **dict.fromkeys(("positive", "pos", "very positive", "4 stars", "5 stars"), "positive"),
    **dict.fromkeys(("neutral", "neu", "3 stars"), None),
}

UNNAMED = re.compile(r"label (\d+)")
_WORD = re.compile(r"[a-z]+")


def folded(name: str) -> str:
    """A name as names are compared."""
    return " ".join(name.replace("_", " ").casefold().split())


def is_sentiment(classes: list[str]) -> bool:
    """Whether the classes are negative and positive."""
    return sorted(str(_SENTIMENTS.get(folded(name))) for name in classes) == ["negative", "positive"]


def classes_of(references: Iterable[str], head: Sequence[str] | None) -> list[str]:
    """The classes of a dataset whose references are texts; `head`: those of the model's head, where it has one."""
    names, known = sorted(set(references)), {folded(name) for name in head or ()}
    return list(head or ()) if known.issuperset(map(folded, names)) else names


def class_numbers(labels: Iterable[str], classes: list[str], head: Sequence[str] | None) -> dict[str, int | None]:
    """Number of the class that each of a model's labels stands for; None: no class of the dataset's, and so wrong.

    Raises `Unscorable` where a label belongs to another scheme than the dataset's.
    """
    known = _sentiment_numbers(classes) if is_sentiment(classes) else _numbers(classes)
    found: dict[str, int | None] = {}
    strange = []
    for label in sorted(set(labels)):
        unnamed = UNNAMED.fullmatch(folded(label))
        if folded(label) in known:
            found[label] = known[folded(label)]
        elif unnamed and head is not None and len(head) == len(classes):
            found[label] = int(unnamed[1])
        else:
            strange.append(label)
    if strange:
        raise Unscorable(
            f"label scheme: the model answers {shown(strange)}; the dataset's classes are {shown(classes)}"
        )
    return found


def _sentiment_numbers(classes: list[str]) -> dict[str, int | None]:
    of_sentiment = {_SENTIMENTS[folded(name)]: number for number, name in enumerate(classes)}
    return {name: None if meaning is None else of_sentiment[meaning] for name, meaning in _SENTIMENTS.items()}


def _numbers(classes: list[str]) -> dict[str, int | None]:
    whole: dict[str, int | None] = {}
    parts: dict[str, list[int]] = {}
    for number, name in enumerate(classes):
        whole.setdefault(folded(name), number)
        for part in name.split(","):
            parts.setdefault(folded(part), []).append(number)
    return {part: numbers[0] for part, numbers in parts.items() if len(numbers) == 1} | whole


def shown(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    few = ", ".join(repr(name) for name in names[:4])
    return few if len(names) <= 4 else f"{few} and {len(names) - 4} more"


def said_class(text: str, classes: list[str]) -> int | None:
    """Number of the one class that a generated answer names; None where it names none or several.

    An answer names a sentiment by one of its words, and another class by all words of its name.
    """
    words = _WORD.findall(text.casefold())
    if is_sentiment(classes):
        known = _sentiment_numbers(classes)
        named = {number for word in words if (number := known.get(word)) is not None}
    else:
        joined = f" {' '.join(words)} "
        named = {n for n, name in enumerate(classes) if f" {' '.join(_WORD.findall(name.casefold()))} " in joined}
    return named.pop() if len(named) == 1 else None
