"""Extractive question answering: a question and a context in, a span of the context out."""

from typing import Any

import torch

from wattlab.tasks.contract import Answer
from wattlab.tasks.inputs import TextInput

#: Longest span: the default of transformers' `question-answering` pipeline, which the authors used.
MAX_ANSWER_TOKENS = 15


class QuestionAnswering(TextInput):
    """The likeliest span of at most 15 tokens. An empty context has an empty answer, without a forward pass."""

    output_unit = "token"

    def prepare(self, row: dict[str, Any]) -> tuple[str, str]:
        """Question and context; the protocol's number of words holds for the context alone."""
        return self.text(row, "question"), self.text(row, "context")

    def size(self, sample: tuple[str, str]) -> int:
        """Input tokens of the pair."""
        question, context = sample
        if not context.strip():
            return 0
        return int(self.encode(question, context, truncation="only_second")["input_ids"].shape[1])

    @torch.inference_mode()
    def infer(self, sample: tuple[str, str]) -> Answer:
        """Tokenise the pair (only the context is cut), forward, the likeliest span by its offsets."""
        question, context = sample
        if not context.strip():
            return Answer({"text": "", "start": None, "end": None, "score": None}, 0)
        encoded = self.encode(question, context, truncation="only_second", return_offsets_mapping=True)
        offsets = encoded.pop("offset_mapping")[0].tolist()
        of_context = torch.tensor([part == 1 for part in encoded.sequence_ids(0)], device=self.device)
        outputs = self.model(**self.on_device(encoded))
        first, last, score = best_span(outputs.start_logits[0], outputs.end_logits[0], of_context)
        start, end = offsets[first][0], offsets[last][1]
        return Answer({"text": context[start:end], "start": start, "end": end, "score": score}, last - first + 1)


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
