"""What tests of logs share: a mapping of the small ones."""

from pathlib import Path

import pytest

from support.small_logs import mapping_of


@pytest.fixture
def task_mapping(tmp_path: Path) -> str:
    return mapping_of(tmp_path)
