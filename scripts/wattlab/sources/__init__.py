"""Where a cell's model, its text and image preparation and its generation defaults come from.

`architecture`: the catalog and seeded random weights. `hub`: the fetched files of a published checkpoint.
"""

from wattlab.inputs import CellInputs
from wattlab.sources.architecture import ArchitectureSource
from wattlab.sources.base import Source
from wattlab.sources.hub import HubSource
from wattlab.study import Spec
from wattlab.tokenizers.file import load_tokenizer


def source_of(spec: Spec, inputs: CellInputs) -> Source:
    """The source of a cell's weights; reads its tokenizer or its receipt."""
    if spec.weights == "hub":
        assert inputs.receipt is not None
        return HubSource(spec, inputs.receipt)
    return ArchitectureSource(spec, None if inputs.tokenizer is None else load_tokenizer(inputs.tokenizer))
