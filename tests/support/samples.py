"""Frozen samples, read back."""

from pathlib import Path

from wattlab.samples.manifest import Manifest, Row, read_manifest, read_rows


def read_samples(manifest_path: Path) -> tuple[Manifest, list[Row]]:
    """The manifest and its rows."""
    manifest = read_manifest(manifest_path)
    return manifest, read_rows(manifest, manifest_path)
