"""ROUGE-1, ROUGE-2 and ROUGE-L of summaries and captions, by rouge-score (Google's), words stemmed, F measure.

Where a row has several references (the captions of COCO), the best one counts for each metric.
"""

from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from wattlab.quality.answered import Answered, Score, Unscorable

_METRICS = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}


def rouge_of_summaries(answered: Answered) -> list[Score]:
    """The scores of summaries."""
    return _rouge(answered, "summary")


def rouge_of_captions(answered: Answered) -> list[Score]:
    """The scores of captions."""
    return _rouge(answered, "caption")


def _rouge(answered: Answered, role: str) -> list[Score]:
    references = [_texts(value) for value in answered.references(role)]
    scored = [place for place, texts in enumerate(references) if texts]
    if not scored:
        raise Unscorable(answered.labels_hidden or f"no row has a {role}")
    scorer = RougeScorer(list(_METRICS), use_stemmer=True)
    found = [scorer.score_multi(references[place], str(answered.answers[place])) for place in scored]
    return [
        Score(
            name,
            sum(float(scores[metric].fmeasure) for scores in found) / len(found),
            n_scored=len(found),
            n_unscored=len(references) - len(found),
            headline=metric == "rougeL",
        )
        for metric, name in _METRICS.items()
    ]


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else list(value or [])
    return [text for text in texts if text.strip()]
