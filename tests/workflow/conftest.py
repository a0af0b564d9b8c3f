"""Fixtures of more than one module here."""

from pathlib import Path

import pytest

from support.bundles import bundled
from support.own import checkpoint, lines
from support.whole_studies import few_cells, measured_study


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with answers of a study of six cells with three repeats each."""
    root = tmp_path_factory.mktemp("study")
    measured_study(root, few_cells(repeats=3))
    return bundled(root, "--answers")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work directory with a checkpoint and a file of rows."""
    monkeypatch.chdir(tmp_path)
    checkpoint(tmp_path / "mine")
    (tmp_path / "rows.jsonl").write_text(lines([{"text": "one"}]))
    return tmp_path
