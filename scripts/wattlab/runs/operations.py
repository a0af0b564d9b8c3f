"""The FLOPs of a cell, on shapes alone: no weights, no checkpoint, no measured window.

Where the rows of a cell lie frozen on this machine, theirs are the lengths; else those of surrogate rows. Tokens are those
of the tokenizer that is trained for the architecture. What models wrote is taken from its publication or its record.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import torch

from wattlab.foundation.errors import InputError, Unavailable
from wattlab.foundation.shared import Shared
from wattlab.models.environments import missing_environment
from wattlab.models.random_weights.source import ShapesSource
from wattlab.models.tokenizers.file import TokenizerFile, load_tokenizer, read_tokenizer, save
from wattlab.models.tokenizers.training import train
from wattlab.samples.manifest import Row, read_manifest, read_rows
from wattlab.samples.places import manifest_of
from wattlab.samples.surrogate.generate import surrogate_rows
from wattlab.study.cells import ResolvedCell, SampleSpec, Spec, TokenizerSpec
from wattlab.tasks import adapter_for
from wattlab.tasks.contract import Adapter, Uncounted
from wattlab.tasks.flops import Count, count_inference

#: Rows whose lengths are taken, and images, of a size of their own.
MOST_ROWS, MOST_IMAGES = 200, 32

#: Values of a protocol that change what a model computes of an input of one size.
_MATTERS = {"max_new_tokens", "image_size", "steps"}

#: Counts of each model so far: its datasets share them.
_KNOWN: dict[Hashable, dict[Hashable, Count]] = {}


@dataclass(frozen=True)
class Lengths:
    """What is known of a cell's real inputs and answers: mean words as published, mean tokens as measured."""

    input_words: float | None = None
    output_words: float | None = None
    output_tokens: float | None = None


def flops_of(cell: ResolvedCell, twin: Callable[[], Spec], lengths: Lengths, results: Path) -> dict[str, Any]:
    """The cell's row of the table `flops`; where nothing can be counted, with the reason. `twin`: its spec with random weights."""
    try:
        spec = twin()
        if spec.model.architecture is None:
            raise Uncounted("the catalog has no entry of the model, and so no architecture")
        if missing := missing_environment(spec):
            raise Uncounted(missing[0])
        return _counted(cell, spec, lengths, results)
    except (InputError, Unavailable, Uncounted) as error:
        return {"reason": str(error)}


def _counted(cell: ResolvedCell, spec: Spec, lengths: Lengths, results: Path) -> dict[str, Any]:
    trained = None if spec.tokenizer is None else _trained(results, spec.tokenizer.model_dump_json())
    tokenizer = None if trained is None else load_tokenizer(trained)
    adapter = adapter_for(spec)(spec, ShapesSource(spec, tokenizer), torch.device("meta"))
    adapter.load()
    per_word = 1.0 if trained is None else trained.tokens_per_word or 1.0
    sizes, input_from = _sizes(adapter, cell, lengths.input_words, per_word, results)
    new, output_from = _new_tokens(adapter, lengths, per_word)
    key = (type(adapter), spec.model.model_dump_json(), spec.protocol.model_dump_json(include=_MATTERS))
    count = count_inference(adapter, sizes, new, _KNOWN.setdefault(key, {}))
    tokens = [size for size in sizes if isinstance(size, int)]
    images = dict.fromkeys(f"{size[0]} x {size[1]}" for size in sizes if isinstance(size, tuple))
    return {
        "parameters": adapter.parameters,
        "flops_per_inference": float(count.flops),
        "parts": "; ".join(f"{part} {flops:.4g}" for part, flops in count.parts.items()),
        "input_tokens": sum(tokens) / len(tokens) if tokens else None,
        "image_size": ", ".join(list(images)[:3]) + (f" and {len(images) - 3} more" if len(images) > 3 else "") or None,
        "output_tokens": new,
        "input_from": input_from,
        "output_from": output_from,
        "not_counted": ", ".join(sorted(count.uncounted)),
    }


def _sizes(
    adapter: Adapter, cell: ResolvedCell, words: float | None, per_word: float, results: Path
) -> tuple[list[Any], str]:
    """Sizes of the cell's inputs, and where they come from."""
    if words is not None:
        mean = f"published mean of {words:.4g} words x {per_word:.3g} tokens of a trained tokenizer"
        return [max(1, round(words * per_word))], mean
    spec = adapter.spec
    rows, kind = _rows(results, (cell.spec or spec).samples.model_dump_json(), spec.samples.model_dump_json())
    sizes = [adapter.size(adapter.prepare(row)) for row in rows]
    if isinstance(sizes[0], tuple):
        own = f"sizes of {len(sizes)} {kind}"
        return sizes, own if spec.protocol.image_size is None else "protocol: image_size"
    fixed = len(set(sizes)) == 1
    return sizes, f"{len(sizes)} {kind}, {'all of one length' if fixed else 'tokens of a trained tokenizer'}"


def _new_tokens(adapter: Adapter, lengths: Lengths, per_word: float) -> tuple[float | None, str | None]:
    """Mean tokens of an answer that is generated, and where they come from; null for one that is not."""
    if adapter.generation is None:
        return None, None
    cap = adapter.spec.protocol.max_new_tokens
    if lengths.output_tokens is not None:
        return lengths.output_tokens, "mean of the measured answers"
    if lengths.output_words is None:
        return cap, "protocol, or the published lengths of catalog/tasks.yaml"
    written = lengths.output_words * per_word + 1
    how = f"published mean of {lengths.output_words:.4g} words x {per_word:.3g} tokens, and one that ends it"
    return max(1.0, min(written, cap or written)), how if cap is None or written <= cap else f"{how}; cut at the cap"


@cache
def _trained(results: Path, spec: str) -> TokenizerFile:
    wanted = TokenizerSpec.model_validate_json(spec)
    path = results / Shared.TOKENIZERS / f"{wanted.name}.json"
    return read_tokenizer(path) if path.exists() else save(train(wanted), wanted, path)


@lru_cache(maxsize=2)
def _rows(results: Path, frozen: str, surrogate: str) -> tuple[list[Row], str]:
    """The first rows of a dataset, and what they are."""
    wanted, stand_in = (SampleSpec.model_validate_json(spec) for spec in (frozen, surrogate))
    most = MOST_IMAGES if "image" in wanted.entry.fields else MOST_ROWS
    path = manifest_of(results, wanted)
    if path.exists() and (manifest := read_manifest(path)).status == "complete":
        return read_rows(manifest, path)[:most], f"frozen rows ({wanted.data})"
    return list(surrogate_rows(stand_in.model_copy(update={"n": min(most, stand_in.n)}))), "surrogate rows"
