"""Token classification: a sentence or a passage in, one label per token out, grouped into entities."""

from itertools import groupby
from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput

#: The label of what is no entity; it is labelled, counted and left out of the answer, as in transformers' pipeline.
OUTSIDE = "O"


class TokenClassification(TextInput):
    """One label for each token of the text (special tokens have none), neighbours of one label joined."""

    output_unit = "label"

    def prepare(self, row: dict[str, Any]) -> str:
        """The tokens joined with spaces, or the passage, in the protocol's number of words."""
        return self.text(row, "tokens" if "tokens" in self.spec.dataset.fields else "text")

    @torch.inference_mode()
    def infer(self, samples: list[str]) -> list[Answer]:
        """Tokenise, forward, a label for each token, entities by their offsets in the text."""
        encoded = self.encode(samples, return_offsets_mapping=True)
        offsets = encoded.pop("offset_mapping").tolist()
        scores, labels = torch.softmax(self.model(**self.on_device(encoded)).logits.float(), dim=-1).max(dim=-1)
        found = zip(samples, labels.tolist(), scores.tolist(), offsets, strict=True)
        return [self._answer(text, encoded.sequence_ids(row), *of_row) for row, (text, *of_row) in enumerate(found)]

    @torch.inference_mode()
    def is_finite(self, sample: str, answer: Answer) -> bool:
        """No entity may be scores that are no numbers."""
        return bool(answer.value or self.model(**self.on_device(self.encoded([sample]))).logits.isfinite().all())

    def words_read(self, row: dict[str, Any]) -> int | None:
        """Of the text."""
        text = self.prepare(row)
        return self.whole_words(self.encode([text], return_offsets_mapping=True), 0, text)

    def _answer(
        self, text: str, parts: list[int | None], labels: list[int], scores: list[float], offsets: list[list[int]]
    ) -> Answer:
        """The entities of one text; a token of no part is special, or padding."""
        names = self.model.config.id2label
        tokens = [
            (names[label], score, span)
            for label, score, span, part in zip(labels, scores, offsets, parts, strict=True)
            if part is not None
        ]
        return Answer(entities(tokens, text), len(tokens))


def entities(tokens: list[tuple[str, float, list[int]]], text: str) -> list[dict[str, Any]]:
    """Neighbouring tokens (label, score, [start, end]) of one label, joined; `B-` opens a new entity.

    The score is the mean over the tokens ("simple" aggregation of transformers).
    """
    groups: list[int] = []
    previous = None
    for label, _, _ in tokens:
        opens = label.startswith("B-") or _kind(label) != previous
        groups.append((groups[-1] if groups else 0) + opens)
        previous = _kind(label)
    found = []
    for _, group in groupby(zip(groups, tokens, strict=True), key=lambda pair: pair[0]):
        members = [token for _, token in group]
        kind, start, end = _kind(members[0][0]), members[0][2][0], members[-1][2][1]
        if kind != OUTSIDE:
            score = sum(score for _, score, _ in members) / len(members)
            found.append({"label": kind, "score": score, "start": start, "end": end, "text": text[start:end]})
    return found


def _kind(label: str) -> str:
    return label[2:] if label[:2] in ("B-", "I-") else label
