"""Training a tokenizer of a kind and layout, for architecture mode.

A full vocabulary learnt on a few thousand different words would give 1.0 tokens per word where real text under the
published vocabularies gives about 1.3 (facts: BERT WordPiece 1.25 to 1.35 on reviews and news). So the vocabulary is
cut to a size that brings tokens per word to 1.3 on held-out text of the same source. The model keeps its full
embedding matrix.
"""

from collections.abc import Callable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.normalizers import Normalizer

from wattlab.models.tokenizers import vocabulary
from wattlab.models.tokenizers.layouts import Layout, layout_of
from wattlab.study.cells import TokenizerSpec

#: Learnt pieces, alphabet included, by kind and for text as it is or lower-cased: each brings tokens per word to 1.30
#: on the held-out text (a test holds every layout of the catalog to 1.3 +- 0.1).
N_PIECES = {
    "WordPiece": (3650, 2980),
    "byte-level BPE": (4000, 3250),
    "SentencePiece-unigram": (3680, 2970),
    "BPE (CLIP, end-of-word)": (3400, 3400),
    "BPE (fastBPE)": (3780, 3000),
    "SentencePiece-BPE (byte fallback)": (3680, 2970),
}

#: CLIP's own splitting rule: contractions, runs of letters, single digits, runs of anything else.
_CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def train(spec: TokenizerSpec) -> Tokenizer:
    """The tokenizer of a spec, the same bytes in every process. Raises `InputError` for an unknown layout."""
    layout = layout_of(spec)
    builders: dict[str, Callable[[bool, Layout], Tokenizer]] = {
        "WordPiece": _word_piece,
        "byte-level BPE": _byte_level,
        "SentencePiece-unigram": _unigram,
        "BPE (CLIP, end-of-word)": _clip,
        "BPE (fastBPE)": _fast_bpe,
        "SentencePiece-BPE (byte fallback)": _marked_bpe,
    }
    tokenizer = builders[spec.kind](spec.do_lower_case or layout.lower_case, layout)
    tokenizer.add_special_tokens(
        # A mask takes the blank before it along, as in the published tokenizers with blank-marked words.
        [
            AddedToken(token, lstrip=token == layout.takes_blank, normalized=False, special=True)
            for token in layout.special_tokens
        ]
    )
    _post_process(tokenizer, layout)
    return tokenizer


def tokens_per_word(tokenizer: Tokenizer, texts: tuple[str, ...] | None = None) -> float:
    """Tokens without special ones per whitespace word, by default on the held-out text."""
    texts = vocabulary.held_out() if texts is None else texts
    n_tokens = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    return n_tokens / sum(len(text.split()) for text in texts)


def _ids(pieces: list[str], layout: Layout) -> dict[str, int]:
    return {token: place for place, token in enumerate([*layout.first, *pieces, *layout.last])}


def _words(tokenizer: Tokenizer) -> list[str]:
    """The corpus after the tokenizer's own normalizer and splitter."""
    words: list[str] = []
    for text in vocabulary.corpus():
        normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
        words.extend(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    return words


def _in_order(*steps: Normalizer, lower: bool) -> Normalizer:
    return normalizers.Sequence([*steps, normalizers.Lowercase()] if lower else list(steps))


def _word_piece(lower: bool, layout: Layout) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocab={}, unk_token=layout.roles["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces = vocabulary.word_pieces(_words(tokenizer), N_PIECES["WordPiece"][lower])
    tokenizer.model = models.WordPiece(vocab=_ids(pieces, layout), unk_token=layout.roles["unk_token"])
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _byte_level(lower: bool, layout: Layout) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    if lower:
        tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=layout.words is None)
    if layout.words is not None:
        split = pre_tokenizers.Split(Regex(layout.words), behavior="isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, tokenizer.pre_tokenizer])
    pieces, merges = vocabulary.byte_pairs(_words(tokenizer), N_PIECES["byte-level BPE"][lower])
    tokenizer.model = models.BPE(vocab=_ids(pieces, layout), merges=merges)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _unigram(lower: bool, layout: Layout) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = _in_order(normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), lower=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    scored = vocabulary.unigrams(_words(tokenizer), N_PIECES["SentencePiece-unigram"][lower])
    whole = [*((token, 0.0) for token in layout.first), *scored]
    tokenizer.model = models.Unigram(whole, unk_id=layout.first.index(layout.roles["unk_token"]), byte_fallback=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    return tokenizer


def _marked_bpe(lower: bool, layout: Layout) -> Tokenizer:
    """Merges over words that a ▁ begins; a character that was never seen is its bytes in UTF-8 (Gemma)."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = _in_order(normalizers.Replace(" ", "▁"), lower=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", behavior="merged_with_next")
    of_bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    n_pieces = N_PIECES["SentencePiece-BPE (byte fallback)"][lower]
    pieces, merges = vocabulary.learn(vocabulary.parts(_words(tokenizer)), ["▁", *vocabulary.PRINTABLE], n_pieces)
    unknown = layout.roles["unk_token"]
    vocab = _ids([*of_bytes, *pieces], layout)
    tokenizer.model = models.BPE(vocab=vocab, merges=merges, unk_token=unknown, byte_fallback=True)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def _clip(lower: bool, layout: Layout) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = _in_order(normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), lower=lower)
    split = pre_tokenizers.Split(Regex(_CLIP_WORDS), behavior="removed", invert=True)
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
    pieces, merges = vocabulary.byte_pairs_with_word_ends(
        _words(tokenizer), pre_tokenizers.ByteLevel.alphabet(), N_PIECES["BPE (CLIP, end-of-word)"][lower]
    )
    tokenizer.model = models.BPE(vocab=_ids(pieces, layout), merges=merges, end_of_word_suffix="</w>")
    # `decoders.Strip` for the last blank would panic where no id is of the vocabulary.
    last, inner = decoders.Replace(Regex("</w>$"), ""), decoders.Replace("</w>", " ")
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), last, inner])
    return tokenizer


def _fast_bpe(lower: bool, layout: Layout) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = (
        normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()]) if lower else normalizers.NFC()
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces, merges = vocabulary.byte_pairs_with_word_ends(
        _words(tokenizer), vocabulary.PRINTABLE, N_PIECES["BPE (fastBPE)"][lower]
    )
    tokenizer.model = models.BPE(
        vocab=_ids(pieces, layout), merges=merges, end_of_word_suffix="</w>", unk_token=layout.roles["unk_token"]
    )
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    return tokenizer


def _post_process(tokenizer: Tokenizer, layout: Layout) -> None:
    steps: list[processors.PostProcessor] = []
    if layout.kind == "byte-level BPE":
        # Offsets without the blank that a word's first token carries, so that spans can be cut from the text.
        steps.append(processors.ByteLevel(trim_offsets=True))
    if layout.single is not None:
        ids = [(token, tokenizer.token_to_id(token)) for token in layout.special_tokens]
        steps.append(processors.TemplateProcessing(single=layout.single, pair=layout.pair, special_tokens=ids))
    if steps:
        tokenizer.post_processor = processors.Sequence(steps)
