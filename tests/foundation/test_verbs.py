"""A verb's command line is the signature of its `main`."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest

from wattlab.foundation.verbs import tell, verb

SEEN: list[Any] = []


@verb
def main(
    folders: Annotated[Sequence[Path], "what to read"],
    *,
    out_file: Annotated[Path, "what to write"],
    configfile: Annotated[Sequence[Path], "files"] = (),
    limit: Annotated[int | None, "how many at most"] = None,
    dry_run: Annotated[bool, "write nothing"] = False,
) -> int | None:
    SEEN[:] = [list(folders), out_file, list(configfile), limit, dry_run]
    return limit


def test_options_have_the_types_of_the_parameters() -> None:
    given = ["a", "b", "--out-file", "c", "--configfile", "d", "e", "--limit", "3", "--dry-run"]
    assert main(given) == 3
    assert SEEN == [[Path("a"), Path("b")], Path("c"), [Path("d"), Path("e")], 3, True]


def test_what_is_not_given_has_its_default_and_no_code_is_success() -> None:
    assert main(["a", "--out-file", "c"]) == 0
    assert SEEN == [[Path("a")], Path("c"), [], None, False]


@pytest.mark.parametrize("given", [["a"], ["--out-file", "c"], ["a", "--out-file", "c", "--limit", "many"]])
def test_what_lacks_or_has_another_type_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2 and "usage: " in capsys.readouterr().err


def test_the_help_is_the_docstring_of_the_module_and_the_words_of_the_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert "A verb's command line is the signature of its `main`." in said
    assert "--dry-run" in said and "write nothing" in said


def test_a_program_ends_with_its_code_and_without_a_look_for_garbage() -> None:
    with pytest.raises(SystemExit) as ended:
        tell(lambda _: 3)
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert ended.value.code == 3
    assert frozen > len(gc.get_objects()) / 2
