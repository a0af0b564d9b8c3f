"""Where a cell's model, its text and image preparation and its generation defaults come from.

`architecture`: the catalog and seeded random weights. `hub`: the fetched files of a published checkpoint.
"""

from wattlab.hub.snapshots import Snapshot
from wattlab.models.checkpoint import HubSource
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.models.source import Source
from wattlab.models.tokenizers.file import TokenizerFile, load_tokenizer
from wattlab.study.cells import Spec


def source_of(spec: Spec, tokenizer: TokenizerFile | None, fetched: Snapshot | None) -> Source:
    """The source of a cell's weights: a fetched model, or a trained tokenizer (null: the task reads no text)."""
    if fetched is not None:
        return HubSource(spec.model, fetched, spec.protocol.dtype)
    return ArchitectureSource(spec, None if tokenizer is None else load_tokenizer(tokenizer))
