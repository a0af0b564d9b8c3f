"""Exact match and F1 of question answering, as the official scripts of SQuAD 1.1 and 2.0 compute them.

Answers are compared without case, punctuation, articles and surplus blanks; the best of a question's references
counts. A question without an answer (SQuAD v2) is answered rightly by an empty text alone, or by a generated
"unanswerable" or "no answer". The extractive models are asked for a span of the context always, as the paper asked
them: they can not be right there, which is why the questions with and without an answer have rows of their own.
"""

import re
import string
from collections import Counter
from collections.abc import Callable
from typing import Any

from wattlab.quality.answered import Answered, Score, Unscorable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)

#: What a generating model says of a question without an answer.
_NO_ANSWER = ("unanswerable", "no answer")


def bare(text: str) -> str:
    """Lower case, no punctuation, single blanks."""
    return " ".join(text.lower().translate(_PUNCTUATION).split())


def normalised(text: str) -> str:
    """The same without articles: `normalize_answer` of the official scripts."""
    return " ".join(_ARTICLES.sub(" ", bare(text)).split())


def exact(answer: str, reference: str) -> float:
    """1 where both are alike once they are normalised, else 0."""
    return float(normalised(answer) == normalised(reference))


def f1(answer: str, reference: str) -> float:
    """Harmonic mean of precision and recall over words; where one has no word, whether the other has none either."""
    said, right = normalised(answer).split(), normalised(reference).split()
    if not said or not right:
        return float(said == right)
    shared = sum((Counter(said) & Counter(right)).values())
    return 2 * shared / (len(said) + len(right))


def exact_and_f1(answered: Answered) -> list[Score]:
    """The scores of question answering. Raises `Unscorable` where no row has a reference."""
    contexts = [str(row.get(answered.fields["context"]) or "").split() for row in answered.rows]
    references = [
        _within(_references(value), context, n_words)
        for value, context, n_words in zip(answered.references("answers"), contexts, answered.n_words, strict=True)
    ]
    scored = [place for place, texts in enumerate(references) if texts is not None]
    if not scored:
        raise Unscorable(answered.labels_hidden or "no row has a reference answer")
    pairs = [(_said(answered, answered.answers[place]), references[place] or [""]) for place in scored]
    n_unscored = len(references) - len(scored)
    answerable = [pair for pair in pairs if any(map(normalised, pair[1]))]
    unanswerable = [pair for pair in pairs if not any(map(normalised, pair[1]))]
    scores = [_mean("exact match", exact, pairs, n_unscored), _mean("F1", f1, pairs, n_unscored, headline=True)]
    if answerable and unanswerable:
        for name, part in (("has answer", answerable), ("no answer", unanswerable)):
            rest = len(references) - len(part)
            scores += [_mean(f"exact match, {name}", exact, part, rest), _mean(f"F1, {name}", f1, part, rest)]
    return scores


def _mean(
    metric: str,
    compare: Callable[[str, str], float],
    pairs: list[tuple[str, list[str]]],
    n_unscored: int,
    headline: bool = False,
) -> Score:
    best = [max(compare(answer, reference) for reference in references) for answer, references in pairs]
    return Score(metric, sum(best) / len(best), len(best), n_unscored, headline=headline)


def _references(value: Any) -> list[str] | None:
    """Reference texts, none for a question without an answer; None where the split hides them."""
    if value is None:
        return None
    if isinstance(value, str):
        return [value]
    return [text for text in value["text"] if normalised(text)]


def _within(texts: list[str] | None, context: list[str], n_words: int | None) -> list[str] | None:
    """The references that the model could read; None where all of them stand in what was cut off."""
    whole, shown = " ".join(context), " ".join(context[:n_words])
    kept = [text for text in texts or [] if text in shown or " ".join(text.split()) not in whole]
    return None if texts is None or (texts and not kept) else kept


def _said(answered: Answered, answer: Any) -> str:
    if answered.cell.purpose == "multi-purpose":
        text = str(answer)
        return "" if normalised(text) in _NO_ANSWER else text
    return str(answer["text"])
