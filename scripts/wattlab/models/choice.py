"""Where a cell's model, its text and image preparation and its generation defaults come from.

`architecture`: the catalog and seeded random weights. `hub`: the fetched files of a published checkpoint.
"""

from pathlib import Path

from wattlab.models.checkpoint import HubSource
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.models.source import Source
from wattlab.models.tokenizers.file import load_tokenizer
from wattlab.study.cells import Spec


def source_of(spec: Spec, tokenizer: Path | None, receipt: Path | None) -> Source:
    """The source of a cell's weights: from a trained tokenizer (null: the task reads no text), or from a receipt."""
    if spec.weights == "hub":
        assert receipt is not None
        return HubSource(spec, receipt)
    return ArchitectureSource(spec, None if tokenizer is None else load_tokenizer(tokenizer))
