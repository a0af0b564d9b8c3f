"""Short texts with a class: sentiment data."""

from itertools import accumulate

from wattlab.foundation.schema import fact
from wattlab.samples.draws import Distribution
from wattlab.samples.surrogate.source import Parameters, Row, Source, further_columns
from wattlab.samples.surrogate.text import paragraphs


class ReviewParameters(Parameters):
    """Parameters of `review`."""

    words: Distribution = fact("words of the text, those of breaks included", unit="words")
    classes: list[str] = fact("class names", min_length=1)
    hidden_labels: bool = fact("every label is -1, as in splits without answers", False)
    order: list[tuple[int, int]] | None = fact("[label, rows] in file order", None)
    break_words: int | None = fact("a `<br /><br />` after about so many words", None, unit="words", ge=1)


def review(source: Source, parameters: ReviewParameters, row: int) -> Row:
    """`text, label`."""
    draws = source.draws(row)
    n_words = draws.count(parameters.words)
    class_drawn = draws.index(len(parameters.classes))
    if parameters.hidden_labels:
        label = -1
    elif source.in_file_order and parameters.order:
        label = _label_in_order(parameters.order, row)
    else:
        label = class_drawn
    return {
        source.column("text"): _text(parameters, source, row, n_words),
        source.column("label"): label,
        **further_columns(source, parameters.columns, row),
    }


def _text(parameters: ReviewParameters, source: Source, row: int, n_words: int) -> str:
    draws = source.draws(row, "text")
    if parameters.break_words is None:
        return paragraphs(draws, n_words, " ", n_words)
    text = paragraphs(draws, n_words, "<br /><br />", parameters.break_words)
    # 'end.<br /><br />Start' is a word more than 'end. Start': the text is cut back to its length.
    return " ".join(text.split()[:n_words])


def _label_in_order(order: list[tuple[int, int]], row: int) -> int:
    """Label of a row of a file that is sorted by label; a longer sample starts again."""
    ends = list(accumulate(rows for _, rows in order))
    place = row % ends[-1]
    return next(label for (label, _), end in zip(order, ends, strict=True) if place < end)
