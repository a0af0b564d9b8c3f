"""The contents of a cell's inputs: read once in a process, and handed on."""

from dataclasses import dataclass
from functools import cached_property

from wattlab.hub.receipts import Receipt, read_receipt
from wattlab.hub.snapshots import Snapshot, snapshot_of
from wattlab.models.tokenizers.file import TokenizerFile, read_tokenizer
from wattlab.runs.places import InputPaths
from wattlab.samples.manifest import Manifest, Row, read_manifest, read_rows


@dataclass(frozen=True)
class InputContents:
    """What of complete inputs enters the fingerprint."""

    samples_sha256: str
    tokenizer_sha256: str | None
    hub_commit: str | None


@dataclass(frozen=True)
class Inputs:
    """The contents of a cell's inputs, checked. `rows` and `fetched` are read when they are first asked for."""

    paths: InputPaths
    manifest: Manifest
    tokenizer: TokenizerFile | None
    receipt: Receipt | None

    @property
    def lacking(self) -> tuple[str, str | None] | None:
        """Reason and remedy of the first input that could not be had; null where all are there."""
        for made in (self.manifest, self.tokenizer, self.receipt):
            if made is not None and made.status != "complete":
                return str(made.reason), made.remedy
        return None

    @property
    def contents(self) -> InputContents:
        """The content hashes of inputs that are all there."""
        samples = self.manifest.sha256
        assert samples is not None, "only what has samples is measured"
        tokenizer = None if self.tokenizer is None else self.tokenizer.sha256
        return InputContents(samples, tokenizer, None if self.receipt is None else self.receipt.commit)

    @cached_property
    def rows(self) -> list[Row]:
        """The samples. Raises `InputError`."""
        return read_rows(self.manifest, self.paths.manifest)

    @cached_property
    def fetched(self) -> Snapshot | None:
        """The fetched model; null for random weights. Raises `FilesGone`."""
        if self.receipt is None or self.paths.receipt is None:
            return None
        return snapshot_of(self.receipt, self.paths.receipt)


def load_inputs(paths: InputPaths) -> Inputs:
    """Read the inputs. Raises `InputError`."""
    return Inputs(
        paths,
        read_manifest(paths.manifest),
        None if paths.tokenizer is None else read_tokenizer(paths.tokenizer),
        None if paths.receipt is None else read_receipt(paths.receipt),
    )
