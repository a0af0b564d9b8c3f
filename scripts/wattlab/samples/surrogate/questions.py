"""Questions on a text, with answers."""

from typing import Literal

from pydantic import model_validator

from wattlab.foundation.schema import fact
from wattlab.samples.draws import Distribution, Draws
from wattlab.samples.surrogate.source import Parameters, Row, Source, further_columns
from wattlab.samples.surrogate.text import prose_text, walk

_OPENINGS = ("How", "In what", "What", "When", "Where", "Which", "Who", "Why")

#: A context has so many words at least, however long its question (words).
_SHORTEST_CONTEXT = 10


class QuestionParameters(Parameters):
    """Parameters of `question-context`."""

    question_words: Distribution = fact("words of the question", unit="words")
    words: Distribution | None = fact("words of question and context together", None, unit="words")
    context_words: Distribution | None = fact("words of the context alone", None, unit="words")
    questions_per_context: int = fact("neighbours in file order that share a context", 1, ge=1)
    answer_words: Distribution = fact("words of an answer", unit="words")
    unanswerable_share: float = fact("share of the questions without an answer", 0.0, ge=0, le=1)
    answers: Literal["spans", "word"] = fact("{text, answer_start}, a true span of the context; or a plain string")
    distractors: list[str] = fact("columns of wrong answers", [])

    @model_validator(mode="after")
    def _has_one_length(self) -> "QuestionParameters":
        if (self.words is None) == (self.context_words is None):
            raise ValueError("give one of words (question and context together) and context_words")
        return self


def question_context(source: Source, parameters: QuestionParameters, row: int) -> Row:
    """`question, context, answers`."""
    group = source.group(row, parameters.questions_per_context)
    opens_group = not source.in_file_order or row % parameters.questions_per_context == 0
    shared = source.draws(group, "context")
    first_question_words = shared.count(parameters.question_words)
    context = _context(parameters, shared, first_question_words)
    draws = source.draws(row)
    n_question = draws.count(parameters.question_words)
    question = _question(draws, first_question_words if opens_group else n_question)
    title = further_columns(source, {"title": "title"}, group)
    return {
        source.column("question"): question,
        source.column("context"): context,
        source.column("answers"): _answers(parameters, draws, context),
        **{column: _phrase(parameters, source.draws(row, column)) for column in parameters.distractors},
        **further_columns(source, parameters.columns, row, {"title": title["title"]}),
    }


def _context(parameters: QuestionParameters, shared: Draws, n_question: int) -> str:
    if parameters.words is not None:
        return prose_text(shared, max(_SHORTEST_CONTEXT, shared.count(parameters.words) - n_question))
    assert parameters.context_words is not None
    return prose_text(shared, shared.count(parameters.context_words))


def _question(draws: Draws, n: int) -> str:
    opening = draws.one(_OPENINGS).split()[:n]
    return " ".join([*opening, *walk(draws, n - len(opening))]) + "?"


def _phrase(parameters: QuestionParameters, draws: Draws) -> str:
    return " ".join(walk(draws, draws.count(parameters.answer_words)))


def _answers(parameters: QuestionParameters, draws: Draws, context: str) -> str | dict[str, list[str] | list[int]]:
    if parameters.answers == "word":
        return _phrase(parameters, draws)
    unanswerable = draws.share() < parameters.unanswerable_share
    words = context.split()
    n = min(draws.count(parameters.answer_words), len(words))
    start = draws.index(len(words) - n + 1)
    if unanswerable:
        return {"text": [], "answer_start": []}
    # Context words are parted by single blanks, so that lengths add up to offsets.
    offset = sum(len(word) + 1 for word in words[:start])
    return {"text": [" ".join(words[start : start + n]).rstrip(".,;:?!")], "answer_start": [offset]}
