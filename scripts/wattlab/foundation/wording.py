"""Numbers and lists in plain words."""

import re
from collections.abc import Iterable, Sequence


def percent(share: float) -> str:
    """A share as a percentage; never rounded to 0 or 100 unless it is."""
    if 0 < share < 0.01:
        return "below 1 %"
    return "above 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def sentences(*clauses: str | None) -> str:
    """Clauses as sentences; empty ones are left out."""
    return " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses if clause)


def count(number: int, noun: str) -> str:
    """`1 cell`, `1,290 cells`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def counts(numbers: Iterable[object], noun: str) -> str:
    """`3 models`, `2 to 5 models`."""
    text = span(numbers)
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"


def span(values: Iterable[object]) -> str:
    """`10`, `1 to 8`, `float32 or float16`: the distinct values."""
    distinct = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    texts = [str(value) if isinstance(value, str) else f"{value:g}" for value in distinct]
    if len(texts) > 1 and not any(isinstance(value, str) for value in distinct):
        return f"{texts[0]} to {texts[-1]}"
    return " or ".join(texts)


def listed(names: Sequence[str]) -> str:
    """`GPU, CPU and RAM`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def hub_ids(text: str) -> str:
    """The text with ids of models as the hub writes them: `google/flan-t5-base` for `google--flan-t5-base`.

    Paths and options (`catalog/models/a--b.yaml`, `--cores`) stay as they are; no organisation's name has `--`.
    """
    return re.sub(r"(?<![\w./-])([A-Za-z0-9](?:[\w.]|-(?!-))*)--(?=\w)", r"\1/", text)
