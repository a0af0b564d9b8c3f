"""Chat templates: what a model's own template makes of a prompt, the same on every day, and where a thought ends.

A template that asks for the date is told a fixed one: the inputs of two sessions are then alike. A thought is what a
model writes before its answer; what was cut inside a thought is no answer.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import TemplateError

from wattlab.foundation.errors import InputError

#: The date that every template is told: the one that Llama 3's falls back on.
DAY = date(2024, 7, 26)

_ASKS_FOR_DAY = re.compile(r"""strftime_now\(\s*(['"])(.*?)\1\s*\)""")

#: How thoughts begin and end: Qwen3, DeepSeek-R1 and most others; Magistral; gpt-oss (harmony); Seed-OSS.
_MARKS = (
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    ("<seed:think>", "</seed:think>"),
)


@dataclass(frozen=True)
class Thought:
    """How a model's thoughts begin and end, in text, and in tokens where decoding leaves the marks out.

    Tokens are coded as a string, a letter for each, so that both are searched alike.
    """

    begin: str
    end: str
    coded: tuple[str, str] | None

    def is_open(self, prompt: str) -> bool:
        """Whether a prompt ends inside a thought."""
        return prompt.rfind(self.begin) > prompt.rfind(self.end)

    def split(self, tokens: list[int], decode: Callable[[list[int]], str], is_open: bool) -> tuple[str, str | None]:
        """Thought and answer of generated tokens; the answer is null where it was cut inside the thought.

        `is_open`: the prompt ended inside a thought.
        """
        written = _coded(tokens) if self.coded else decode(tokens)
        begin, end = self.coded or (self.begin, self.end)
        place = written.rfind(end)
        if written.rfind(begin) > place or (place < 0 and is_open):
            return decode(tokens), None
        if place < 0:
            return "", decode(tokens)
        after = place + len(end)
        if self.coded:
            return decode(tokens[:place]), decode(tokens[after:])
        return written[:place], written[after:]


def _coded(tokens: Iterable[int]) -> str:
    return "".join(map(chr, tokens))


class Chat:
    """The chat template of a tokenizer with the arguments of a model's entry. Raises `InputError` for what it can not take."""

    def __init__(self, tokenizer: Any, arguments: dict[str, Any], name: str) -> None:
        self._tokenizer, self._arguments, self._name = tokenizer, arguments, name
        asked: str = tokenizer.get_chat_template()
        self._template = _ASKS_FOR_DAY.sub(lambda call: repr(DAY.strftime(call[2])), asked)
        if re.search(r"strftime_now\s*\(", self._template):
            raise InputError(
                f"{name}: its chat template asks for the date by a format that it computes; choose another model"
            )
        for argument in arguments:
            if not re.search(rf"\b{re.escape(argument)}\b", asked):
                raise InputError(
                    f"{name}: template_arguments.{argument}: its chat template has no such word; correct it"
                )
        self.thought = next(
            (_thought(tokenizer, *marks) for marks in _MARKS if any(mark in asked for mark in marks)), None
        )
        day = {} if self._template == asked else {"date": DAY.isoformat()}
        thinking = {} if self.thought is None else {"thinking": self._thinking(self.thought)}
        #: What of the template a reader should know: its arguments, whether the model thinks, which date it is told.
        self.stated: dict[str, Any] = {f"chat.{key}": value for key, value in {**arguments, **thinking, **day}.items()}

    def prompt(self, said: str) -> str:
        """What a user said, in the template, up to where the model answers."""
        try:
            text: str = self._tokenizer.apply_chat_template(
                [{"role": "user", "content": said}],
                chat_template=self._template,
                add_generation_prompt=True,
                tokenize=False,
                **self._arguments,
            )
        except TemplateError as error:
            raise InputError(
                f"{self._name}: its chat template refuses the prompt: {error}; choose another model"
            ) from error
        return text

    def _thinking(self, thought: Thought) -> str:
        prompt = self.prompt("")
        if thought.is_open(prompt):
            return "on"
        return "off" if prompt.rstrip().endswith(thought.end) else "as the model decides"


def _thought(tokenizer: Any, begin: str, end: str) -> Thought:
    begins, ends = (tokenizer(mark, add_special_tokens=False)["input_ids"] for mark in (begin, end))
    vanishes = end not in tokenizer.decode(ends, skip_special_tokens=True)
    return Thought(begin, end, (_coded(begins), _coded(ends)) if vanishes else None)
