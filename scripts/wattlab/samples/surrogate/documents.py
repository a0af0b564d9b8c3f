"""Running text: sentences, documents, lines of wikis, documents with summaries, prompts."""

from typing import Literal

from wattlab.foundation.schema import fact
from wattlab.samples.draws import Distribution, Draws
from wattlab.samples.surrogate.names import FIRST_NAMES
from wattlab.samples.surrogate.source import Parameters, Row, Source, further_columns
from wattlab.samples.surrogate.text import paragraphs, prose_text, spaced_tokens, title_words, walk

#: Words of a paragraph of a web document or an article.
_PARAGRAPH_WORDS = 45


class TextParameters(Parameters):
    """Parameters of `sentence` and `web-document`."""

    words: Distribution = fact("words of the text", unit="words")


def sentence(source: Source, parameters: TextParameters, row: int) -> Row:
    """`text`: lower case, blanks around punctuation, a full stop at the end."""
    draws = source.draws(row)
    text = " ".join(spaced_tokens(draws, draws.count(parameters.words))).lower()
    return {source.column("text"): text, **further_columns(source, parameters.columns, row)}


def web_document(source: Source, parameters: TextParameters, row: int) -> Row:
    """`text`: paragraphs, a line each."""
    draws = source.draws(row)
    text = paragraphs(draws, draws.count(parameters.words), "\n", _PARAGRAPH_WORDS)
    return {source.column("text"): text, **further_columns(source, parameters.columns, row)}


class WikiParameters(Parameters):
    """Parameters of `wiki-line`."""

    blank_share: float = fact("share of empty lines", ge=0, le=1)
    heading_share: float = fact("share of headings", ge=0, le=1)
    heading_words: Distribution = fact("words of a heading, its two signs included", unit="words")
    words: Distribution = fact("tokens of a paragraph", unit="words")


def wiki_line(source: Source, parameters: WikiParameters, row: int) -> Row:
    """`text`: blank, ` = Heading = ` or a paragraph; lines with text begin with a blank and end with one and a newline."""
    draws = source.draws(row)
    kind = draws.share()
    if kind < parameters.blank_share:
        text = ""
    elif kind < parameters.blank_share + parameters.heading_share:
        text = f" = {' '.join(title_words(draws, max(1, draws.count(parameters.heading_words) - 2)))} = \n"
    else:
        text = f" {' '.join(spaced_tokens(draws, draws.count(parameters.words)))} \n"
    return {source.column("text"): text, **further_columns(source, parameters.columns, row)}


class SummaryParameters(Parameters):
    """Parameters of `document-summary`."""

    words: Distribution = fact("words of the document", unit="words")
    summary_words: Distribution = fact("words of the summary", unit="words")
    layout: Literal["article", "dialogue", "highlights"] = fact("form of the document, or of its summary")
    turn_words: int = fact("mean words of a turn of a dialogue, its name included", 8, unit="words", ge=3)


def document_summary(source: Source, parameters: SummaryParameters, row: int) -> Row:
    """`text, summary`."""
    draws = source.draws(row)
    n, n_summary = draws.count(parameters.words), draws.count(parameters.summary_words)
    if parameters.layout == "dialogue":
        text = _dialogue(draws, n, parameters.turn_words)
    else:
        text = paragraphs(draws, n, "\n" if parameters.layout == "article" else " ", _PARAGRAPH_WORDS)
    summary = paragraphs(draws, n_summary, "\n" if parameters.layout == "highlights" else " ", 1)
    return {
        source.column("text"): text,
        source.column("summary"): summary,
        **further_columns(source, parameters.columns, row),
    }


def _dialogue(draws: Draws, n: int, turn_words: int) -> str:
    """Turns `Name: …` of two speakers, `n` words together, names included, joined by `\\r\\n`."""
    speakers = (draws.one(FIRST_NAMES), draws.one(FIRST_NAMES))
    turns: list[str] = []
    left = n
    while left > 0:
        length = 3 + draws.index(2 * turn_words - 5)
        # A rest of one word would be a name that says nothing.
        length = left if left - length < 2 else length
        turns.append(" ".join([f"{speakers[len(turns) % 2]}:", *prose_text(draws, length - 1).split()]))
        left -= length
    return "\r\n".join(turns)


class PromptParameters(Parameters):
    """Parameters of `prompt`."""

    words: Distribution = fact("words of the prompt", unit="words")
    rows_per_prompt: int = fact("neighbours in file order with the same prompt", 1, ge=1)


def prompt(source: Source, parameters: PromptParameters, row: int) -> Row:
    """`prompt`: phrases of two to five words, joined by commas."""
    group = source.group(row, parameters.rows_per_prompt)
    draws = source.draws(group)
    words = walk(draws, draws.count(parameters.words))
    phrases = []
    while words:
        length = 2 + draws.index(4)
        phrases.append(" ".join(words[:length]))
        words = words[length:]
    known = {"id": further_columns(source, {"id": "id"}, group)["id"]}
    return {source.column("prompt"): ", ".join(phrases), **further_columns(source, parameters.columns, row, known)}
