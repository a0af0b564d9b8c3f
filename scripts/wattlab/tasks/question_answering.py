"""Extractive question answering: a question and a context in, a span of the context out."""

from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput

#: Longest span: the default of transformers' `question-answering` pipeline, which the authors used.
MAX_ANSWER_TOKENS = 15

#: The answer to a question without a context.
NOTHING = Answer({"text": "", "start": None, "end": None, "score": None}, 0)


class QuestionAnswering(TextInput):
    """The likeliest span of at most 15 tokens. An empty context has an empty answer, without a forward pass."""

    output_unit = "token"

    def prepare(self, row: dict[str, Any]) -> tuple[str, str]:
        """Question and context; the protocol's number of words holds for the context alone."""
        return self.text(row, "question"), self.text(row, "context")

    def size(self, sample: tuple[str, str]) -> int:
        """Input tokens of the pair."""
        return super().size(sample) if sample[1].strip() else 0

    @torch.inference_mode()
    def infer(self, samples: list[tuple[str, str]]) -> list[Answer]:
        """Tokenise the pairs (only the context is cut), forward, the likeliest spans by their offsets."""
        asked = [sample for sample in samples if sample[1].strip()]
        found = iter(self._spans(asked) if asked else ())
        return [next(found) if sample[1].strip() else NOTHING for sample in samples]

    def encoded(self, samples: list[tuple[str, str]]) -> Any:
        """Token ids of the pairs, and where in the context each token lies."""
        questions, contexts = map(list, zip(*samples, strict=True))
        return self.encode(questions, contexts, truncation="only_second", return_offsets_mapping=True)

    def words_read(self, row: dict[str, Any]) -> int | None:
        """Of the context; the question is not cut."""
        sample = self.prepare(row)
        return self.whole_words(self.encoded([sample]), 1, sample[1]) if sample[1].strip() else None

    def _spans(self, samples: list[tuple[str, str]]) -> list[Answer]:
        encoded = self.encoded(samples)
        offsets = encoded.pop("offset_mapping").tolist()
        outputs = self.model(**self.on_device(encoded))
        answers = []
        for row, (_, context) in enumerate(samples):
            of_context = torch.tensor([part == 1 for part in encoded.sequence_ids(row)], device=self.device)
            first, last, score = best_span(outputs.start_logits[row], outputs.end_logits[row], of_context)
            start, end = offsets[row][first][0], offsets[row][last][1]
            value = {"text": context[start:end], "start": start, "end": end, "score": score}
            answers.append(Answer(value, last - first + 1))
        return answers


def best_span(start_logits: torch.Tensor, end_logits: torch.Tensor, allowed: torch.Tensor) -> tuple[int, int, float]:
    """First and last token of the likeliest span among the allowed tokens, and its probability.

    All of shape (n_tokens,); the probability is that of the start times that of the end, each over the allowed tokens.
    """
    never = torch.finfo(torch.float32).min
    start = torch.softmax(start_logits.float().masked_fill(~allowed, never), dim=-1)
    end = torch.softmax(end_logits.float().masked_fill(~allowed, never), dim=-1)
    scores = torch.outer(start, end).triu().tril(MAX_ANSWER_TOKENS - 1)
    scores.masked_fill_(~torch.outer(allowed, allowed), -1.0)
    index = int(scores.argmax())
    first, last = divmod(index, scores.shape[1])
    return first, last, float(scores[first, last])
