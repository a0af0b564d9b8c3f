"""Where the inputs of a cell lie."""

from dataclasses import dataclass
from pathlib import Path

from wattlab.foundation.shared import Shared
from wattlab.hub.requests import model_receipt
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell


@dataclass(frozen=True)
class InputPaths:
    """What a measurement reads: samples, and a trained tokenizer (random weights) or a receipt (hub weights)."""

    manifest: Path
    tokenizer: Path | None
    receipt: Path | None

    @property
    def all(self) -> list[Path]:
        """Those that the cell has."""
        return [path for path in (self.manifest, self.tokenizer, self.receipt) if path is not None]


def input_paths(results: Path, cell: MeasuredCell) -> InputPaths:
    """The paths of a cell, below the folder of all studies."""
    trained = cell.spec.tokenizer
    tokenizer = None if trained is None else results / Shared.TOKENIZERS / f"{trained.name}.json"
    return InputPaths(manifest_of(results, cell.spec.samples), tokenizer, model_receipt(results, cell))
