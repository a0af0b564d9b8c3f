"""Which metric a task has, and why some have none."""

from collections.abc import Callable

from wattlab.foundation.schema import TaskName
from wattlab.quality.answered import Answered, Score, Unscorable
from wattlab.quality.boxes import mean_average_precision
from wattlab.quality.classification import accuracy
from wattlab.quality.entities import entity_f1
from wattlab.quality.masks import masked_words
from wattlab.quality.overlap import rouge_of_captions, rouge_of_summaries
from wattlab.quality.spans import exact_and_f1

#: Task -> its metric.
METRICS: dict[TaskName, Callable[[Answered], list[Score]]] = {
    "text-classification": accuracy,
    "question-answering": exact_and_f1,
    "token-classification": entity_f1,
    "fill-mask": masked_words,
    "summarization": rouge_of_summaries,
    "image-classification": accuracy,
    "object-detection": mean_average_precision,
    "image-to-text": rouge_of_captions,
}

#: Task -> why it has none.
WITHOUT: dict[TaskName, str] = {
    "text-generation": "a continuation of a text has no reference, and the text's own probability is not in the answers",
    "text-to-image": "a prompt has no reference image, and of the images only hashes and thumbnails are kept",
}


def scores(answered: Answered) -> list[Score]:
    """Every score of a cell's answers. Raises `Unscorable` with the reason where there is none."""
    if answered.cell.task in WITHOUT:
        raise Unscorable(WITHOUT[answered.cell.task])
    return METRICS[answered.cell.task](answered)
