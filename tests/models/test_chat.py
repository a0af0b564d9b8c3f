"""Chat templates: the same prompt on every day, what they are told, and where a thought ends."""

from typing import Any

import pytest
import tokenizers
import transformers

from wattlab.foundation.errors import InputError
from wattlab.models.chat import Chat

#: As Llama 3.2's, Qwen3's and gpt-oss' templates do it, in short.
LLAMA = (
    '{%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- endif %}'
    "Today Date: {{ date_string }}\n{{ messages[0]['content'] }}<end>"
)
QWEN = (
    "{{ messages[0]['content'] }}<end>{%- if enable_thinking is defined and enable_thinking is false %}"
    "{{ '<think>\n\n</think>\n\n' }}{%- endif %}"
)
DEEPSEEK = "{{ messages[0]['content'] }}<end><think>\n"
HARMONY = "{{ strftime_now('%Y-%m-%d') }}{{ messages[0]['content'] }}<end>{# <|channel|>final<|message|> #}"


def tokenizer_with(template: str, special: tuple[str, ...] = ()) -> Any:
    """Of words and these special tokens."""
    words = ["<unk>", "<think>", "</think>", "so", "red", "blue", "analysis", "final"]
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: n for n, word in enumerate(words)}, "<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens(list(special))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>")
    tokenizer.chat_template = template
    return tokenizer


def chat_of(template: str, special: tuple[str, ...] = (), **arguments: Any) -> Chat:
    return Chat(tokenizer_with(template, special), arguments, "org--model")


@pytest.mark.parametrize(
    ("template", "day"), [(LLAMA, "Today Date: 26 Jul 2024\nred<end>"), (HARMONY, "2024-07-26red<end>")]
)
def test_a_template_that_asks_for_the_date_is_told_a_fixed_one(template, day):
    chat = chat_of(template)
    assert chat.prompt("red") == day
    assert chat.stated["chat.date"] == "2024-07-26"
    assert "chat.date" not in chat_of(QWEN).stated


def test_a_date_that_can_not_be_fixed_is_refused():
    with pytest.raises(
        InputError, match="org--model: its chat template asks for the date by a format that it computes"
    ):
        chat_of("{% set form = '%Y' %}{{ strftime_now(form) }}")


def test_arguments_of_the_template_are_passed_and_stated():
    assert chat_of(QWEN).prompt("red") == "red<end>"
    chat = chat_of(QWEN, enable_thinking=False)
    assert chat.prompt("red") == "red<end><think>\n\n</think>\n\n"
    assert chat.stated == {"chat.enable_thinking": False, "chat.thinking": "off"}
    assert chat_of(QWEN).stated == {"chat.thinking": "as the model decides"}
    assert chat_of(DEEPSEEK).stated == {"chat.thinking": "on"}
    assert chat_of("{{ messages[0]['content'] }}").stated == {}
    with pytest.raises(
        InputError, match=r"org--model: template_arguments\.thinking: its chat template has no such word"
    ):
        chat_of(QWEN, thinking=False)


def test_what_a_template_refuses_is_one_line():
    with pytest.raises(InputError, match="org--model: its chat template refuses the prompt: no system message"):
        chat_of("{{ raise_exception('no system message') }}").prompt("red")


@pytest.mark.parametrize(
    ("written", "is_open", "thought", "answer"),
    [
        ("red", False, "", "red"),
        ("<think> so blue </think> red", False, "<think> so blue ", " red"),
        ("so blue </think> red", True, "so blue ", " red"),
        ("so blue", True, "so blue", None),
        ("<think> so blue", False, "<think> so blue", None),
        ("<think> so </think> blue <think> so", False, "<think> so </think> blue <think> so", None),
    ],
)
def test_a_thought_that_was_cut_is_no_answer(written, is_open, thought, answer):
    chat = chat_of(QWEN)
    tokens = chat._tokenizer(written)["input_ids"]
    assert chat.thought.split(tokens, chat._tokenizer.decode, is_open) == (thought, answer)
    assert chat_of(DEEPSEEK).thought.is_open(chat_of(DEEPSEEK).prompt("red"))
    assert not chat.thought.is_open(chat_of(QWEN, enable_thinking=False).prompt("red"))


def test_marks_that_decoding_leaves_out_are_found_among_the_tokens():
    chat = chat_of(HARMONY, ("<|channel|>", "<|message|>", "<|end|>"))
    tokenizer = chat._tokenizer

    def split(text: str) -> tuple[str, str | None]:
        tokens = tokenizer(text)["input_ids"]
        return chat.thought.split(tokens, lambda ids: tokenizer.decode(ids, skip_special_tokens=True), False)

    begun = "<|channel|> analysis <|message|> so blue"
    assert split(f"{begun} <|end|> <|channel|> final <|message|> red") == ("analysis so blue", "red")
    assert split(begun) == ("analysis so blue", None)
    assert split("<|channel|> final <|message|> red") == ("", "red")
