"""Sources of a program: what it imports, and members from elsewhere."""

from pathlib import Path

import pytest

from wattlab.foundation.closure import SCRIPTS, closure


def test_a_member_from_elsewhere_is_a_source_with_what_it_imports_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    mine = tmp_path / "my_metric.py"
    mine.write_text("from wattlab.foundation import units\n")
    alone = closure("give_verdict")
    assert mine not in alone
    assert set(closure("give_verdict", "my_metric:score")) == {*alone, mine, *closure("wattlab.foundation.units")}


def test_what_is_nowhere_is_an_error() -> None:
    with pytest.raises(LookupError, match="no_such_module:score: no such module"):
        closure("give_verdict", "no_such_module:score")
    assert SCRIPTS / "give_verdict.py" in closure("give_verdict")
