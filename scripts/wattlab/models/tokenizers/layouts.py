"""Special tokens of the tokenizer classes: which there are, their ids, and where they go around one text or two.

Ids matter where a model's code or configuration rests on them: padding rows of embeddings and RoBERTa's positions
(`<pad>` = 1), BERT's `[PAD]` = 0, T5's decoder start 0, BART's 2, CLIP's pooling at the highest id. Sources: the
vocabularies of the published checkpoints. The id of a mask is no fact here, since a vocabulary is cut short.
"""

from dataclasses import dataclass

from wattlab.foundation.errors import InputError, entry_of
from wattlab.study.cells import TokenizerSpec

_WITH_SEGMENTS = ("input_ids", "token_type_ids", "attention_mask")
_PLAIN = ("input_ids", "attention_mask")


@dataclass(frozen=True)
class Layout:
    """One tokenizer class. `roles` are transformers' names (`pad_token` …) and their tokens."""

    kind: str
    roles: dict[str, str]
    #: Special tokens with the ids 0, 1, 2 …
    first: tuple[str, ...]
    #: Special tokens with the highest ids, in order.
    last: tuple[str, ...] = ()
    #: Templates of `tokenizers.processors.TemplateProcessing`; None: nothing is added.
    single: str | None = None
    pair: str | None = None
    #: What a call returns.
    model_input_names: tuple[str, ...] = _PLAIN
    #: Longest input where the class fixes it (tokens).
    model_max_length: int | None = None
    #: Text is lower-cased whatever the catalog says.
    lower_case: bool = False
    #: Regular expression of the words of a byte-level BPE; None: GPT-2's.
    words: str | None = None
    #: The token, if any, that takes the blank before it along.
    takes_blank: str = "<mask>"

    @property
    def special_tokens(self) -> tuple[str, ...]:
        """All of them, those with the lowest ids first."""
        return (*self.first, *self.last)


def _bert_like(
    kind: str, first: tuple[str, ...], names: tuple[str, ...] = _WITH_SEGMENTS, pad: str = "[PAD]"
) -> Layout:
    unk = next(token for token in first if "unk" in token.lower())
    return Layout(
        kind=kind,
        roles={
            "pad_token": pad,
            "unk_token": unk,
            "cls_token": "[CLS]",
            "sep_token": "[SEP]",
            "mask_token": "[MASK]",
        },
        first=first,
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        model_input_names=names,
    )


def _roberta_like(kind: str, **more: int) -> Layout:
    return Layout(
        kind=kind,
        roles={
            "bos_token": "<s>",
            "eos_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "mask_token": "<mask>",
        },
        first=("<s>", "<pad>", "</s>", "<unk>", "<mask>"),
        single="<s>:0 $A:0 </s>:0",
        pair="<s>:0 $A:0 </s>:0 </s>:0 $B:0 </s>:0",
        model_max_length=more.get("model_max_length"),
    )


_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_UNIGRAM, _BYTES, _MARKED = "SentencePiece-unigram", "byte-level BPE", "SentencePiece-BPE (byte fallback)"

#: Words of tiktoken's cl100k, with digits in threes; Qwen's with single ones. GPT-2's with single digits (StarCoder, SmolLM).
_CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_QWEN = _CL100K.replace("{1,3}", "")
_SINGLE_DIGITS = r"'(?:[sdmt]|ll|ve|re)|\p{N}| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def _decoders(last: str, *, bos: str | None = None, pad: str, eos: str, words: str | None = _CL100K) -> Layout:
    """Byte-level BPE of a decoder. `last`: its special tokens, of which `bos` stands before a text, if it is given."""
    roles = {"eos_token": eos, "pad_token": pad, **({"bos_token": bos} if bos else {})}
    single, pair = (f"{bos}:0 $A:0", f"{bos}:0 $A:0 {bos}:0 $B:0") if bos else (None, None)
    return Layout(_BYTES, roles, (), tuple(last.split()), single, pair, words=words)


LAYOUTS = {
    "BertTokenizer": _bert_like("WordPiece", _BERT),
    "ElectraTokenizer": _bert_like("WordPiece", _BERT),
    "DistilBertTokenizer": _bert_like("WordPiece", _BERT, _PLAIN),
    "RobertaTokenizer": _roberta_like(_BYTES),
    "BartTokenizer": _roberta_like(_BYTES),
    "LEDTokenizer": _roberta_like(_BYTES),
    "XLMRobertaTokenizer": _roberta_like(_UNIGRAM),
    "BertweetTokenizer": _roberta_like("BPE (fastBPE)", model_max_length=128),
    "DebertaTokenizer": _bert_like(_BYTES, ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")),
    "DebertaV2Tokenizer": _bert_like(_UNIGRAM, ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")),
    "AlbertTokenizer": _bert_like(_UNIGRAM, ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), pad="<pad>"),
    "T5Tokenizer": Layout(
        kind=_UNIGRAM,
        roles={"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"},
        first=("<pad>", "</s>", "<unk>"),
        single="$A:0 </s>:0",
        pair="$A:0 </s>:0 $B:0 </s>:0",
    ),
    "PegasusTokenizer": Layout(
        kind=_UNIGRAM,
        roles={"pad_token": "<pad>", "eos_token": "</s>", "mask_token": "<mask_2>", "unk_token": "<unk>"},
        first=("<pad>", "</s>", "<mask_1>", "<mask_2>", "<unk>"),
        single="$A:0 </s>:0",
        pair="$A:0 $B:0 </s>:0",
    ),
    "GPT2Tokenizer": Layout(
        kind=_BYTES,
        roles={name: "<|endoftext|>" for name in ("bos_token", "eos_token", "unk_token", "pad_token")},
        first=(),
        last=("<|endoftext|>",),
    ),
    "BloomTokenizer": Layout(
        kind=_BYTES,
        roles={"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"},
        first=("<unk>", "<s>", "</s>", "<pad>"),
    ),
    "PreTrainedTokenizer (ModernBERT)": Layout(
        kind=_BYTES,
        roles=_bert_like(_BYTES, _BERT).roles,
        first=(),
        last=("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"),
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:0",
        takes_blank="[MASK]",
    ),
    "GemmaTokenizer": Layout(
        kind=_MARKED,
        roles={"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"},
        first=("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"),
        single="<bos>:0 $A:0",
        pair="<bos>:0 $A:0 <bos>:0 $B:0",
    ),
    "Qwen2Tokenizer": _decoders(
        "<|endoftext|> <|im_start|> <|im_end|> <|vision_start|> <|vision_end|> <|image_pad|>",
        pad="<|endoftext|>",
        eos="<|im_end|>",
        words=_QWEN,
    ),
    "PreTrainedTokenizer (Llama 3)": _decoders(
        "<|begin_of_text|> <|end_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|>",
        bos="<|begin_of_text|>",
        pad="<|end_of_text|>",
        eos="<|end_of_text|>",
    ),
    "PreTrainedTokenizer (LFM2)": _decoders(
        "<|pad|> <|startoftext|> <|endoftext|> <|im_start|> <|im_end|>",
        bos="<|startoftext|>",
        pad="<|pad|>",
        eos="<|im_end|>",
    ),
    "GPT2Tokenizer (SmolLM2)": _decoders(
        "<|endoftext|> <|im_start|> <|im_end|>", pad="<|im_end|>", eos="<|im_end|>", words=_SINGLE_DIGITS
    ),
    "GPT2Tokenizer (SmolLM3)": _decoders(
        "<|begin_of_text|> <|end_of_text|> <|im_start|> <|im_end|>", pad="<|im_end|>", eos="<|im_end|>"
    ),
    "GPT2Tokenizer (OLMo 2)": _decoders("<|endoftext|> <|pad|>", pad="<|pad|>", eos="<|endoftext|>"),
    "GPT2Tokenizer (Granite 4)": _decoders(
        "<|pad|> <|end_of_text|> <|start_of_role|> <|end_of_role|>", pad="<|pad|>", eos="<|end_of_text|>"
    ),
    "GPT2Tokenizer (Granite 3)": _decoders(
        "<|end_of_text|> <|start_of_role|> <|end_of_role|>",
        pad="<|end_of_text|>",
        eos="<|end_of_text|>",
        words=_SINGLE_DIGITS,
    ),
    "GPT2Tokenizer (Phi 4)": _decoders(
        "<|endoftext|> <|system|> <|user|> <|assistant|> <|end|>", pad="<|endoftext|>", eos="<|endoftext|>"
    ),
    "PreTrainedTokenizer (harmony)": _decoders(
        "<|endoftext|> <|start|> <|channel|> <|message|> <|end|> <|return|>", pad="<|endoftext|>", eos="<|return|>"
    ),
    "GPTNeoXTokenizer": _decoders("<|endoftext|> <|padding|>", pad="<|padding|>", eos="<|endoftext|>", words=None),
    "CLIPTokenizer": Layout(
        kind="BPE (CLIP, end-of-word)",
        roles={
            "bos_token": "<|startoftext|>",
            "eos_token": "<|endoftext|>",
            "unk_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>",
        },
        first=(),
        last=("<|startoftext|>", "<|endoftext|>"),
        single="<|startoftext|>:0 $A:0 <|endoftext|>:0",
        pair="<|startoftext|>:0 $A:0 <|endoftext|>:0 <|endoftext|>:0 $B:0 <|endoftext|>:0",
        model_max_length=77,
        lower_case=True,
    ),
}


def layout_of(spec: TokenizerSpec, file: str = "catalog/models") -> Layout:
    """The layout of a spec's class; an `InputError` that names `file` for a class that is unknown or of another kind."""
    name = spec.layout.removesuffix("Fast")
    place = f"{file}: tokenizer.class_name = {spec.layout!r}"
    layout = entry_of(LAYOUTS, name, f"{place}: wattlab/models/tokenizers/layouts.py has no layout for it; add one")
    if layout.kind != spec.kind:
        raise InputError(
            f"{file}: tokenizer.kind = {spec.kind!r} with class_name = {spec.layout!r}: "
            f"that class is {layout.kind!r}; correct one of them"
        )
    return layout
