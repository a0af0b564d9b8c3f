"""The inputs of a cell: where they lie, whether they are there, and what of them enters the fingerprint."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wattlab.hub.receipts import Receipt, model_receipt, read_receipt
from wattlab.models.tokenizers.file import TokenizerFile, read_tokenizer, tokenizer_sha256
from wattlab.samples.manifest import Manifest, manifest_of, read_manifest
from wattlab.study.cells import Spec


@dataclass(frozen=True)
class CellInputs:
    """Paths of what a measurement reads: samples, and a trained tokenizer (architecture) or a receipt (hub weights)."""

    manifest: Path
    tokenizer: Path | None
    receipt: Path | None

    @property
    def paths(self) -> list[Path]:
        """Those that the cell has."""
        return [path for path in (self.manifest, self.tokenizer, self.receipt) if path is not None]

    def read(self) -> Iterator[Manifest | TokenizerFile | Receipt]:
        """Their contents; each has `status`, `reason` and `remedy`. Raises `InputError`."""
        yield read_manifest(self.manifest)
        if self.tokenizer is not None:
            yield read_tokenizer(self.tokenizer)
        if self.receipt is not None:
            yield read_receipt(self.receipt)


@dataclass(frozen=True)
class InputContents:
    """What of complete inputs enters the fingerprint."""

    samples_sha256: str
    tokenizer_sha256: str | None
    hub_commit: str | None


def cell_inputs(results: Path, study: str, spec: Spec) -> CellInputs:
    """Where a cell's inputs lie, below the `results` folder."""
    manifest = manifest_of(results, study, spec.samples)
    tokenizer = None if spec.tokenizer is None else results / "tokenizers" / f"{spec.tokenizer.name}.json"
    receipt = model_receipt(results, spec.cell.model, spec.model.revision) if spec.weights == "hub" else None
    return CellInputs(manifest, tokenizer, receipt)


def unavailable(inputs: CellInputs) -> tuple[str, str | None] | None:
    """Reason and remedy of the first input that could not be had; null where all are there."""
    for made in inputs.read():
        if made.status != "complete":
            return str(made.reason), made.remedy
    return None


def contents_of(inputs: CellInputs) -> InputContents:
    """The content hashes of inputs that are all there."""
    samples = read_manifest(inputs.manifest).sha256
    assert samples is not None, "only what has samples is measured"
    tokenizer = None if inputs.tokenizer is None else tokenizer_sha256(inputs.tokenizer)
    commit = None if inputs.receipt is None else read_receipt(inputs.receipt).commit
    return InputContents(samples, tokenizer, commit)
