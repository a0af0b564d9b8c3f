"""How long an input a model takes."""

from typing import Any

from torch import nn

#: Tokenizers without a length of their own state a number like 1e30.
_UNBOUNDED = 10**9


def longest_input(stated: int | None, tokenizer: Any, model: Any) -> int | None:
    """Longest input in tokens: the least of the entry's, the tokenizer's and the model's positions; null: no bound."""
    limits = [stated, tokenizer.model_max_length, None if stated is not None else positions_of(model)]
    return min((limit for limit in limits if limit is not None and limit < _UNBOUNDED), default=None)


def positions_of(model: Any) -> int | None:
    """Positions that a model has, by its configuration; null where that states none (relative positions, alibi).

    RoBERTa and its kin count positions from behind the padding token's, so that the first ones are never used.
    """
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if positions is None:
        return None
    for name, part in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, nn.Embedding) and part.padding_idx is not None:
            return int(positions) - part.padding_idx - 1
    return int(positions)
