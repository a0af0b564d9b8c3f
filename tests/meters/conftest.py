"""What tests of the meters share: no hardware that CodeCarbon remembers, and fake RAPL."""

from pathlib import Path

import pytest

from support.meters_fake import FakeRapl, fake_rapl, forget_hardware


@pytest.fixture(autouse=True)
def _no_cached_hardware() -> None:
    forget_hardware()


@pytest.fixture
def rapl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeRapl:
    return fake_rapl(monkeypatch, tmp_path)
